//! The leads of boards: made where they are not there, and spoken to all at once.

use std::time::Duration;

use dispatch_contract::board::Board;
use dispatch_contract::gateway_agent::{AgentKind, AgentProfile, AgentStatus, GatewayAgent};
use dispatch_contract::gateway_work::{BroadcastOutcome, BroadcastResult, LeadBroadcast, NewAgent};
use dispatch_contract::{BoardId, Code, GatewayId, Refusal};
use dispatch_gateway::retry::COORDINATION;
use dispatch_ledger::{AgentFilter, short};
use dispatch_provision::OpenClaw;
use dispatch_provision::coordinate::{self, Lead};
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use crate::Switchboard;
use crate::coordination::{Speaker, lead_of, refused, said};
use crate::house::Visitor;
use crate::lifecycle::{Job, Key, Unless, being_removed, finished, is_there};
use crate::links::Prompt;
use crate::refuse::{unread, wrong_at};
use crate::sessions::content;

/// Making the leads that a broadcast finds missing takes so long at most, altogether.
const MADE_WITHIN: Duration = COORDINATION.total;

impl Switchboard {
    /// Says something to the leads of a gateway's boards, each with what became of it: those
    /// that are there first, then those that have to be made, within one budget.
    ///
    /// # Errors
    /// `not_found`, `invalid_input`, `role_forbidden`, `store_unavailable`.
    pub async fn broadcast(
        &self,
        who: &Visitor,
        speaker: &Speaker,
        gateway_id: GatewayId,
        message: LeadBroadcast,
    ) -> Result<BroadcastOutcome, Refusal> {
        let (board, who, speaker) = (self.clone(), who.clone(), speaker.clone());
        finished(async move { board.tell_leads(&who, &speaker, gateway_id, message).await }).await
    }

    async fn tell_leads(
        &self,
        who: &Visitor,
        speaker: &Speaker,
        gateway_id: GatewayId,
        message: LeadBroadcast,
    ) -> Result<BroadcastOutcome, Refusal> {
        let (gateway, line) = self.line(who, gateway_id).await?;
        speaker.may_speak_on(&gateway)?;
        content(&message.message)?;
        let boards = chosen(
            self.boards_on(gateway_id).await?,
            message.board_ids.as_deref(),
        )?;
        let (mut there, mut missing) = (Vec::new(), Vec::new());
        for board in &boards {
            match self.lead(board.board_id).await? {
                Some(lead) if is_there(&lead, board.gateway_id) => {
                    there.push(lead_of(board, &lead))
                }
                _ => missing.push(board),
            }
        }
        let said = said(message.kind, speaker, &message.message);
        let first = tell(&line, &there, &said, who.correlation_id.clone()).await?;
        let mut results = first.results;
        let until = Instant::now() + MADE_WITHIN;
        let mut made = Vec::new();
        for board in missing {
            let lead = timeout_at(until, self.ensure_lead(who, board)).await;
            let why = match lead {
                Ok(Ok(lead)) => {
                    made.push(lead_of(board, &lead));
                    continue;
                }
                Ok(Err(refusal)) => refusal.detail,
                Err(_) => "Its lead was not made in time; say it again when it is there.".into(),
            };
            results.push(BroadcastResult {
                board_id: board.board_id,
                ok: false,
                error: Some(short(&why)),
            });
        }
        let then = tell(&line, &made, &said, Some(first.correlation_id.clone())).await?;
        results.extend(then.results);
        let at = |result: &BroadcastResult| {
            let of = |board: &Board| board.board_id == result.board_id;
            boards.iter().position(of)
        };
        results.sort_by_key(at);
        let sent = results.iter().filter(|result| result.ok).count();
        let outcome = BroadcastOutcome {
            correlation_id: first.correlation_id,
            sent: u32::try_from(sent).unwrap_or(u32::MAX),
            failed: u32::try_from(results.len() - sent).unwrap_or(u32::MAX),
            results,
        };
        let about = json!({ "kind": "broadcast", "from": speaker.name(), "gateway_id": gateway_id,
            "results": outcome.results, "correlation_id": outcome.correlation_id });
        let failed = format!("{} of {} boards", outcome.failed, outcome.results.len());
        let ok = outcome.failed == 0;
        self.record(who, about, if ok { Ok(()) } else { Err(&failed) })
            .await?;
        Ok(outcome)
    }

