//! From a plan to an agent, and from an agent to none: steps that may each be done again.
//!
//! Nothing is remembered between two runs. Each asks the gateway what is there and does
//! what is missing, so that a run which stopped anywhere is finished by the next.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::control::{ConfigPatch, ControlPlane, Message};
use crate::error::{During, LifecycleError};
use crate::heartbeat;
use crate::keys::AgentKey;
use crate::observe::{Go, Observer, Step};
use crate::options::{Destructive, Options, Wake};
use crate::plan::{AgentPlan, Registration};
use crate::templates::Templates;
use crate::tolerance;
use crate::wake_text::wake_text;
use crate::workspace::{self, Written};
use dispatch_gateway::Secret;

/// How long a created agent may take to show in `agents.list`: gateways acknowledge it up
/// to a second before, and reload their configuration in between.
const VISIBLE_WITHIN: Duration = Duration::from_secs(20);
/// The first pause between two looks; each doubles it up to [`LOOK_MAX`].
const LOOK_BASE: Duration = Duration::from_millis(100);
/// The longest pause between two looks.
const LOOK_MAX: Duration = Duration::from_secs(1);
/// How often a just created agent is updated while the gateway does not know it yet.
const UPDATE_TRIES: u32 = 5;
/// The first pause between them; each doubles it up to [`UPDATE_MAX`].
const UPDATE_BASE: Duration = Duration::from_millis(500);
/// The longest pause between them.
const UPDATE_MAX: Duration = Duration::from_secs(4);
/// How often the configuration is read again because somebody else wrote it in between.
const CONFIG_TRIES: u32 = 5;

/// What a lifecycle did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// The agent's id on the gateway.
    pub agent_id: String,
    /// Its main session.
    pub session_key: String,
    /// Its workspace on the gateway's machine.
    pub workspace: String,
    /// It was not there before.
    pub created: bool,
    /// Its name or workspace was set.
    pub updated: bool,
    /// The gateway's configuration was written.
    pub heartbeat_written: bool,
    /// What became of its files.
    pub files: Written,
    /// Its session began anew.
    pub session_reset: bool,
    /// It was woken.
    pub woken: bool,
}

/// What a deletion did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deleted {
    /// The agent's id on the gateway.
    pub agent_id: String,
    /// Where its workspace was.
    pub workspace: String,
    /// The gateway had the agent.
    pub was_there: bool,
}

/// Makes an agent as its plan says: created where it is missing, waited for, updated where
/// it differs, its heartbeat and files set, its session reset and itself woken as asked.
///
/// Calls are tried once; wrap the plane in [`crate::Patient`] for more. Safe to run again
/// after any failure, and does nothing twice that was done (but files are written anew).
///
/// # Errors
/// [`LifecycleError`]; what was done until then stays done.
pub async fn apply_lifecycle(
    plane: &dyn ControlPlane,
    templates: &Templates,
    plan: &AgentPlan,
    token: &Secret,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Applied, LifecycleError> {
    plan.check()?;
    // a text that cannot be made should not leave an agent behind that has none
    workspace::render_all(templates, plan, token)?;
    let registration = plan.registration();
    let session_key = plan.key().session_key();
    let watch = Watch {
        observer,
        agent_id: &registration.agent_id,
    };

    let mut applied = Applied {
        agent_id: registration.agent_id.clone(),
        session_key: session_key.clone(),
        workspace: registration.workspace.clone(),
        ..Applied::default()
    };
    applied.created = create(plane, &registration, &watch).await?;
    applied.updated = update(plane, &registration, applied.created).await?;
    watch.after(Step::Update)?;
    applied.heartbeat_written = set_heartbeat(plane, &registration).await?;
    watch.after(Step::Heartbeat)?;
    applied.files = workspace::write(plane, templates, plan, token, options).await?;
    watch.after(Step::Files)?;
    applied.files.removed = workspace::remove_stale(plane, plan, options).await?;
    watch.after(Step::Stale)?;
    if options.reset_session {
        applied.session_reset = reset(plane, &session_key).await?;
        watch.after(Step::Reset)?;
    }
    if let Some(wake) = &options.wake {
        let label = Some(plan.name.as_str());
        plane
            .ensure_session(&session_key, label)
            .await
            .during(Step::Session)?;
        watch.after(Step::Session)?;
        send_wake(plane, plan, &session_key, options, wake).await?;
        applied.woken = true;
        watch.after(Step::Wake)?;
    }
    Ok(applied)
}

/// Deletes an agent, its session and, where asked, its files. What is gone already is no
/// error.
///
/// # Errors
/// [`LifecycleError`]; run again, it goes on.
pub async fn delete_lifecycle(
    plane: &dyn ControlPlane,
    agent: AgentKey,
    workspace_root: &str,
    delete_files: bool,
    observer: &dyn Observer,
    _: Destructive,
) -> Result<Deleted, LifecycleError> {
    let agent_id = agent.agent_id();
    let watch = Watch {
        observer,
        agent_id: &agent_id,
    };
    let was_there = match plane.delete_agent(&agent_id, delete_files).await {
        Ok(()) => true,
        Err(error) if tolerance::missing_agent(&error) => false,
        Err(source) => {
            return Err(LifecycleError::Gateway {
                step: Step::DeleteAgent,
                source,
            });
        }
    };
    watch.after(Step::DeleteAgent)?;
    match plane.delete_session(&agent.session_key()).await {
        Err(error)
            if !tolerance::missing_session(&error) && !tolerance::goes_with_its_agent(&error) =>
        {
            return Err(LifecycleError::Gateway {
                step: Step::DeleteSession,
                source: error,
            });
        }
        _ => watch.after(Step::DeleteSession)?,
    }
    Ok(Deleted {
        workspace: agent.workspace(workspace_root.trim()),
        agent_id,
        was_there,
    })
}

/// The onlooker, for one agent.
struct Watch<'a> {
    observer: &'a dyn Observer,
    agent_id: &'a str,
}

