//! Work on one agent, from its row to its gateway and back: what begins is noted before the
//! gateway is asked, and what came of it after. Stopped anywhere in between and done again,
//! it finds the same agent and goes on.

use std::time::Duration;

use dispatch_contract::event::EventType;
use dispatch_contract::gateway_agent::{AgentStatus, GatewayAgent};
use dispatch_contract::{AgentRecordId, Code, GatewayId, Phase, Refusal, Timestamp};
use dispatch_gateway::Secret;
use dispatch_gateway::diagnosis::normalised;
use dispatch_gateway::retry::COORDINATION;
use dispatch_ledger::LifecycleBegin;
use dispatch_provision::{
    Action, LifecycleError, OpenClaw, Options, Patient, Unobserved, Wake, apply_lifecycle,
    read_token,
};
use tokio::sync::OwnedMutexGuard;

use crate::Switchboard;
use crate::house::Visitor;
use crate::links::Prompt;
use crate::plan::Site;
use crate::refuse::{conflict, failed_saying, no_such, unread, wrong};
use crate::token;

/// A woken agent has so long to check in.
const CHECK_IN_WITHIN: Duration = Duration::from_secs(30);

/// Work on one agent takes so long at most: what may be tried again is tried for 45 s, and a call
/// that is under way then is waited for.
const WORK_WITHIN: Duration = Duration::from_secs(120);

/// How long work waits for other work on the same gateway.
const TURN_WITHIN: Duration = Duration::from_secs(60);

/// Which token the agent's files are to hold.
pub(crate) enum Key {
    /// This one, which was given to it just now.
    Given(Secret),
    /// The one they hold; another where that cannot be read or is not its own.
    Kept,
    /// Another: the one before holds no longer.
    New,
}

/// When nothing is to be done after all, by the agent's row when its gateway's turn has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unless {
    /// It is done in any case.
    Never,
    /// It is there: made to its end, with no work under way.
    There,
    /// It has checked in.
    CheckedIn,
}

/// What is to be done to an agent.
pub(crate) struct Job {
    /// What it is called where it fails: `provision`, `update`, `token rotation`.
    pub(crate) action: &'static str,
    pub(crate) key: Key,
    pub(crate) unless: Unless,
    pub(crate) wake: bool,
    pub(crate) reset_session: bool,
    pub(crate) overwrite: bool,
    pub(crate) force_bootstrap: bool,
}

/// An agent as it stands after a job, with its token where it was given another.
pub(crate) struct Done {
    pub(crate) agent: GatewayAgent,
    pub(crate) token: Option<Secret>,
}

impl Switchboard {
    /// Does a job to its end.
    pub(crate) async fn to_the_end(
        &self,
        who: &Visitor,
        agent: GatewayAgent,
        job: Job,
    ) -> Result<Done, Refusal> {
        let (board, who) = (self.clone(), who.clone());
        finished(async move { board.work(&who, agent, job).await }).await
    }