    /// A board's lead, in whatever state.
    async fn lead(&self, board_id: BoardId) -> Result<Option<GatewayAgent>, Refusal> {
        let filter = AgentFilter {
            board_id: Some(board_id),
            kind: Some(AgentKind::Lead),
            limit: 1,
            ..AgentFilter::default()
        };
        let found = self.inner.ledger.gateway_agents(&filter).await;
        Ok(found.map_err(unread)?.items.into_iter().next())
    }

    /// The board's lead, registered and made where it is not there. One that somebody else is
    /// at is waited for: what was said to it before it is made would be lost with its session.
    pub(crate) async fn ensure_lead(
        &self,
        who: &Visitor,
        board: &Board,
    ) -> Result<GatewayAgent, Refusal> {
        let (agent, key) = match self.lead(board.board_id).await? {
            Some(lead) if is_there(&lead, board.gateway_id) => return Ok(lead),
            Some(lead) => (lead, Key::Kept),
            None => match self.register_agent(who, new_lead(board)).await {
                Ok((agent, minted)) => (agent, Key::Given(minted)),
                Err(refusal) if refusal.code == Code::Conflict => {
                    // somebody else was first
                    let lead = self.lead(board.board_id).await?;
                    (lead.ok_or(refusal)?, Key::Kept)
                }
                Err(refusal) => return Err(refusal),
            },
        };
        if agent.status == AgentStatus::Removing {
            return Err(being_removed(agent.agent_id));
        }
        let job = Job {
            action: "provision",
            key,
            unless: Unless::There,
            wake: true,
            // one that was made once has a conversation of its own
            reset_session: agent.made_at.is_none(),
            overwrite: false,
            force_bootstrap: false,
        };
        Ok(self.to_the_end(who, agent, job).await?.agent)
    }
}

/// What the board's lead is registered as where nobody said otherwise.
fn new_lead(board: &Board) -> NewAgent {
    NewAgent {
        kind: AgentKind::Lead,
        gateway_id: None,
        board_id: Some(board.board_id),
        name: None,
        profile: AgentProfile {
            role: "Board Lead".into(),
            ..Default::default()
        },
        heartbeat: Default::default(),
        wake: true,
    }
}

/// Those of a gateway's boards that are meant.
fn chosen(mut boards: Vec<Board>, ids: Option<&[BoardId]>) -> Result<Vec<Board>, Refusal> {
    let Some(ids) = ids else { return Ok(boards) };
    let known = |id: &BoardId| boards.iter().any(|board| board.board_id == *id);
    if let Some(unknown) = ids.iter().find(|id| !known(id)) {
        let message = format!("The board {unknown} is not on this gateway.");
        return Err(wrong_at("board_ids", "unknown", message));
    }
    boards.retain(|board| ids.contains(&board.board_id));
    Ok(boards)
}

struct Told {
    correlation_id: String,
    results: Vec<BroadcastResult>,
}

async fn tell(
    line: &Prompt,
    leads: &[Lead],
    message: &coordinate::LeadMessage,
    correlation_id: Option<String>,
) -> Result<Told, Refusal> {
    let plane = OpenClaw::new(line);
    let done = coordinate::broadcast(&plane, leads, message, correlation_id).await;
    let done = done.map_err(|error| refused("lead broadcast dispatch", error))?;
    let results = done.results.into_iter().map(|result| BroadcastResult {
        board_id: result.board_id,
        ok: result.ok,
        error: result.error.as_deref().map(short),
    });
    Ok(Told {
        correlation_id: done.correlation_id,
        results: results.collect(),
    })
}
