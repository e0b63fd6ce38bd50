//! What an agent should be: all that its registration, files and heartbeat follow from.

use std::collections::BTreeMap;

use dispatch_contract::agent_tools::{names_for, names_of_reads};
use dispatch_contract::{AgentRecordId, BoardId, GatewayId, Role};
use serde::{Deserialize, Serialize};

use crate::heartbeat::Heartbeat;
use crate::keys::{AgentKey, Kind};

/// Everything about one agent that does not change between two runs of the same plan; its
/// token is handed in beside it, because only a hash of it is kept.
#[derive(Clone, PartialEq, Debug)]
pub struct AgentPlan {
    /// The agent's record in this house.
    pub record_id: AgentRecordId,
    /// The gateway it lives on.
    pub gateway_id: GatewayId,
    /// What it is there, and on which board.
    pub post: Post,
    /// What people call it; shown as the session's label too.
    pub name: String,
    /// The folder on the gateway's machine that workspaces lie in. Not empty.
    pub workspace_root: String,
    /// Where this house answers, e.g. `https://dispatch.example`.
    pub base_url: String,
    /// Who the agent works for.
    pub user: User,
    /// Who the agent is.
    pub profile: Profile,
    /// Its heartbeat, as far as it differs from the usual one.
    pub heartbeat: Heartbeat,
    /// Texts of its own in the place of the set's.
    pub overrides: Overrides,
}

/// An agent's place. What a kind needs is in its variant, so that it cannot be missing.
#[derive(Clone, PartialEq, Debug)]
pub enum Post {
    /// The gateway's main agent.
    Main,
    /// The lead of this board.
    Lead(Board),
    /// A worker of this board.
    Worker(Board),
}

/// What an agent is told about its board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Board {
    /// The board.
    pub board_id: BoardId,
    /// Its name.
    pub name: String,
    /// What it is there for, in its owner's words. May be empty.
    pub objective: String,
    /// Its rules that are on or off; templates see `board_rule_<name>` and `board_rules`.
    pub rules: BTreeMap<String, bool>,
}

/// Who an agent works for, as its USER.md first says. All may be empty.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// Full name.
    pub name: String,
    /// How to address them; the first part of the name where it is empty.
    pub preferred_name: String,
    /// IANA name of the time zone.
    pub timezone: String,
    /// Anything else the agent should know about them.
    pub notes: String,
}

impl User {
    /// How to address them: the preferred name, else the name's first word, else nothing.
    #[must_use]
    pub fn address(&self) -> &str {
        let preferred = self.preferred_name.trim();
        if preferred.is_empty() {
            self.name.split_whitespace().next().unwrap_or_default()
        } else {
            preferred
        }
    }
}

/// Who an agent is: kept as JSON in its record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Its role in a word or two.
    pub role: String,
    /// How it speaks.
    pub style: String,
    /// Its emoji, as such or as a `:code:`.
    pub emoji: String,
    /// Which of the four dispatch roles its credential carries: its documents then list that
    /// role's tools. None: it only reads. Says nothing about what it may do; the credential does.
    pub dispatch_role: Option<Role>,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            role: "Generalist".to_owned(),
            style: "direct, concise, practical".to_owned(),
            emoji: ":gear:".to_owned(),
            dispatch_role: None,
        }
    }
}

/// Template texts of one agent in the place of the set's.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// Instead of IDENTITY.md's template.
    pub identity: Option<String>,
    /// Instead of SOUL.md's template.
    pub soul: Option<String>,
}

/// What the gateway is told about an agent.
#[derive(Clone, PartialEq, Debug)]
pub struct Registration {
    /// The agent's id on the gateway; `agents.create` is given it as the name.
    pub agent_id: String,
    /// The name it is shown by.
    pub name: String,
    /// Its workspace on the gateway's machine.
    pub workspace: String,
    /// Its heartbeat.
    pub heartbeat: Heartbeat,
    /// The house's tools that it may use there: those of its dispatch role, else the reads.
    pub tools: Vec<String>,
}

/// A plan that cannot be carried out as it is; nothing was asked of the gateway.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// Workspaces need a root.
    #[error("the gateway has no workspace_root: set the folder that agents' workspaces lie in")]
    NoWorkspaceRoot,
    /// An agent without a name cannot be addressed.
    #[error("the agent has no name: give it one")]
    NoName,
    /// Only agents' roles have documents here.
    #[error("{0} is not an agent's role: take one of the four agents' roles, or none")]
    NotAnAgentsRole(Role),
    /// A text that would break out of the line or table it is put into.
    #[error("{0} must be one line without control characters")]
    NotOneLine(&'static str),
}

impl Post {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Main => Kind::Main,
            Self::Lead(_) => Kind::Lead,
            Self::Worker(_) => Kind::Worker,
        }
    }

    /// The board, where there is one.
    #[must_use]
    pub fn board(&self) -> Option<&Board> {
        match self {
            Self::Main => None,
            Self::Lead(board) | Self::Worker(board) => Some(board),
        }
    }
}

impl AgentPlan {
    /// Which agent on the gateway this is.
    #[must_use]
    pub fn key(&self) -> AgentKey {
        match &self.post {
            Post::Main => AgentKey::Main(self.gateway_id),
            Post::Lead(board) => AgentKey::Lead(board.board_id),
            Post::Worker(_) => AgentKey::Worker(self.record_id),
        }
    }

    /// What the gateway is to be told.
    #[must_use]
    pub fn registration(&self) -> Registration {
        let key = self.key();
        Registration {
            agent_id: key.agent_id(),
            name: self.name.clone(),
            workspace: key.workspace(self.workspace_root.trim()),
            heartbeat: self.heartbeat.clone(),
            tools: self
                .profile
                .dispatch_role
                .map_or_else(names_of_reads, names_for),
        }
    }

    /// Says what keeps this plan from being carried out, before anything is tried.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), PlanError> {
        if self.workspace_root.trim().is_empty() {
            return Err(PlanError::NoWorkspaceRoot);
        }
        if self.name.trim().is_empty() {
            return Err(PlanError::NoName);
        }
        let lines = [
            ("the agent's name", self.name.as_str()),
            ("the workspace_root", &self.workspace_root),
            ("the base_url", &self.base_url),
            ("the role in the profile", &self.profile.role),
            ("the style in the profile", &self.profile.style),
            ("the emoji in the profile", &self.profile.emoji),
            ("the user's name", &self.user.name),
            ("the user's preferred name", &self.user.preferred_name),
            ("the user's time zone", &self.user.timezone),
            (
                "the board's name",
                self.post.board().map_or("", |board| &board.name),
            ),
        ];
        if let Some((what, _)) = lines
            .iter()
            .find(|(_, text)| text.chars().any(char::is_control))
        {
            return Err(PlanError::NotOneLine(what));
        }
        match self.profile.dispatch_role {
            Some(role) if !role.is_agent() => Err(PlanError::NotAnAgentsRole(role)),
            _ => Ok(()),
        }
    }
}
