//! `ticket.add_message` keeps what was said, and may do one thing more: add to
//! the intake, check a technician in, or cancel.

use dispatch_sdk::intake::{self, Facts};
use dispatch_sdk::{Actor, Case, Intake, Intent, Key, Message, Proposal, Role, Rule, State};
use dispatch_sdk::{Violations, contact, export_rule, tools};

/// The longest message, in characters, below what the schema admits.
const MAX_CHARS: Key = Key::integer("max_message_chars", i64::MAX, 1, i64::MAX);

/// The rules of `ticket.add_message`.
#[derive(Debug)]
pub struct TicketAddMessage;

impl Rule for TicketAddMessage {
    type Tool = tools::TicketAddMessage;
    const ROLES: &'static [Role] = &[
        Role::SystemIntakeAgent,
        Role::SystemSchedulingAgent,
        Role::SystemTechnicianLiaisonAgent,
        Role::OperatorAdmin,
    ];
    const OWN: &'static [Role] = &[Role::Technician, Role::Customer];
    const LEGAL_IN: &'static [State] = &State::ALL;
    const SETTINGS: &'static [Key] = &[MAX_CHARS, intake::CLASSIFICATIONS];

    fn validate(case: &Case<'_, Message>) -> Violations {
        let message = case.input;
        let mut found = Violations::none();
        found.require_text(&message.normalized, "/message/normalized");
        let chars = i64::try_from(message.normalized.chars().count()).unwrap_or(i64::MAX);
        found.require(
            chars <= case.settings.integer(&MAX_CHARS),
            "/message/normalized",
            "too_long",
            "say it shorter, or in several messages",
        );
        if let Some(intake) = &message.intake {
            found.require(
                message.intent.is_none(),
                "/intake",
                "intent_and_intake",
                "send what was learnt and what is intended as two messages",
            );
            check_intake(&mut found, case, intake);
        }
        found
    }

    fn role(actor: &Actor, case: &Case<'_, Message>) -> Violations {
        use Role::{OperatorAdmin, SystemIntakeAgent, SystemTechnicianLiaisonAgent, Technician};
        let mut found = Violations::none();
        found.require(
            case.input.intake.is_none() || matches!(actor.role, SystemIntakeAgent | OperatorAdmin),
            "/intake",
            "role_may_not_intake",
            "leave intake to the intake agent or an operator",
        );
        match case.input.intent {
            Some(Intent::CheckIn) => found.require(
                matches!(
                    actor.role,
                    Technician | SystemTechnicianLiaisonAgent | OperatorAdmin
                ),
                "/message/intent",
                "role_may_not_check_in",
                "leave checking in to the technician, the liaison agent or an operator",
            ),
            Some(Intent::Cancel) => found.require(
                actor.role == OperatorAdmin,
                "/message/intent",
                "role_may_not_cancel",
                "leave canceling to an operator",
            ),
            None => {}
        }
        found
    }

    fn transition(_actor: &Actor, case: &Case<'_, Message>) -> Proposal {
        let state = case.ticket.state;
        match (case.input.intent, &case.input.intake) {
            (Some(Intent::CheckIn), _) if state == State::Dispatched => {
                Proposal::advance(State::Onsite)
            }
            (Some(Intent::CheckIn), _) => {
                Proposal::illegal("a technician checks in on a dispatched ticket only")
            }
            (Some(Intent::Cancel), _) if state <= State::Scheduled => {
                Proposal::advance(State::Canceled)
            }
            (Some(Intent::Cancel), _) => {
                Proposal::illegal("a ticket is canceled before a technician is dispatched, or not")
            }
            (None, Some(intake)) => {
                intake::settle(case, Facts::of_ticket(case.ticket).with_message(intake))
            }
            (None, None) => Proposal::stay(),
        }
    }
}

fn check_intake(found: &mut Violations, case: &Case<'_, Message>, intake: &Intake) {
    let (phone, email) = (intake.phone.as_deref(), intake.email.as_deref());
    contact::check(found, "/intake/customer", phone, email);
    let classification = intake.classification.as_deref();
    let path = "/intake/issue/classification";
    intake::check_classification(found, &case.settings, classification, path);
    let access_details = intake.access_details.as_deref();
    found.require_text_if_given(access_details, "/intake/issue/access_details");
}

export_rule!(TicketAddMessage);

#[cfg(test)]
mod tests;
