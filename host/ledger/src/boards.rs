//! The register of boards. Every change is a fact of the house.

use chrono::{DateTime, Utc};
use dispatch_contract::board::Board;
use dispatch_contract::event::{Event, EventType};
use dispatch_contract::reading::Page;
use dispatch_contract::{BoardId, GatewayId, OrganizationId, Timestamp};
use serde_json::json;
use sqlx::postgres::PgConnection;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::house::{self, HouseEvent};
use crate::ledger::Ledger;
use crate::register::Clash;
use crate::{cursor, stored};

/// What a listing of boards asks for; all that is given must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BoardFilter {
    /// This one.
    pub board_id: Option<BoardId>,
    /// Of this organization.
    pub organization_id: Option<OrganizationId>,
    /// On this gateway.
    pub gateway_id: Option<GatewayId>,
    /// After this page.
    pub cursor: Option<String>,
    /// So many; 0 stands for a page.
    pub limit: u32,
}

struct Row {
    board_id: String,
    organization_id: String,
    gateway_id: Option<String>,
    name: String,
    objective: Option<String>,
    max_agents: i32,
    paused: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Board, LedgerError> {
        let gateway_id = self.gateway_id.as_deref();
        Ok(Board {
            board_id: stored::read_name("board's id", &self.board_id)?,
            organization_id: stored::read_name("board's organization", &self.organization_id)?,
            gateway_id: gateway_id
                .map(|id| stored::read_name("board's gateway", id))
                .transpose()?,
            name: self.name,
            objective: self.objective,
            max_agents: u32::try_from(self.max_agents).unwrap_or_default(),
            paused: self.paused,
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
        })
    }
}

