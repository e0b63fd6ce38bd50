//! Between the generated bindings and a [`Rule`]: the checks that every tool
//! shares, and the export. The one place that knows how a rule is called.

use std::marker::PhantomData;

use crate::bindings::exports::dispatch::policy::rules::Guest;
use crate::tools::Tool;
use crate::{
    Actor, Call, Case, Checklist, Proposal, Role, Rule, Setting, Settings, State, TicketView,
    Violation, Violations, is_blank,
};

/// Exports a rule as this crate's component. A native build exports nothing.
#[macro_export]
macro_rules! export_rule {
    ($rule:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::component::Component<$rule>;
    $crate::bindings::export_component!(Exported with_types_in $crate::bindings);
        };
    };
}

/// A rule as the component that the host calls.
#[derive(Debug)]
pub struct Component<R>(PhantomData<R>);

impl<R: Rule> Guest for Component<R> {
    fn check_settings(settings: Vec<Setting>) -> Vec<Violation> {
        check_settings::<R>(&settings).into_vec()
    }

    fn validate(call: Call, ticket: Option<TicketView>, settings: Vec<Setting>) -> Vec<Violation> {
        let found = validate::<R>(&call, ticket.as_ref(), &settings);
        leave((call, ticket, settings));
        found.into_vec()
    }

    fn role(actor: Actor, call: Call, ticket: Option<TicketView>) -> Vec<Violation> {
        let found = role::<R>(&actor, &call, ticket.as_ref());
        leave((actor, call, ticket));
        found.into_vec()
    }

    fn transition(
        actor: Actor,
        call: Call,
        ticket: Option<TicketView>,
        settings: Vec<Setting>,
    ) -> Proposal {
        let proposal = transition::<R>(&actor, &call, ticket.as_ref(), &settings);
        leave((actor, call, ticket, settings));
        proposal
    }
}

/// Leaves the arguments where they are: the instance ends with the call, and
/// giving back each text one by one would be most of a phase's work.
fn leave<T>(arguments: T) {
    std::mem::forget(arguments);
}

/// What is wrong with a pack's settings for this tool.
pub fn check_settings<R: Rule>(settings: &[Setting]) -> Violations {
    let settings = Settings::new(settings);
    let found = settings.check(R::SETTINGS);
    if found.is_empty() {
        R::check_settings(&settings)
    } else {
        found
    }
}

/// The phase `validate`.
pub fn validate<R: Rule>(
    call: &Call,
    ticket: Option<&TicketView>,
    settings: &[Setting],
) -> Violations {
    let blank = unopened(call);
    let Some(case) = case::<R>(call, ticket, &blank, settings) else {
        return wrong_tool::<R>();
    };
    let mut found = R::validate(&case);
    if case.override_reason.is_some_and(is_blank) {
        found.add(
            "/override/reason",
            "blank",
            "say why the gate may be passed; it is audited",
        );
    }
    found
}

/// The phase `role`: the role table, own tickets, the override, then the rule.
pub fn role<R: Rule>(actor: &Actor, call: &Call, ticket: Option<&TicketView>) -> Violations {
    let blank = unopened(call);
    let Some(case) = case::<R>(call, ticket, &blank, &[]) else {
        return wrong_tool::<R>();
    };
    let mut found = Violations::none();
    if !R::ROLES.contains(&actor.role) {
        if !R::OWN.contains(&actor.role) {
            found.add("", "role_forbidden", "this role may not call this tool");
        } else if !is_own(actor, case.ticket) {
            found.add("", "not_own_ticket", "this is not a ticket of yours");
        }
    }
    if case.overrides() && actor.role != Role::OperatorAdmin {
        found.add(
            "/override",
            "role_may_not_override",
            "only an operator passes a gate; call again without override",
        );
    }
    if found.is_empty() {
        found = R::role(actor, &case);
    }
    found
}

/// The phase `transition`: legal states, then the rule.
pub fn transition<R: Rule>(
    actor: &Actor,
    call: &Call,
    ticket: Option<&TicketView>,
    settings: &[Setting],
) -> Proposal {
    let blank = unopened(call);
    let Some(case) = case::<R>(call, ticket, &blank, settings) else {
        return Proposal::illegal("this is another tool's call");
    };
    if R::is_legal(&case) {
        R::transition(actor, &case)
    } else {
        Proposal::illegal(&out_of_place(R::Tool::NAME, R::LEGAL_IN, case.ticket.state))
    }
}

fn case<'a, R: Rule>(
    call: &'a Call,
    ticket: Option<&'a TicketView>,
    blank: &'a TicketView,
    settings: &'a [Setting],
) -> Option<Case<'a, <R::Tool as Tool>::Input>> {
    let ticket = match (ticket, R::OPENS_TICKET) {
        (Some(ticket), false) => ticket,
        (None, true) => blank,
        _ => return None,
    };
    Some(Case {
        now: call.now,
        input: R::Tool::input(&call.input)?,
        ticket,
        override_reason: call.override_reason.as_deref(),
        settings: Settings::new(settings),
    })
}

fn wrong_tool<R: Rule>() -> Violations {
    let mut found = Violations::none();
    found.add("", "wrong_tool", R::Tool::NAME);
    found
}

fn is_own(actor: &Actor, ticket: &TicketView) -> bool {
    match actor.role {
        Role::Technician => ticket.technician_id.as_ref() == Some(&actor.id),
        Role::Customer => ticket.customer_id == actor.id,
        _ => false,
    }
}

fn out_of_place(tool: &str, legal_in: &[State], state: State) -> String {
    let names: Vec<_> = legal_in.iter().map(|state| state.name()).collect();
    [
        tool,
        " is legal in ",
        &names.join(", "),
        "; the ticket is ",
        state.name(),
    ]
    .concat()
}

/// The ticket that a call is about to open.
fn unopened(call: &Call) -> TicketView {
    TicketView {
        state: State::New,
        version: 0,
        created_at: call.now,
        customer_id: String::new(),
        priority: None,
        classification: None,
        has_phone: false,
        has_email: false,
        access_details: None,
        address_complete: false,
        technician_id: None,
        schedule: None,
        open_proposal: Vec::new(),
        checklist: Checklist::empty(),
        notes: 0,
        photos_before: 0,
        photos_after: 0,
        has_invoice_draft: false,
    }
}
