//! The register of agents that the house keeps on gateways. Every change of an entry is
//! a fact of the house; how an agent gets on is in [`crate::agent_life`].

use chrono::{DateTime, Utc};
use dispatch_contract::event::{Event, EventType};
use dispatch_contract::gateway_agent::{AgentKind, GatewayAgent};
use dispatch_contract::reading::Page;
use dispatch_contract::{AgentRecordId, BoardId, GatewayId, OrganizationId, Timestamp};
use serde_json::json;
use sqlx::postgres::PgConnection;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::register::Clash;
use crate::{cursor, stored};

/// Agents whose tokens begin alike, looked at at most: by chance there is one.
const MAX_ALIKE: i64 = 8;

/// What is kept of an agent's token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenMark {
    /// SHA-256 of the token, 64 hexadecimal digits.
    pub hash: String,
    /// Its first 8 characters.
    pub prefix: String,
}

/// What a listing of agents asks for; all that is given must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AgentFilter {
    /// This one.
    pub agent_id: Option<AgentRecordId>,
    /// Of this organization.
    pub organization_id: Option<OrganizationId>,
    /// On this gateway.
    pub gateway_id: Option<GatewayId>,
    /// On this board.
    pub board_id: Option<BoardId>,
    /// Of this kind.
    pub kind: Option<AgentKind>,
    /// After this page.
    pub cursor: Option<String>,
    /// So many; 0 stands for a page.
    pub limit: u32,
}

pub(crate) struct Row {
    pub(crate) agent_id: String,
    pub(crate) organization_id: String,
    pub(crate) gateway_id: Option<String>,
    pub(crate) board_id: Option<String>,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) session_key: String,
    pub(crate) profile: String,
    pub(crate) heartbeat: String,
    pub(crate) token_prefix: Option<String>,
    pub(crate) status: String,
    pub(crate) generation: i64,
    pub(crate) made_at: Option<DateTime<Utc>>,
    pub(crate) wake_attempts: i32,
    pub(crate) check_in_deadline: Option<DateTime<Utc>>,
    pub(crate) last_seen_at: Option<DateTime<Utc>>,
    pub(crate) last_error: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl Row {
    pub(crate) fn read(self) -> Result<GatewayAgent, LedgerError> {
        let gateway_id = self.gateway_id.as_deref();
        let board_id = self.board_id.as_deref();
        Ok(GatewayAgent {
            agent_id: stored::read_name("agent's id", &self.agent_id)?,
            organization_id: stored::read_name("agent's organization", &self.organization_id)?,
            gateway_id: gateway_id
                .map(|id| stored::read_name("agent's gateway", id))
                .transpose()?,
            board_id: board_id
                .map(|id| stored::read_name("agent's board", id))
                .transpose()?,
            kind: stored::read_name("agent's kind", &self.kind)?,
            name: self.name,
            session_key: self.session_key,
            profile: stored::read("agent's profile", &self.profile)?,
            heartbeat: stored::read("agent's heartbeat", &self.heartbeat)?,
            token_prefix: self.token_prefix,
            status: stored::read_name("agent's status", &self.status)?,
            generation: stored::unsigned("agent's generation", self.generation)?,
            made_at: self.made_at.map(Into::into),
            wake_attempts: u32::try_from(self.wake_attempts).unwrap_or_default(),
            check_in_deadline: self.check_in_deadline.map(Into::into),
            last_seen_at: self.last_seen_at.map(Into::into),
            last_error: self.last_error,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
        })
    }
}

