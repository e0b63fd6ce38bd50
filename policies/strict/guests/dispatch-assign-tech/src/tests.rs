use super::*;
use dispatch_sdk::scene::{NOTHING, Scene, TECHNICIAN};
use dispatch_sdk::{Input, SettingValue, Technician, TicketView};

fn assigning(state: State, technician: Option<(&str, bool)>) -> Scene {
    let technician = technician.map(|(id, active)| Technician {
        id: id.to_owned(),
        active,
        zone: "Etc/UTC".to_owned(),
    });
    let assignment = Assignment {
        technician_id: TECHNICIAN.to_owned(),
        technician,
    };
    Scene::new(state, Input::DispatchAssignTech(assignment))
}

fn promised(ticket: &mut TicketView) {
    let schedule = ticket.schedule.as_mut().expect("scheduled");
    schedule.eta_text = Some("about ten".to_owned());
}

#[test]
fn scheduling_assigns_between_confirmation_and_arrival() {
    let scene = assigning(State::Scheduled, Some((TECHNICIAN, true)));
    scene.assert_open_to::<DispatchAssignTech>(DispatchAssignTech::ROLES);
    scene.assert_legal_in::<DispatchAssignTech>(&[State::Scheduled, State::Dispatched]);
    assert_eq!(scene.validate::<DispatchAssignTech>(), NOTHING);
}

#[test]
fn the_ticket_is_dispatched_once_an_eta_stands() {
    let scene = assigning(State::Scheduled, Some((TECHNICIAN, true)));
    assert_eq!(scene.transition::<DispatchAssignTech>(), Proposal::stay());
    assert_eq!(
        scene.with(promised).transition::<DispatchAssignTech>(),
        Proposal::advance(State::Dispatched)
    );
    let reassigned = assigning(State::Dispatched, Some((TECHNICIAN, true))).with(promised);
    assert_eq!(
        reassigned.transition::<DispatchAssignTech>(),
        Proposal::stay()
    );
}

#[test]
fn unknown_and_inactive_technicians_are_not_sent() {
    let found =
        |technician| assigning(State::Scheduled, technician).validate::<DispatchAssignTech>();
    assert_eq!(found(None), ["/technician_id unknown_technician"]);
    assert_eq!(
        found(Some(("01HZX0TECHN1C1AN0000000002", true))),
        ["/technician_id unknown_technician"]
    );
    assert_eq!(
        found(Some((TECHNICIAN, false))),
        ["/technician_id inactive_technician"]
    );
}

#[test]
fn a_pack_may_forbid_reassignment() {
    let fixed = assigning(State::Dispatched, Some((TECHNICIAN, true)))
        .setting("allow_reassignment", SettingValue::Boolean(false));
    assert!(matches!(
        fixed.transition::<DispatchAssignTech>(),
        Proposal::Illegal(_)
    ));
}

#[test]
fn a_technician_goes_to_windows_of_their_own_zone() {
    let scene = assigning(State::Scheduled, Some((TECHNICIAN, false))).with(|ticket| {
        let schedule = ticket.schedule.as_mut().expect("scheduled");
        schedule.window.timezone = "America/Chicago".to_owned();
    });
    assert_eq!(
        scene.validate::<DispatchAssignTech>(),
        [
            "/technician_id inactive_technician",
            "/technician_id another_zone"
        ]
    );
}
