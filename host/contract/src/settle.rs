//! From an allowed call to its facts: what exactly is committed.
//!
//! Pure: ids and papers are handed in. The engine has said yes; nothing here
//! judges again.

use ulid::Ulid;

use crate::actor::{Actor, Role};
use crate::artifact::{Attachment, AttachmentKind};
use crate::call::Call;
use crate::case::Case;
use crate::fact::{
    Confirmed, Created, EtaSet, Fact, InvoiceDrafted, ItemCompleted, MessageAdded, NoteAdded,
    OverrideApplied, PacketCompiled, PhotoAdded, PrioritySet, SlotsProposed, StateChanged,
    TechAssigned,
};
use crate::id::{AttachmentId, CustomerId, MessageId, NoteId, ProposalId};
use crate::input::{Direction, Input};
use crate::invoice::InvoiceDraft;
use crate::question::ObjectFact;
use crate::state::State;
use crate::ticket::{Customer, Issue, Priority, ScheduleStatus};
use crate::verdict::Outcome;

/// Papers that were made for this call, already in the object store.
#[derive(Clone, PartialEq, Debug)]
pub struct Papers {
    /// For a person.
    pub pdf: Attachment,
    /// For a machine: the draft as JSON, or the packet's manifest.
    pub json: Attachment,
}

/// What a commit needs besides call and outcome.
pub struct Given<'a> {
    /// Who calls.
    pub actor: Actor,
    /// The case before; none for `ticket.create`.
    pub case: Option<&'a Case>,
    /// `ticket.create`: the customer found by phone or email, or the id for a
    /// new one, and whether it was found.
    pub customer: Option<(CustomerId, bool)>,
    /// `closeout.add_photo`: the object as the store knows it.
    pub object: Option<&'a ObjectFact>,
    /// The two billing tools: the papers made.
    pub papers: Option<Papers>,
    /// Gives a fresh id at every call.
    pub fresh: &'a mut dyn FnMut() -> Ulid,
}

/// A call that was allowed although it cannot be settled: a fault of the host or
/// of the pack, never of the caller.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("cannot settle {tool}: {what} is missing")]
pub struct Unsettled {
    /// The tool.
    pub tool: &'static str,
    /// What would be needed.
    pub what: &'static str,
}

fn emergency_rate(priority: Option<Priority>, role: Role) -> Option<bool> {
    (priority == Some(Priority::Emergency)).then_some(role == Role::OperatorAdmin)
}

