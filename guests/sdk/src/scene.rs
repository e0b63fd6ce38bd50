//! Scenes for the tests of rules: one call put before one rule, natively. Not
//! part of a component.

use crate::tools::Tool;
use crate::{
    Actor, Call, Checklist, Input, Instant, LocalTime, Priority, Proposal, Role, Rule,
    ScheduleView, Setting, SettingValue, State, TicketView, Violations, Window, component,
};

/// Monday 2026-03-02, 08:00 UTC: the `now` of every scene.
pub const NOW: Instant = 1_772_438_400_000_000;
/// The customer of every scene's ticket.
pub const CUSTOMER: &str = "01HZX0CVST0MER000000000001";
/// The technician of a scene that has one.
pub const TECHNICIAN: &str = "01HZX0TECHN1C1AN0000000001";

/// What a phase lists that finds nothing.
pub const NOTHING: [&str; 0] = [];

const MINUTE: i64 = 60_000_000;
const MINUTES_PER_DAY: i64 = 1440;
/// 1970-01-01 was a Thursday.
const EPOCH_WEEKDAY: i64 = 3;

/// Everything that a rule is told, ready to be varied.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Who calls; an operator until said otherwise.
    pub actor: Actor,
    /// The call.
    pub call: Call,
    /// The ticket, new and bare until said otherwise.
    pub ticket: Option<TicketView>,
    /// The pack's settings; none until said otherwise.
    pub settings: Vec<Setting>,
}

impl Scene {
    /// An operator's call with this input on a bare ticket in this state.
    pub fn new(state: State, input: Input) -> Self {
        Self {
            actor: actor(Role::OperatorAdmin),
            call: Call {
                now: NOW,
                override_reason: None,
                input,
            },
            ticket: Some(bare_ticket(state)),
            settings: Vec::new(),
        }
    }

    /// An operator's call that opens a ticket.
    pub fn opening(input: Input) -> Self {
        Self {
            ticket: None,
            ..Self::new(State::New, input)
        }
    }

    /// By an actor of this role; a technician or customer is the ticket's own.
    pub fn by(mut self, role: Role) -> Self {
        self.actor = actor(role);
        self
    }

    /// By a technician or customer that the ticket does not know.
    pub fn by_stranger(mut self, role: Role) -> Self {
        self.actor = actor(role);
        self.actor.id = "01HZX0STRANGER000000000001".to_owned();
        self
    }

    /// With an override.
    pub fn overriding(mut self) -> Self {
        self.call.override_reason = Some("the customer signed on paper".to_owned());
        self
    }

    /// With a setting of the pack.
    pub fn setting(mut self, key: &str, value: SettingValue) -> Self {
        self.settings.push(Setting {
            key: key.to_owned(),
            value,
        });
        self
    }

    /// With a ticket changed by `change`.
    pub fn with(mut self, change: impl FnOnce(&mut TicketView)) -> Self {
        change(self.ticket.as_mut().expect("the scene has a ticket"));
        self
    }

    /// What `validate` finds, as `path rule`.
    pub fn validate<R: Rule>(&self) -> Vec<String> {
        listed(component::validate::<R>(
            &self.call,
            self.ticket.as_ref(),
            &self.settings,
        ))
    }

    /// What `role` finds, as `path rule`.
    pub fn role<R: Rule>(&self) -> Vec<String> {
        listed(component::role::<R>(
            &self.actor,
            &self.call,
            self.ticket.as_ref(),
        ))
    }

    /// What `transition` proposes.
    pub fn transition<R: Rule>(&self) -> Proposal {
        component::transition::<R>(
            &self.actor,
            &self.call,
            self.ticket.as_ref(),
            &self.settings,
        )
    }

    /// What the check of the settings finds, as `key rule`.
    pub fn check_settings<R: Rule>(&self) -> Vec<String> {
        listed(component::check_settings::<R>(&self.settings))
    }

