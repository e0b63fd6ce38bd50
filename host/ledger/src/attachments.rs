//! One attachment by its id, with the ticket it belongs to.

use dispatch_contract::reading::AttachmentEntry;
use dispatch_contract::{AttachmentId, CustomerId, TechnicianId, TicketId};

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::stored;

/// An attachment and whose ticket it is on, enough to tell who may read it.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundAttachment {
    /// The attachment.
    pub entry: AttachmentEntry,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// Whose the ticket is.
    pub customer_id: CustomerId,
    /// Who is on the ticket now.
    pub technician_id: Option<TechnicianId>,
}

impl Ledger {
    /// An attachment by its id.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn attachment(
        &self,
        attachment_id: AttachmentId,
    ) -> Result<Option<FoundAttachment>, LedgerError> {
        let row = sqlx::query!(
            r#"SELECT a.attachment::text AS "attachment!", a.at, a.actor::text AS "actor!",
                      t.ticket_id, t.customer_id, t.technician_id
               FROM attachments a JOIN tickets t ON t.ticket_id = a.ticket_id
               WHERE a.attachment_id = $1"#,
            attachment_id.to_string()
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(FoundAttachment {
                entry: AttachmentEntry {
                    attachment: stored::read("attachment", &row.attachment)?,
                    at: row.at.into(),
                    actor: stored::read("attachment's actor", &row.actor)?,
                },
                ticket_id: stored::read_name("attachment's ticket", &row.ticket_id)?,
                customer_id: stored::read_name("ticket's customer_id", &row.customer_id)?,
                technician_id: row
                    .technician_id
                    .map(|id| stored::read_name("ticket's technician_id", &id))
                    .transpose()?,
            })
        })
        .transpose()
    }
}
