//! Intake: when a ticket counts as triaged and as schedulable. Shared by the
//! three tools that gather what is known of a job.

use crate::{
    Address, Case, Create, Gates, Intake, Key, Proposal, Settings, State, TicketView, Violations,
    is_blank,
};

/// The classifications that a pack admits, with commas between; none: any text.
pub const CLASSIFICATIONS: Key = Key::text("classifications", "");

/// Which of the intake rules hold.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    classified: bool,
    prioritized: bool,
    reachable: bool,
    accessible: bool,
    addressed: bool,
}

impl Facts {
    /// What the ticket holds now.
    pub fn of_ticket(ticket: &TicketView) -> Self {
        Self {
            classified: is_told(&ticket.classification),
            prioritized: ticket.priority.is_some(),
            reachable: ticket.has_phone || ticket.has_email,
            accessible: is_told(&ticket.access_details),
            addressed: ticket.address_complete,
        }
    }

    /// What a ticket holds that this call opens.
    pub fn of_create(create: &Create) -> Self {
        Self {
            classified: is_told(&create.issue.classification),
            prioritized: create.priority.is_some(),
            reachable: is_told(&create.contact.phone) || is_told(&create.contact.email),
            accessible: is_told(&create.issue.access_details),
            addressed: is_complete(&create.location),
        }
    }

    /// With what a later message adds.
    pub fn with_message(self, intake: &Intake) -> Self {
        Self {
            classified: self.classified || is_told(&intake.classification),
            reachable: self.reachable || is_told(&intake.phone) || is_told(&intake.email),
            accessible: self.accessible || is_told(&intake.access_details),
            ..self
        }
    }

    /// With a priority.
    pub fn with_priority(self) -> Self {
        Self {
            prioritized: true,
            ..self
        }
    }

    /// Triaged: it is known what is broken and how much it hurries.
    fn triaged(self) -> Gates {
        Gates::new()
            .need(self.classified, "intake.classification")
            .need(self.prioritized, "intake.priority")
    }

    /// Schedulable: triaged, and a technician can be sent and let in.
    fn schedulable(self) -> Gates {
        self.triaged()
            .need(self.reachable, "intake.contact")
            .need(self.accessible, "intake.access_details")
            .need(self.addressed, "intake.address")
    }
}

/// Moves a new or triaged ticket as far as the facts carry it, an overriding
/// operator's to schedulable. Missing facts never refuse: the ticket waits.
pub fn settle<I>(case: &Case<'_, I>, facts: Facts) -> Proposal {
    let from = case.ticket.state;
    if !matches!(from, State::New | State::Triaged) {
        return Proposal::stay();
    }
    let schedulable = facts.schedulable();
    if schedulable.all_hold() || case.overrides() {
        schedulable.then(case, State::Schedulable)
    } else if from == State::New && facts.triaged().all_hold() {
        Proposal::advance(State::Triaged)
    } else {
        Proposal::stay()
    }
}

/// Checks a classification, where one is given, against those the pack admits.
pub fn check_classification(
    found: &mut Violations,
    settings: &Settings<'_>,
    classification: Option<&str>,
    path: &str,
) {
    found.require_text_if_given(classification, path);
    let Some(given) = classification.filter(|text| !is_blank(text)) else {
        return;
    };
    let mut admitted = settings.list(&CLASSIFICATIONS).peekable();
    if admitted.peek().is_some() && !admitted.any(|one| one == given) {
        let message = ["give one of ", settings.text(&CLASSIFICATIONS)].concat();
        found.add(path, "unknown_classification", &message);
    }
}

fn is_told(text: &Option<String>) -> bool {
    text.as_deref().is_some_and(|text| !is_blank(text))
}

fn is_complete(address: &Address) -> bool {
    [
        &address.line1,
        &address.city,
        &address.region,
        &address.postal_code,
        &address.country,
    ]
    .iter()
    .all(|part| !is_blank(part))
}
