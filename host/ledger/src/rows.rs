//! From events to the rows of the case file. The one place where an event becomes rows.

use dispatch_contract::artifact::Attachment;
use dispatch_contract::event::Event;
use dispatch_contract::fact::{
    Confirmed, Created, Fact, InvoiceDrafted, ItemCompleted, MessageAdded, NoteAdded,
    SlotsProposed, TechAssigned,
};

use crate::error::LedgerError;

/// What one call adds to the case file: at most one fact of its tool, and the
/// first message of a new ticket. Each with its place in the chain.
#[derive(Debug)]
pub(crate) enum Rows {
    /// Nothing but the snapshot changes.
    None,
    /// A ticket, its customer, its first message.
    Created(Box<Created>, Option<(u64, MessageAdded)>),
    /// A message.
    Message(u64, MessageAdded),
    /// Windows to choose from.
    Proposal(u64, SlotsProposed),
    /// A window agreed.
    Confirmation(u64, Confirmed),
    /// A technician put on it.
    Assignment(u64, TechAssigned),
    /// A note.
    Note(u64, NoteAdded),
    /// Photos or papers.
    Attachments(u64, Vec<Attachment>),
    /// A checklist item.
    Item(u64, ItemCompleted),
    /// An invoice draft with its papers.
    Invoice(u64, Box<InvoiceDrafted>),
}

impl Rows {
    /// The rows that one call's events add.
    pub(crate) fn of(events: &[Event]) -> Result<Self, LedgerError> {
        let mut rows = Self::None;
        for event in events {
            let at = event.sequence;
            let fact = Fact::of(event).map_err(|source| LedgerError::Stored {
                what: "event's payload",
                source: source.into(),
            })?;
            let next = match fact {
                // these live in the snapshot alone
                Fact::PrioritySet(_)
                | Fact::EtaSet(_)
                | Fact::StateChanged(_)
                | Fact::OverrideApplied(_) => continue,
                Fact::Created(created) => Self::Created(created, None),
                Fact::MessageAdded(message) => match &mut rows {
                    Self::Created(_, first @ None) => {
                        *first = Some((at, message));
                        continue;
                    }
                    _ => Self::Message(at, message),
                },
                Fact::SlotsProposed(proposed) => Self::Proposal(at, proposed),
                Fact::Confirmed(confirmed) => Self::Confirmation(at, confirmed),
                Fact::TechAssigned(assigned) => Self::Assignment(at, assigned),
                Fact::NoteAdded(note) => Self::Note(at, note),
                Fact::PhotoAdded(added) => Self::Attachments(at, vec![added.photo]),
                Fact::ItemCompleted(item) => Self::Item(at, item),
                Fact::InvoiceDrafted(drafted) => Self::Invoice(at, drafted),
                Fact::PacketCompiled(compiled) => {
                    Self::Attachments(at, vec![compiled.pdf, compiled.manifest])
                }
            };
            if !matches!(rows, Self::None) {
                return Err(LedgerError::Inconsistent(format!(
                    "event {at} is a second fact of a tool in one call"
                )));
            }
            rows = next;
        }
        Ok(rows)
    }
}
