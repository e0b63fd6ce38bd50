//! `billing.compile_closeout_packet` closes the ticket, if all that a closed
//! ticket shows is there. No one closes a ticket without its invoice draft.

use dispatch_sdk::{Actor, Case, Key, Proposal, Role, Rule, State, evidence, export_rule, tools};

/// The rules of `billing.compile_closeout_packet`.
#[derive(Debug)]
pub struct BillingCompileCloseoutPacket;

impl Rule for BillingCompileCloseoutPacket {
    type Tool = tools::BillingCompileCloseoutPacket;
    const ROLES: &'static [Role] = &[Role::SystemCloseoutAgent, Role::OperatorAdmin];
    const LEGAL_IN: &'static [State] = &[State::CloseoutPending];
    const SETTINGS: &'static [Key] = &[evidence::NOTES_MIN, evidence::PHOTOS_AFTER_MIN];

    fn transition(_actor: &Actor, case: &Case<'_, ()>) -> Proposal {
        let ticket = case.ticket;
        evidence::gates(ticket, &case.settings, ticket.checklist)
            .need(ticket.has_invoice_draft, "billing.invoice_draft")
            .then(case, State::Closed)
    }
}

export_rule!(BillingCompileCloseoutPacket);

#[cfg(test)]
mod tests {
    use super::*;
    use dispatch_sdk::scene::Scene;
    use dispatch_sdk::{Checklist, Input, SettingValue, TicketView};

    fn compiling(change: impl FnOnce(&mut TicketView)) -> Scene {
        let input = Input::BillingCompileCloseoutPacket;
        Scene::new(State::CloseoutPending, input).with(|ticket| {
            ticket.checklist = Checklist::all();
            (ticket.notes, ticket.photos_after) = (1, 1);
            ticket.has_invoice_draft = true;
            change(ticket);
        })
    }

    fn outcome(scene: &Scene) -> Proposal {
        scene.transition::<BillingCompileCloseoutPacket>()
    }

    #[test]
    fn closeout_closes_what_is_pending() {
        let scene = compiling(|_| {});
        scene.assert_open_to::<BillingCompileCloseoutPacket>(BillingCompileCloseoutPacket::ROLES);
        scene.assert_legal_in::<BillingCompileCloseoutPacket>(&[State::CloseoutPending]);
        assert_eq!(outcome(&scene), Proposal::advance(State::Closed));
    }

    #[test]
    fn every_missing_gate_is_named() {
        let scene = compiling(|ticket| {
            ticket.checklist = Checklist::all() - Checklist::BILLING_AUTHORIZATION;
            (ticket.notes, ticket.photos_after) = (0, 0);
            ticket.has_invoice_draft = false;
        });
        assert_eq!(
            outcome(&scene),
            Proposal::blocked(&[
                "evidence.note",
                "evidence.photo_after",
                "checklist.billing_authorization",
                "billing.invoice_draft",
            ])
        );
        assert_eq!(
            outcome(&scene.overriding()),
            Proposal::blocked(&["billing.invoice_draft"])
        );
    }

    #[test]
    fn an_operator_answers_for_missing_evidence() {
        let scene = compiling(|ticket| ticket.photos_after = 0);
        assert_eq!(
            outcome(&scene),
            Proposal::blocked(&["evidence.photo_after"])
        );
        assert_eq!(
            outcome(&scene.overriding()),
            Proposal::overriding(State::Closed, &["evidence.photo_after"])
        );
    }

    #[test]
    fn a_pack_may_ask_for_more_photos() {
        let strict = compiling(|_| {}).setting("photos_after_min", SettingValue::Integer(3));
        assert_eq!(
            outcome(&strict),
            Proposal::blocked(&["evidence.photo_after"])
        );
    }
}
