//! The case file: everything known of a ticket, as of one moment; of messages and events,
//! which anybody on the ticket may add to without end, the latest.
//!
//! One statement, so that its parts agree with each other whatever is committed
//! meanwhile; the database builds each part in the shape that the contract gives it.

use dispatch_contract::event::EventType;
use dispatch_contract::reading::{CaseFile, Message};
use dispatch_contract::{Event, TicketId};

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::stored;

/// Messages, and events, that a case file holds at most.
const MOST: i64 = 500;

/// Bytes of messages, and of events, that a case file holds at most, but for the latest one.
const MOST_BYTES: i64 = 4 * 1024 * 1024;

/// Where a job's history begins, its moves, and which draft the invoice's number is of.
const TOLD_BY_PAPERS: [EventType; 3] = [
    EventType::TicketCreated,
    EventType::TicketStateChanged,
    EventType::BillingInvoiceDraftGenerated,
];

/// What of a case file is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// All that somebody who reads it wants to see.
    Whole,
    /// What papers are made of: no messages, and of the events those that papers tell of.
    Papers,
}

impl Ledger {
    /// The case file of a ticket.
    ///
    /// # Errors
    /// Where the database cannot answer in time, or a row cannot be read.
    pub async fn case_file(
        &self,
        ticket_id: TicketId,
        extent: Extent,
    ) -> Result<Option<CaseFile>, LedgerError> {
        let row = sqlx::query!(
            r#"SELECT t.snapshot::text AS "ticket!",
                coalesce((SELECT json_agg(json_build_object('proposal_id', p.proposal_id,
                        'proposed_at', p.proposed_at, 'status', p.status, 'windows', p.windows,
                        'confirmed_window', c.confirmed -> 'window', 'confirmed_at', c.confirmed_at)
                        ORDER BY p.sequence)
                    FROM schedule_proposals p LEFT JOIN schedule_confirmations c
                        ON c.ticket_id = p.ticket_id AND c.proposal_id = p.proposal_id
                    WHERE p.ticket_id = t.ticket_id)::text, '[]') AS "schedule!",
                coalesce((SELECT json_agg(json_build_object('technician_id', a.technician_id,
                        'technician_name', e.name, 'assigned_at', a.assigned_at,
                        'ended_at', a.ended_at, 'assigned_by', a.assigned_by) ORDER BY a.sequence)
                    FROM assignments a JOIN technicians e ON e.technician_id = a.technician_id
                    WHERE a.ticket_id = t.ticket_id)::text, '[]') AS "assignments!",
                coalesce((SELECT json_agg(json_build_object('note_id', n.note_id, 'at', n.at,
                        'actor', n.actor, 'text', n.text) ORDER BY n.sequence)
                    FROM notes n WHERE n.ticket_id = t.ticket_id)::text, '[]') AS "notes!",
                coalesce((SELECT json_agg(json_build_object('message_id', m.message_id, 'at', m.at,
                        'actor', m.actor, 'channel', m.channel, 'direction', m.direction,
                        'raw', m.raw, 'normalized', m.normalized, 'intent', m.intent)
                        ORDER BY m.sequence)
                    FROM (SELECT l.*, sum(octet_length(l.raw) + octet_length(l.normalized))
                            OVER (ORDER BY l.sequence DESC) AS bytes, row_number() OVER (ORDER BY l.sequence DESC) AS n
                        FROM (SELECT * FROM messages WHERE ticket_id = t.ticket_id AND NOT $2
                            ORDER BY sequence DESC LIMIT $3) l) m
                    WHERE m.bytes <= $4 OR m.n = 1)::text, '[]') AS "messages!",
                (SELECT count(*) FROM messages WHERE ticket_id = t.ticket_id) AS "all_messages!",
                coalesce((SELECT json_agg(json_build_object('attachment', a.attachment, 'at', a.at,
                        'actor', a.actor) ORDER BY a.sequence, a.attachment_id)
                    FROM attachments a WHERE a.ticket_id = t.ticket_id)::text, '[]') AS "attachments!",
                coalesce((SELECT json_agg(json_build_object('item_key', i.item_key,
                        'completed_at', i.completed_at, 'completed_by', i.completed_by)
                        ORDER BY i.sequence)
                    FROM checklist_items i WHERE i.ticket_id = t.ticket_id)::text, '[]') AS "checklist!",
                (SELECT json_build_object('drafted_at', d.drafted_at, 'invoice', d.invoice,
                        'pdf_attachment_id', d.pdf_attachment_id,
                        'json_attachment_id', d.json_attachment_id)
                    FROM invoice_drafts d WHERE d.ticket_id = t.ticket_id
                    ORDER BY d.sequence DESC LIMIT 1)::text AS invoice,
                coalesce((SELECT json_agg(v.body ORDER BY v.sequence)
                    FROM (SELECT l.*, sum(octet_length(l.body::text)) OVER (ORDER BY l.sequence DESC) AS bytes,
                            row_number() OVER (ORDER BY l.sequence DESC) AS n
                        FROM (SELECT sequence, body FROM audit_events WHERE chain = t.ticket_id
                            AND (NOT $2 OR kind = ANY($5)) ORDER BY sequence DESC LIMIT $3) l) v
                    WHERE v.bytes <= $4 OR v.n = 1)::text, '[]') AS "audit!",
                t.chain_sequence AS all_events
               FROM tickets t WHERE t.ticket_id = $1"#,
            ticket_id.to_string(),
            extent == Extent::Papers,
            MOST,
            MOST_BYTES,
            &TOLD_BY_PAPERS.map(|kind| kind.name().to_owned()) as &[String],
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let messages: Vec<Message> = stored::read("messages", &row.messages)?;
        let audit: Vec<Event> = stored::read("events", &row.audit)?;
        Ok(Some(CaseFile {
            ticket: stored::read("ticket's snapshot", &row.ticket)?,
            schedule_history: stored::read("schedule history", &row.schedule)?,
            assignment_history: stored::read("assignment history", &row.assignments)?,
            technician_timeline: stored::read("notes", &row.notes)?,
            earlier_messages: earlier(row.all_messages, messages.len()),
            messages,
            attachments: stored::read("attachments", &row.attachments)?,
            checklist: stored::read("checklist", &row.checklist)?,
            invoice_draft: row
                .invoice
                .map(|invoice| stored::read("invoice draft", &invoice))
                .transpose()?,
            earlier_events: earlier(row.all_events, audit.len()),
            audit,
        }))
    }
}

fn earlier(all: i64, held: usize) -> u64 {
    u64::try_from(all).unwrap_or(0).saturating_sub(held as u64)
}
