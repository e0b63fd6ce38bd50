//! An agent's files on its gateway: rendered, written, and old ones taken out.

use crate::control::{ControlPlane, FileSeen};
use crate::error::{During, LifecycleError};
use crate::files::{self, File, Found};
use crate::observe::Step;
use crate::options::{Action, Options};
use crate::plan::AgentPlan;
use crate::templates::{TemplateError, Templates, with_sections};
use crate::tolerance;
use dispatch_gateway::Secret;

/// What became of an agent's files; names in the order in which they were come to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Written.
    pub written: Vec<String>,
    /// Left as they were found: the agent's own.
    pub kept: Vec<String>,
    /// Moved into a section of AGENTS.md: the gateway takes no such file.
    pub moved: Vec<String>,
    /// Not written: the gateway takes no such file and the agent can do without.
    pub skipped: Vec<String>,
    /// Taken out.
    pub removed: Vec<String>,
}

/// Every text of an agent, in the order of [`File::ALL`].
///
/// # Errors
/// The first that cannot be made.
pub fn render_all(
    templates: &Templates,
    plan: &AgentPlan,
    token: &Secret,
) -> Result<Vec<(File, String)>, TemplateError> {
    let kind = plan.post.kind();
    File::ALL
        .into_iter()
        .filter(|file| file.belongs_to(kind))
        .map(|file| Ok((file, templates.render(file, plan, token)?)))
        .collect()
}

/// Writes an agent's files as [`files::is_written`] says.
pub(crate) async fn write(
    plane: &dyn ControlPlane,
    templates: &Templates,
    plan: &AgentPlan,
    token: &Secret,
    options: &Options,
) -> Result<Written, LifecycleError> {
    let kind = plan.post.kind();
    let agent_id = plan.key().agent_id();
    let seen = plane.files(&agent_id).await.during(Step::Files)?;
    let mut written = Written::default();
    let mut sections = Vec::new();
    let mut refused = Vec::new();
    for (file, mut text) in render_all(templates, plan, token)? {
        if file == File::Identity && options.action == Action::Provision {
            end_its_own_ritual(plane, plan, &seen).await?;
        }
        let name = file.name().to_owned();
        let found = found(plane, &agent_id, file, &seen, options).await?;
        if !files::is_written(file, kind, found, options) {
            written.kept.push(name);
            continue;
        }
        if file == File::Agents {
            text = with_sections(&text, &sections, plan)?;
        }
        if text.is_empty() {
            continue;
        }
        match plane.set_file(&agent_id, file.name(), &text).await {
            Ok(()) => written.written.push(name),
            Err(error) if tolerance::unsupported_file(&error) => match file.section() {
                Some(title) => {
                    sections.push((title, text));
                    written.moved.push(name);
                }
                None if file.is_required(kind) => refused.push(name),
                None => written.skipped.push(name),
            },
            Err(source) => {
                return Err(LifecycleError::Gateway {
                    step: Step::Files,
                    source,
                });
            }
        }
    }
    if refused.is_empty() {
        Ok(written)
    } else {
        Err(LifecycleError::RequiredFiles(refused))
    }
}

/// A gateway that seeds workspaces takes its own ritual for done where SOUL.md or USER.md is no
/// longer its own: once, the next time that it looks after the workspace, it deletes
/// BOOTSTRAP.md. An update of the agent makes it look before a lead's own is there. That
/// writes IDENTITY.md too, so it comes before ours.
async fn end_its_own_ritual(
    plane: &dyn ControlPlane,
    plan: &AgentPlan,
    seen: &[FileSeen],
) -> Result<(), LifecycleError> {
    let seeded = |file: &FileSeen| file.name == File::Bootstrap.name() && !file.missing;
    if !File::Bootstrap.belongs_to(plan.post.kind()) || !seen.iter().any(seeded) {
        return Ok(());
    }
    let looked = plane.update_agent(&plan.registration()).await;
    looked.during(Step::Files)
}

/// How a file is there. The gateway's list leaves files out that it knows; what is to be
/// kept is asked for by name before it is taken for missing.
async fn found(
    plane: &dyn ControlPlane,
    agent_id: &str,
    file: File,
    seen: &[FileSeen],
    options: &Options,
) -> Result<Found, LifecycleError> {
    if let Some(listed) = seen.iter().find(|listed| listed.name == file.name()) {
        return Ok(listed.found());
    }
    if options.action == Action::Provision || file.section().is_some() {
        return Ok(Found::Missing);
    }
    match plane.file(agent_id, file.name()).await {
        Ok(None) => Ok(Found::Missing),
        Ok(Some(text)) if text.is_empty() => Ok(Found::Empty),
        Ok(Some(_)) => Ok(Found::Filled),
        Err(error) if tolerance::no_such_file(&error) => Ok(Found::Missing),
        Err(source) => Err(LifecycleError::Gateway {
            step: Step::Files,
            source,
        }),
    }
}

/// Takes out what [`files::is_stale`] says: deleted, or emptied where the gateway cannot
/// delete files.
pub(crate) async fn remove_stale(
    plane: &dyn ControlPlane,
    plan: &AgentPlan,
    action: Action,
) -> Result<Vec<String>, LifecycleError> {
    let agent_id = plan.key().agent_id();
    let kind = plan.post.kind();
    let mut removed = Vec::new();
    for seen in plane.files(&agent_id).await.during(Step::Stale)? {
        if !files::is_stale(&seen.name, kind, seen.found(), action) {
            continue;
        }
        let done = match plane.delete_file(&agent_id, &seen.name).await {
            Err(error) if tolerance::no_such_file(&error) => {
                plane.set_file(&agent_id, &seen.name, "").await
            }
            done => done,
        };
        match done {
            Ok(()) => removed.push(seen.name),
            Err(error) if tolerance::no_such_file(&error) => {}
            Err(source) => {
                return Err(LifecycleError::Gateway {
                    step: Step::Stale,
                    source,
                });
            }
        }
    }
    Ok(removed)
}
