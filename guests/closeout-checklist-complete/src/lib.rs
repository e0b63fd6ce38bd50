//! `closeout.checklist_complete` ticks one item. Two of the five need evidence;
//! the fifth sends the ticket to the paperwork.

use dispatch_sdk::{Actor, Case, Gates, Item, Key, Proposal, Role, Rule, State, Violations};
use dispatch_sdk::{evidence, export_rule, tools};

/// The rules of `closeout.checklist_complete`.
#[derive(Debug)]
pub struct CloseoutChecklistComplete;

impl Rule for CloseoutChecklistComplete {
    type Tool = tools::CloseoutChecklistComplete;
    const ROLES: &'static [Role] = &[Role::SystemTechnicianLiaisonAgent, Role::OperatorAdmin];
    const LEGAL_IN: &'static [State] = &[State::Onsite];
    const SETTINGS: &'static [Key] = &[evidence::NOTES_MIN, evidence::PHOTOS_AFTER_MIN];

    fn validate(case: &Case<'_, Item>) -> Violations {
        let mut found = Violations::none();
        if Self::is_legal(case) {
            found.require(
                !case.ticket.checklist.contains(case.input.flag()),
                "/item_key",
                "already_complete",
                "complete an item that is not done yet",
            );
        }
        found
    }

    fn transition(_actor: &Actor, case: &Case<'_, Item>) -> Proposal {
        let done = case.ticket.checklist | case.input.flag();
        let closeout = evidence::gates(case.ticket, &case.settings, done);
        if closeout.all_hold() || case.overrides() {
            return closeout.then(case, State::CloseoutPending);
        }
        let item = evidence_of_item(case);
        if item.all_hold() {
            Proposal::stay()
        } else {
            Proposal::blocked(item.missing())
        }
    }
}

/// Work is shown by a note, its end by a photo.
fn evidence_of_item(case: &Case<'_, Item>) -> Gates {
    let (ticket, settings) = (case.ticket, &case.settings);
    match case.input {
        Item::WorkPerformed => {
            Gates::new().need(evidence::has_notes(ticket, settings), "evidence.note")
        }
        Item::OnsitePhotosAfter => Gates::new().need(
            evidence::has_photos_after(ticket, settings),
            "evidence.photo_after",
        ),
        Item::PartsUsedOrNeeded | Item::ResolutionStatus | Item::BillingAuthorization => {
            Gates::new()
        }
    }
}

export_rule!(CloseoutChecklistComplete);

#[cfg(test)]
mod tests;
