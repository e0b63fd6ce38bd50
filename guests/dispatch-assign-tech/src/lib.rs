//! `dispatch.assign_tech` names who goes. The ticket is dispatched once it also
//! has an ETA.

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
        match technician {
            Some(technician) if technician.id == *technician_id => found.require(
                technician.active,
                "/technician_id",
                "inactive_technician",
                "assign a technician who is active",
            ),
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
mod tests {
    use super::*;
    use dispatch_sdk::scene::{NOTHING, Scene, TECHNICIAN};
    use dispatch_sdk::{Input, SettingValue, Technician, TicketView};

    fn assigning(state: State, technician: Option<(&str, bool)>) -> Scene {
        let technician = technician.map(|(id, active)| Technician {
            id: id.to_owned(),
            active,
            zone: "America/Chicago".to_owned(),
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
}