impl Watch<'_> {
    fn after(&self, step: Step) -> Result<(), LifecycleError> {
        tracing::debug!(agent_id = self.agent_id, %step, "provision: step done");
        match self.observer.after(self.agent_id, step) {
            Go::On => Ok(()),
            Go::Stop => Err(LifecycleError::Stopped(step)),
        }
    }
}

/// Creates the agent where it is missing and waits until it shows. Whether it was created.
async fn create(
    plane: &dyn ControlPlane,
    registration: &Registration,
    watch: &Watch<'_>,
) -> Result<bool, LifecycleError> {
    if shows(plane, &registration.agent_id, Step::Create).await? {
        return Ok(false);
    }
    match plane.create_agent(registration).await {
        Err(error) if !tolerance::already_exists(&error) => {
            return Err(LifecycleError::Gateway {
                step: Step::Create,
                source: error,
            });
        }
        _ => watch.after(Step::Create)?,
    }
    let began = Instant::now();
    let mut pause = LOOK_BASE;
    while !shows(plane, &registration.agent_id, Step::Visible).await? {
        if began.elapsed() + pause > VISIBLE_WITHIN {
            return Err(LifecycleError::NotVisible {
                agent_id: registration.agent_id.clone(),
                waited: began.elapsed(),
            });
        }
        sleep(pause).await;
        pause = (pause * 2).min(LOOK_MAX);
    }
    watch.after(Step::Visible)?;
    Ok(true)
}

async fn shows(
    plane: &dyn ControlPlane,
    agent_id: &str,
    step: Step,
) -> Result<bool, LifecycleError> {
    let agents = plane.agents().await.during(step)?;
    Ok(agents.iter().any(|agent| agent.agent_id == agent_id))
}

/// Sets name and workspace where the gateway lists them otherwise, or not at all.
async fn update(
    plane: &dyn ControlPlane,
    registration: &Registration,
    created: bool,
) -> Result<bool, LifecycleError> {
    let agents = plane.agents().await.during(Step::Update)?;
    let seen = agents
        .iter()
        .find(|agent| agent.agent_id == registration.agent_id);
    if seen.is_some_and(|seen| seen.is_as(registration)) {
        return Ok(false);
    }
    let mut pause = UPDATE_BASE;
    for tried in 1.. {
        match plane.update_agent(registration).await {
            Ok(()) => break,
            Err(error) if created && tried < UPDATE_TRIES && tolerance::missing_agent(&error) => {
                sleep(pause).await;
                pause = (pause * 2).min(UPDATE_MAX);
            }
            Err(source) => {
                return Err(LifecycleError::Gateway {
                    step: Step::Update,
                    source,
                });
            }
        }
    }
    Ok(true)
}

/// Sets the heartbeat in the gateway's configuration; writes nothing where it stands so.
async fn set_heartbeat(
    plane: &dyn ControlPlane,
    registration: &Registration,
) -> Result<bool, LifecycleError> {
    for _ in 0..CONFIG_TRIES {
        let seen = plane.config().await.during(Step::Heartbeat)?;
        let Some(change) = heartbeat::change(&seen.config, std::slice::from_ref(registration))?
        else {
            return Ok(false);
        };
        let patch = ConfigPatch {
            patch: change.patch,
            base_hash: seen.hash,
            replace_paths: change.shrinks,
        };
        match plane.patch_config(&patch).await {
            Ok(()) => return Ok(true),
            Err(error) if tolerance::config_moved_on(&error) => {}
            Err(source) => {
                return Err(LifecycleError::Gateway {
                    step: Step::Heartbeat,
                    source,
                });
            }
        }
    }
    Err(LifecycleError::ConfigBusy(CONFIG_TRIES))
}

async fn reset(plane: &dyn ControlPlane, session_key: &str) -> Result<bool, LifecycleError> {
    match plane.reset_session(session_key).await {
        Ok(()) => Ok(true),
        Err(error) if tolerance::missing_session(&error) => Ok(false),
        Err(source) => Err(LifecycleError::Gateway {
            step: Step::Reset,
            source,
        }),
    }
}

async fn send_wake(
    plane: &dyn ControlPlane,
    plan: &AgentPlan,
    session_key: &str,
    options: &Options,
    wake: &Wake,
) -> Result<(), LifecycleError> {
    let message = Message {
        session_key: session_key.to_owned(),
        text: wake_text(&plan.name, options.action),
        deliver: wake.deliver,
        idempotency_key: wake.idempotency_key.clone(),
    };
    plane.send(&message).await.during(Step::Wake)
}

#[cfg(test)]
mod tests;
