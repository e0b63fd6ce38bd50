//! The answer of a committed call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::id::{
    AttachmentId, CustomerId, EventId, MessageId, NoteId, ProposalId, TechnicianId, TicketId,
};
use crate::ticket::{Item, Money, Priority, Ticket};
use crate::time::Window;

/// What the tool committed, by tool; absent fields do not concern it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Data {
    /// `ticket.create`: the new ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// `ticket.create`: whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// The message kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// `ticket.set_priority`: the priority now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// `schedule.propose_slots`: the open proposal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal_id: Option<ProposalId>,
    /// `schedule.propose_slots`: what the customer may choose from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_windows: Option<Vec<Window>>,
    /// `schedule.confirm`: the window agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_window: Option<Window>,
    /// `dispatch.assign_tech`: who is on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technician_id: Option<TechnicianId>,
    /// `dispatch.set_eta`: as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_text: Option<String>,
    /// `closeout.add_note`: the note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_id: Option<NoteId>,
    /// The photo, the invoice draft's PDF or the packet's PDF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_id: Option<AttachmentId>,
    /// The invoice draft's JSON, or the packet's manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_attachment_id: Option<AttachmentId>,
    /// `billing.generate_invoice_draft`: the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_total: Option<Money>,
    /// `closeout.checklist_complete`: the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_key: Option<Item>,
}

impl Data {
    /// What these facts commit, for the caller.
    #[must_use]
    pub fn of(ticket_id: TicketId, facts: &[Fact]) -> Self {
        let mut data = Self::default();
        for fact in facts {
            match fact {
                Fact::Created(created) => {
                    data.ticket_id = Some(ticket_id);
                    data.customer_id = Some(created.customer_id);
                }
                Fact::MessageAdded(message) => data.message_id = Some(message.message_id),
                Fact::PrioritySet(set) => data.priority = Some(set.priority),
                Fact::SlotsProposed(proposed) => {
                    data.proposal_id = Some(proposed.proposal_id);
                    data.proposed_windows = Some(proposed.windows.clone());
                }
                Fact::Confirmed(confirmed) => {
                    data.confirmed_window = Some(confirmed.window.clone());
                }
                Fact::TechAssigned(assigned) => data.technician_id = Some(assigned.technician_id),
                Fact::EtaSet(eta) => data.eta_text = Some(eta.eta_text.clone()),
                Fact::NoteAdded(note) => data.note_id = Some(note.note_id),
                Fact::PhotoAdded(added) => data.attachment_id = Some(added.photo.attachment_id),
                Fact::ItemCompleted(item) => data.item_key = Some(item.item_key),
                Fact::InvoiceDrafted(drafted) => {
                    data.attachment_id = Some(drafted.pdf.attachment_id);
                    data.json_attachment_id = Some(drafted.json.attachment_id);
                    data.invoice_total = Some(drafted.invoice.total.clone());
                }
                Fact::PacketCompiled(compiled) => {
                    data.attachment_id = Some(compiled.pdf.attachment_id);
                    data.json_attachment_id = Some(compiled.manifest.attachment_id);
                }
                Fact::StateChanged(_) | Fact::OverrideApplied(_) => {}
            }
        }
        data
    }
}

/// What a committed call answers, and answers again byte for byte when replayed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The call's idempotency key.
    pub request_id: String,
    /// The canonical snapshot after the call.
    pub ticket: Ticket,
    /// The events committed, in order.
    pub emitted_event_ids: Vec<EventId>,
    /// What the tool committed.
    pub data: Data,
}
