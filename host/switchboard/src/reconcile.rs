//! Agents that were woken and did not check in: woken again, then given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dispatch_contract::event::EventType;
use dispatch_contract::gateway_agent::GatewayAgent;
use dispatch_contract::{GatewayId, Refusal};

use crate::Switchboard;
use crate::house::Visitor;
use crate::lifecycle::{Job, Key, Unless, after};
use crate::refuse::unread;

/// An agent is woken so often at most before it is given up.
pub const MAX_WAKES: u32 = 3;

/// Waking one again takes at most this long, the wait for other work on its gateway included.
const WITHIN: Duration = Duration::from_secs(180);

/// Meanwhile no other host takes it up.
const CLAIMED: Duration = Duration::from_secs(200);

/// Agents looked at in one go.
const AT_ONCE: u32 = 16;

/// Gateways whose overdue agents this host is at.
#[derive(Clone, Default)]
pub(crate) struct Rounds(Arc<Mutex<BTreeSet<GatewayId>>>);

impl Rounds {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<GatewayId>> {
        // nothing panics while it is held
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn under_way(&self) -> Vec<GatewayId> {
        self.lock().iter().copied().collect()
    }

    /// None where one is under way there already.
    fn begin(&self, gateway: GatewayId) -> Option<Round> {
        let begun = self.lock().insert(gateway);
        begun.then(|| Round(self.clone(), gateway))
    }
}

/// A round at one gateway; over when it is dropped.
struct Round(Rounds, GatewayId);

impl Drop for Round {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

impl Switchboard {
    /// Begin to look after the agents that are overdue now, each gateway's by a task of its
    /// own, so that a gateway that does not answer holds up its own alone; how many there
    /// are. Gateways that are seen to be away are left for when they are back: it would cost
    /// their agents a wake that nobody hears. To be called again and again.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn reconcile(&self) -> Result<usize, Refusal> {
        let now = self.inner.house.now();
        let mut not_now = self.inner.watch.away();
        not_now.extend(self.inner.rounds.under_way());
        let overdue = self
            .inner
            .ledger
            .overdue_agents(now, &not_now, AT_ONCE)
            .await
            .map_err(unread)?;
        let count = overdue.len();
        let mut by_gateway: BTreeMap<GatewayId, Vec<GatewayAgent>> = BTreeMap::new();
        for agent in overdue {
            if let Some(gateway) = agent.gateway_id {
                by_gateway.entry(gateway).or_default().push(agent);
            }
        }
        for (gateway, agents) in by_gateway {
            let Some(round) = self.inner.rounds.begin(gateway) else {
                continue;
            };
            let board = self.clone();
            tokio::spawn(async move {
                let _round = round;
                for agent in agents {
                    // the ledger's silence is logged, and the next round comes soon
                    if board.reconcile_one(agent).await.is_err() {
                        break;
                    }
                }
            });
        }
        Ok(count)
    }

    async fn reconcile_one(&self, agent: GatewayAgent) -> Result<(), Refusal> {
        let until = after(self.inner.house.now(), CLAIMED);
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
            unless: Unless::CheckedIn,
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