    /// Does a job.
    pub(crate) async fn work(
        &self,
        who: &Visitor,
        agent: GatewayAgent,
        job: Job,
    ) -> Result<Done, Refusal> {
        // what cannot be carried out waits for nothing
        let gateway_id = self.site(&agent).await?.gateway.gateway_id;
        let _turn = self.turn(gateway_id).await?;
        // what others did to it meanwhile counts
        let agent = self
            .agent_for(&Visitor::the_house(), agent.agent_id)
            .await?;
        let site = self.site(&agent).await?;
        if site.gateway.gateway_id != gateway_id {
            return Err(conflict(
                "The agent's board has moved to another gateway meanwhile; ask again.",
            ));
        }
        let over = match job.unless {
            Unless::Never => false,
            Unless::There => is_there(&agent, Some(gateway_id)),
            Unless::CheckedIn => agent.check_in_deadline.is_none(),
        };
        if over {
            return Ok(Done { agent, token: None });
        }
        let link = self.inner.links.link(&site.gateway)?;
        let now = self.inner.house.now();
        let first = agent.made_at.is_none() || agent.gateway_id != Some(gateway_id);
        let begin = LifecycleBegin {
            agent_id: agent.agent_id,
            status: if first {
                AgentStatus::Provisioning
            } else {
                AgentStatus::Updating
            },
            gateway_id: Some(gateway_id),
            over_by: job.wake.then(|| after(now, WORK_WITHIN)),
            now,
        };
        let begun = self
            .inner
            .ledger
            .begin_lifecycle(&begin)
            .await
            .map_err(unread)?;
        let Some(begun) = begun else {
            // gone since, or about to be
            self.agent_for(&Visitor::the_house(), agent.agent_id)
                .await?;
            return Err(being_removed(agent.agent_id));
        };
        let action = job.action;
        let work = self.apply(who, &begun, &site, Prompt(link), job, first);
        let outcome = tokio::time::timeout(WORK_WITHIN, work).await;
        let outcome = outcome.unwrap_or_else(|_| {
            let limit_s = WORK_WITHIN.as_secs();
            Err(Failed::Gateway(format!(
                "it was not done within {limit_s} s"
            )))
        });
        let said = outcome.as_ref().map(|_| ()).map_err(Failed::said);
        let said = said.as_ref().copied().map_err(String::as_str);
        self.note(who, &begun, said).await?;
        match outcome {
            Ok(token) => {
                let agent = self.inner.ledger.gateway_agent(begun.agent_id).await;
                let agent = agent
                    .map_err(unread)?
                    .ok_or_else(|| no_such("agent", begun.agent_id))?;
                Ok(Done { agent, token })
            }
            Err(Failed::Refused(refusal)) => Err(refusal),
            Err(Failed::Gateway(said)) => Err(failed_saying(action, &said)),
            Err(Failed::Configured(said)) => Err(wrong(said)),
        }
    }

    /// Notes what came of work that was begun.
    pub(crate) async fn note(
        &self,
        who: &Visitor,
        begun: &GatewayAgent,
        outcome: Result<(), &str>,
    ) -> Result<(), Refusal> {
        let event = self.inner.house.event(EventType::AgentProvisioned, who);
        // from now, however long the work took: that is no time in which it could have answered
        let check_in_by = after(self.inner.house.now(), CHECK_IN_WITHIN);
        let ledger = &self.inner.ledger;
        let ended = ledger
            .end_lifecycle(begun, outcome, check_in_by, event)
            .await;
        if ended.map_err(unread)?.is_none() {
            tracing::info!(agent = %begun.agent_id, generation = begun.generation,
                "later work on the agent has begun meanwhile; what came of this is not kept");
        }
        Ok(())
    }

    /// The gateway's part of a job; the token, where it is another now.
    async fn apply(
        &self,
        who: &Visitor,
        agent: &GatewayAgent,
        site: &Site,
        line: Prompt,
        job: Job,
        first: bool,
    ) -> Result<Option<Secret>, Failed> {
        let plane = OpenClaw::new(&line);
        let patient = Patient::new(&plane, COORDINATION, "gateway provisioning");
        let (token, fresh) = match job.key {
            Key::Given(token) => (token, true),
            Key::New => (self.rotate(who, agent).await?, true),
            Key::Kept => {
                let found = read_token(&patient, &site.plan).await;
                let found = found.or_else(|error| {
                    if dispatch_provision::tolerance::missing_agent(&error) {
                        Ok(None)
                    } else {
                        Err(Failed::Gateway(normalised(&error)))
                    }
                })?;
                let holds = match &found {
                    Some(token) => self.holds(agent.agent_id, token).await?,
                    None => false,
                };
                match found {
                    Some(token) if holds => (token, false),
                    _ => (self.rotate(who, agent).await?, true),
                }
            }
        };
        let options = Options {
            action: if first {
                Action::Provision
            } else {
                Action::Update
            },
            overwrite: job.overwrite,
            force_bootstrap: job.force_bootstrap,
            reset_session: job.reset_session,
            wake: job.wake.then(|| Wake {
                idempotency_key: format!("rd-wake-{}-{}", agent.agent_id, agent.generation),
                deliver: false,
            }),
        };
        let templates = &self.inner.templates;
        apply_lifecycle(
            &patient,
            templates,
            &site.plan,
            &token,
            &options,
            &Unobserved,
        )
        .await
        .map_err(|error| match &error {
            LifecycleError::Gateway { source, .. } => Failed::Gateway(normalised(source)),
            LifecycleError::Plan(_) | LifecycleError::Template(_) => {
                Failed::Configured(error.to_string())
            }
            _ => Failed::Gateway(error.to_string()),
        })?;
        Ok(fresh.then_some(token))
    }

