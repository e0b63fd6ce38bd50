//! The checks that every tool shares, seen through a toy rule.

use dispatch_sdk::scene::{NOTHING, Scene};
use dispatch_sdk::{
    Actor, Case, Gates, Input, Item, Key, Proposal, Role, Rule, SettingValue, State, tools,
};

const LENIENT: Key = Key::boolean("lenient", false);

/// Closes a ticket that has a photo and an invoice draft.
struct Toy;

impl Rule for Toy {
    type Tool = tools::CloseoutAddNote;
    const ROLES: &'static [Role] = &[Role::OperatorAdmin, Role::SystemCloseoutAgent];
    const OWN: &'static [Role] = &[Role::Technician, Role::Customer];
    const LEGAL_IN: &'static [State] = &[State::CloseoutPending];
    const SETTINGS: &'static [Key] = &[LENIENT];

    fn transition(_actor: &Actor, case: &Case<'_, String>) -> Proposal {
        Gates::new()
            .need(case.ticket.photos_after > 0, "evidence.photo_after")
            .need(case.ticket.has_invoice_draft, "billing.invoice_draft")
            .then(case, State::Closed)
    }
}

fn scene() -> Scene {
    let input = Input::CloseoutAddNote("done".to_owned());
    Scene::new(State::CloseoutPending, input)
}

#[test]
fn roles_and_own_tickets_are_told_apart() {
    scene().assert_open_to::<Toy>(&[
        Role::OperatorAdmin,
        Role::SystemCloseoutAgent,
        Role::Technician,
        Role::Customer,
    ]);
    for role in [Role::Technician, Role::Customer] {
        assert_eq!(
            scene().by_stranger(role).role::<Toy>(),
            [" not_own_ticket"],
            "{role:?}"
        );
    }
    let unassigned = scene()
        .by(Role::Technician)
        .with(|ticket| ticket.technician_id = None);
    assert_eq!(unassigned.role::<Toy>(), [" not_own_ticket"]);
}

#[test]
fn only_an_operator_overrides_and_says_why() {
    for role in [Role::SystemCloseoutAgent, Role::Technician, Role::Customer] {
        let found = scene().by(role).overriding().role::<Toy>();
        assert_eq!(found, ["/override role_may_not_override"], "{role:?}");
    }
    assert_eq!(scene().overriding().role::<Toy>(), NOTHING);
    let mut silent = scene();
    silent.call.override_reason = Some(" ".repeat(12));
    assert_eq!(silent.validate::<Toy>(), ["/override/reason blank"]);
}

#[test]
fn an_override_passes_evidence_but_never_money() {
    assert_eq!(
        scene().transition::<Toy>(),
        Proposal::blocked(&["evidence.photo_after", "billing.invoice_draft"])
    );
    assert_eq!(
        scene().overriding().transition::<Toy>(),
        Proposal::blocked(&["billing.invoice_draft"])
    );
    let drafted = scene().with(|ticket| ticket.has_invoice_draft = true);
    assert_eq!(
        drafted.overriding().transition::<Toy>(),
        Proposal::overriding(State::Closed, &["evidence.photo_after"])
    );
}

#[test]
fn a_wrong_state_is_refused_even_with_an_override_and_named() {
    scene().assert_legal_in::<Toy>(Toy::LEGAL_IN);
    let early = scene()
        .with(|ticket| ticket.state = State::New)
        .overriding();
    let Proposal::Illegal(why) = early.transition::<Toy>() else {
        panic!("new -> closed");
    };
    assert_eq!(
        why,
        "closeout.add_note is legal in closeout_pending; the ticket is new"
    );
}

#[test]
fn another_tools_call_or_a_missing_ticket_is_refused_in_every_phase() {
    let other = Scene::new(
        State::CloseoutPending,
        Input::CloseoutChecklistComplete(Item::WorkPerformed),
    );
    let mut nowhere = scene();
    nowhere.ticket = None;
    for scene in [other, nowhere] {
        assert_eq!(scene.validate::<Toy>(), [" wrong_tool"]);
        assert_eq!(scene.role::<Toy>(), [" wrong_tool"]);
        assert!(matches!(scene.transition::<Toy>(), Proposal::Illegal(_)));
    }
}

#[test]
fn settings_are_checked_before_the_rule_sees_them() {
    let typo = scene().setting("lenint", SettingValue::Boolean(true));
    assert_eq!(typo.check_settings::<Toy>(), ["lenint unknown_setting"]);
    let text = scene().setting("lenient", SettingValue::Text("yes".to_owned()));
    assert_eq!(text.check_settings::<Toy>(), ["lenient wrong_type"]);
}
