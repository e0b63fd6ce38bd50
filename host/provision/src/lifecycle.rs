//! From a plan to an agent, and from an agent to none: steps that may each be done again.
//!
//! Nothing is remembered between two runs. Each asks the gateway what is there and does
//! what is missing, so that a run which stopped anywhere is finished by the next.

use tokio::time::{Instant, sleep};

use crate::control::{ConfigPatch, ControlPlane, Message};
use crate::error::{During, LifecycleError};
use crate::heartbeat;
use crate::keys::AgentKey;
use crate::observe::{Go, Observer, Step};
use crate::options::{Action, Destructive, Options, Wake};
use crate::pace::{self, Pace};
use crate::plan::{AgentPlan, Registration};
use crate::templates::Templates;
use crate::tolerance;
use crate::wake_text::wake_text;
use crate::workspace::{self, Written};
use dispatch_gateway::Secret;

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
    let order = Order {
        templates,
        plan,
        token,
        options,
    };
    apply_at(&Pace::USUAL, plane, &order, observer).await
}

/// What is wanted of one run.
struct Order<'a> {
    templates: &'a Templates,
    plan: &'a AgentPlan,
    token: &'a Secret,
    options: &'a Options,
}

async fn apply_at(
    pace: &Pace,
    plane: &dyn ControlPlane,
    order: &Order<'_>,
    observer: &dyn Observer,
) -> Result<Applied, LifecycleError> {
    let &Order {
        templates,
        plan,
        token,
        options,
    } = order;
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
    applied.created = create(pace, plane, &registration, &watch).await?;
    applied.updated = update(pace, plane, &registration, applied.created).await?;
    watch.after(Step::Update)?;
    applied.heartbeat_written = set_heartbeat(plane, &registration).await?;
    watch.after(Step::Heartbeat)?;
    // an agent made just now has what the gateway seeds, whatever this run is called
    let action = if applied.created {
        Action::Provision
    } else {
        options.action
    };
    let options = &Options {
        action,
        ..options.clone()
    };
    applied.files = workspace::write(plane, templates, plan, token, options).await?;
    watch.after(Step::Files)?;
    applied.files.removed = workspace::remove_stale(plane, plan, options.action).await?;
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
    pace: &Pace,
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
    let mut pause = pace.look.first;
    while !shows(plane, &registration.agent_id, Step::Visible).await? {
        if began.elapsed() + pause > pace.visible_within {
            return Err(LifecycleError::NotVisible {
                agent_id: registration.agent_id.clone(),
                waited: began.elapsed(),
            });
        }
        sleep(pause).await;
        pause = (pause * 2).min(pace.look.longest);
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
    pace: &Pace,
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
    let mut pause = pace.update.first;
    for tried in 1.. {
        match plane.update_agent(registration).await {
            Ok(()) => break,
            Err(error)
                if created && tried < pace.update_tries && tolerance::missing_agent(&error) =>
            {
                sleep(pause).await;
                pause = (pause * 2).min(pace.update.longest);
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
    for _ in 0..pace::CONFIG_TRIES {
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
    Err(LifecycleError::ConfigBusy(pace::CONFIG_TRIES))
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
        // each agent has its own, should the same occasion wake several
        idempotency_key: format!("{}:{}", wake.idempotency_key, plan.key().agent_id()),
    };
    plane.send(&message).await.during(Step::Wake)
}

#[cfg(test)]
mod tests;