/// The facts of an allowed call, in the order they are committed: the tool's
/// own, then the override, then the move.
///
/// # Errors
/// Where something is missing that an allowed call of this tool has.
pub fn facts(call: &Call, outcome: &Outcome, given: Given<'_>) -> Result<Vec<Fact>, Unsettled> {
    let tool = call.tool();
    let missing = |what| Unsettled {
        tool: tool.name(),
        what,
    };
    let Given {
        actor,
        case,
        customer,
        object,
        papers,
        fresh,
    } = given;
    let mut facts = Vec::with_capacity(4);
    match &call.input {
        Input::TicketCreate(create) => {
            let (customer_id, customer_found) = customer.ok_or_else(|| missing("the customer"))?;
            facts.push(Fact::Created(Box::new(Created {
                customer_id,
                customer_found,
                customer: Customer {
                    site_name: create.customer.site_name.clone(),
                    contact_name: create.customer.contact_name.clone(),
                    phone: create.customer.phone.clone(),
                    email: create.customer.email.clone(),
                },
                service_location: create.service_location.clone(),
                issue: Issue {
                    summary: create.issue.summary.clone(),
                    classification: create.issue.classification.clone(),
                    door_system_type: create.issue.door_system_type.clone(),
                    security_safety_status: create.issue.security_safety_status.clone(),
                    access_details: create.issue.access_details.clone(),
                    photos_available: create.issue.photos_available,
                },
                account_type: create.billing_account_type.unwrap_or_default(),
                priority: create.priority,
                emergency_rate_approved: emergency_rate(create.priority, actor.role),
            })));
            if let Some(message) = &create.initial_message {
                facts.push(Fact::MessageAdded(MessageAdded {
                    message_id: MessageId(fresh()),
                    raw: message.raw.clone(),
                    normalized: message.normalized.clone(),
                    direction: Direction::Inbound,
                    intent: None,
                    intake: None,
                }));
            }
        }
        Input::TicketAddMessage(add) => facts.push(Fact::MessageAdded(MessageAdded {
            message_id: MessageId(fresh()),
            raw: add.message.raw.clone(),
            normalized: add.message.normalized.clone(),
            direction: add.message.direction,
            intent: add.message.intent,
            intake: add.intake.clone(),
        })),
        Input::TicketSetPriority(set) => facts.push(Fact::PrioritySet(PrioritySet {
            priority: set.priority,
            previous: case.and_then(|case| case.ticket.priority),
            emergency_rate_approved: emergency_rate(Some(set.priority), actor.role),
        })),
        Input::ScheduleProposeSlots(propose) => facts.push(Fact::SlotsProposed(SlotsProposed {
            proposal_id: ProposalId(fresh()),
            windows: propose.windows.clone(),
            supersedes: case
                .and_then(|case| case.open_proposal.as_ref())
                .map(|open| open.proposal_id),
        })),
        Input::ScheduleConfirm(confirm) => facts.push(Fact::Confirmed(Confirmed {
            proposal_id: case
                .and_then(|case| case.open_proposal.as_ref())
                .map(|open| open.proposal_id)
                .ok_or_else(|| missing("the open proposal"))?,
            window: confirm.selected_window.clone(),
            previous: case
                .and_then(|case| case.ticket.schedule.as_ref())
                .filter(|schedule| schedule.status == ScheduleStatus::Confirmed)
                .map(crate::ticket::Schedule::window),
        })),
        Input::DispatchAssignTech(assign) => facts.push(Fact::TechAssigned(TechAssigned {
            technician_id: assign.technician_id,
            previous: case.and_then(|case| case.ticket.assigned_technician_id),
        })),
        Input::DispatchSetEta(eta) => facts.push(Fact::EtaSet(EtaSet {
            eta_text: eta.eta_text.clone(),
            eta_at: eta.eta_at,
        })),
        Input::CloseoutAddNote(add) => facts.push(Fact::NoteAdded(NoteAdded {
            note_id: NoteId(fresh()),
            text: add.note.text.clone(),
        })),
        Input::CloseoutAddPhoto(add) => {
            let object = object.ok_or_else(|| missing("the stored object"))?;
            facts.push(Fact::PhotoAdded(PhotoAdded {
                photo: Attachment {
                    attachment_id: AttachmentId(fresh()),
                    kind: AttachmentKind::Photo,
                    storage_key: add.photo.storage_key.clone(),
                    sha256: object.sha256.clone(),
                    content_type: object.content_type.clone(),
                    size_bytes: object.size_bytes,
                    phase: Some(add.photo.phase.unwrap_or_default()),
                },
            }));
        }
        Input::CloseoutChecklistComplete(complete) => {
            facts.push(Fact::ItemCompleted(ItemCompleted {
                item_key: complete.item_key,
            }));
        }
        Input::BillingGenerateInvoiceDraft(generate) => {
            let papers = papers.ok_or_else(|| missing("the invoice draft"))?;
            facts.push(Fact::InvoiceDrafted(Box::new(InvoiceDrafted {
                invoice: InvoiceDraft::of(generate),
                pdf: papers.pdf,
                json: papers.json,
            })));
        }
        Input::BillingCompileCloseoutPacket(_) => {
            let papers = papers.ok_or_else(|| missing("the closeout packet"))?;
            facts.push(Fact::PacketCompiled(Box::new(PacketCompiled {
                pdf: papers.pdf,
                manifest: papers.json,
            })));
        }
    }
    if !outcome.overridden.is_empty() {
        let reason = call
            .gate_override
            .as_ref()
            .ok_or_else(|| missing("the override's reason"))?
            .reason
            .clone();
        facts.push(Fact::OverrideApplied(OverrideApplied {
            reason,
            gates: outcome.overridden.clone(),
            tool,
        }));
    }
    if let Some(to) = outcome.to {
        facts.push(Fact::StateChanged(StateChanged {
            from: case.map_or(State::New, |case| case.ticket.state),
            to,
            tool,
        }));
    }
    Ok(facts)
}
