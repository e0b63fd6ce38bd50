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
    let again =
        completing(Item::WorkPerformed).with(|ticket| ticket.checklist = Checklist::WORK_PERFORMED);
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
