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
use crate::stored::{self, short};

/// What is about to be done to an agent on its gateway.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifecycleBegin {
    /// Which agent.
    pub agent_id: AgentRecordId,
    /// `provisioning`, `updating` or `removing`.
    pub status: AgentStatus,
    /// The gateway that it lives on from now on; as before where absent.
    pub gateway_id: Option<GatewayId>,
    /// It is to be woken, and the work is over by then, whatever comes of it; it is let sleep
    /// where absent.
    pub over_by: Option<Timestamp>,
    /// When.
    pub now: Timestamp,
}

impl Ledger {
    /// Note that work on an agent begins: its generation grows, and with it, where it is
    /// woken, its wake attempts. On another gateway it is made anew. None where there is no
    /// such agent, or it is being removed and this is no removal. No event: what comes of the
    /// work is one.
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
                 made_at = CASE WHEN gateway_id = coalesce($3, gateway_id) THEN made_at END,
                 wake_attempts = wake_attempts + CASE WHEN $4::timestamptz IS NULL THEN 0 ELSE 1 END,
                 check_in_deadline = $4, last_error = NULL, updated_at = $5
             WHERE agent_id = $1 AND (status <> 'removing' OR $2 = 'removing')
             RETURNING agent_id, organization_id, gateway_id, board_id, kind, name, session_key,
                 profile::text AS "profile!", heartbeat::text AS "heartbeat!", token_prefix, status,
                 generation, made_at, wake_attempts, check_in_deadline, last_seen_at, last_error,
                 created_at, updated_at"#,
            begin.agent_id.to_string(),
            begin.status.name(),
            begin.gateway_id.map(|id| id.to_string()),
            begin.over_by.map(instant),
            instant(begin.now),
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(Row::read).transpose()
    }

    /// Note what came of a generation: online, or what its gateway said. Writes
    /// `agent.provisioned`, payload `{agent_id, gateway_id, generation, status, ok,
    /// error?}`, `status` being what was under way. One that was woken, and has not checked in
    /// since, is to have checked in by `check_in_by`. None, and nothing written, where a later
    /// generation has begun or the agent is gone.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn end_lifecycle(
        &self,
        agent: &GatewayAgent,
        outcome: Result<(), &str>,
        check_in_by: Timestamp,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        let error = outcome.err().map(short);
        event.kind = EventType::AgentProvisioned;
        event.payload = json!({
            "agent_id": agent.agent_id,
            "gateway_id": agent.gateway_id,
            "generation": agent.generation,
            "status": agent.status,
            "ok": outcome.is_ok(),
        });
        if let Some(error) = &error {
            event.payload["error"] = error.as_str().into();
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
            "UPDATE gateway_agents SET status = $3, last_error = $4, updated_at = $5,
                 made_at = CASE WHEN $4::text IS NULL THEN coalesce(made_at, $5) ELSE made_at END,
                 check_in_deadline = CASE WHEN check_in_deadline IS NOT NULL THEN $6::timestamptz END
             WHERE agent_id = $1 AND generation = $2",
            agent.agent_id.to_string(),
            stored::signed(agent.generation),
            status.name(),
            error,
            at,
            instant(check_in_by),
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

    /// An agent checked in: it owes nothing more, and one that was given up, or whose update
    /// failed, is back, as far as it was ever made: that writes `agent.online`, payload
    /// `{agent_id, gateway_id, was, status}`. What an update failed of stays told. The row is
    /// written only where it was last seen before `unless_since`, or there is something to write.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn agent_seen(
        &self,
        agent_id: AgentRecordId,
        unless_since: Timestamp,
        event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        let away = sqlx::query_scalar!(
            r#"UPDATE gateway_agents SET last_seen_at = $2, check_in_deadline = NULL, wake_attempts = 0
               WHERE agent_id = $1 AND (last_seen_at IS NULL OR last_seen_at < $3
                   OR check_in_deadline IS NOT NULL OR wake_attempts > 0
                   OR status = 'offline' OR status = 'updating' AND last_error IS NOT NULL)
               RETURNING gateway_id IS NOT NULL
                   AND (status = 'offline' OR status = 'updating' AND last_error IS NOT NULL) AS "away!""#,
            agent_id.to_string(),
            instant(event.occurred_at),
            instant(unless_since),
        )
        .fetch_optional(&self.pool)
        .await?;
        match away {
            Some(true) => self.agent_back(agent_id, event).await,
            _ => Ok(None),
        }
    }

    async fn agent_back(
        &self,
        agent_id: AgentRecordId,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        event.kind = EventType::AgentOnline;
        let id = agent_id.to_string();
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let back = sqlx::query!(
            r#"WITH away AS (
                   SELECT agent_id, status, gateway_id FROM gateway_agents
                   WHERE agent_id = $1 AND gateway_id IS NOT NULL
                     AND (status = 'offline' OR status = 'updating' AND last_error IS NOT NULL)
                   FOR UPDATE)
               UPDATE gateway_agents g SET updated_at = $2,
                   status = CASE WHEN g.made_at IS NULL THEN 'provisioning' ELSE 'online' END,
                   last_error = CASE WHEN away.status = 'offline' THEN NULL ELSE g.last_error END
               FROM away WHERE g.agent_id = away.agent_id
               RETURNING away.status AS was, away.gateway_id, g.status"#,
            id,
            instant(event.occurred_at),
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(back) = back else {
            // another check-in was first
            transaction.rollback().await?;
            return Ok(None);
        };
        event.payload = json!({
            "agent_id": agent_id,
            "gateway_id": back.gateway_id,
            "was": back.was,
            "status": back.status,
        });
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Some(event))
    }

    /// The agents that should have checked in before `now`, the longest overdue first; none on
    /// these gateways.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn overdue_agents(
        &self,
        now: Timestamp,
        not_on: &[GatewayId],
        limit: u32,
    ) -> Result<Vec<GatewayAgent>, LedgerError> {
        let not_on: Vec<String> = not_on.iter().map(GatewayId::to_string).collect();
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT agent_id, organization_id, gateway_id, board_id, kind, name, session_key,
                 profile::text AS "profile!", heartbeat::text AS "heartbeat!", token_prefix, status,
                 generation, made_at, wake_attempts, check_in_deadline, last_seen_at, last_error,
                 created_at, updated_at
             FROM gateway_agents
             WHERE check_in_deadline < $1 AND status NOT IN ('offline', 'removing')
               AND gateway_id <> ALL ($2)
             ORDER BY check_in_deadline, agent_id LIMIT $3"#,
            instant(now),
            &not_on,
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
        let error = short(error);
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
