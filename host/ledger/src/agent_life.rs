//! How an agent gets on: provisioned, woken, seen, given another token, given up.
//!
//! Each provisioning is a generation of its own: what a slower one found out in the
//! meantime is not written over what a later one did.

use dispatch_contract::event::{Event, EventType};
use dispatch_contract::gateway_agent::{AgentStatus, GatewayAgent};
use dispatch_contract::{AgentRecordId, GatewayId, Timestamp};
use serde_json::json;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::gateway_agents::{Row, TokenMark};
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::stored;

/// What is about to be done to an agent on its gateway.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifecycleBegin {
    /// Which agent.
    pub agent_id: AgentRecordId,
    /// `provisioning`, `updating` or `removing`.
    pub status: AgentStatus,
    /// The gateway that it lives on from now on; as before where absent.
    pub gateway_id: Option<GatewayId>,
    /// It is woken, and must have checked in by then; it is let sleep where absent.
    pub check_in_deadline: Option<Timestamp>,
    /// When.
    pub now: Timestamp,
}

impl Ledger {
    /// Note that work on an agent begins: its generation grows, and with it, where it is
    /// woken, its wake attempts. None where there is no such agent. No event: what comes of
    /// the work is one.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn begin_lifecycle(
        &self,
        begin: &LifecycleBegin,
    ) -> Result<Option<GatewayAgent>, LedgerError> {
        let row = sqlx::query_as!(
            Row,
            r#"UPDATE gateway_agents SET status = $2, gateway_id = coalesce($3, gateway_id),
                 generation = generation + 1,
                 wake_attempts = wake_attempts + CASE WHEN $4::timestamptz IS NULL THEN 0 ELSE 1 END,
                 check_in_deadline = $4, updated_at = $5
             WHERE agent_id = $1
             RETURNING agent_id, organization_id, gateway_id, board_id, kind, name, session_key,
                 profile::text AS "profile!", heartbeat::text AS "heartbeat!", token_prefix, status,
                 generation, wake_attempts, check_in_deadline, last_seen_at, last_error, created_at,
                 updated_at"#,
            begin.agent_id.to_string(),
            begin.status.name(),
            begin.gateway_id.map(|id| id.to_string()),
            begin.check_in_deadline.map(instant),
            instant(begin.now),
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(Row::read).transpose()
    }

    /// Note what came of a generation: online, or what its gateway said. Writes
    /// `agent.provisioned`, payload `{agent_id, gateway_id, generation, status, ok,
    /// error?}`, `status` being what was under way. None, and nothing written, where a later generation has begun or the agent is gone.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn end_lifecycle(
        &self,
        agent: &GatewayAgent,
        outcome: Result<(), &str>,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        event.kind = EventType::AgentProvisioned;
        event.payload = json!({
            "agent_id": agent.agent_id,
            "gateway_id": agent.gateway_id,
            "generation": agent.generation,
            "status": agent.status,
            "ok": outcome.is_ok(),
        });
        if let Err(error) = outcome {
            event.payload["error"] = error.into();
        }
        let status = if outcome.is_ok() {
            AgentStatus::Online
        } else {
            agent.status
        };
        let at = instant(event.occurred_at);
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let written = sqlx::query!(
            "UPDATE gateway_agents SET status = $3, last_error = $4, updated_at = $5
             WHERE agent_id = $1 AND generation = $2",
            agent.agent_id.to_string(),
            stored::signed(agent.generation),
            status.name(),
            outcome.err(),
            at,
        )
        .execute(&mut *transaction)
        .await?;
        house::append_where_changed(transaction, &written, event).await
    }

    /// Give an agent another token: the one before holds no longer. Writes
    /// `agent.token_rotated`, payload `{agent_id, token_prefix}`. None where there is no
    /// such agent.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn rotate_agent_token(
        &self,
        agent_id: AgentRecordId,
        token: &TokenMark,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        event.kind = EventType::AgentTokenRotated;
        event.payload = json!({ "agent_id": agent_id, "token_prefix": token.prefix });
        let at = instant(event.occurred_at);
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let written = sqlx::query!(
            "UPDATE gateway_agents SET token_hash = $2, token_prefix = $3, updated_at = $4
             WHERE agent_id = $1",
            agent_id.to_string(),
            token.hash,
            token.prefix,
            at,
        )
        .execute(&mut *transaction)
        .await?;
        house::append_where_changed(transaction, &written, event).await
    }

    /// An agent checked in: it owes nothing more, and one that was given up is back. Its row
    /// is written only where it was last seen before `unless_since`, or owes a check-in.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn agent_seen(
        &self,
        agent_id: AgentRecordId,
        now: Timestamp,
        unless_since: Timestamp,
    ) -> Result<(), LedgerError> {
        sqlx::query!(
            "UPDATE gateway_agents SET last_seen_at = $2, check_in_deadline = NULL, wake_attempts = 0,
                 status = CASE WHEN status = 'offline' AND gateway_id IS NOT NULL THEN 'online'
                     ELSE status END
             WHERE agent_id = $1 AND (last_seen_at IS NULL OR last_seen_at < $3
                 OR check_in_deadline IS NOT NULL OR wake_attempts > 0 OR status = 'offline')",
            agent_id.to_string(),
            instant(now),
            instant(unless_since),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The agents that should have checked in before `now`, the longest overdue first.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn overdue_agents(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<GatewayAgent>, LedgerError> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT agent_id, organization_id, gateway_id, board_id, kind, name, session_key,
                 profile::text AS "profile!", heartbeat::text AS "heartbeat!", token_prefix, status,
                 generation, wake_attempts, check_in_deadline, last_seen_at, last_error, created_at,
                 updated_at
             FROM gateway_agents
             WHERE check_in_deadline < $1 AND status NOT IN ('offline', 'removing')
             ORDER BY check_in_deadline, agent_id LIMIT $2"#,
            instant(now),
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Put off the deadline of an agent that is overdue, so that no other host takes it up
    /// meanwhile. False where one did, or it is no longer overdue.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn claim_overdue(
        &self,
        agent: &GatewayAgent,
        until: Timestamp,
    ) -> Result<bool, LedgerError> {
        let written = sqlx::query!(
            "UPDATE gateway_agents SET check_in_deadline = $4
             WHERE agent_id = $1 AND generation = $2 AND check_in_deadline = $3",
            agent.agent_id.to_string(),
            stored::signed(agent.generation),
            agent.check_in_deadline.map(instant),
            instant(until),
        )
        .execute(&self.pool)
        .await?;
        Ok(written.rows_affected() > 0)
    }

    /// Give an agent up that never checked in. Writes `agent.offline`, payload `{agent_id,
    /// gateway_id, wake_attempts, error}`. None, and nothing written, where a later
    /// generation has begun, or it did check in.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn agent_offline(
        &self,
        agent: &GatewayAgent,
        error: &str,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        event.kind = EventType::AgentOffline;
        event.payload = json!({
            "agent_id": agent.agent_id,
            "gateway_id": agent.gateway_id,
            "wake_attempts": agent.wake_attempts,
            "error": error,
        });
        let at = instant(event.occurred_at);
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let written = sqlx::query!(
            "UPDATE gateway_agents SET status = 'offline', check_in_deadline = NULL, last_error = $3,
                 updated_at = $4
             WHERE agent_id = $1 AND generation = $2 AND check_in_deadline IS NOT NULL",
            agent.agent_id.to_string(),
            stored::signed(agent.generation),
            error,
            at,
        )
        .execute(&mut *transaction)
        .await?;
        house::append_where_changed(transaction, &written, event).await
    }
}
