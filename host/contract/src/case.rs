//! The case: what a ticket's events add up to. The one place where an event
//! becomes a change of the snapshot, for a commit and for a replay alike.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::fact::Fact;
use crate::id::ProposalId;
use crate::input::PhotoPhase;
use crate::state::State;
use crate::ticket::{Billing, Closeout, Priority, Schedule, ScheduleStatus, Ticket};
use crate::time::Window;

/// How much evidence there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// Notes of the technician's timeline.
    pub notes: u32,
    /// Photos from before the work.
    pub photos_before: u32,
    /// Photos from after the work.
    pub photos_after: u32,
}

/// Windows the customer may choose from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// Which.
    pub proposal_id: ProposalId,
    /// The windows.
    pub windows: Vec<Window>,
}

/// The canonical snapshot and what rules look at besides.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Case {
    /// The snapshot.
    pub ticket: Ticket,
    /// How much evidence there is.
    pub evidence: Evidence,
    /// What the customer may choose from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_proposal: Option<Proposal>,
}

/// An event that does not fit the case it is applied to.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The payload has another shape than its type.
    #[error("event {sequence} has a payload that is not of its type")]
    Payload {
        /// The event's place in the chain.
        sequence: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A chain that begins otherwise, or creates twice.
    #[error(
        "event {sequence} cannot stand here: a chain begins with ticket.created and has it once"
    )]
    Order {
        /// The event's place in the chain.
        sequence: u64,
    },
    /// A move from a state where the ticket is not.
    #[error("event {sequence} moves the ticket from {from}, which is {actual}")]
    Move {
        /// The event's place in the chain.
        sequence: u64,
        /// Where the event says it was.
        from: State,
        /// Where it was.
        actual: State,
    },
}

impl Case {
    /// The case after one more event; `None` stands for the case before `ticket.created`.
    ///
    /// # Errors
    /// Where the event does not fit.
    pub fn after(case: Option<Self>, event: &Event) -> Result<Self, FoldError> {
        let sequence = event.sequence;
        let fact = Fact::of(event).map_err(|source| FoldError::Payload { sequence, source })?;
        let mut case = match (case, &fact, event.ticket_id) {
            (None, Fact::Created(created), Some(ticket_id)) => Self {
                ticket: Ticket {
                    ticket_id,
                    state: State::New,
                    created_at: event.occurred_at,
                    updated_at: event.occurred_at,
                    version: 0,
                    customer_id: created.customer_id,
                    customer: created.customer.clone(),
                    service_location: created.service_location.clone(),
                    issue: created.issue.clone(),
                    priority: created.priority,
                    billing: Billing {
                        account_type: created.account_type,
                        emergency_rate_approved: created.emergency_rate_approved,
                        invoice_draft_attachment_id: None,
                        closeout_packet_attachment_id: None,
                        invoice_total: None,
                    },
                    assigned_technician_id: None,
                    schedule: None,
                    closeout: Closeout::default(),
                },
                evidence: Evidence::default(),
                open_proposal: None,
            },
            (None, ..) | (Some(_), Fact::Created(_), _) => {
                return Err(FoldError::Order { sequence });
            }
            (Some(case), ..) => case,
        };
        case.apply(fact, event)?;
        case.ticket.version = event.ticket_version;
        case.ticket.updated_at = event.occurred_at;
        Ok(case)
    }

    fn apply(&mut self, fact: Fact, event: &Event) -> Result<(), FoldError> {
        let ticket = &mut self.ticket;
        match fact {
            Fact::Created(_) | Fact::OverrideApplied(_) => {}
            Fact::MessageAdded(message) => {
                let intake = message.intake.unwrap_or_default();
                let (customer, issue) = (
                    intake.customer.unwrap_or_default(),
                    intake.issue.unwrap_or_default(),
                );
                keep(&mut ticket.customer.phone, customer.phone);
                keep(&mut ticket.customer.email, customer.email);
                keep(&mut ticket.issue.classification, issue.classification);
                keep(&mut ticket.issue.door_system_type, issue.door_system_type);
                keep(
                    &mut ticket.issue.security_safety_status,
                    issue.security_safety_status,
                );
                keep(&mut ticket.issue.access_details, issue.access_details);
                keep(&mut ticket.issue.photos_available, issue.photos_available);
            }
            Fact::PrioritySet(set) => {
                ticket.priority = Some(set.priority);
                ticket.billing.emergency_rate_approved = match set.priority {
                    Priority::Emergency => set.emergency_rate_approved,
                    Priority::Standard => None,
                };
            }
            Fact::StateChanged(change) => {
                if ticket.state != change.from {
                    return Err(FoldError::Move {
                        sequence: event.sequence,
                        from: change.from,
                        actual: ticket.state,
                    });
                }
                ticket.state = change.to;
                if change.to == State::CloseoutPending {
                    ticket.closeout.completed_at = Some(event.occurred_at);
                }
            }
            Fact::SlotsProposed(proposed) => {
                let confirmed = ticket
                    .schedule
                    .as_ref()
                    .is_some_and(|schedule| schedule.status == ScheduleStatus::Confirmed);
                if let (false, Some(first)) = (confirmed, proposed.windows.first()) {
                    ticket.schedule = Some(Schedule::of(first, ScheduleStatus::Proposed));
                }
                self.open_proposal = Some(Proposal {
                    proposal_id: proposed.proposal_id,
                    windows: proposed.windows,
                });
            }
            Fact::Confirmed(confirmed) => {
                ticket.schedule = Some(Schedule::of(&confirmed.window, ScheduleStatus::Confirmed));
                self.open_proposal = None;
            }
            Fact::TechAssigned(assigned) => {
                ticket.assigned_technician_id = Some(assigned.technician_id);
            }
            Fact::EtaSet(eta) => {
                if let Some(schedule) = &mut ticket.schedule {
                    schedule.eta_text = Some(eta.eta_text);
                    schedule.eta_at = eta.eta_at;
                }
            }
            Fact::NoteAdded(_) => self.evidence.notes += 1,
            Fact::PhotoAdded(added) => match added.photo.phase {
                Some(PhotoPhase::Before) => self.evidence.photos_before += 1,
                _ => self.evidence.photos_after += 1,
            },
            Fact::ItemCompleted(item) => ticket.closeout.checklist.complete(item.item_key),
            Fact::InvoiceDrafted(drafted) => {
                ticket.billing.invoice_draft_attachment_id = Some(drafted.pdf.attachment_id);
                ticket.billing.invoice_total = Some(drafted.invoice.total);
            }
            Fact::PacketCompiled(compiled) => {
                ticket.billing.closeout_packet_attachment_id = Some(compiled.pdf.attachment_id);
            }
        }
        Ok(())
    }
}

fn keep<T>(slot: &mut Option<T>, given: Option<T>) {
    if given.is_some() {
        *slot = given;
    }
}
