//! A gateway's agents brought to what their templates and entries say now.

use std::collections::HashMap;

use dispatch_contract::board::Board;
use dispatch_contract::event::EventType;
use dispatch_contract::gateway::Gateway;
use dispatch_contract::gateway_agent::{AgentStatus, GatewayAgent};
use dispatch_contract::gateway_work::{SyncOutcome, SyncTrouble, SyncWish};
use dispatch_contract::{AgentRecordId, BoardId, GatewayId, Refusal};
use dispatch_gateway::Secret;
use dispatch_ledger::{AgentFilter, BoardFilter};
use dispatch_provision::{AgentPlan, OpenClaw, SyncOptions, SyncReport, Tokens, TokensError, sync};
use futures::future::BoxFuture;
use serde_json::json;

use crate::Switchboard;
use crate::house::Visitor;
use crate::lifecycle::finished;
use crate::links::Prompt;
use crate::plan::plan;
use crate::refuse::unread;

/// A listing's page while everything is read.
const PAGE: u32 = 200;

impl Switchboard {
    /// Bring a gateway's agents up to date, each with its own error; boards that are paused
    /// are left alone. Goes on to its end, whether or not whoever asked still waits.
    ///
    /// # Errors
    /// `not_found`, `invalid_input`, `conflict` where other work is under way on the
    /// gateway, `store_unavailable`. What the gateway does wrong is in the outcome.
    pub async fn sync(
        &self,
        who: &Visitor,
        id: GatewayId,
        wish: SyncWish,
    ) -> Result<SyncOutcome, Refusal> {
        let gateway = self.gateway_for(who, id).await?;
        let (board, who) = (self.clone(), who.clone());
        finished(async move { board.sync_gateway(&who, gateway, wish).await }).await
    }

    async fn sync_gateway(
        &self,
        who: &Visitor,
        gateway: Gateway,
        wish: SyncWish,
    ) -> Result<SyncOutcome, Refusal> {
        let line = Prompt(self.inner.links.link(&gateway)?);
        let _turn = self.turn(gateway.gateway_id).await?;
        let roster = self.roster(&gateway, Paused::LeftAlone).await?;
        let left = wish.board_id.and_then(|id| roster.left(id));
        let options = SyncOptions {
            include_main: wish.include_main,
            lead_only: wish.lead_only,
            reset_sessions: wish.reset_sessions,
            rotate_tokens: wish.rotate_tokens,
            force_bootstrap: wish.force_bootstrap,
            overwrite: wish.overwrite,
            board_id: wish.board_id,
        };
        let plane = OpenClaw::new(&line);
        let book = Book {
            board: self,
            who,
            unmade: &roster.unmade,
        };
        let templates = &self.inner.templates;
        let id = gateway.gateway_id;
        let outcome = match left {
            Some(why) => nothing(id, &wish, why),
            None => {
                let report = sync(&plane, templates, &book, id, &roster.plans, &options).await;
                let mut outcome = outcome(report);
                outcome.errors.extend(roster.unplanned);
                outcome
            }
        };
        let mut event = self.inner.house.event(EventType::AgentProvisioned, who);
        event.payload = json!({ "gateway_id": gateway.gateway_id, "sync": outcome });
        self.inner
            .ledger
            .append_house_event(event)
            .await
            .map_err(unread)?;
        Ok(outcome)
    }

    /// What each agent of a gateway should be.
    pub(crate) async fn roster(
        &self,
        gateway: &Gateway,
        paused: Paused,
    ) -> Result<Roster, Refusal> {
        let boards: HashMap<BoardId, Board> = self
            .boards_on(gateway.gateway_id)
            .await?
            .into_iter()
            .map(|board| (board.board_id, board))
            .collect();
        let owner = self
            .inner
            .ledger
            .organizations(Some(gateway.organization_id))
            .await;
        let owner = owner.map_err(unread)?.into_iter().next();
        let owner = owner
            .map(|organization| organization.name)
            .unwrap_or_default();
        let mut roster = Roster {
            boards: HashMap::new(),
            plans: Vec::new(),
            unmade: Vec::new(),
            unplanned: Vec::new(),
        };
        for agent in self.agents_on(gateway.gateway_id).await? {
            let board = agent.board_id.and_then(|id| boards.get(&id));
            if paused == Paused::LeftAlone && board.is_some_and(|board| board.paused) {
                continue;
            }
            let planned = if agent.status == AgentStatus::Removing {
                Err(BEING_REMOVED.to_owned())
            } else {
                let plan = plan(&agent, gateway, board, owner.clone(), &self.inner.base_url);
                plan.map_err(|refusal| refusal.detail)
            };
            match planned {
                Ok(plan) => {
                    if agent.made_at.is_none() {
                        roster.unmade.push(agent.agent_id);
                    }
                    roster.plans.push(plan);
                }
                Err(message) => roster.unplanned.push(SyncTrouble {
                    agent_id: Some(agent.agent_id),
                    agent_name: Some(agent.name),
                    board_id: agent.board_id,
                    message,
                }),
            }
        }
        roster.boards = boards;
        Ok(roster)
    }