    /// Asserts that the tool is legal in exactly these states.
    pub fn assert_legal_in<R: Rule>(&self, states: &[State]) {
        for state in State::ALL {
            let mut scene = self.clone();
            scene.ticket = Some(bare_ticket(state));
            let is_legal = !matches!(scene.transition::<R>(), Proposal::Illegal(_));
            let name = R::Tool::NAME;
            assert_eq!(is_legal, states.contains(&state), "{name} in {state:?}");
        }
    }

    /// Asserts that exactly these roles may call, technician and customer as
    /// the ticket's own.
    pub fn assert_open_to<R: Rule>(&self, roles: &[Role]) {
        for role in ALL_ROLES {
            let found = self.clone().by(role).role::<R>();
            if roles.contains(&role) {
                assert_eq!(found, NOTHING, "{} by {role:?}", R::Tool::NAME);
            } else {
                assert_eq!(found, [" role_forbidden"], "{} by {role:?}", R::Tool::NAME);
            }
        }
    }
}

/// The seven roles.
pub const ALL_ROLES: [Role; 7] = [
    Role::SystemIntakeAgent,
    Role::SystemSchedulingAgent,
    Role::SystemTechnicianLiaisonAgent,
    Role::SystemCloseoutAgent,
    Role::OperatorAdmin,
    Role::Technician,
    Role::Customer,
];

/// An actor of this role.
pub fn actor(role: Role) -> Actor {
    let id = match role {
        Role::Technician => TECHNICIAN,
        Role::Customer => CUSTOMER,
        _ => "01HZX0ACT0R000000000000001",
    };
    Actor {
        role,
        id: id.to_owned(),
    }
}

/// A ticket of which little is known: no classification, priority or access
/// details; assigned to [`TECHNICIAN`] from `dispatched` on.
pub fn bare_ticket(state: State) -> TicketView {
    TicketView {
        state,
        version: 1,
        created_at: NOW - 60 * MINUTE,
        customer_id: CUSTOMER.to_owned(),
        priority: None,
        classification: None,
        has_phone: false,
        has_email: false,
        access_details: None,
        address_complete: true,
        technician_id: (state >= State::Dispatched).then(|| TECHNICIAN.to_owned()),
        schedule: (state >= State::Scheduled).then(|| ScheduleView {
            confirmed: true,
            window: window(60, 240),
            eta_text: None,
        }),
        open_proposal: Vec::new(),
        checklist: Checklist::empty(),
        notes: 0,
        photos_before: 0,
        photos_after: 0,
        has_invoice_draft: false,
    }
}

/// Fills in all that intake asks for.
pub fn fully_taken_in(ticket: &mut TicketView) {
    ticket.priority = Some(Priority::Standard);
    ticket.classification = Some("door_off_track".to_owned());
    ticket.has_phone = true;
    ticket.access_details = Some("code 4711 at the gate".to_owned());
}

/// A window in UTC that starts and ends so many minutes after [`NOW`].
pub fn window(start_minutes: i64, end_minutes: i64) -> Window {
    let (start, end) = (NOW + start_minutes * MINUTE, NOW + end_minutes * MINUTE);
    Window {
        start,
        end,
        timezone: "Etc/UTC".to_owned(),
        start_local: local(start),
        end_local: local(end),
    }
}

fn local(instant: Instant) -> LocalTime {
    let minutes = instant.div_euclid(MINUTE);
    let day = minutes.div_euclid(MINUTES_PER_DAY);
    let minute = minutes.rem_euclid(MINUTES_PER_DAY);
    let small = |value: i64| u8::try_from(value).expect("an hour, a minute or a weekday");
    LocalTime {
        weekday: small((day + EPOCH_WEEKDAY).rem_euclid(7) + 1),
        hour: small(minute / 60),
        minute: small(minute % 60),
    }
}

fn listed(found: Violations) -> Vec<String> {
    found
        .into_vec()
        .into_iter()
        .map(|violation| format!("{} {}", violation.path, violation.rule))
        .collect()
}
