//! The house's own chain: packs, technicians, credentials. One at a time, under an
//! advisory lock, with the same hashes as a ticket's chain.

use dispatch_contract::actor::Actor;
use dispatch_contract::event::{ChainHead, Event, EventType, PackRef};
use dispatch_contract::{EventId, Timestamp};
use serde_json::Value;
use sqlx::postgres::{PgConnection, PgQueryResult, Postgres};
use sqlx::{Connection, Transaction};

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::stored::{json, signed, unsigned};

/// The chain's name in the store.
pub(crate) const HOUSE: &str = "house";

/// Advisory lock of those who append to it: "house" as a number.
const APPENDING: i64 = 0x68_6f75_7365;

/// A fact of the house, before it has its place in the chain.
#[derive(Clone, PartialEq, Debug)]
pub struct HouseEvent {
    /// Which.
    pub event_id: EventId,
    /// When, by the host's clock.
    pub occurred_at: Timestamp,
    /// What it came from: a request's id, or the host's own word.
    pub request_id: String,
    /// What kind of fact.
    pub kind: EventType,
    /// Who did it.
    pub actor: Actor,
    /// The fact itself.
    pub payload: Value,
    /// What the control plane ties together across calls.
    pub correlation_id: Option<String>,
    /// The pack that was active.
    pub pack: PackRef,
}

impl Ledger {
    /// Append a fact of the house that changes no table, such as `policy.pack_rejected`.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn append_house_event(&self, event: HouseEvent) -> Result<Event, LedgerError> {
        let mut lane = self.pool.acquire().await?;
        let mut transaction = begin(&mut lane).await?;
        let event = append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(event)
    }
}

/// A transaction that holds the house's chain. The lock comes before anything is
/// written, so that the order of transactions is the order of the chain.
pub(crate) async fn begin(
    connection: &mut PgConnection,
) -> Result<Transaction<'_, Postgres>, LedgerError> {
    let mut transaction = connection.begin().await?;
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", APPENDING)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction)
}

/// Ends a transaction of [`begin`]: where the statement before changed a row, with its event
/// and a commit; where it changed none, with nothing at all.
pub(crate) async fn append_where_changed(
    mut transaction: Transaction<'_, Postgres>,
    written: &PgQueryResult,
    event: HouseEvent,
) -> Result<Option<Event>, LedgerError> {
    if written.rows_affected() == 0 {
        transaction.rollback().await?;
        return Ok(None);
    }
    let event = append(&mut transaction, event).await?;
    transaction.commit().await?;
    Ok(Some(event))
}

/// Appends in a transaction of [`begin`].
pub(crate) async fn append(
    connection: &mut PgConnection,
    event: HouseEvent,
) -> Result<Event, LedgerError> {
    let last = sqlx::query!(
        "SELECT sequence, hash FROM audit_events WHERE chain = $1 ORDER BY sequence DESC LIMIT 1",
        HOUSE
    )
    .fetch_optional(&mut *connection)
    .await?;
    let mut head = match last {
        Some(last) => ChainHead {
            sequence: unsigned("house event's sequence", last.sequence)?,
            hash: last.hash,
        },
        None => ChainHead::default(),
    };
    let request = dispatch_contract::canonical::bytes(&event.payload);
    let mut event = Event {
        event_id: event.event_id,
        occurred_at: event.occurred_at,
        request_id: event.request_id,
        kind: event.kind,
        ticket_id: None,
        ticket_version: 0,
        actor: event.actor,
        channel: None,
        previous_state: None,
        next_state: None,
        payload: event.payload,
        correlation_id: event.correlation_id,
        pack: event.pack,
        determining_policies: Vec::new(),
        request_sha256: dispatch_contract::canonical::sha256_hex(&request),
        sequence: 0,
        previous_hash: String::new(),
        hash: String::new(),
    };
    head.append(&mut event);
    sqlx::query!(
        "INSERT INTO audit_events (chain, sequence, event_id, kind, actor_id, hash, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7::text::json)",
        HOUSE,
        signed(event.sequence),
        event.event_id.to_string(),
        event.kind.name(),
        event.actor.id.to_string(),
        event.hash,
        json(&event),
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO house_head (sequence, hash) VALUES ($1, $2)
         ON CONFLICT (only_one) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
        signed(event.sequence),
        event.hash,
    )
    .execute(connection)
    .await?;
    Ok(event)
}
