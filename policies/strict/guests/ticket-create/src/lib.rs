//! `ticket.create` opens a ticket and carries it as far as its facts allow. An agent
//! opens it with the standard priority at most: what hurries is for people to say.

use dispatch_sdk::intake::{self, Facts};
use dispatch_sdk::{Actor, Case, Create, Key, Priority, Proposal, Role, Rule, State, Violations};
use dispatch_sdk::{contact, export_rule, tools};

/// A ticket is opened only with a way to reach the customer.
const CONTACT_REQUIRED: Key = Key::boolean("contact_required", false);

/// The rules of `ticket.create`.
#[derive(Debug)]
pub struct TicketCreate;

impl Rule for TicketCreate {
    type Tool = tools::TicketCreate;
    const ROLES: &'static [Role] = &[Role::SystemIntakeAgent, Role::OperatorAdmin];
    const LEGAL_IN: &'static [State] = &[State::New];
    const OPENS_TICKET: bool = true;
    const SETTINGS: &'static [Key] = &[CONTACT_REQUIRED, intake::CLASSIFICATIONS];

    fn validate(case: &Case<'_, Create>) -> Violations {
        let Create {
            contact,
            location,
            issue,
            first_message,
            ..
        } = case.input;
        let mut found = Violations::none();

        found.require_text(&contact.name, "/customer/contact_name");
        found.require_text_if_given(contact.site_name.as_deref(), "/customer/site_name");
        let (phone, email) = (contact.phone.as_deref(), contact.email.as_deref());
        contact::check(&mut found, "/customer", phone, email);
        found.require(
            phone.or(email).is_some() || !case.settings.boolean(&CONTACT_REQUIRED),
            "/customer",
            "contact_required",
            "give a phone number or an e-mail address",
        );

        found.require_text(&location.line1, "/service_location/address_line1");
        found.require_text(&location.city, "/service_location/city");
        found.require_text(&location.region, "/service_location/region");
        found.require_text(&location.postal_code, "/service_location/postal_code");
        found.require_text(&location.country, "/service_location/country");

        found.require_text(&issue.summary, "/issue/summary");
        let classification = issue.classification.as_deref();
        let path = "/issue/classification";
        intake::check_classification(&mut found, &case.settings, classification, path);
        found.require_text_if_given(issue.access_details.as_deref(), "/issue/access_details");
        found.require_text_if_given(first_message.as_deref(), "/initial_message/normalized");
        found
    }

    fn role(actor: &Actor, case: &Case<'_, Create>) -> Violations {
        let mut found = Violations::none();
        found.require(
            actor.role == Role::OperatorAdmin || case.input.priority != Some(Priority::Emergency),
            "/priority",
            "emergency_by_agent",
            "leave it out or give standard, and ask an operator to raise it",
        );
        found
    }

    fn transition(_actor: &Actor, case: &Case<'_, Create>) -> Proposal {
        intake::settle(case, Facts::of_create(case.input))
    }
}

export_rule!(TicketCreate);

#[cfg(test)]
mod tests;
