//! What calls add to the case file, one list of rows per table, as JSON texts that the
//! database reads as rows: most lists of most batches are empty.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::entry::Entry;
use crate::rows::Rows;
use crate::stored::{json, name, signed};
use crate::words;

/// Rows of one table.
#[derive(Debug, Default)]
pub(crate) struct List(String);

impl List {
    fn push<T: Serialize>(&mut self, row: &T) {
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
        self.0.push_str(&json(row));
    }

    /// As one JSON text.
    pub(crate) fn text(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "[]" } else { "]" });
        self.0
    }
}

/// Every list.
#[derive(Debug, Default)]
pub(crate) struct Added {
    pub(crate) messages: List,
    pub(crate) contacts: List,
    pub(crate) proposals: List,
    pub(crate) confirmations: List,
    pub(crate) assignments: List,
    pub(crate) notes: List,
    pub(crate) attachments: List,
    pub(crate) items: List,
    pub(crate) invoices: List,
}

/// Which tables of the case file a batch touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    /// None: the snapshot alone changes.
    Nothing,
    /// Messages and notes, and what messages tell of customers.
    Frequent,
    /// Any.
    Whole,
}

/// What every row says first.
#[derive(Serialize)]
struct Row<'a, T> {
    ticket_id: &'a str,
    sequence: i64,
    at: String,
    actor: &'a RawValue,
    #[serde(flatten)]
    own: T,
}

#[derive(Serialize)]
struct Message<'a> {
    message_id: String,
    channel: Option<&'a RawValue>,
    direction: String,
    intent: Option<String>,
    raw: &'a str,
    normalized: &'a str,
}

#[derive(Serialize)]
struct Contact<'a> {
    customer_id: &'a str,
    phone: Option<&'a str>,
    email: Option<&'a str>,
    phone_digits: Option<String>,
    email_lower: Option<String>,
}

#[derive(Serialize)]
struct Proposal<'a> {
    proposal_id: String,
    body: &'a RawValue,
}

#[derive(Serialize)]
struct Named {
    name: String,
}

#[derive(Serialize)]
struct Note<'a> {
    note_id: String,
    text: &'a str,
}

#[derive(Serialize)]
struct Attachment<'a> {
    attachment_id: String,
    attachment: &'a RawValue,
}

#[derive(Serialize)]
struct Invoice<'a> {
    pdf_attachment_id: String,
    json_attachment_id: String,
    invoice: &'a RawValue,
}

/// A value as JSON that is copied as it is.
fn raw<T: Serialize>(value: &T) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("contract types have text keys")
}

fn as_raw(text: &str) -> &RawValue {
    serde_json::from_str(text).expect("it was made from a value")
}

impl Added {
    /// Does this call tell how a customer can be reached? Two such calls may be about one
    /// customer, and a statement changes a row once.
    pub(crate) fn tells_contact(entry: &Entry) -> bool {
        matches!(&entry.rows, Rows::Message(_, message)
            if message.intake.as_ref().is_some_and(|intake| intake.customer.is_some()))
    }

    /// Which tables are touched?
    pub(crate) fn reach(&self) -> Reach {
        let empty = |lists: &[&List]| lists.iter().all(|list| list.0.is_empty());
        let rare = [
            &self.proposals,
            &self.confirmations,
            &self.assignments,
            &self.attachments,
            &self.items,
            &self.invoices,
        ];
        if !empty(&rare) {
            Reach::Whole
        } else if empty(&[&self.messages, &self.contacts, &self.notes]) {
            Reach::Nothing
        } else {
            Reach::Frequent
        }
    }

    /// Add one call's rows.
    pub(crate) fn add(&mut self, entry: &Entry) {
        let row = Frame {
            entry,
            actor: as_raw(&entry.actor),
        };
        match &entry.rows {
            // the first is another statement's, the second has no rows
            Rows::Created(..) | Rows::None => {}
            Rows::Message(at, message) => {
                let own = Message {
                    message_id: message.message_id.to_string(),
                    channel: entry.channel.as_deref().map(as_raw),
                    direction: name(&message.direction),
                    intent: message.intent.as_ref().map(name),
                    raw: &message.raw,
                    normalized: &message.normalized,
                };
                self.messages.push(&row.with(*at, own));
                let told = message.intake.as_ref().and_then(|i| i.customer.as_ref());
                if let Some(told) = told {
                    self.contacts.push(&Contact {
                        customer_id: &entry.customer_id,
                        phone: told.phone.as_deref(),
                        email: told.email.as_deref(),
                        phone_digits: words::phone_digits(told.phone.as_deref()),
                        email_lower: words::email_lower(told.email.as_deref()),
                    });
                }
            }
            Rows::Proposal(at, proposed) => {
                let own = Proposal {
                    proposal_id: proposed.proposal_id.to_string(),
                    body: &raw(&proposed.windows),
                };
                self.proposals.push(&row.with(*at, own));
            }
            Rows::Confirmation(at, confirmed) => {
                let own = Proposal {
                    proposal_id: confirmed.proposal_id.to_string(),
                    body: &raw(confirmed),
                };
                self.confirmations.push(&row.with(*at, own));
            }
            Rows::Assignment(at, assigned) => {
                let name = assigned.technician_id.to_string();
                self.assignments.push(&row.with(*at, Named { name }));
            }
            Rows::Note(at, note) => {
                let own = Note {
                    note_id: note.note_id.to_string(),
                    text: &note.text,
                };
                self.notes.push(&row.with(*at, own));
            }
            Rows::Attachments(at, attachments) => {
                for attachment in attachments {
                    self.attach(&row, *at, attachment);
                }
            }
            Rows::Item(at, item) => {
                let name = item.item_key.name().to_owned();
                self.items.push(&row.with(*at, Named { name }));
            }
            Rows::Invoice(at, drafted) => {
                self.attach(&row, *at, &drafted.pdf);
                self.attach(&row, *at, &drafted.json);
                let own = Invoice {
                    pdf_attachment_id: drafted.pdf.attachment_id.to_string(),
                    json_attachment_id: drafted.json.attachment_id.to_string(),
                    invoice: &raw(&drafted.invoice),
                };
                self.invoices.push(&row.with(*at, own));
            }
        }
    }

    fn attach(
        &mut self,
        row: &Frame<'_>,
        at: u64,
        attachment: &dispatch_contract::artifact::Attachment,
    ) {
        let own = Attachment {
            attachment_id: attachment.attachment_id.to_string(),
            attachment: &raw(attachment),
        };
        self.attachments.push(&row.with(at, own));
    }
}

/// What a call's rows have in common.
struct Frame<'a> {
    entry: &'a Entry,
    actor: &'a RawValue,
}

impl<'a> Frame<'a> {
    fn with<T>(&self, sequence: u64, own: T) -> Row<'a, T> {
        Row {
            ticket_id: &self.entry.ticket_id,
            sequence: signed(sequence),
            at: self.entry.at.to_rfc3339(),
            actor: self.actor,
            own,
        }
    }
}
