//! Listing events: of one ticket in its chain's order, or of everything, newest first.

use dispatch_contract::event::EventType;
use dispatch_contract::reading::{AuditFilter, Page};
use dispatch_contract::{Event, TicketId};

use crate::error::LedgerError;
use crate::feed::FeedPosition;
use crate::house::HOUSE;
use crate::ledger::Ledger;
use crate::{cursor, stored};

impl Ledger {
    /// A ticket's events, oldest first. Empty for a ticket that does not exist.
    ///
    /// # Errors
    /// [`LedgerError::BadCursor`], or where the database cannot answer in time.
    pub async fn timeline(
        &self,
        ticket_id: TicketId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Event>, LedgerError> {
        let after = cursor::sequence(cursor)?;
        let rows = sqlx::query_scalar!(
            r#"SELECT body::text AS "body!" FROM audit_events
               WHERE chain = $1 AND sequence > $2 ORDER BY sequence LIMIT $3"#,
            ticket_id.to_string(),
            after,
            cursor::fetch(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        let items = rows
            .iter()
            .map(|body| stored::read("event", body))
            .collect::<Result<Vec<Event>, _>>()?;
        Ok(cursor::page(items, limit, |event| {
            event.sequence.to_string()
        }))
    }

    /// What became of packs, from the house's own chain, the newest first.
    ///
    /// # Errors
    /// [`LedgerError::BadCursor`], or where the database cannot answer in time.
    pub async fn pack_log(
        &self,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Event>, LedgerError> {
        let before = match cursor::sequence(cursor)? {
            0 => i64::MAX,
            sequence => sequence,
        };
        let kinds = [
            EventType::PolicyPackActivated,
            EventType::PolicyPackRejected,
            EventType::PolicyPackRolledBack,
            EventType::PolicyModeChanged,
        ]
        .map(|kind| kind.name().to_owned());
        let rows = sqlx::query_scalar!(
            r#"SELECT body::text AS "body!" FROM audit_events
               WHERE chain = $1 AND sequence < $2 AND kind = ANY($3)
               ORDER BY sequence DESC LIMIT $4"#,
            HOUSE,
            before,
            &kinds,
            cursor::fetch(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        let items = rows
            .iter()
            .map(|body| stored::read("event", body))
            .collect::<Result<Vec<Event>, _>>()?;
        Ok(cursor::page(items, limit, |event| {
            event.sequence.to_string()
        }))
    }

    /// Events of every chain, the newest first.
    ///
    /// # Errors
    /// [`LedgerError::BadCursor`], or where the database cannot answer in time.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Page<Event>, LedgerError> {
        let before = match filter.cursor.as_deref() {
            None => None,
            Some(text) => Some(
                text.parse::<FeedPosition>()
                    .map_err(|_| LedgerError::BadCursor)?,
            ),
        };
        let rows = sqlx::query!(
            r#"SELECT tx_id::text::bigint AS "transaction!", feed_seq, body::text AS "body!"
               FROM audit_events
               WHERE ($1::text IS NULL OR chain = $1)
                 AND ($2::text IS NULL OR kind = $2)
                 AND ($3::text IS NULL OR actor_id = $3)
                 AND ($4::bigint IS NULL
                      OR (tx_id, feed_seq) < ($4::bigint::text::xid8, $5::bigint))
               ORDER BY tx_id DESC, feed_seq DESC LIMIT $6"#,
            filter.ticket_id.map(|id| id.to_string()),
            filter.kind.map(|kind| kind.name()),
            filter.actor_id.map(|id| id.to_string()),
            before.map(|position| position.transaction()),
            before.map(|position| position.sequence()),
            cursor::fetch(filter.limit),
        )
        .fetch_all(&self.pool)
        .await?;
        let items = rows
            .iter()
            .map(|row| {
                let position = FeedPosition::new(row.transaction, row.feed_seq);
                Ok((position, stored::read::<Event>("event", &row.body)?))
            })
            .collect::<Result<Vec<_>, LedgerError>>()?;
        let page = cursor::page(items, filter.limit, |(position, _)| position.to_string());
        Ok(Page {
            items: page.items.into_iter().map(|(_, event)| event).collect(),
            next_cursor: page.next_cursor,
        })
    }
}