impl Ledger {
    /// Register an agent, before anything is done on its gateway, so that whoever tries
    /// again finds its identity. Writes `agent.registered`, payload `{agent}`. A clash where
    /// the board has an agent of that name, where gateway or board have their main or lead,
    /// where the board is full, or where the board is not on that gateway.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn add_gateway_agent(
        &self,
        agent: &GatewayAgent,
        token: Option<&TokenMark>,
        mut event: HouseEvent,
    ) -> Result<Result<Event, Clash>, LedgerError> {
        event.kind = EventType::AgentRegistered;
        event.payload = json!({ "agent": agent });
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        if let Some(clash) = clash(&mut transaction, agent).await? {
            transaction.rollback().await?;
            return Ok(Err(clash));
        }
        sqlx::query!(
            "INSERT INTO gateway_agents (agent_id, organization_id, gateway_id, board_id, kind, name,
                 session_key, profile, heartbeat, token_hash, token_prefix, status, generation,
                 made_at, wake_attempts, check_in_deadline, last_seen_at, last_error, created_at,
                 updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::json, $9::text::json, $10, $11, $12, $13,
                 $14, $15, $16, $17, $18, $19, $20)",
            agent.agent_id.to_string(),
            agent.organization_id.to_string(),
            agent.gateway_id.map(|id| id.to_string()),
            agent.board_id.map(|id| id.to_string()),
            agent.kind.name(),
            agent.name,
            agent.session_key,
            stored::json(&agent.profile),
            stored::json(&agent.heartbeat),
            token.map(|token| &token.hash),
            token.map(|token| &token.prefix),
            agent.status.name(),
            stored::signed(agent.generation),
            agent.made_at.map(instant),
            i32::try_from(agent.wake_attempts).unwrap_or(i32::MAX),
            agent.check_in_deadline.map(instant),
            agent.last_seen_at.map(instant),
            agent.last_error,
            instant(agent.created_at),
            instant(agent.updated_at),
        )
        .execute(&mut *transaction)
        .await?;
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Ok(event))
    }

    /// Put an agent's name, profile and heartbeat as they are to stand, where its row was last
    /// changed at `as_read`. Writes `agent.updated`, payload `{agent}`. A clash where its board
    /// has another agent of that name, where the row was changed since, or is gone.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn update_gateway_agent(
        &self,
        agent: &GatewayAgent,
        as_read: Timestamp,
        mut event: HouseEvent,
    ) -> Result<Result<Event, Clash>, LedgerError> {
        event.kind = EventType::AgentUpdated;
        event.payload = json!({ "agent": agent });
        let id = agent.agent_id.to_string();
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let found = sqlx::query!(
            r#"SELECT updated_at, EXISTS (
                   SELECT FROM gateway_agents o
                   WHERE o.board_id = a.board_id AND lower(o.name) = lower($2) AND o.agent_id <> $1
               ) AS "named!"
               FROM gateway_agents a WHERE agent_id = $1 FOR UPDATE"#,
            id,
            agent.name,
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let clash = match found {
            None => Some(Clash::Gone),
            Some(found) if found.updated_at != instant(as_read) => Some(Clash::Changed),
            Some(found) => found.named.then_some(Clash::NameTaken),
        };
        if let Some(clash) = clash {
            transaction.rollback().await?;
            return Ok(Err(clash));
        }
        sqlx::query!(
            "UPDATE gateway_agents SET name = $2, profile = $3::text::json,
                 heartbeat = $4::text::json, updated_at = $5
             WHERE agent_id = $1",
            id,
            agent.name,
            stored::json(&agent.profile),
            stored::json(&agent.heartbeat),
            instant(agent.updated_at),
        )
        .execute(&mut *transaction)
        .await?;
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Ok(event))
    }

    /// Forget an agent, as it was read. Writes `agent.removed`, payload `{agent_id, name}`.
    /// None where there is no such agent, or work on it has begun since.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn remove_gateway_agent(
        &self,
        agent_id: AgentRecordId,
        generation: u64,
        mut event: HouseEvent,
    ) -> Result<Option<Event>, LedgerError> {
        event.kind = EventType::AgentRemoved;
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let gone = sqlx::query_scalar!(
            "DELETE FROM gateway_agents WHERE agent_id = $1 AND generation = $2 RETURNING name",
            agent_id.to_string(),
            stored::signed(generation),
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(name) = gone else {
            transaction.rollback().await?;
            return Ok(None);
        };
        event.payload = json!({ "agent_id": agent_id, "name": name });
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Some(event))
    }

    /// The agents, oldest first.
    ///
    /// # Errors
    /// For a cursor that is none, or where the database cannot answer in time.
    pub async fn gateway_agents(
        &self,
        filter: &AgentFilter,
    ) -> Result<Page<GatewayAgent>, LedgerError> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT agent_id, organization_id, gateway_id, board_id, kind, name, session_key,
                 profile::text AS "profile!", heartbeat::text AS "heartbeat!", token_prefix, status,
                 generation, made_at, wake_attempts, check_in_deadline, last_seen_at, last_error,
                 created_at, updated_at
             FROM gateway_agents
             WHERE ($1::text IS NULL OR agent_id = $1) AND ($2::text IS NULL OR organization_id = $2)
               AND ($3::text IS NULL OR gateway_id = $3) AND ($4::text IS NULL OR board_id = $4)
               AND ($5::text IS NULL OR kind = $5) AND ($6::text IS NULL OR agent_id > $6)
             ORDER BY agent_id LIMIT $7"#,
            filter.agent_id.map(|id| id.to_string()),
            filter.organization_id.map(|id| id.to_string()),
            filter.gateway_id.map(|id| id.to_string()),
            filter.board_id.map(|id| id.to_string()),
            filter.kind.map(AgentKind::name),
            cursor::id(filter.cursor.as_deref())?,
            cursor::fetch(filter.limit),
        )
        .fetch_all(&self.pool)
        .await?;
        let agents: Vec<_> = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
        Ok(cursor::page(agents, filter.limit, |agent| {
            agent.agent_id.to_string()
        }))
    }

    /// One agent.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn gateway_agent(
        &self,
        agent_id: AgentRecordId,
    ) -> Result<Option<GatewayAgent>, LedgerError> {
        let only = AgentFilter {
            agent_id: Some(agent_id),
            limit: 1,
            ..AgentFilter::default()
        };
        Ok(self.gateway_agents(&only).await?.items.pop())
    }

    /// The agents whose tokens begin so, each with its token's hash. Whoever asks compares
    /// the hashes, in constant time.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn agents_by_token(
        &self,
        prefix: &str,
    ) -> Result<Vec<(AgentRecordId, String)>, LedgerError> {
        let rows = sqlx::query!(
            r#"SELECT agent_id, token_hash AS "token_hash!" FROM gateway_agents
               WHERE token_prefix = $1 AND token_hash IS NOT NULL ORDER BY agent_id LIMIT $2"#,
            prefix,
            MAX_ALIKE,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok((
                    stored::read_name("agent's id", &row.agent_id)?,
                    row.token_hash,
                ))
            })
            .collect()
    }
}

