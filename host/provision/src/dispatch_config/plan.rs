//! What is to be rendered: the gateway, the host, and the four agents.

use std::path::PathBuf;

use dispatch_contract::Role;
use dispatch_contract::agent_tools::AGENT_ROLES;
use dispatch_gateway::SecretRef;

/// A gateway for the dispatch agents.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name, part of what makes a call one: unlike that of every other gateway of the house.
    pub name: String,
    /// Where it listens, on loopback.
    pub port: u16,
    /// Where the gateway's own token is.
    pub token: SecretRef,
    /// The host's address: http on this machine, https elsewhere.
    pub host: String,
    /// The plugin's folder, absolute.
    pub plugin: PathBuf,
    /// Below this folder each agent has a workspace, absolute.
    pub workspaces: PathBuf,
    /// `provider/model` for agents that name none; the gateway's own default where absent.
    pub model: Option<String>,
    /// The agents.
    pub agents: Vec<AgentPlan>,
}

/// One agent.
#[derive(Clone, Debug)]
pub struct AgentPlan {
    /// Its role at the host.
    pub role: Role,
    /// Its id on the gateway.
    pub id: String,
    /// Where its dispatch credential is.
    pub credential: SecretRef,
}

impl AgentPlan {
    /// The four agents, with the ids and variables that the documentation uses.
    #[must_use]
    pub fn four() -> Vec<Self> {
        AGENT_ROLES
            .into_iter()
            .map(|role| Self {
                role,
                id: agent_id(role),
                credential: credential(role),
            })
            .collect()
    }
}

/// Why a plan cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A folder is not absolute.
    #[error("{what} must be an absolute path, not {path}")]
    NotAbsolute {
        /// Which one.
        what: &'static str,
        /// The path as given.
        path: PathBuf,
    },
    /// The host's address will not do.
    #[error("the host's address is http://127.0.0.1:PORT on this machine, else https://…, not {0}")]
    Host(String),
    /// An id will not do.
    #[error("an agent's id is 1 to 64 of a-z, 0-9 and -, not {0:?}")]
    AgentId(String),
    /// Two agents would be one.
    #[error("{0} is used twice: each agent has an id and a credential of its own")]
    Twice(String),
    /// A role that no agent has.
    #[error("{0} is no agent's role")]
    Role(Role),
    /// A variable that OpenClaw does not take as a reference.
    #[error("OpenClaw takes variables of A-Z, 0-9 and _ that begin with a letter, not {0}")]
    Variable(String),
    /// The name will not do.
    #[error("a gateway's name is 1 to 128 characters")]
    Name,
}

/// `dispatch-intake` and so on.
#[must_use]
pub fn agent_id(role: Role) -> String {
    format!("dispatch-{}", short(role))
}

/// `env:DISPATCH_INTAKE_TOKEN` and so on.
#[must_use]
pub fn credential(role: Role) -> SecretRef {
    SecretRef::Env(format!("DISPATCH_{}_TOKEN", short(role).to_uppercase()))
}

/// What people call an agent: `intake`, `scheduling`, `liaison`, `closeout`.
fn short(role: Role) -> &'static str {
    match role {
        Role::SystemTechnicianLiaisonAgent => "liaison",
        other => other
            .name()
            .trim_start_matches("system_")
            .trim_end_matches("_agent"),
    }
}
