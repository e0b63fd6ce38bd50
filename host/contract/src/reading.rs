//! What can be read: the case file, lists and pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::artifact::Attachment;
use crate::channel::Channel;
use crate::event::Event;
use crate::id::{AttachmentId, DecisionId, MessageId, NoteId, ProposalId, TechnicianId, TicketId};
use crate::input::{Direction, Intent};
use crate::invoice::InvoiceDraft;
use crate::state::State;
use crate::ticket::{Item, Priority, Ticket};
use crate::time::{Timestamp, Window, Zone};
use crate::tool::Tool;

/// Items on one page, where a listing does not ask for fewer.
pub const PAGE: u32 = 50;

/// Items on one page at most.
pub const MAX_PAGE: u32 = 200;

/// One page of a listing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Hand this back as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A message of the case file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Which.
    pub message_id: MessageId,
    /// When it was kept.
    pub at: Timestamp,
    /// Who kept it.
    pub actor: Actor,
    /// Where it travelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Which way it went.
    pub direction: Direction,
    /// Word for word.
    pub raw: String,
    /// As understood.
    pub normalized: String,
    /// What it did beyond being kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
}

/// What happened to a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    /// The customer may choose.
    Open,
    /// A later proposal took its place.
    Superseded,
    /// One of its windows was confirmed.
    Confirmed,
}

/// A proposal and what became of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleEntry {
    /// Which.
    pub proposal_id: ProposalId,
    /// When it was made.
    pub proposed_at: Timestamp,
    /// What became of it.
    pub status: ProposalStatus,
    /// What the customer could choose from.
    pub windows: Vec<Window>,
    /// The window agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_window: Option<Window>,
    /// When it was agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
}

/// A technician put on the ticket.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AssignmentEntry {
    /// Who.
    pub technician_id: TechnicianId,
    /// By their name in the register.
    pub technician_name: String,
    /// When.
    pub assigned_at: Timestamp,
    /// Until when; absent for the one on it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// By whom.
    pub assigned_by: Actor,
}

/// A note of the technician's timeline.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NoteEntry {
    /// Which.
    pub note_id: NoteId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What was found or done.
    pub text: String,
}

/// An attachment and when it came.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentEntry {
    /// The attachment.
    pub attachment: Attachment,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
}

/// A checklist item that is done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistEntry {
    /// Which.
    pub item_key: Item,
    /// When.
    pub completed_at: Timestamp,
    /// By whom.
    pub completed_by: Actor,
}

/// An invoice draft and its papers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceEntry {
    /// When.
    pub drafted_at: Timestamp,
    /// What it says.
    pub invoice: InvoiceDraft,
    /// For a person.
    pub pdf_attachment_id: AttachmentId,
    /// For a machine.
    pub json_attachment_id: AttachmentId,
}

/// Everything known of a ticket.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CaseFile {
    /// The canonical snapshot.
    pub ticket: Ticket,
    /// Proposals and confirmations, oldest first.
    pub schedule_history: Vec<ScheduleEntry>,
    /// Who was on it, oldest first.
    pub assignment_history: Vec<AssignmentEntry>,
    /// The technician's timeline, oldest first.
    pub technician_timeline: Vec<NoteEntry>,
    /// Messages raw and normalized, oldest first; the latest, where there are very many.
    pub messages: Vec<Message>,
    /// So many messages came before those.
    #[serde(default, skip_serializing_if = "none")]
    pub earlier_messages: u64,
    /// Photos and papers, oldest first.
    pub attachments: Vec<AttachmentEntry>,
    /// Checklist items done, oldest first.
    pub checklist: Vec<ChecklistEntry>,
    /// The latest draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_draft: Option<InvoiceEntry>,
    /// The events of the ticket's chain, oldest first; the latest, where there are very
    /// many. The timeline has all of them, page after page.
    pub audit: Vec<Event>,
    /// So many events came before those.
    #[serde(default, skip_serializing_if = "none")]
    pub earlier_events: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn none(count: &u64) -> bool {
    *count == 0
}

/// A technician in the register.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Technician {
    /// Who.
    pub technician_id: TechnicianId,
    /// By name.
    pub name: String,
    /// May be assigned.
    pub active: bool,
    /// Where their day runs.
    pub timezone: Zone,
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// What a listing of tickets asks for; all that is given must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TicketFilter {
    /// Standing here.
    pub state: Option<State>,
    /// This urgent.
    pub priority: Option<Priority>,
    /// With this technician on it.
    pub technician_id: Option<TechnicianId>,
    /// Of this customer.
    pub customer_id: Option<crate::id::CustomerId>,
    /// With this text in customer, address, summary or classification.
    pub text: Option<String>,
    /// Scheduled or dispatched, and the window agreed ends before this: those only, the
    /// earliest end first. With the time now, what is late, the longest late first.
    pub due_before: Option<Timestamp>,
    /// After this page.
    pub cursor: Option<String>,
    /// So many; 0 stands for [`PAGE`].
    pub limit: u32,
}

/// What a listing of events asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditFilter {
    /// Of this ticket.
    pub ticket_id: Option<TicketId>,
    /// Of this type.
    pub kind: Option<crate::event::EventType>,
    /// By this principal.
    pub actor_id: Option<crate::id::PrincipalId>,
    /// After this page.
    pub cursor: Option<String>,
    /// So many; 0 stands for [`PAGE`].
    pub limit: u32,
}

/// What a listing of decisions asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DecisionFilter {
    /// Of this ticket.
    pub ticket_id: Option<TicketId>,
    /// Of this tool.
    pub tool: Option<String>,
    /// Committed or turned away.
    pub allowed: Option<bool>,
    /// Turned away for this.
    pub code: Option<crate::refusal::Code>,
    /// After this page.
    pub cursor: Option<String>,
    /// So many; 0 stands for [`PAGE`].
    pub limit: u32,
}

/// Which of the decisions that a pack was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RecordedFilter {
    /// Decided at this time or later.
    pub since: Option<Timestamp>,
    /// Of this tool alone.
    pub tool: Option<Tool>,
    /// Made before this one: the last of the page before.
    pub before: Option<DecisionId>,
    /// This one or made after it.
    pub from: Option<DecisionId>,
    /// So many, 1,000 at most.
    pub limit: u32,
}

/// A decision that a pack was asked for, its JSON as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Which.
    pub decision_id: DecisionId,
    /// The pack that judged.
    pub pack_digest: String,
    /// The question.
    pub question: String,
    /// The verdict.
    pub verdict: String,
}
