//! Reading tickets: one by its id, and lists.

use dispatch_contract::reading::{Page, TicketFilter};
use dispatch_contract::{Case, CustomerId, TechnicianId, Ticket, TicketId, Timestamp};

use crate::error::LedgerError;
use crate::lanes::on_a_lane;
use crate::ledger::Ledger;
use crate::{cursor, stored, words};

/// A snapshot as it is stored: JSON text that needs no parsing to be answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawSnapshot {
    /// The canonical snapshot.
    pub json: String,
    /// Its version.
    pub version: u64,
    /// Whose it is: with the next, enough to tell who may read it.
    pub customer_id: CustomerId,
    /// Who is on it now.
    pub technician_id: Option<TechnicianId>,
}

struct RawRow {
    json: String,
    version: i64,
    customer_id: String,
    technician_id: Option<String>,
}

async fn raw(connection: &mut sqlx::PgConnection, id: &str) -> Result<Option<RawRow>, sqlx::Error> {
    sqlx::query_as!(
        RawRow,
        r#"SELECT snapshot::text AS "json!", version, customer_id, technician_id
           FROM tickets WHERE ticket_id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await
}

async fn columns(
    connection: &mut sqlx::PgConnection,
    id: &str,
) -> Result<Option<(String, String)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT snapshot::text AS "snapshot!", beside::text AS "beside!"
           FROM tickets WHERE ticket_id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.snapshot, row.beside)))
}

/// What a filter asks for, as it stands in the columns.
struct Asked {
    state: Option<&'static str>,
    priority: Option<&'static str>,
    technician: Option<String>,
    customer: Option<String>,
}

impl Asked {
    fn of(filter: &TicketFilter) -> Self {
        Self {
            state: filter.state.map(|state| state.name()),
            priority: filter.priority.map(|priority| priority.name()),
            technician: filter.technician_id.map(|id| id.to_string()),
            customer: filter.customer_id.map(|id| id.to_string()),
        }
    }
}

impl Ledger {
    /// The snapshot of a ticket as JSON text, one prepared statement by primary key.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn ticket_json(
        &self,
        ticket_id: TicketId,
    ) -> Result<Option<RawSnapshot>, LedgerError> {
        let id = ticket_id.to_string();
        let row = on_a_lane!(self, async |connection| raw(connection, &id).await);
        row.map(|row| {
            Ok(RawSnapshot {
                json: row.json,
                version: stored::unsigned("ticket's version", row.version)?,
                customer_id: stored::read_name("ticket's customer_id", &row.customer_id)?,
                technician_id: row
                    .technician_id
                    .map(|id| stored::read_name("ticket's technician_id", &id))
                    .transpose()?,
            })
        })
        .transpose()
    }

    /// The case of a ticket: the snapshot and what rules look at besides.
    ///
    /// # Errors
    /// Where the database cannot answer in time, or the row cannot be read.
    pub async fn ticket(&self, ticket_id: TicketId) -> Result<Option<Case>, LedgerError> {
        let id = ticket_id.to_string();
        let row = on_a_lane!(self, async |connection| columns(connection, &id).await);
        row.map(|(snapshot, beside)| stored::case(&snapshot, &beside))
            .transpose()
    }

    /// Tickets, the newest first; those that are due by a time, by when their windows end.
    /// The order is that of the ids, which never changes, so that paging meets each ticket
    /// that was there exactly once; a window's end changes only with a new agreement.
    ///
    /// # Errors
    /// [`LedgerError::BadCursor`], or where the database cannot answer in time.
    pub async fn tickets(&self, filter: &TicketFilter) -> Result<Page<Ticket>, LedgerError> {
        let asked = Asked::of(filter);
        let text = match filter.text.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => match words::query(text) {
                Some(query) => Some(query),
                // nothing but punctuation: found nowhere
                None => {
                    return Ok(Page {
                        items: Vec::new(),
                        next_cursor: None,
                    });
                }
            },
        };
        let rows = match filter.due_before {
            None => self.newest(filter, asked, text).await?,
            Some(before) => self.due(filter, asked, text, before).await?,
        };
        let items = rows
            .iter()
            .map(|snapshot| stored::read("ticket's snapshot", snapshot))
            .collect::<Result<Vec<Ticket>, _>>()?;
        Ok(cursor::page(items, filter.limit, |ticket| {
            let ends = ticket.schedule.as_ref().map(|agreed| agreed.window_end);
            match ends.filter(|_| filter.due_before.is_some()) {
                Some(ends) => cursor::at(ends, ticket.ticket_id),
                None => ticket.ticket_id.to_string(),
            }
        }))
    }

    async fn newest(
        &self,
        filter: &TicketFilter,
        asked: Asked,
        text: Option<String>,
    ) -> Result<Vec<String>, LedgerError> {
        let before = cursor::id(filter.cursor.as_deref())?;
        Ok(sqlx::query_scalar!(
            r#"SELECT snapshot::text AS "snapshot!" FROM tickets
               WHERE ($1::text IS NULL OR state = $1)
                 AND ($2::text IS NULL OR priority = $2)
                 AND ($3::text IS NULL OR technician_id = $3)
                 AND ($4::text IS NULL OR customer_id = $4)
                 AND ($5::text IS NULL OR words @@ $5::text::tsquery)
                 AND ($6::text IS NULL OR ticket_id < $6)
               ORDER BY ticket_id DESC LIMIT $7"#,
            asked.state,
            asked.priority,
            asked.technician,
            asked.customer,
            text,
            before,
            cursor::fetch(filter.limit),
        )
        .fetch_all(&self.pool)
        .await?)
    }

    async fn due(
        &self,
        filter: &TicketFilter,
        asked: Asked,
        text: Option<String>,
        before: Timestamp,
    ) -> Result<Vec<String>, LedgerError> {
        let (after, after_id) = cursor::time_and_id(filter.cursor.as_deref())?;
        Ok(sqlx::query_scalar!(
            r#"SELECT snapshot::text AS "snapshot!" FROM tickets
               WHERE window_ends < $1
                 AND ($2::text IS NULL OR state = $2)
                 AND ($3::text IS NULL OR priority = $3)
                 AND ($4::text IS NULL OR technician_id = $4)
                 AND ($5::text IS NULL OR customer_id = $5)
                 AND ($6::text IS NULL OR words @@ $6::text::tsquery)
                 AND ($7::text IS NULL OR (window_ends, ticket_id) > ($7, $8))
               ORDER BY window_ends, ticket_id LIMIT $9"#,
            before.to_string(),
            asked.state,
            asked.priority,
            asked.technician,
            asked.customer,
            text,
            after,
            after_id,
            cursor::fetch(filter.limit),
        )
        .fetch_all(&self.pool)
        .await?)
    }
}
