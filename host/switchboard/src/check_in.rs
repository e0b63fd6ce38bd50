//! Agents that show their token: who it is, and that it is there.

use dispatch_contract::event::EventType;
use dispatch_contract::gateway_agent::{AgentKind, GatewayAgent};
use dispatch_contract::{AgentRecordId, Code, Phase, Refusal, Timestamp};

use crate::Switchboard;
use crate::house::Visitor;
use crate::refuse::unread;
use crate::token;

/// An agent's row is written no more often for its being seen.
const SEEN_EVERY_US: i64 = 30_000_000;

impl Switchboard {
    /// An agent checks in by its token.
    ///
    /// # Errors
    /// `unauthenticated`, `store_unavailable`.
    pub async fn check_in(&self, token: &str) -> Result<GatewayAgent, Refusal> {
        let agent_id = self.known(token).await?;
        let now = self.inner.house.now();
        let unless_since = Timestamp::from_micros(now.micros() - SEEN_EVERY_US).unwrap_or(now);
        let ledger = &self.inner.ledger;
        let event = self
            .inner
            .house
            .event(EventType::AgentOnline, &Visitor::the_house());
        let back = ledger.agent_seen(agent_id, unless_since, event).await;
        if back.map_err(unread)?.is_some() {
            tracing::info!(agent = %agent_id, "an agent is back");
        }
        let agent = ledger.gateway_agent(agent_id).await.map_err(unread)?;
        agent.ok_or_else(unknown)
    }

    /// The agent that a token belongs to, where it is a gateway's main agent: it alone may
    /// speak to leads.
    ///
    /// # Errors
    /// `unauthenticated`, `role_forbidden` for any other agent, `store_unavailable`.
    pub async fn main_agent_by(&self, token: &str) -> Result<GatewayAgent, Refusal> {
        let agent_id = self.known(token).await?;
        let agent = self
            .inner
            .ledger
            .gateway_agent(agent_id)
            .await
            .map_err(unread)?;
        let agent = agent.ok_or_else(unknown)?;
        if agent.kind == AgentKind::Main {
            return Ok(agent);
        }
        Err(Refusal::new(
            Code::RoleForbidden,
            Phase::Authorization,
            format!(
                "Leads are spoken to by the gateway's main agent or an operator; you are a {}.",
                agent.kind.name()
            ),
        ))
    }

    async fn known(&self, token: &str) -> Result<AgentRecordId, Refusal> {
        let mark = token::mark(token).ok_or_else(unknown)?;
        let alike = self
            .inner
            .ledger
            .agents_by_token(&mark.prefix)
            .await
            .map_err(unread)?;
        let found = alike
            .into_iter()
            .find(|(_, hash)| token::same(hash, &mark.hash));
        found.map(|(id, _)| id).ok_or_else(|| {
            tracing::info!(prefix = mark.prefix, "an agent's token is not known");
            unknown()
        })
    }
}

fn unknown() -> Refusal {
    Refusal::new(
        Code::Unauthenticated,
        Phase::Credential,
        "The agent's token does not hold. Read AUTH_TOKEN in TOOLS.md again; an operator gives \
         another with `dispatch agent rotate-token`.",
    )
}