    /// Gives an agent another token.
    pub(crate) async fn rotate(
        &self,
        who: &Visitor,
        agent: &GatewayAgent,
    ) -> Result<Secret, Refusal> {
        let minted = token::mint();
        let mark = token::mark(minted.expose())
            .ok_or_else(|| wrong("A token was made that is none; ask again."))?;
        let event = self.inner.house.event(EventType::AgentTokenRotated, who);
        let ledger = &self.inner.ledger;
        let done = ledger
            .rotate_agent_token(agent.agent_id, &mark, event)
            .await;
        done.map_err(unread)?
            .ok_or_else(|| no_such("agent", agent.agent_id))?;
        Ok(minted)
    }

    /// Is this the agent's token?
    pub(crate) async fn holds(
        &self,
        agent: AgentRecordId,
        token: &Secret,
    ) -> Result<bool, Refusal> {
        let Some(mark) = token::mark(token.expose()) else {
            return Ok(false);
        };
        let alike = self
            .inner
            .ledger
            .agents_by_token(&mark.prefix)
            .await
            .map_err(unread)?;
        Ok(alike
            .iter()
            .any(|(id, hash)| *id == agent && token::same(hash, &mark.hash)))
    }

    /// Waits for other work on the same gateway to end: two that write one configuration or
    /// one agent's files would spoil each other's.
    pub(crate) async fn turn(&self, gateway: GatewayId) -> Result<OwnedMutexGuard<()>, Refusal> {
        let turn = {
            let mut turns = self
                .inner
                .turns
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            turns.retain(|_, turn| std::sync::Arc::strong_count(turn) > 1);
            std::sync::Arc::clone(turns.entry(gateway).or_default())
        };
        tokio::time::timeout(TURN_WITHIN, turn.lock_owned())
            .await
            .map_err(|_| {
                Refusal::new(
                    Code::Conflict,
                    Phase::Gateway,
                    "Other work on this gateway is under way: ask again when it is done.",
                )
            })
    }
}

/// Is the agent made, on this gateway, with no work under way on it that anybody knows of?
pub(crate) fn is_there(agent: &GatewayAgent, gateway: Option<GatewayId>) -> bool {
    matches!(agent.status, AgentStatus::Online | AgentStatus::Offline)
        && agent.made_at.is_some()
        && agent.gateway_id == gateway
}

/// An agent on its way out is not brought back: 409.
pub(crate) fn being_removed(agent: AgentRecordId) -> Refusal {
    conflict(format!(
        "The agent {agent} is being removed: finish that with `dispatch agent remove`, then add \
         another."
    ))
}

/// So long after an instant.
pub(crate) fn after(now: Timestamp, time: Duration) -> Timestamp {
    let time_us = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_add(time_us)).unwrap_or(now)
}

/// Work that goes on to its end, whether or not whoever asked for it still waits.
pub(crate) async fn finished<T: Send + 'static>(
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::spawn(work).await.unwrap_or_else(|_| {
        Err(Refusal::new(
            Code::StoreUnavailable,
            Phase::Store,
            "The host is stopping; ask again.",
        ))
    })
}

/// Why a job was not done.
enum Failed {
    /// The gateway, in its words.
    Gateway(String),
    /// The entry or a template.
    Configured(String),
    /// The house itself.
    Refused(Refusal),
}

impl Failed {
    fn said(&self) -> String {
        match self {
            Self::Gateway(said) | Self::Configured(said) => said.clone(),
            Self::Refused(refusal) => refusal.detail.clone(),
        }
    }
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
