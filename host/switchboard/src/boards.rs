//! The register of boards.

use dispatch_contract::board::{Board, BoardChange, DEFAULT_MAX_AGENTS, MOST_AGENTS, NewBoard};
use dispatch_contract::event::EventType;
use dispatch_contract::reading::Page;
use dispatch_contract::{BoardId, GatewayId, Refusal};
use dispatch_ledger::{BoardFilter, Clash};
use ulid::Ulid;

use crate::Switchboard;
use crate::house::Visitor;
use crate::refuse::{clash, no_such, unread, wrong_at};
use crate::register::MAX_NAME;
use crate::text::{blank_is_none, needed};

/// The longest objective, in characters.
const MAX_OBJECTIVE: usize = 4_000;

impl Switchboard {
    /// Register a board.
    ///
    /// # Errors
    /// `invalid_input` where its gateway is not one of its organization, `conflict`,
    /// `store_unavailable`.
    pub async fn add_board(&self, who: &Visitor, entry: NewBoard) -> Result<Board, Refusal> {
        let organization = self.organization_for(who, entry.organization_id).await?;
        let now = self.inner.house.now();
        let board = self
            .tidy_board(Board {
                board_id: BoardId(Ulid::generate()),
                organization_id: organization.organization_id,
                gateway_id: entry.gateway_id,
                name: entry.name,
                objective: entry.objective,
                max_agents: entry.max_agents.unwrap_or(DEFAULT_MAX_AGENTS),
                paused: false,
                created_at: now,
                updated_at: now,
            })
            .await?;
        let event = self.inner.house.event(EventType::BoardRegistered, who);
        let written = self.inner.ledger.add_board(&board, event).await;
        match written.map_err(unread)? {
            Ok(_) => Ok(board),
            Err(why) => Err(clash(why, "board", &board.name)),
        }
    }

    /// The boards that the visitor may know of, oldest first.
    ///
    /// # Errors
    /// `invalid_input` for a cursor that is none, `store_unavailable`.
    pub async fn boards(
        &self,
        who: &Visitor,
        gateway_id: Option<GatewayId>,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page<Board>, Refusal> {
        let filter = BoardFilter {
            board_id: None,
            organization_id: who.organization,
            gateway_id,
            cursor,
            limit,
        };
        self.inner.ledger.boards(&filter).await.map_err(unread)
    }

    /// One board.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn board(&self, who: &Visitor, id: BoardId) -> Result<Board, Refusal> {
        self.board_for(who, id).await
    }

    /// Change a board's entry. It moves to another gateway only while it has no agents: they
    /// would run on where they are.
    ///
    /// # Errors
    /// As [`Switchboard::add_board`], `not_found`, and `conflict` where somebody else changed
    /// the entry meanwhile.
    pub async fn update_board(
        &self,
        who: &Visitor,
        id: BoardId,
        change: BoardChange,
    ) -> Result<Board, Refusal> {
        let before = self.board_for(who, id).await?;
        let as_read = before.updated_at;
        let board = self
            .tidy_board(Board {
                gateway_id: change.gateway_id.or(before.gateway_id),
                name: change.name.unwrap_or(before.name),
                objective: change.objective.or(before.objective),
                max_agents: change.max_agents.unwrap_or(before.max_agents),
                paused: change.paused.unwrap_or(before.paused),
                updated_at: self.inner.house.now(),
                ..before
            })
            .await?;
        let event = self.inner.house.event(EventType::BoardUpdated, who);
        let written = self.inner.ledger.update_board(&board, as_read, event).await;
        match written.map_err(unread)? {
            Ok(_) => Ok(board),
            Err(why) => Err(clash(why, "board", &board.name)),
        }
    }

    /// Strike a board off that has no agents.
    ///
    /// # Errors
    /// `not_found`, `conflict` where it has agents, `store_unavailable`.
    pub async fn remove_board(&self, who: &Visitor, id: BoardId) -> Result<(), Refusal> {
        let board = self.board_for(who, id).await?;
        let event = self.inner.house.event(EventType::BoardRemoved, who);
        let written = self.inner.ledger.remove_board(id, event).await;
        match written.map_err(unread)? {
            Ok(_) => Ok(()),
            Err(Clash::Gone) => Err(no_such("board", id)),
            Err(why) => Err(clash(why, "board", &board.name)),
        }
    }

    async fn tidy_board(&self, entry: Board) -> Result<Board, Refusal> {
        if let Some(gateway_id) = entry.gateway_id {
            self.gateway_of(entry.organization_id, gateway_id).await?;
        }
        if entry.max_agents > MOST_AGENTS {
            let message = format!("max_agents is at most {MOST_AGENTS}.");
            return Err(wrong_at("max_agents", "max", message));
        }
        Ok(Board {
            name: needed("name", &entry.name, MAX_NAME)?,
            objective: blank_is_none("objective", entry.objective.as_deref(), MAX_OBJECTIVE)?,
            ..entry
        })
    }
}
