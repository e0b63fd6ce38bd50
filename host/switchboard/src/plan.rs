//! An agent's entry as the plan that provisioning works by.

use dispatch_contract::Refusal;
use dispatch_contract::board::Board;
use dispatch_contract::gateway::Gateway;
use dispatch_contract::gateway_agent::{AgentKind, GatewayAgent, Heartbeat};
use dispatch_contract::{BoardId, GatewayId};
use dispatch_provision as provision;
use dispatch_provision::{AgentKey, AgentPlan, Overrides, Post, Profile, User};
use serde_json::{Map, Value};

use crate::Switchboard;
use crate::house::Visitor;
use crate::refuse::{no_such, unread, wrong};

/// Where an agent lives, and the plan for it there.
pub(crate) struct Site {
    pub(crate) gateway: Gateway,
    pub(crate) plan: AgentPlan,
}

impl Switchboard {
    /// Where an agent lives: its gateway, for a board's agent the board's.
    pub(crate) async fn site(&self, agent: &GatewayAgent) -> Result<Site, Refusal> {
        let board = match agent.board_id {
            Some(id) => Some(self.board_for(&Visitor::the_house(), id).await?),
            None => None,
        };
        let gateway = match &board {
            Some(board) => self.gateway_of_board(board).await?,
            None => {
                let id = agent
                    .gateway_id
                    .ok_or_else(|| wrong("The agent is on no gateway."))?;
                self.gateway_of(agent.organization_id, id).await?
            }
        };
        let owner = self
            .inner
            .ledger
            .organizations(Some(agent.organization_id))
            .await;
        let owner = owner.map_err(unread)?.into_iter().next();
        let owner = owner.ok_or_else(|| no_such("organization", agent.organization_id))?;
        let plan = plan(
            agent,
            &gateway,
            board.as_ref(),
            owner.name,
            &self.inner.base_url,
        )?;
        plan.check().map_err(|error| wrong(format!("{error}")))?;
        Ok(Site { gateway, plan })
    }
}

/// The plan for an agent of this gateway and board.
pub(crate) fn plan(
    agent: &GatewayAgent,
    gateway: &Gateway,
    board: Option<&Board>,
    owner: String,
    base_url: &str,
) -> Result<AgentPlan, Refusal> {
    let post = match (agent.kind, board) {
        (AgentKind::Main, _) => Post::Main,
        (AgentKind::Lead, Some(board)) => Post::Lead(told(board)),
        (AgentKind::Worker, Some(board)) => Post::Worker(told(board)),
        (_, None) => return Err(wrong("The agent is on no board.")),
    };
    let profile = &agent.profile;
    Ok(AgentPlan {
        record_id: agent.agent_id,
        gateway_id: gateway.gateway_id,
        post,
        name: agent.name.clone(),
        workspace_root: gateway.workspace_root.clone(),
        base_url: base_url.to_owned(),
        user: User {
            name: owner,
            ..User::default()
        },
        profile: Profile {
            role: profile.role.clone(),
            style: profile.communication_style.clone(),
            emoji: profile.emoji.clone(),
            dispatch_role: profile.dispatch_role,
        },
        heartbeat: heartbeat(&agent.heartbeat),
        overrides: Overrides {
            identity: profile.identity_template.clone(),
            soul: profile.soul_template.clone(),
        },
    })
}

fn told(board: &Board) -> provision::Board {
    provision::Board {
        board_id: board.board_id,
        name: board.name.clone(),
        objective: board.objective.clone().unwrap_or_default(),
        rules: Default::default(),
    }
}

/// As far as it differs from the usual one: that is what a gateway's dialect decides.
fn heartbeat(entry: &Heartbeat) -> provision::Heartbeat {
    let usual = Heartbeat::default();
    let mut keys = Map::new();
    if entry.every != usual.every {
        keys.insert("every".into(), Value::from(entry.every.clone()));
    }
    if entry.target != usual.target {
        keys.insert("target".into(), Value::from(entry.target.clone()));
    }
    if entry.include_reasoning {
        keys.insert("includeReasoning".into(), Value::from(true));
    }
    provision::Heartbeat(keys)
}

/// Which agent is meant, on its gateway.
pub(crate) fn key(
    kind: AgentKind,
    agent: dispatch_contract::AgentRecordId,
    gateway: Option<GatewayId>,
    board: Option<BoardId>,
) -> Result<AgentKey, Refusal> {
    match (kind, gateway, board) {
        (AgentKind::Main, Some(gateway), _) => Ok(AgentKey::Main(gateway)),
        (AgentKind::Lead, _, Some(board)) => Ok(AgentKey::Lead(board)),
        (AgentKind::Worker, _, Some(_)) => Ok(AgentKey::Worker(agent)),
        (AgentKind::Main, None, _) => Err(wrong("A main agent needs its gateway_id.")),
        (_, _, None) => Err(wrong("A lead and a worker need their board_id.")),
    }
}
