//! The outbox: who is at which message, and what came of it.
//!
//! A ticket's messages leave in the order they were owed: one that waits keeps the later
//! ones of its ticket back, one that is dead does not. A host holds a message by a lease, by
//! the database's clock, so that hosts whose clocks differ agree on when it ends; whoever
//! comes back after its lease went to another changes nothing.

use std::time::Duration;

use dispatch_contract::event::{Event, EventType};
use dispatch_contract::outbox::{DeadLetter, DeadReason, Delivery, Topic};
use dispatch_contract::{EventId, TicketId, Timestamp};
use serde_json::Value;
use ulid::Ulid;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::stored::{self, short};

/// A message that this host holds for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeasedMessage {
    /// Which.
    pub outbox_id: u64,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// The event that owes it.
    pub event_id: EventId,
    /// What it is about.
    pub topic: Topic,
    /// Since when it waits: its call's commit, or an operator's replay.
    pub waiting_since: Timestamp,
    /// How often it was tried, this time included.
    pub attempts: u32,
    /// How often a gateway answered a try with a failure.
    pub failures: u32,
    /// What the holder's word must be for its outcome to count.
    lease: String,
}

/// A try that did not get the message away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedTry {
    /// What went wrong, in words.
    pub error: String,
    /// The gateway said so itself; else what became of the message is unknown.
    pub answered: bool,
    /// How long it waits before the next.
    pub wait: Duration,
}

impl Ledger {
    /// Take hold of messages that may leave now, the oldest first, no two of one ticket;
    /// none that another host holds. Each counts as tried. Topics that only a later release
    /// knows are left to hosts of that release, and keep nobody back.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn lease_outbox(
        &self,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<LeasedMessage>, LedgerError> {
        let word = Ulid::generate().to_string();
        let rows = sqlx::query!(
            "WITH next AS (
                 SELECT o.outbox_id FROM outbox o
                 WHERE o.done_at IS NULL AND o.dead_at IS NULL AND o.topic = ANY($4)
                   AND (o.due_at IS NULL OR o.due_at <= clock_timestamp())
                   AND (o.leased_until IS NULL OR o.leased_until <= clock_timestamp())
                   AND NOT EXISTS (
                       SELECT FROM outbox e
                       WHERE e.ticket_id = o.ticket_id AND e.outbox_id < o.outbox_id
                         AND e.done_at IS NULL AND e.dead_at IS NULL AND e.topic = ANY($4))
                 ORDER BY o.outbox_id LIMIT $1
                 FOR UPDATE SKIP LOCKED)
             UPDATE outbox o SET attempts = o.attempts + 1, lease = $2,
                 leased_until = clock_timestamp() + make_interval(secs => $3)
             FROM next WHERE o.outbox_id = next.outbox_id
             RETURNING o.outbox_id, o.ticket_id, o.event_id, o.topic,
                 coalesce(o.replayed_at, o.owed_since) AS \"waiting_since!\", o.attempts, o.failures",
            i64::from(limit),
            word,
            lease.as_secs_f64(),
            &known_topics(),
        )
        .fetch_all(&self.pool)
        .await?;
        let mut leased = rows
            .into_iter()
            .map(|row| {
                Ok(LeasedMessage {
                    outbox_id: stored::unsigned("outbox's id", row.outbox_id)?,
                    ticket_id: stored::read_name("outbox's ticket", &row.ticket_id)?,
                    event_id: stored::read_name("outbox's event", &row.event_id)?,
                    topic: stored::read_name("outbox's topic", &row.topic)?,
                    waiting_since: row.waiting_since.into(),
                    attempts: count("outbox's attempts", row.attempts)?,
                    failures: count("outbox's failures", row.failures)?,
                    lease: word.clone(),
                })
            })
            .collect::<Result<Vec<_>, LedgerError>>()?;
        leased.sort_by_key(|message| message.outbox_id);
        Ok(leased)
    }

    /// A gateway took the message. False where the lease had gone to another by then, and
    /// nothing was changed.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn outbox_sent(
        &self,
        message: &LeasedMessage,
        at: Timestamp,
        delivery: &Delivery,
    ) -> Result<bool, LedgerError> {
        let done = sqlx::query!(
            "UPDATE outbox SET done_at = $3, sent = $4::text::json, lease = NULL,
                 leased_until = NULL, due_at = NULL
             WHERE outbox_id = $1 AND lease = $2",
            stored::signed(message.outbox_id),
            message.lease,
            instant(at),
            stored::json(delivery),
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// The try failed: another is due after a while. False as in [`Ledger::outbox_sent`].
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn outbox_failed(
        &self,
        message: &LeasedMessage,
        failed: &FailedTry,
    ) -> Result<bool, LedgerError> {
        let done = sqlx::query!(
            "UPDATE outbox SET failures = failures + $3, last_error = $4, lease = NULL,
                 leased_until = NULL, due_at = clock_timestamp() + make_interval(secs => $5)
             WHERE outbox_id = $1 AND lease = $2",
            stored::signed(message.outbox_id),
            message.lease,
            i32::from(failed.answered),
            short(&failed.error),
            failed.wait.as_secs_f64(),
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Let go of a message that was not tried after all, such as while its gateway is away:
    /// it costs no try, and waits so long. False as in [`Ledger::outbox_sent`].
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn postpone_outbox(
        &self,
        message: &LeasedMessage,
        why: &str,
        wait: Duration,
    ) -> Result<bool, LedgerError> {
        let done = sqlx::query!(
            "UPDATE outbox SET attempts = attempts - 1, last_error = $3, lease = NULL,
                 leased_until = NULL, due_at = clock_timestamp() + make_interval(secs => $4)
             WHERE outbox_id = $1 AND lease = $2",
            stored::signed(message.outbox_id),
            message.lease,
            short(why),
            wait.as_secs_f64(),
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Give the message up, and say so in the house's chain (`outbound.dead_lettered`; kind
    /// and payload of `event` are set here). None as false in [`Ledger::outbox_sent`].
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn outbox_dead(
        &self,
        message: &LeasedMessage,
        reason: DeadReason,
        error: &str,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        let error = short(error);
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let done = sqlx::query!(
            "UPDATE outbox SET dead_at = $3, dead_reason = $4, last_error = $5, lease = NULL,
                 leased_until = NULL, due_at = NULL
             WHERE outbox_id = $1 AND lease = $2",
            stored::signed(message.outbox_id),
            message.lease,
            instant(event.occurred_at),
            reason.name(),
            error,
        )
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(None);
        }
        event.kind = EventType::OutboundDeadLettered;
        event.payload = serde_json::to_value(DeadLetter {
            outbox_id: message.outbox_id,
            ticket_id: message.ticket_id,
            event_id: message.event_id,
            topic: message.topic,
            reason,
            error,
            attempts: message.attempts,
        })
        .unwrap_or(Value::Null);
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Some(event))
    }
}

/// The topics that this release knows.
pub(crate) fn known_topics() -> Vec<String> {
    Topic::ALL
        .iter()
        .map(|topic| topic.name().to_owned())
        .collect()
}

/// A stored count.
pub(crate) fn count(what: &'static str, number: i32) -> Result<u32, LedgerError> {
    u32::try_from(number).map_err(|source| LedgerError::Stored {
        what,
        source: source.into(),
    })
}
