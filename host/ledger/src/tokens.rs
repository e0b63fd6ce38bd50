//! Revoked credentials. Revoking one is a fact of the house.

use dispatch_contract::Timestamp;
use dispatch_contract::event::{Event, EventType};
use serde_json::json;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::stored;

/// Revocations read at most; those whose token has expired no longer count.
const MAX_REVOKED: i64 = 100_000;

/// A credential that is to be refused from now on.
#[derive(Clone, PartialEq, Debug)]
pub struct Revocation {
    /// The token's id (`jti`).
    pub token_id: String,
    /// When it would be refused anyway.
    pub expires_at: Option<Timestamp>,
    /// Id, time, actor and pack of the event; its kind and payload are set here.
    pub event: HouseEvent,
}

impl Ledger {
    /// Revoke a credential. None where it was revoked before: nothing happens again.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn revoke(&self, revocation: Revocation) -> Result<Option<Event>, LedgerError> {
        let mut event = revocation.event;
        event.kind = EventType::CredentialRevoked;
        event.payload = json!({
            "token_id": revocation.token_id,
            "expires_at": revocation.expires_at,
        });
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let written = sqlx::query!(
            "INSERT INTO revoked_tokens (token_id, revoked_at, revoked_by, expires_at)
             VALUES ($1, $2, $3::text::json, $4) ON CONFLICT (token_id) DO NOTHING",
            revocation.token_id,
            instant(event.occurred_at),
            stored::json(&event.actor),
            revocation.expires_at.map(instant),
        )
        .execute(&mut *transaction)
        .await?;
        house::append_where_changed(transaction, &written, event).await
    }

    /// The ids of all revoked tokens that had not expired at `now`.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn revoked(&self, now: Timestamp) -> Result<Vec<String>, LedgerError> {
        Ok(sqlx::query_scalar!(
            "SELECT token_id FROM revoked_tokens WHERE expires_at IS NULL OR expires_at > $1
             ORDER BY revoked_at DESC LIMIT $2",
            instant(now),
            MAX_REVOKED
        )
        .fetch_all(&self.pool)
        .await?)
    }
}