/// What stands against a new agent. Asked under the house's lock.
async fn clash(
    connection: &mut PgConnection,
    agent: &GatewayAgent,
) -> Result<Option<Clash>, LedgerError> {
    let (gateway, board) = (
        agent.gateway_id.map(|id| id.to_string()),
        agent.board_id.map(|id| id.to_string()),
    );
    let found = sqlx::query!(
        r#"SELECT
             EXISTS (SELECT FROM gateways WHERE gateway_id = $1 AND organization_id = $5) AS "gateway!",
             (SELECT max_agents FROM boards
               WHERE board_id = $2 AND organization_id = $5 AND gateway_id = $1) AS max_agents,
             (SELECT count(*) FROM gateway_agents WHERE board_id = $2 AND kind = 'worker') AS "workers!",
             EXISTS (SELECT FROM gateway_agents WHERE board_id = $2 AND lower(name) = lower($3)) AS "named!",
             EXISTS (SELECT FROM gateway_agents WHERE kind = $4 AND
               (kind = 'main' AND gateway_id = $1 OR kind = 'lead' AND board_id = $2)) AS "held!""#,
        gateway,
        board,
        agent.name,
        agent.kind.name(),
        agent.organization_id.to_string(),
    )
    .fetch_one(connection)
    .await?;
    let homeless = !found.gateway || (board.is_some() && found.max_agents.is_none());
    let most = u32::try_from(found.max_agents.unwrap_or_default()).unwrap_or_default();
    let full = agent.kind == AgentKind::Worker && found.workers >= i64::from(most);
    Ok(if homeless {
        Some(Clash::Gone)
    } else if found.held {
        Some(Clash::RoleTaken)
    } else if found.named {
        Some(Clash::NameTaken)
    } else if full {
        Some(Clash::BoardFull { max_agents: most })
    } else {
        None
    })
}
