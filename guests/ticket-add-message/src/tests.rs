use super::*;
use dispatch_sdk::scene::{ALL_ROLES, NOTHING, Scene, fully_taken_in};
use dispatch_sdk::{Direction, Input, Priority, SettingValue};

fn learnt() -> Intake {
    Intake {
        phone: None,
        email: None,
        classification: None,
        door_system_type: None,
        security_safety_status: None,
        access_details: None,
        photos_available: None,
    }
}

fn saying(state: State, intent: Option<Intent>, intake: Option<Intake>) -> Scene {
    let message = Message {
        normalized: "the door is stuck".to_owned(),
        direction: Direction::Inbound,
        intent,
        intake,
    };
    Scene::new(state, Input::TicketAddMessage(message))
}

fn is_illegal(scene: &Scene) -> bool {
    matches!(scene.transition::<TicketAddMessage>(), Proposal::Illegal(_))
}

#[test]
fn all_but_the_closeout_agent_speak_the_outside_on_their_own_tickets() {
    let scene = saying(State::Dispatched, None, None);
    scene.assert_open_to::<TicketAddMessage>(
        &ALL_ROLES
            .into_iter()
            .filter(|role| *role != Role::SystemCloseoutAgent)
            .collect::<Vec<_>>(),
    );
    for role in [Role::Technician, Role::Customer] {
        let found = scene.clone().by_stranger(role).role::<TicketAddMessage>();
        assert_eq!(found, [" not_own_ticket"]);
    }
}

#[test]
fn a_plain_message_is_kept_in_any_state_and_moves_nothing() {
    for state in State::ALL {
        let scene = saying(state, None, None);
        assert_eq!(scene.transition::<TicketAddMessage>(), Proposal::stay());
    }
}

#[test]
fn check_in_brings_a_dispatched_ticket_onsite() {
    for state in State::ALL {
        let scene = saying(state, Some(Intent::CheckIn), None);
        assert_eq!(is_illegal(&scene), state != State::Dispatched, "{state:?}");
    }
    let scene = saying(State::Dispatched, Some(Intent::CheckIn), None).by(Role::Technician);
    assert_eq!(scene.role::<TicketAddMessage>(), NOTHING);
    assert_eq!(
        scene.transition::<TicketAddMessage>(),
        Proposal::advance(State::Onsite)
    );
}

#[test]
fn cancel_ends_a_ticket_before_dispatch_only() {
    for state in State::ALL {
        let scene = saying(state, Some(Intent::Cancel), None);
        assert_eq!(is_illegal(&scene), state > State::Scheduled, "{state:?}");
    }
}

#[test]
fn intents_and_intake_belong_to_their_roles() {
    let by = |role, intent, intake| {
        saying(State::Dispatched, intent, intake)
            .by(role)
            .role::<TicketAddMessage>()
    };
    assert_eq!(
        by(Role::Customer, Some(Intent::Cancel), None),
        ["/message/intent role_may_not_cancel"]
    );
    assert_eq!(
        by(Role::SystemSchedulingAgent, Some(Intent::CheckIn), None),
        ["/message/intent role_may_not_check_in"]
    );
    assert_eq!(
        by(Role::Technician, None, Some(learnt())),
        ["/intake role_may_not_intake"]
    );
    assert_eq!(by(Role::SystemIntakeAgent, None, Some(learnt())), NOTHING);
}

#[test]
fn intake_completes_triage_and_schedulability() {
    let classified = Intake {
        classification: Some("spring".to_owned()),
        ..learnt()
    };
    let urgent = saying(State::New, None, Some(classified.clone()))
        .with(|ticket| ticket.priority = Some(Priority::Emergency));
    assert_eq!(
        urgent.transition::<TicketAddMessage>(),
        Proposal::advance(State::Triaged)
    );
    let known = saying(State::Triaged, None, Some(learnt())).with(fully_taken_in);
    assert_eq!(
        known.transition::<TicketAddMessage>(),
        Proposal::advance(State::Schedulable)
    );
    let late = saying(State::Onsite, None, Some(classified)).with(fully_taken_in);
    assert_eq!(late.transition::<TicketAddMessage>(), Proposal::stay());
}

#[test]
fn an_operator_overrides_the_intake_but_never_a_state() {
    let bare = saying(State::New, None, Some(learnt())).overriding();
    assert_eq!(
        bare.transition::<TicketAddMessage>(),
        Proposal::overriding(
            State::Schedulable,
            &[
                "intake.classification",
                "intake.priority",
                "intake.contact",
                "intake.access_details"
            ]
        )
    );
    let late = saying(State::Dispatched, Some(Intent::Cancel), None).overriding();
    assert!(is_illegal(&late));
    let agent = bare.by(Role::SystemIntakeAgent);
    assert_eq!(
        agent.role::<TicketAddMessage>(),
        ["/override role_may_not_override"]
    );
}

#[test]
fn broken_intakes_are_named() {
    let broken = Intake {
        phone: Some("none".to_owned()),
        access_details: Some(" ".to_owned()),
        ..learnt()
    };
    let scene = saying(State::New, Some(Intent::CheckIn), Some(broken))
        .setting("max_message_chars", SettingValue::Integer(5));
    assert_eq!(
        scene.validate::<TicketAddMessage>(),
        [
            "/message/normalized too_long",
            "/intake intent_and_intake",
            "/intake/customer/phone not_a_phone_number",
            "/intake/issue/access_details blank",
        ]
    );
}
