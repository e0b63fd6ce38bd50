//! `dispatch.set_eta` says when the technician arrives. The ticket is dispatched
//! once it also has a technician.

use dispatch_sdk::{Actor, Case, Eta, Key, Proposal, Role, Rule, State, Violations};
use dispatch_sdk::{export_rule, tools, windows};

const MINUTES_PER_DAY: i64 = 1_440;

/// How far ahead an arrival may be promised, in days.
const MAX_DAYS_AHEAD: Key = Key::integer("max_days_ahead", 3_650, 1, 3_650);

/// The rules of `dispatch.set_eta`.
#[derive(Debug)]
pub struct DispatchSetEta;

impl Rule for DispatchSetEta {
    type Tool = tools::DispatchSetEta;
    const ROLES: &'static [Role] = &[Role::SystemSchedulingAgent, Role::OperatorAdmin];
    const LEGAL_IN: &'static [State] = &[State::Scheduled, State::Dispatched];
    const SETTINGS: &'static [Key] = &[MAX_DAYS_AHEAD];

    fn validate(case: &Case<'_, Eta>) -> Violations {
        let mut found = Violations::none();
        found.require_text(&case.input.text, "/eta_text");
        if let Some(at) = case.input.at {
            found.require(
                at >= case.now,
                "/eta_at",
                "in_the_past",
                "promise an arrival in the future",
            );
            let days = case.settings.integer(&MAX_DAYS_AHEAD);
            found.require(
                at <= windows::minutes_after(case.now, days * MINUTES_PER_DAY),
                "/eta_at",
                "too_far_ahead",
                "promise an earlier arrival, or reschedule",
            );
        }
        found
    }

    fn transition(_actor: &Actor, case: &Case<'_, Eta>) -> Proposal {
        let ticket = case.ticket;
        if ticket.state == State::Scheduled && ticket.technician_id.is_some() {
            Proposal::advance(State::Dispatched)
        } else {
            Proposal::stay()
        }
    }
}

export_rule!(DispatchSetEta);

#[cfg(test)]
mod tests {
    use super::*;
    use dispatch_sdk::scene::{NOTHING, NOW, Scene, TECHNICIAN};
    use dispatch_sdk::{Input, Instant, SettingValue};

    fn promising(state: State, text: &str, at: Option<Instant>) -> Scene {
        let eta = Eta {
            text: text.to_owned(),
            at,
        };
        Scene::new(state, Input::DispatchSetEta(eta))
    }

    #[test]
    fn scheduling_promises_between_confirmation_and_arrival() {
        let scene = promising(State::Scheduled, "about ten", Some(NOW));
        scene.assert_open_to::<DispatchSetEta>(DispatchSetEta::ROLES);
        scene.assert_legal_in::<DispatchSetEta>(&[State::Scheduled, State::Dispatched]);
        assert_eq!(scene.validate::<DispatchSetEta>(), NOTHING);
    }

    #[test]
    fn the_ticket_is_dispatched_once_a_technician_is_assigned() {
        let scene = promising(State::Scheduled, "about ten", None);
        assert_eq!(scene.transition::<DispatchSetEta>(), Proposal::stay());
        let assigned = scene.with(|ticket| ticket.technician_id = Some(TECHNICIAN.to_owned()));
        assert_eq!(
            assigned.transition::<DispatchSetEta>(),
            Proposal::advance(State::Dispatched)
        );
        let again = promising(State::Dispatched, "nearer eleven", None);
        assert_eq!(again.transition::<DispatchSetEta>(), Proposal::stay());
    }

    #[test]
    fn blank_past_and_far_promises_are_refused() {
        assert_eq!(
            promising(State::Scheduled, " ", Some(NOW - 1)).validate::<DispatchSetEta>(),
            ["/eta_text blank", "/eta_at in_the_past"]
        );
        let tomorrow = NOW + 24 * 60 * 60_000_000;
        let near = |at| {
            promising(State::Scheduled, "soon", Some(at))
                .setting("max_days_ahead", SettingValue::Integer(1))
                .validate::<DispatchSetEta>()
        };
        assert_eq!(near(tomorrow), NOTHING);
        assert_eq!(near(tomorrow + 1), ["/eta_at too_far_ahead"]);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let never = promising(State::Scheduled, "soon", None)
            .setting("max_days_ahead", SettingValue::Integer(0));
        assert_eq!(
            never.check_settings::<DispatchSetEta>(),
            ["max_days_ahead out_of_range"]
        );
    }
}