impl Ledger {
    /// Register a board. Writes `board.registered`, payload `{board}`. A clash where its
    /// name is taken, or its gateway is not one of its organization.
    ///
    /// # Errors
    /// Where its organization is not known, or the database cannot answer in time.
    pub async fn add_board(
        &self,
        board: &Board,
        mut event: HouseEvent,
    ) -> Result<Result<Event, Clash>, LedgerError> {
        event.kind = EventType::BoardRegistered;
        event.payload = json!({ "board": board });
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        if let Some(clash) = clash(&mut transaction, board).await? {
            transaction.rollback().await?;
            return Ok(Err(clash));
        }
        sqlx::query!(
            "INSERT INTO boards (board_id, organization_id, gateway_id, name, objective, max_agents,
                 paused, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            board.board_id.to_string(),
            board.organization_id.to_string(),
            board.gateway_id.map(|id| id.to_string()),
            board.name,
            board.objective,
            i32::try_from(board.max_agents).unwrap_or(i32::MAX),
            board.paused,
            instant(board.created_at),
            instant(board.updated_at),
        )
        .execute(&mut *transaction)
        .await?;
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Ok(event))
    }

    /// Put a board's entry as it is to stand, where it was last changed at `as_read`; its
    /// organization never changes. Writes `board.updated`, payload `{board}`. Clashes as for
    /// [`Ledger::add_board`], where somebody else has changed it since, and where it is to leave
    /// a gateway that agents of it live on.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn update_board(
        &self,
        board: &Board,
        as_read: Timestamp,
        mut event: HouseEvent,
    ) -> Result<Result<Event, Clash>, LedgerError> {
        event.kind = EventType::BoardUpdated;
        event.payload = json!({ "board": board });
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        if let Some(clash) = clash(&mut transaction, board).await? {
            transaction.rollback().await?;
            return Ok(Err(clash));
        }
        let found = sqlx::query!(
            r#"SELECT updated_at, EXISTS (
                   SELECT FROM gateway_agents
                   WHERE board_id = $1 AND gateway_id IS DISTINCT FROM $2 AND gateway_id IS NOT NULL
               ) AS "settled!"
               FROM boards WHERE board_id = $1"#,
            board.board_id.to_string(),
            board.gateway_id.map(|id| id.to_string()),
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let clash = match found {
            None => Some(Clash::Gone),
            Some(found) if found.updated_at != instant(as_read) => Some(Clash::Changed),
            Some(found) => found.settled.then_some(Clash::Settled),
        };
        if let Some(clash) = clash {
            transaction.rollback().await?;
            return Ok(Err(clash));
        }
        sqlx::query!(
            "UPDATE boards SET gateway_id = $2, name = $3, objective = $4, max_agents = $5,
                 paused = $6, updated_at = $7
             WHERE board_id = $1",
            board.board_id.to_string(),
            board.gateway_id.map(|id| id.to_string()),
            board.name,
            board.objective,
            i32::try_from(board.max_agents).unwrap_or(i32::MAX),
            board.paused,
            instant(board.updated_at),
        )
        .execute(&mut *transaction)
        .await?;
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Ok(event))
    }

    /// Strike a board off that has no agents. Writes `board.removed`, payload
    /// `{board_id}`.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn remove_board(
        &self,
        board_id: BoardId,
        mut event: HouseEvent,
    ) -> Result<Result<Event, Clash>, LedgerError> {
        event.kind = EventType::BoardRemoved;
        event.payload = json!({ "board_id": board_id });
        let id = board_id.to_string();
        let mut connection = self.pool.acquire().await?;
        let mut transaction = house::begin(&mut connection).await?;
        let staffed = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM gateway_agents WHERE board_id = $1) AS "staffed!""#,
            id
        )
        .fetch_one(&mut *transaction)
        .await?;
        if staffed {
            transaction.rollback().await?;
            return Ok(Err(Clash::Staffed));
        }
        let gone = sqlx::query!("DELETE FROM boards WHERE board_id = $1", id)
            .execute(&mut *transaction)
            .await?;
        if gone.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(Err(Clash::Gone));
        }
        let event = house::append(&mut transaction, event).await?;
        transaction.commit().await?;
        Ok(Ok(event))
    }

    /// The boards, oldest first.
    ///
    /// # Errors
    /// For a cursor that is none, or where the database cannot answer in time.
    pub async fn boards(&self, filter: &BoardFilter) -> Result<Page<Board>, LedgerError> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT board_id, organization_id, gateway_id, name, objective, max_agents, paused,
                 created_at, updated_at
             FROM boards
             WHERE ($1::text IS NULL OR board_id = $1) AND ($2::text IS NULL OR organization_id = $2)
               AND ($3::text IS NULL OR gateway_id = $3) AND ($4::text IS NULL OR board_id > $4)
             ORDER BY board_id LIMIT $5",
            filter.board_id.map(|id| id.to_string()),
            filter.organization_id.map(|id| id.to_string()),
            filter.gateway_id.map(|id| id.to_string()),
            cursor::id(filter.cursor.as_deref())?,
            cursor::fetch(filter.limit),
        )
        .fetch_all(&self.pool)
        .await?;
        let boards: Vec<Board> = rows.into_iter().map(Row::read).collect::<Result<_, _>>()?;
        Ok(cursor::page(boards, filter.limit, |board| {
            board.board_id.to_string()
        }))
    }

    /// One board.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn board(&self, board_id: BoardId) -> Result<Option<Board>, LedgerError> {
        let only = BoardFilter {
            board_id: Some(board_id),
            limit: 1,
            ..BoardFilter::default()
        };
        Ok(self.boards(&only).await?.items.pop())
    }
}

/// What stands against an entry. Asked under the house's lock.
async fn clash(connection: &mut PgConnection, board: &Board) -> Result<Option<Clash>, LedgerError> {
    let gateway = board.gateway_id.map(|id| id.to_string());
    let found = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM boards WHERE organization_id = $1 AND lower(name) = lower($2)
               AND board_id <> $3) AS "taken!",
             ($4::text IS NOT NULL AND NOT EXISTS (SELECT FROM gateways
               WHERE gateway_id = $4 AND organization_id = $1)) AS "homeless!""#,
        board.organization_id.to_string(),
        board.name,
        board.board_id.to_string(),
        gateway,
    )
    .fetch_one(connection)
    .await?;
    Ok(match (found.taken, found.homeless) {
        (_, true) => Some(Clash::Gone),
        (true, _) => Some(Clash::NameTaken),
        _ => None,
    })
}
