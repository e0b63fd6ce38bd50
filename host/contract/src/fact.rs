//! The shape of every ticket event's payload.
//!
//! A fact holds all that is needed to rebuild the case from its events alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::artifact::Attachment;
use crate::event::{Event, EventType};
use crate::id::{CustomerId, MessageId, NoteId, ProposalId, TechnicianId};
use crate::input::{Direction, Intake, Intent};
use crate::invoice::InvoiceDraft;
use crate::state::State;
use crate::ticket::{AccountType, Address, Customer, Issue, Item, Priority};
use crate::time::{Timestamp, Window};
use crate::tool::Tool;

/// `ticket.created`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Created {
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The customer was known by phone or email.
    pub customer_found: bool,
    /// The customer as this ticket knows them.
    pub customer: Customer,
    /// Where the work is.
    pub service_location: Address,
    /// What is wrong.
    pub issue: Issue,
    /// How it is billed.
    pub account_type: AccountType,
    /// How urgent it is, where already known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// See [`crate::ticket::Billing::emergency_rate_approved`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_rate_approved: Option<bool>,
}

/// `ticket.message_added`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MessageAdded {
    /// Which.
    pub message_id: MessageId,
    /// Word for word.
    pub raw: String,
    /// As understood.
    pub normalized: String,
    /// Which way it went.
    pub direction: Direction,
    /// What it does beyond being kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What it tells about the intake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intake: Option<Intake>,
}

/// `ticket.priority_set`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PrioritySet {
    /// The priority now.
    pub priority: Priority,
    /// The priority before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Priority>,
    /// See [`crate::ticket::Billing::emergency_rate_approved`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_rate_approved: Option<bool>,
}

/// `ticket.state_changed`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StateChanged {
    /// From where.
    pub from: State,
    /// To where.
    pub to: State,
    /// By which tool.
    pub tool: Tool,
}

/// `schedule.slots_proposed`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SlotsProposed {
    /// Which.
    pub proposal_id: ProposalId,
    /// What the customer may choose from.
    pub windows: Vec<Window>,
    /// The open proposal that this one supersedes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<ProposalId>,
}

/// `schedule.confirmed`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Confirmed {
    /// The proposal the window comes from.
    pub proposal_id: ProposalId,
    /// The window agreed.
    pub window: Window,
    /// The window that stood before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Window>,
}

/// `dispatch.tech_assigned`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TechAssigned {
    /// Who is on it now.
    pub technician_id: TechnicianId,
    /// Who was on it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<TechnicianId>,
}

/// `dispatch.eta_set`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EtaSet {
    /// As told.
    pub eta_text: String,
    /// As an instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_at: Option<Timestamp>,
}

/// `closeout.note_added`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NoteAdded {
    /// Which.
    pub note_id: NoteId,
    /// What was found or done.
    pub text: String,
}

/// `closeout.photo_added`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PhotoAdded {
    /// The photo.
    pub photo: Attachment,
}

/// `closeout.checklist_item_completed`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ItemCompleted {
    /// Which.
    pub item_key: Item,
}

/// `billing.invoice_draft_generated`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceDrafted {
    /// What it says.
    pub invoice: InvoiceDraft,
    /// For a person.
    pub pdf: Attachment,
    /// For a machine.
    pub json: Attachment,
}

/// `billing.closeout_packet_compiled`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PacketCompiled {
    /// For a person.
    pub pdf: Attachment,
    /// For a machine, with every artifact's hash.
    pub manifest: Attachment,
}

/// `override.applied`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OverrideApplied {
    /// Why.
    pub reason: String,
    /// What was passed.
    pub gates: Vec<String>,
    /// By which tool.
    pub tool: Tool,
}

/// A fact of a ticket's chain.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "payload")]
pub enum Fact {
    /// See [`Created`].
    #[serde(rename = "ticket.created")]
    Created(Box<Created>),
    /// See [`MessageAdded`].
    #[serde(rename = "ticket.message_added")]
    MessageAdded(MessageAdded),
    /// See [`PrioritySet`].
    #[serde(rename = "ticket.priority_set")]
    PrioritySet(PrioritySet),
    /// See [`StateChanged`].
    #[serde(rename = "ticket.state_changed")]
    StateChanged(StateChanged),
    /// See [`SlotsProposed`].
    #[serde(rename = "schedule.slots_proposed")]
    SlotsProposed(SlotsProposed),
    /// See [`Confirmed`].
    #[serde(rename = "schedule.confirmed")]
    Confirmed(Confirmed),
    /// See [`TechAssigned`].
    #[serde(rename = "dispatch.tech_assigned")]
    TechAssigned(TechAssigned),
    /// See [`EtaSet`].
    #[serde(rename = "dispatch.eta_set")]
    EtaSet(EtaSet),
    /// See [`NoteAdded`].
    #[serde(rename = "closeout.note_added")]
    NoteAdded(NoteAdded),
    /// See [`PhotoAdded`].
    #[serde(rename = "closeout.photo_added")]
    PhotoAdded(PhotoAdded),
    /// See [`ItemCompleted`].
    #[serde(rename = "closeout.checklist_item_completed")]
    ItemCompleted(ItemCompleted),
    /// See [`InvoiceDrafted`].
    #[serde(rename = "billing.invoice_draft_generated")]
    InvoiceDrafted(Box<InvoiceDrafted>),
    /// See [`PacketCompiled`].
    #[serde(rename = "billing.closeout_packet_compiled")]
    PacketCompiled(Box<PacketCompiled>),
    /// See [`OverrideApplied`].
    #[serde(rename = "override.applied")]
    OverrideApplied(OverrideApplied),
}

impl Fact {
    /// The type of event that states this fact.
    #[must_use]
    pub fn kind(&self) -> EventType {
        match self {
            Self::Created(_) => EventType::TicketCreated,
            Self::MessageAdded(_) => EventType::TicketMessageAdded,
            Self::PrioritySet(_) => EventType::TicketPrioritySet,
            Self::StateChanged(_) => EventType::TicketStateChanged,
            Self::SlotsProposed(_) => EventType::ScheduleSlotsProposed,
            Self::Confirmed(_) => EventType::ScheduleConfirmed,
            Self::TechAssigned(_) => EventType::DispatchTechAssigned,
            Self::EtaSet(_) => EventType::DispatchEtaSet,
            Self::NoteAdded(_) => EventType::CloseoutNoteAdded,
            Self::PhotoAdded(_) => EventType::CloseoutPhotoAdded,
            Self::ItemCompleted(_) => EventType::CloseoutChecklistItemCompleted,
            Self::InvoiceDrafted(_) => EventType::BillingInvoiceDraftGenerated,
            Self::PacketCompiled(_) => EventType::BillingCloseoutPacketCompiled,
            Self::OverrideApplied(_) => EventType::OverrideApplied,
        }
    }

    /// The payload alone, as the event carries it.
    #[must_use]
    pub fn payload(&self) -> Value {
        let mut tagged = serde_json::to_value(self).expect("facts have text keys");
        tagged
            .get_mut("payload")
            .map(Value::take)
            .unwrap_or_default()
    }

    /// The fact that a ticket's event states.
    ///
    /// # Errors
    /// Where the payload is not of the shape that its type has.
    pub fn of(event: &Event) -> Result<Self, serde_json::Error> {
        serde_json::from_value(json!({ "type": event.kind, "payload": event.payload }))
    }
}
