//! Agents that were woken and did not check in: woken again, then given up.

use std::time::Duration;

use dispatch_contract::event::EventType;
use dispatch_contract::gateway_agent::GatewayAgent;
use dispatch_contract::{Refusal, Timestamp};

use crate::Switchboard;
use crate::house::Visitor;
use crate::lifecycle::{Job, Key};
use crate::refuse::unread;

/// An agent is woken so often at most before it is given up.
pub const MAX_WAKES: u32 = 3;

/// Waking one again takes at most this long.
const WITHIN: Duration = Duration::from_secs(60);

/// Meanwhile no other host takes it up.
const CLAIMED_US: i64 = 90_000_000;

/// Agents looked at in one go.
const AT_ONCE: u32 = 16;

impl Switchboard {
    /// Look after the agents that are overdue now; how many there were. To be called again
    /// and again.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn reconcile(&self) -> Result<usize, Refusal> {
        let now = self.inner.house.now();
        let overdue = self
            .inner
            .ledger
            .overdue_agents(now, AT_ONCE)
            .await
            .map_err(unread)?;
        let count = overdue.len();
        for agent in overdue {
            self.reconcile_one(agent).await?;
        }
        Ok(count)
    }

    async fn reconcile_one(&self, agent: GatewayAgent) -> Result<(), Refusal> {
        let now = self.inner.house.now();
        let until = Timestamp::from_micros(now.micros() + CLAIMED_US).unwrap_or(now);
        let ledger = &self.inner.ledger;
        if !ledger.claim_overdue(&agent, until).await.map_err(unread)? {
            return Ok(());
        }
        let who = Visitor::the_house();
        if agent.wake_attempts >= MAX_WAKES {
            let error = format!(
                "The agent did not check in after it was woken {} times",
                agent.wake_attempts
            );
            let error = match &agent.last_error {
                Some(last) => format!("{error}; the last failure: {last}"),
                None => error,
            };
            let event = self.inner.house.event(EventType::AgentOffline, &who);
            if ledger
                .agent_offline(&agent, &error, event)
                .await
                .map_err(unread)?
                .is_some()
            {
                tracing::warn!(agent = %agent.agent_id, error, "an agent is given up");
            }
            return Ok(());
        }
        let agent_id = agent.agent_id;
        let job = Job {
            action: "update",
            key: Key::Kept,
            wake: true,
            reset_session: true,
            overwrite: false,
            force_bootstrap: false,
        };
        match tokio::time::timeout(WITHIN, self.work(&who, agent, job)).await {
            Ok(Ok(_)) => tracing::info!(agent = %agent_id, "an agent was woken again"),
            // its row says why, and its next deadline is set
            Ok(Err(refusal)) => {
                tracing::warn!(agent = %agent_id, error = refusal.detail, "an agent was not woken");
            }
            Err(_) => tracing::warn!(agent = %agent_id, "waking an agent took too long"),
        }
        Ok(())
    }
}
