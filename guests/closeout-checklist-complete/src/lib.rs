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
mod tests {
    use super::*;
    use dispatch_sdk::scene::{NOTHING, Scene};
    use dispatch_sdk::{Checklist, Input, SettingValue};

    fn completing(item: Item) -> Scene {
        Scene::new(State::Onsite, Input::CloseoutChecklistComplete(item))
    }

    fn outcome(scene: &Scene) -> Proposal {
        scene.transition::<CloseoutChecklistComplete>()
    }

    #[test]
    fn liaison_and_operators_complete_items_onsite() {
        let scene = completing(Item::ResolutionStatus);
        scene.assert_open_to::<CloseoutChecklistComplete>(CloseoutChecklistComplete::ROLES);
        scene.assert_legal_in::<CloseoutChecklistComplete>(&[State::Onsite]);
        assert_eq!(outcome(&scene), Proposal::stay());
    }

    #[test]
    fn an_item_is_completed_once() {
        let again = completing(Item::WorkPerformed)
            .with(|ticket| ticket.checklist = Checklist::WORK_PERFORMED);
        assert_eq!(
            again.validate::<CloseoutChecklistComplete>(),
            ["/item_key already_complete"]
        );
        let late = again.with(|ticket| ticket.state = State::CloseoutPending);
        assert_eq!(late.validate::<CloseoutChecklistComplete>(), NOTHING);
    }

    #[test]
    fn work_needs_a_note_and_its_end_a_photo() {
        let work = completing(Item::WorkPerformed);
        assert_eq!(outcome(&work), Proposal::blocked(&["evidence.note"]));
        assert_eq!(
            outcome(&work.with(|ticket| ticket.notes = 1)),
            Proposal::stay()
        );
        let photos = completing(Item::OnsitePhotosAfter);
        assert_eq!(
            outcome(&photos),
            Proposal::blocked(&["evidence.photo_after"])
        );
        let shown = photos.with(|ticket| ticket.photos_after = 1);
        assert_eq!(outcome(&shown), Proposal::stay());
        let strict = shown.setting("photos_after_min", SettingValue::Integer(2));
        assert_eq!(
            outcome(&strict),
            Proposal::blocked(&["evidence.photo_after"])
        );
    }

    #[test]
    fn the_fifth_item_moves_on_if_the_evidence_is_there() {
        for last in Item::ALL {
            let scene = completing(last).with(|ticket| {
                ticket.checklist = Checklist::all() - last.flag();
                (ticket.notes, ticket.photos_after) = (1, 1);
            });
            let expected = Proposal::advance(State::CloseoutPending);
            assert_eq!(outcome(&scene), expected, "{last:?}");
        }
        let unshown = completing(Item::BillingAuthorization).with(|ticket| {
            ticket.checklist = Checklist::all() - Checklist::BILLING_AUTHORIZATION;
        });
        assert_eq!(outcome(&unshown), Proposal::stay());
    }

    #[test]
    fn an_override_names_all_that_is_missing() {
        let scene = completing(Item::WorkPerformed)
            .with(|ticket| ticket.checklist = Checklist::RESOLUTION_STATUS)
            .overriding();
        assert_eq!(
            outcome(&scene),
            Proposal::overriding(
                State::CloseoutPending,
                &[
                    "evidence.note",
                    "evidence.photo_after",
                    "checklist.parts_used_or_needed",
                    "checklist.onsite_photos_after",
                    "checklist.billing_authorization",
                ]
            )
        );
    }
}
