//! Reading the outbox, and having a dead message tried again.

use chrono::{DateTime, Utc};
use dispatch_contract::event::{Event, EventType};
use dispatch_contract::outbox::{
    Delivery, OutboxCounts, OutboxEntry, OutboxFilter, OutboxState, Replayed,
};
use dispatch_contract::reading::Page;
use serde_json::Value;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::outbox::{count, known_topics};
use crate::{cursor, stored};

/// What became of a replay.
#[derive(Clone, PartialEq, Debug)]
pub enum Replaying {
    /// It waits again.
    Replayed(Box<(OutboxEntry, Event)>),
    /// It is not dead: it stands as it did.
    NotDead(Box<OutboxEntry>),
    /// There is no such message.
    Absent,
}

struct Row {
    outbox_id: i64,
    ticket_id: String,
    event_id: String,
    topic: String,
    owed_since: DateTime<Utc>,
    attempts: i32,
    due_at: Option<DateTime<Utc>>,
    leased_until: Option<DateTime<Utc>>,
    last_error: Option<String>,
    done_at: Option<DateTime<Utc>>,
    sent: Option<String>,
    dead_at: Option<DateTime<Utc>>,
    dead_reason: Option<String>,
    replayed_at: Option<DateTime<Utc>>,
}

impl Row {
    fn read(self) -> Result<OutboxEntry, LedgerError> {
        let delivery: Option<Delivery> = self
            .sent
            .map(|sent| stored::read("outbox's delivery", &sent))
            .transpose()?;
        let queued = delivery.as_ref().is_some_and(|delivery| delivery.queued);
        let state = match (self.done_at, self.dead_at) {
            (Some(_), _) if queued => OutboxState::Queued,
            (Some(_), _) => OutboxState::Sent,
            (None, Some(_)) => OutboxState::Dead,
            (None, None) => OutboxState::Waiting,
        };
        Ok(OutboxEntry {
            outbox_id: stored::unsigned("outbox's id", self.outbox_id)?,
            ticket_id: stored::read_name("outbox's ticket", &self.ticket_id)?,
            event_id: stored::read_name("outbox's event", &self.event_id)?,
            topic: stored::read_name("outbox's topic", &self.topic)?,
            state,
            owed_since: self.owed_since.into(),
            attempts: count("outbox's attempts", self.attempts)?,
            due_at: self.due_at.map(Into::into),
            leased_until: self.leased_until.map(Into::into),
            last_error: self.last_error,
            sent_at: self.done_at.map(Into::into),
            delivery,
            dead_at: self.dead_at.map(Into::into),
            dead_reason: self
                .dead_reason
                .map(|reason| stored::read_name("outbox's reason", &reason))
                .transpose()?,
            replayed_at: self.replayed_at.map(Into::into),
        })
    }
}

/// Did a gateway take it?
fn gone(state: OutboxState) -> bool {
    matches!(state, OutboxState::Sent | OutboxState::Queued)
}

impl Ledger {
    /// Messages, the newest first. Those of topics that only a later release knows are left
    /// out.
    ///
    /// # Errors
    /// [`LedgerError::BadCursor`], or where the database cannot answer in time.
    pub async fn outbox(&self, filter: &OutboxFilter) -> Result<Page<OutboxEntry>, LedgerError> {
        let before = cursor::sequence(filter.cursor.as_deref())?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT outbox_id, ticket_id, event_id, topic, owed_since, attempts, due_at, leased_until,
                   last_error, done_at, sent::text AS sent, dead_at, dead_reason, replayed_at
               FROM outbox
               WHERE ($1::boolean IS NULL OR (done_at IS NOT NULL) = $1)
                 AND ($2::boolean IS NULL OR (dead_at IS NOT NULL) = $2)
                 AND ($3::text IS NULL OR ticket_id = $3)
                 AND ($4::bigint = 0 OR outbox_id < $4)
                 AND topic = ANY($6)
                 AND ($7::boolean IS NULL OR coalesce((sent ->> 'queued')::boolean, false) = $7)
               ORDER BY outbox_id DESC LIMIT $5"#,
            filter.state.map(gone),
            filter.state.map(|state| state == OutboxState::Dead),
            filter.ticket_id.map(|id| id.to_string()),
            before,
            cursor::fetch(filter.limit),
            &known_topics(),
            filter.state.filter(|state| gone(*state)).map(|state| state == OutboxState::Queued),
        )
        .fetch_all(&self.pool)
        .await?;
        let entries = rows
            .into_iter()
            .map(Row::read)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(cursor::page(entries, filter.limit, |entry| {
            entry.outbox_id.to_string()
        }))
    }

    /// How many messages stand where.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn outbox_counts(&self) -> Result<OutboxCounts, LedgerError> {
        let row = sqlx::query!(
            r#"SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL) AS "waiting!",
                   (SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL) AS "dead!",
                   (SELECT min(coalesce(replayed_at, owed_since)) FROM outbox
                    WHERE done_at IS NULL AND dead_at IS NULL) AS oldest"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(OutboxCounts {
            waiting: stored::unsigned("outbox's count", row.waiting)?,
            dead: stored::unsigned("outbox's count", row.dead)?,
            oldest_waiting: row.oldest.map(Into::into),
        })
    }

    /// Have a dead message tried again as if it were new, and say so in the house's chain
    /// (`outbound.replayed`; kind and payload of `event` are set here). It joins its ticket's
    /// order where it stood.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn replay_outbox(
        &self,
        outbox_id: u64,
        mut event: HouseEvent,
    ) -> Result<Replaying, LedgerError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let row = sqlx::query_as!(
            Row,
            r#"SELECT outbox_id, ticket_id, event_id, topic, owed_since, attempts, due_at, leased_until,
                   last_error, done_at, sent::text AS sent, dead_at, dead_reason, replayed_at
               FROM outbox WHERE outbox_id = $1 FOR UPDATE"#,
            stored::signed(outbox_id),
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else {
            transaction.rollback().await?;
            return Ok(Replaying::Absent);
        };
        let mut entry = row.read()?;
        if entry.state != OutboxState::Dead {
            transaction.rollback().await?;
            return Ok(Replaying::NotDead(Box::new(entry)));
        }
        sqlx::query!(
            "UPDATE outbox SET dead_at = NULL, dead_reason = NULL, attempts = 0, due_at = NULL,
                 replayed_at = $2
             WHERE outbox_id = $1",
            stored::signed(outbox_id),
            instant(event.occurred_at),
        )
        .execute(&mut *transaction)
        .await?;
        event.kind = EventType::OutboundReplayed;
        event.payload = serde_json::to_value(Replayed {
            outbox_id,
            ticket_id: entry.ticket_id,
            event_id: entry.event_id,
            topic: entry.topic,
            was: entry.dead_reason,
        })
        .unwrap_or(Value::Null);
        entry.state = OutboxState::Waiting;
        (entry.dead_at, entry.dead_reason, entry.attempts) = (None, None, 0);
        entry.replayed_at = Some(event.occurred_at);
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Replaying::Replayed(Box::new((entry, event))))
    }
}
