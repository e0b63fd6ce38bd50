//! What on a gateway is not as planned. Reads only.

use dispatch_contract::gateway_drift::{Differs, Drift};
use dispatch_gateway::GatewayError;

use crate::control::{AgentSeen, ControlPlane};
use crate::files::File;
use crate::heartbeat;
use crate::keys;
use crate::plan::AgentPlan;
use crate::sync::read_token;
use crate::templates::{Templates, with_sections};
use crate::tolerance;
use crate::workspace::render_all;
use dispatch_gateway::Secret;

/// Everything on a gateway that is not as planned, agent by agent. Files that agents may keep
/// as their own are looked for, not compared.
///
/// # Errors
/// The gateway's.
pub async fn drift(
    plane: &dyn ControlPlane,
    templates: &Templates,
    plans: &[AgentPlan],
) -> Result<Vec<Drift>, GatewayError> {
    let agents = plane.agents().await?;
    let config = plane.config().await?.config;
    let mut found = Vec::new();
    for plan in plans {
        let registration = plan.registration();
        let mut differs = Vec::new();
        match agents
            .iter()
            .find(|agent| agent.agent_id == registration.agent_id)
        {
            None => differs.push(Differs::AgentMissing),
            Some(agent) => {
                differs.extend(registered(agent, plan));
                match heartbeat::change(&config, std::slice::from_ref(&registration)) {
                    Ok(None) => {}
                    Ok(Some(_)) => differs.push(Differs::Heartbeat),
                    Err(error) => differs.push(Differs::Config {
                        message: error.to_string(),
                    }),
                }
                differs.extend(in_files(plane, templates, plan).await?);
            }
        }
        found.extend(differs.into_iter().map(|what| Drift {
            agent_id: Some(plan.record_id),
            gateway_agent_id: registration.agent_id.clone(),
            what,
        }));
    }
    let planned: Vec<_> = plans.iter().map(|plan| plan.key().agent_id()).collect();
    let unplanned = agents
        .into_iter()
        .filter(|agent| keys::is_ours(&agent.agent_id) && !planned.contains(&agent.agent_id));
    found.extend(unplanned.map(|agent| Drift {
        agent_id: None,
        gateway_agent_id: agent.agent_id,
        what: Differs::AgentUnplanned,
    }));
    Ok(found)
}

fn registered(agent: &AgentSeen, plan: &AgentPlan) -> Option<Differs> {
    let registration = plan.registration();
    let said = |name: &str, folder: &str| format!("{name} in {folder}");
    (!agent.is_as(&registration)).then(|| Differs::Registration {
        found: said(
            agent.name.as_deref().unwrap_or("no name"),
            agent
                .workspace
                .as_deref()
                .unwrap_or("a folder that is not said"),
        ),
        wanted: said(&registration.name, &registration.workspace),
    })
}

async fn in_files(
    plane: &dyn ControlPlane,
    templates: &Templates,
    plan: &AgentPlan,
) -> Result<Vec<Differs>, GatewayError> {
    let Some(token) = read_token(plane, plan).await? else {
        return Ok(vec![Differs::TokenUnreadable]);
    };
    match compare(plane, templates, plan, &token).await {
        Ok(differs) => differs,
        Err(message) => Ok(vec![Differs::Template { message }]),
    }
}

/// Files as they are against files as they would be written; the outer error is a text that
/// cannot be made.
async fn compare(
    plane: &dyn ControlPlane,
    templates: &Templates,
    plan: &AgentPlan,
    token: &Secret,
) -> Result<Result<Vec<Differs>, GatewayError>, String> {
    let texts = render_all(templates, plan, token).map_err(|error| error.to_string())?;
    let agent_id = plan.key().agent_id();
    let kind = plan.post.kind();
    let mut differs = Vec::new();
    let mut sections = Vec::new();
    for (file, mut text) in texts {
        if file == File::Bootstrap {
            continue;
        }
        if file == File::Agents {
            text = with_sections(&text, &sections, plan).map_err(|error| error.to_string())?;
        }
        let name = || file.name().to_owned();
        match plane.file(&agent_id, file.name()).await {
            Ok(_) if text.is_empty() => {}
            Ok(None) => differs.push(Differs::FileMissing { file: name() }),
            Ok(Some(_)) if file.is_preserved(kind) => {}
            Ok(Some(there)) if there.trim() == text => {}
            Ok(Some(_)) => differs.push(Differs::FileDiffers { file: name() }),
            Err(error) if tolerance::unsupported_file(&error) => {
                if let Some(title) = file.section() {
                    sections.push((title, text));
                } else if file.is_required(kind) {
                    differs.push(Differs::FileMissing { file: name() });
                }
            }
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(differs))
}
