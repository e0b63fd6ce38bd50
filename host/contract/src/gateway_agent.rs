//! Agents that the house keeps on gateways: what they are, and how they are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::id::{AgentRecordId, BoardId, GatewayId, OrganizationId};
use crate::time::Timestamp;

/// What an agent is there for.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AgentKind {
    /// Speaks for its gateway: one each.
    Main,
    /// Leads a board: one each.
    Lead,
    /// Works on a board.
    Worker,
}

impl AgentKind {
    /// The kind's name on the wire and in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Lead => "lead",
            Self::Worker => "worker",
        }
    }
}

/// How an agent is.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// It is being made on its gateway, or making it failed half-way.
    Provisioning,
    /// It is being brought up to date on its gateway, or that failed half-way.
    Updating,
    /// It was provisioned; whether it answers, `last_seen_at` says.
    Online,
    /// It did not check in, however often it was woken.
    Offline,
    /// It is being removed from its gateway, or that failed half-way.
    Removing,
}

impl AgentStatus {
    /// The status's name on the wire and in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Updating => "updating",
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Removing => "removing",
        }
    }
}

/// Who an agent is told to be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgentProfile {
    /// Its role in words.
    #[schemars(length(min = 1, max = 200))]
    pub role: String,
    /// How it speaks.
    #[schemars(length(min = 1, max = 400))]
    pub communication_style: String,
    /// Its sign.
    #[schemars(length(min = 1, max = 40))]
    pub emoji: String,
    /// Which of the four dispatch roles its credential carries: its documents then list that
    /// role's tools. Says nothing about what it may do; the credential does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatch_role: Option<Role>,
    /// A template of its own for IDENTITY.md.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20000))]
    pub identity_template: Option<String>,
    /// A template of its own for SOUL.md.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20000))]
    pub soul_template: Option<String>,
}

impl Default for AgentProfile {
    fn default() -> Self {
        Self {
            role: "Generalist".into(),
            communication_style: "direct, concise, practical".into(),
            emoji: ":gear:".into(),
            dispatch_role: None,
            identity_template: None,
            soul_template: None,
        }
    }
}

/// When an agent is to look around by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Heartbeat {
    /// How often, as the gateway writes durations: `10m`.
    #[schemars(length(min = 1, max = 20))]
    pub every: String,
    /// Where what it says goes: `last`, `none`, or a channel.
    #[schemars(length(min = 1, max = 64))]
    pub target: String,
    /// Say what it thought, too.
    pub include_reasoning: bool,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self {
            every: "10m".into(),
            target: "last".into(),
            include_reasoning: false,
        }
    }
}

/// An agent in the register. Of its token no more than a hash is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GatewayAgent {
    /// Which.
    pub agent_id: AgentRecordId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// The gateway it lives on; absent once that gateway was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<GatewayId>,
    /// The board it works on; absent for a main agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board_id: Option<BoardId>,
    /// What it is there for.
    pub kind: AgentKind,
    /// By name, unlike any other of its board, or of its gateway where it is on none.
    pub name: String,
    /// Its main session on the gateway, made from ids and never from names.
    pub session_key: String,
    /// Who it is told to be.
    pub profile: AgentProfile,
    /// When it is to look around by itself.
    pub heartbeat: Heartbeat,
    /// The first characters of its token, by which it is found; absent before it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_prefix: Option<String>,
    /// How it is.
    pub status: AgentStatus,
    /// Grows with every provisioning: work for an earlier one is stale.
    pub generation: u64,
    /// When provisioning first ended well on its gateway; absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Timestamp>,
    /// How often it was woken since it checked in last.
    pub wake_attempts: u32,
    /// Until when it must have checked in; absent where it has, or was not woken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_in_deadline: Option<Timestamp>,
    /// When it checked in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<Timestamp>,
    /// What its gateway said when provisioning failed last, or that it does not check in;
    /// absent where neither is so, and while work on it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When its row was changed last.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_wire_are_the_serde_names() {
        for kind in [AgentKind::Main, AgentKind::Lead, AgentKind::Worker] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        for status in [
            AgentStatus::Provisioning,
            AgentStatus::Updating,
            AgentStatus::Online,
            AgentStatus::Offline,
            AgentStatus::Removing,
        ] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }
}
