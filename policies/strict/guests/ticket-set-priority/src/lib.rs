//! `ticket.set_priority` says how much a job hurries, which may complete its triage. An
//! agent may lower a priority and never raise one: what hurries is for people to say.
//! The same rule stands in C in `guests-c/`.

use dispatch_sdk::intake::{self, Facts};
use dispatch_sdk::{Actor, Case, Key, Priority, Proposal, Role, Rule, State, Violations};
use dispatch_sdk::{export_rule, tools};

/// The priority may still change once a technician is on the way.
const AFTER_DISPATCH: Key = Key::boolean("allow_after_dispatch", true);

/// The rules of `ticket.set_priority`.
#[derive(Debug)]
pub struct TicketSetPriority;

impl Rule for TicketSetPriority {
    type Tool = tools::TicketSetPriority;
    const ROLES: &'static [Role] = &[Role::SystemIntakeAgent, Role::OperatorAdmin];
    const LEGAL_IN: &'static [State] = &[
        State::New,
        State::Triaged,
        State::Schedulable,
        State::Scheduled,
        State::Dispatched,
        State::Onsite,
        State::CloseoutPending,
    ];
    const SETTINGS: &'static [Key] = &[AFTER_DISPATCH];

    fn role(actor: &Actor, case: &Case<'_, Priority>) -> Violations {
        let mut found = Violations::none();
        found.require(
            actor.role == Role::OperatorAdmin || *case.input == Priority::Standard,
            "/priority",
            "emergency_by_agent",
            "ask an operator to raise it",
        );
        found
    }

    fn transition(_actor: &Actor, case: &Case<'_, Priority>) -> Proposal {
        let is_dispatched = case.ticket.state >= State::Dispatched;
        if is_dispatched && !case.settings.boolean(&AFTER_DISPATCH) {
            return Proposal::illegal("the priority stands once a technician is dispatched");
        }
        intake::settle(case, Facts::of_ticket(case.ticket).with_priority())
    }
}

export_rule!(TicketSetPriority);

#[cfg(test)]
mod tests {
    use super::*;
    use dispatch_sdk::scene::{NOTHING, Scene, fully_taken_in};
    use dispatch_sdk::{Input, SettingValue};

    fn setting(state: State) -> Scene {
        Scene::new(state, Input::TicketSetPriority(Priority::Emergency))
    }

    #[test]
    fn intake_agents_and_operators_set_it_until_the_ticket_ends() {
        Scene::new(State::New, Input::TicketSetPriority(Priority::Standard))
            .assert_open_to::<TicketSetPriority>(TicketSetPriority::ROLES);
        setting(State::New).assert_legal_in::<TicketSetPriority>(&State::ALL[..7]);
    }

    #[test]
    fn it_completes_triage_and_schedulability() {
        let classified = setting(State::New).with(|it| it.classification = Some("spring".into()));
        assert_eq!(
            classified.transition::<TicketSetPriority>(),
            Proposal::advance(State::Triaged)
        );
        for state in [State::New, State::Triaged] {
            let known = setting(state)
                .with(fully_taken_in)
                .with(|it| it.priority = None);
            assert_eq!(
                known.transition::<TicketSetPriority>(),
                Proposal::advance(State::Schedulable)
            );
        }
        assert_eq!(
            setting(State::New).transition::<TicketSetPriority>(),
            Proposal::stay()
        );
        let scheduled = setting(State::Scheduled).with(fully_taken_in);
        assert_eq!(
            scheduled.transition::<TicketSetPriority>(),
            Proposal::stay()
        );
    }

    #[test]
    fn an_operator_sends_a_ticket_on_without_its_facts() {
        let scene = setting(State::Triaged).overriding();
        let Proposal::Commit(outcome) = scene.transition::<TicketSetPriority>() else {
            panic!("an override is no refusal");
        };
        assert_eq!(outcome.to, Some(State::Schedulable));
        assert!(outcome.overridden.contains(&"intake.contact".to_owned()));
        assert!(!outcome.overridden.contains(&"intake.priority".to_owned()));
    }

    #[test]
    fn an_agent_lowers_a_priority_and_raises_none() {
        let agent = setting(State::New).by(Role::SystemIntakeAgent);
        assert_eq!(
            agent.role::<TicketSetPriority>(),
            ["/priority emergency_by_agent"]
        );
        assert_eq!(setting(State::New).role::<TicketSetPriority>(), NOTHING);
    }

    #[test]
    fn a_pack_may_freeze_it_at_dispatch() {
        let frozen = setting(State::Dispatched)
            .setting("allow_after_dispatch", SettingValue::Boolean(false));
        assert!(matches!(
            frozen.transition::<TicketSetPriority>(),
            Proposal::Illegal(_)
        ));
        let typo = setting(State::New).setting("allow_late", SettingValue::Boolean(false));
        assert_eq!(
            typo.check_settings::<TicketSetPriority>(),
            ["allow_late unknown_setting"]
        );
    }
}
