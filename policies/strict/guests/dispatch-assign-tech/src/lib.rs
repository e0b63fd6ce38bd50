//! `dispatch.assign_tech` names who goes. The ticket is dispatched once it also
//! has an ETA. A technician goes to windows of their own zone only: then the hours that
//! the window keeps are kept on the technician's clock too.

use dispatch_sdk::{Actor, Assignment, Case, Key, Proposal, Role, Rule, State, Violations};
use dispatch_sdk::{export_rule, tools};

/// Another technician may take over once the first is on the way.
const REASSIGNMENT: Key = Key::boolean("allow_reassignment", true);

/// The rules of `dispatch.assign_tech`.
#[derive(Debug)]
pub struct DispatchAssignTech;

impl Rule for DispatchAssignTech {
    type Tool = tools::DispatchAssignTech;
    const ROLES: &'static [Role] = &[Role::SystemSchedulingAgent, Role::OperatorAdmin];
    const LEGAL_IN: &'static [State] = &[State::Scheduled, State::Dispatched];
    const SETTINGS: &'static [Key] = &[REASSIGNMENT];

    fn validate(case: &Case<'_, Assignment>) -> Violations {
        let Assignment {
            technician_id,
            technician,
        } = case.input;
        let mut found = Violations::none();
        let schedule = case.ticket.schedule.as_ref();
        match technician {
            Some(technician) if technician.id == *technician_id => {
                found.require(
                    technician.active,
                    "/technician_id",
                    "inactive_technician",
                    "assign a technician who is active",
                );
                found.require(
                    schedule.is_none_or(|it| it.window.timezone == technician.zone),
                    "/technician_id",
                    "another_zone",
                    "assign a technician of the window's zone, or propose a window in theirs",
                );
            }
            _ => found.add(
                "/technician_id",
                "unknown_technician",
                "assign one of the technicians we have",
            ),
        }
        found
    }

    fn transition(_actor: &Actor, case: &Case<'_, Assignment>) -> Proposal {
        let ticket = case.ticket;
        if ticket.state == State::Dispatched {
            return if case.settings.boolean(&REASSIGNMENT) {
                Proposal::stay()
            } else {
                Proposal::illegal("a dispatched ticket keeps its technician")
            };
        }
        let schedule = ticket.schedule.as_ref();
        if schedule.is_some_and(|schedule| schedule.eta_text.is_some()) {
            Proposal::advance(State::Dispatched)
        } else {
            Proposal::stay()
        }
    }
}

export_rule!(DispatchAssignTech);

#[cfg(test)]
mod tests;
