//! The case file: everything known of a ticket, as of one moment.
//!
//! One statement, so that its parts agree with each other whatever is committed
//! meanwhile; the database builds each part in the shape that the contract gives it.

use dispatch_contract::TicketId;
use dispatch_contract::reading::CaseFile;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::stored;

impl Ledger {
    /// The whole case file of a ticket.
    ///
    /// # Errors
    /// Where the database cannot answer in time, or a row cannot be read.
    pub async fn case_file(&self, ticket_id: TicketId) -> Result<Option<CaseFile>, LedgerError> {
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
                    FROM messages m WHERE m.ticket_id = t.ticket_id)::text, '[]') AS "messages!",
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
                    FROM audit_events v WHERE v.chain = t.ticket_id)::text, '[]') AS "audit!"
               FROM tickets t WHERE t.ticket_id = $1"#,
            ticket_id.to_string()
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(CaseFile {
            ticket: stored::read("ticket's snapshot", &row.ticket)?,
            schedule_history: stored::read("schedule history", &row.schedule)?,
            assignment_history: stored::read("assignment history", &row.assignments)?,
            technician_timeline: stored::read("notes", &row.notes)?,
            messages: stored::read("messages", &row.messages)?,
            attachments: stored::read("attachments", &row.attachments)?,
            checklist: stored::read("checklist", &row.checklist)?,
            invoice_draft: row
                .invoice
                .map(|invoice| stored::read("invoice draft", &invoice))
                .transpose()?,
            audit: stored::read("events", &row.audit)?,
        }))
    }
}
