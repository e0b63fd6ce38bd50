use super::*;
use dispatch_sdk::scene::{NOTHING, Scene};
use dispatch_sdk::{AccountType, Address, Contact, Input, Issue, Priority, SettingValue};

fn told() -> Create {
    Create {
        contact: Contact {
            site_name: None,
            name: "Jo Field".to_owned(),
            phone: Some("+1 312 555 0100".to_owned()),
            email: None,
        },
        location: Address {
            line1: "1 Main St".to_owned(),
            line2: None,
            city: "Chicago".to_owned(),
            region: "IL".to_owned(),
            postal_code: "60601".to_owned(),
            country: "US".to_owned(),
        },
        issue: Issue {
            summary: "Door off its track".to_owned(),
            classification: Some("door_off_track".to_owned()),
            door_system_type: None,
            security_safety_status: None,
            access_details: Some("ring twice".to_owned()),
            photos_available: None,
        },
        account: AccountType::Tbd,
        priority: Some(Priority::Standard),
        first_message: None,
    }
}

fn opening(change: impl FnOnce(&mut Create)) -> Scene {
    let mut create = told();
    change(&mut create);
    Scene::opening(Input::TicketCreate(create))
}

#[test]
fn intake_agents_and_operators_open_tickets() {
    opening(|_| {}).assert_open_to::<TicketCreate>(TicketCreate::ROLES);
}

#[test]
fn a_ticket_goes_as_far_as_its_facts_carry_it() {
    let moves = |change: fn(&mut Create)| opening(change).transition::<TicketCreate>();
    assert_eq!(moves(|_| {}), Proposal::advance(State::Schedulable));
    assert_eq!(
        moves(|create| create.issue.access_details = None),
        Proposal::advance(State::Triaged)
    );
    assert_eq!(
        moves(|create| create.contact.phone = None),
        Proposal::advance(State::Triaged)
    );
    assert_eq!(moves(|create| create.priority = None), Proposal::stay());
    assert_eq!(
        moves(|create| create.issue.classification = None),
        Proposal::stay()
    );
}

#[test]
fn an_override_names_every_fact_it_does_without() {
    let bare = opening(|create| {
        create.contact.phone = None;
        create.priority = None;
    });
    assert_eq!(
        bare.overriding().transition::<TicketCreate>(),
        Proposal::overriding(State::Schedulable, &["intake.priority", "intake.contact"])
    );
}

#[test]
fn every_blank_and_malformed_field_is_named() {
    let found = opening(|create| {
        create.contact.name = " ".to_owned();
        create.contact.phone = Some("ask Jo".to_owned());
        create.contact.email = Some("jo at example".to_owned());
        create.location.city = String::new();
        create.issue.summary = "\t".to_owned();
        create.issue.classification = Some(String::new());
        create.first_message = Some(String::new());
    })
    .validate::<TicketCreate>();
    assert_eq!(
        found,
        [
            "/customer/contact_name blank",
            "/customer/phone not_a_phone_number",
            "/customer/email not_an_email_address",
            "/service_location/city blank",
            "/issue/summary blank",
            "/issue/classification blank",
            "/initial_message/normalized blank",
        ]
    );
    assert_eq!(opening(|_| {}).validate::<TicketCreate>(), NOTHING);
}

#[test]
fn a_pack_may_ask_for_a_contact_and_name_its_classifications() {
    let strict = opening(|create| create.contact.phone = None)
        .setting("contact_required", SettingValue::Boolean(true))
        .setting(
            "classifications",
            SettingValue::Text("spring, opener".to_owned()),
        );
    assert_eq!(strict.check_settings::<TicketCreate>(), NOTHING);
    assert_eq!(
        strict.validate::<TicketCreate>(),
        [
            "/customer contact_required",
            "/issue/classification unknown_classification"
        ]
    );
}

#[test]
fn a_call_on_an_existing_ticket_is_another_tools() {
    let misplaced = Scene::new(State::New, Input::TicketCreate(told()));
    assert_eq!(misplaced.validate::<TicketCreate>(), [" wrong_tool"]);
}

#[test]
fn an_agent_gives_no_ticket_an_emergency() {
    for (role, priority, found) in [
        (
            Role::SystemIntakeAgent,
            Some(Priority::Emergency),
            &["/priority emergency_by_agent"][..],
        ),
        (Role::SystemIntakeAgent, Some(Priority::Standard), &[]),
        (Role::SystemIntakeAgent, None, &[]),
        (Role::OperatorAdmin, Some(Priority::Emergency), &[]),
    ] {
        let scene = opening(|create| create.priority = priority).by(role);
        assert_eq!(scene.role::<TicketCreate>(), found, "{role:?} {priority:?}");
    }
}
