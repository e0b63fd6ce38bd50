//! What the host itself holds, whatever components and policies say: the
//! lifecycle matrix, the closed toolset, and who may pass which gate.

use dispatch_contract::input::Input;
use dispatch_contract::question::Question;
use dispatch_contract::verdict::Outcome;
use dispatch_contract::{Role, State, Tool};

use super::refuse::Stop;

/// Groups of gates that an operator may pass. `billing` is none of them.
const OVERRIDABLE: [&str; 3] = ["intake.", "evidence.", "checklist."];

/// The states a tool may ever drive a ticket to. Part of the closed toolset: a
/// component that proposes another is wrong, whoever calls.
pub(crate) fn reaches(tool: Tool) -> &'static [State] {
    use State::{
        Canceled, Closed, CloseoutPending, Dispatched, Onsite, Schedulable, Scheduled, Triaged,
    };
    match tool {
        Tool::TicketCreate | Tool::TicketSetPriority => &[Triaged, Schedulable],
        Tool::TicketAddMessage => &[Triaged, Schedulable, Onsite, Canceled],
        Tool::ScheduleConfirm => &[Scheduled],
        Tool::DispatchAssignTech | Tool::DispatchSetEta => &[Dispatched],
        Tool::CloseoutChecklistComplete => &[CloseoutPending],
        Tool::BillingCompileCloseoutPacket => &[Closed],
        Tool::ScheduleProposeSlots
        | Tool::CloseoutAddNote
        | Tool::CloseoutAddPhoto
        | Tool::BillingGenerateInvoiceDraft => &[],
    }
}

pub(super) fn check(question: &Question, from: State, proposed: &Outcome) -> Result<(), Stop> {
    let tool = question.call.tool();
    if tool != Tool::TicketCreate && !tool.legal_states().contains(&from) {
        return Err(Stop::outside(format!(
            "{tool} is not legal on a ticket that is {from}"
        )));
    }
    // the case file has each item once
    if let (Input::CloseoutChecklistComplete(done), Some(case)) =
        (&question.call.input, &question.facts.case)
        && case.ticket.closeout.checklist.done(done.item_key)
    {
        return Err(Stop::outside("the item is complete already".into()));
    }
    if let Some(to) = proposed.to {
        if !from.may_become(to) {
            return Err(Stop::outside(format!(
                "no ticket moves from {from} to {to}"
            )));
        }
        if !reaches(tool).contains(&to) {
            return Err(Stop::outside(format!("{tool} moves no ticket to {to}")));
        }
    }
    if proposed.overridden.is_empty() {
        return Ok(());
    }
    let may_pass =
        question.call.gate_override.is_some() && question.actor.role == Role::OperatorAdmin;
    let fixed: Vec<String> = proposed
        .overridden
        .iter()
        .filter(|gate| !may_pass || !OVERRIDABLE.iter().any(|group| gate.starts_with(group)))
        .cloned()
        .collect();
    if fixed.is_empty() {
        Ok(())
    } else {
        Err(Stop::not_overridable(fixed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_of_the_matrix_has_a_tool_and_every_reach_a_move() {
        for from in State::ALL {
            for to in from.next() {
                assert!(
                    Tool::ALL.into_iter().any(|tool| reaches(tool).contains(to)),
                    "{from} -> {to}"
                );
            }
        }
        for tool in Tool::ALL {
            for to in reaches(tool) {
                assert!(
                    State::ALL.into_iter().any(|from| from.may_become(*to)),
                    "{tool} {to}"
                );
            }
        }
    }
}