    /// Every board on a gateway, oldest first.
    pub(crate) async fn boards_on(&self, gateway: GatewayId) -> Result<Vec<Board>, Refusal> {
        let mut filter = BoardFilter {
            gateway_id: Some(gateway),
            limit: PAGE,
            ..BoardFilter::default()
        };
        let mut boards = Vec::new();
        loop {
            let page = self.inner.ledger.boards(&filter).await.map_err(unread)?;
            boards.extend(page.items);
            filter.cursor = page.next_cursor;
            if filter.cursor.is_none() {
                return Ok(boards);
            }
        }
    }

    async fn agents_on(&self, gateway: GatewayId) -> Result<Vec<GatewayAgent>, Refusal> {
        let mut filter = AgentFilter {
            gateway_id: Some(gateway),
            limit: PAGE,
            ..AgentFilter::default()
        };
        let mut agents = Vec::new();
        loop {
            let page = self
                .inner
                .ledger
                .gateway_agents(&filter)
                .await
                .map_err(unread)?;
            agents.extend(page.items);
            filter.cursor = page.next_cursor;
            if filter.cursor.is_none() {
                return Ok(agents);
            }
        }
    }
}

/// What is said of an agent that is on its way out.
const BEING_REMOVED: &str = "The agent is being removed: it is left as it is. Finish that with \
    `dispatch agent remove`.";

/// What becomes of agents of paused boards.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paused {
    /// They are not on the roster.
    LeftAlone,
    /// They are as all others.
    Listed,
}

/// A gateway's agents, as a sync takes them.
pub(crate) struct Roster {
    boards: HashMap<BoardId, Board>,
    /// What each should be, oldest first.
    pub(crate) plans: Vec<AgentPlan>,
    /// Of these, whose provisioning never ended well.
    unmade: Vec<AgentRecordId>,
    /// Those whose entries make no plan, and those on their way out, with the reason.
    pub(crate) unplanned: Vec<SyncTrouble>,
}

impl Roster {
    /// Why nothing is to be done for a board.
    fn left(&self, board: BoardId) -> Option<&'static str> {
        match self.boards.get(&board) {
            None => Some("Board does not belong to this gateway."),
            Some(board) if board.paused => {
                Some("The board is paused: its agents are left as they are.")
            }
            Some(_) => None,
        }
    }
}

/// The book of agents' tokens, as a sync asks for it.
struct Book<'b> {
    board: &'b Switchboard,
    who: &'b Visitor,
    unmade: &'b [AgentRecordId],
}

impl Tokens for Book<'_> {
    fn holds<'a>(
        &'a self,
        agent: AgentRecordId,
        token: &'a Secret,
    ) -> BoxFuture<'a, Result<bool, TokensError>> {
        Box::pin(async move { self.board.holds(agent, token).await.map_err(unlooked) })
    }

    fn made(&self, agent: AgentRecordId) -> bool {
        !self.unmade.contains(&agent)
    }

    fn rotate(&self, agent: AgentRecordId) -> BoxFuture<'_, Result<Secret, TokensError>> {
        Box::pin(async move {
            let row = self.board.agent_for(&Visitor::the_house(), agent).await;
            let row = row.map_err(unlooked)?;
            self.board.rotate(self.who, &row).await.map_err(unlooked)
        })
    }
}

fn unlooked(refusal: Refusal) -> TokensError {
    TokensError(refusal.detail)
}

/// Nobody was touched.
fn nothing(gateway_id: GatewayId, wish: &SyncWish, why: &str) -> SyncOutcome {
    SyncOutcome {
        gateway_id,
        include_main: wish.include_main,
        reset_sessions: wish.reset_sessions,
        agents_updated: 0,
        agents_skipped: 0,
        main_updated: false,
        errors: vec![SyncTrouble {
            agent_id: None,
            agent_name: None,
            board_id: wish.board_id,
            message: why.to_owned(),
        }],
    }
}

fn outcome(report: SyncReport) -> SyncOutcome {
    SyncOutcome {
        gateway_id: report.gateway_id,
        include_main: report.include_main,
        reset_sessions: report.reset_sessions,
        agents_updated: report.agents_updated,
        agents_skipped: report.agents_skipped,
        main_updated: report.main_updated,
        errors: report
            .errors
            .into_iter()
            .map(|trouble| SyncTrouble {
                agent_id: trouble.agent_id,
                agent_name: trouble.agent_name,
                board_id: trouble.board_id,
                message: trouble.message,
            })
            .collect(),
    }
}
