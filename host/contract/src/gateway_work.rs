//! What operators have done on gateways, and what comes of it: agents provisioned and
//! brought up to date, sessions looked at, messages between agents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::Role;
use crate::gateway_agent::{AgentKind, AgentProfile, GatewayAgent, Heartbeat};
use crate::id::{AgentRecordId, BoardId, GatewayId};

/// A new agent. It is registered first, then made on its gateway.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgent {
    /// What it is there for.
    pub kind: AgentKind,
    /// The gateway of a main agent; for others their board says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<GatewayId>,
    /// The board of a lead or a worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board_id: Option<BoardId>,
    /// By name; a main agent and a lead have one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name: Option<String>,
    /// Who it is told to be.
    #[serde(default)]
    pub profile: AgentProfile,
    /// When it is to look around by itself.
    #[serde(default)]
    pub heartbeat: Heartbeat,
    /// Wake it in the end, and expect it to check in.
    #[serde(default = "yes")]
    pub wake: bool,
}

/// A change of an agent's entry; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgentChange {
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name: Option<String>,
    /// Who it is told to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileChange>,
    /// When it is to look around by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<HeartbeatChange>,
}

/// A change of who an agent is told to be; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProfileChange {
    /// Its role in a word or two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub role: Option<String>,
    /// How it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 400))]
    pub communication_style: Option<String>,
    /// Its emoji.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 40))]
    pub emoji: Option<String>,
    /// Which dispatch role its credential carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatch_role: Option<Role>,
    /// A template in the place of IDENTITY.md's; blank for the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20000))]
    pub identity_template: Option<String>,
    /// A template in the place of SOUL.md's; blank for the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20000))]
    pub soul_template: Option<String>,
}

impl ProfileChange {
    /// The profile with this change.
    #[must_use]
    pub fn onto(self, before: AgentProfile) -> AgentProfile {
        AgentProfile {
            role: self.role.unwrap_or(before.role),
            communication_style: self
                .communication_style
                .unwrap_or(before.communication_style),
            emoji: self.emoji.unwrap_or(before.emoji),
            dispatch_role: self.dispatch_role.or(before.dispatch_role),
            identity_template: self.identity_template.or(before.identity_template),
            soul_template: self.soul_template.or(before.soul_template),
        }
    }
}

/// A change of an agent's heartbeat; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HeartbeatChange {
    /// How often, as the gateway writes durations: `10m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 20))]
    pub every: Option<String>,
    /// Where what it says goes: `last`, `none`, or a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub target: Option<String>,
    /// Say what it thought, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_reasoning: Option<bool>,
}

impl HeartbeatChange {
    /// The heartbeat with this change.
    #[must_use]
    pub fn onto(self, before: Heartbeat) -> Heartbeat {
        Heartbeat {
            every: self.every.unwrap_or(before.every),
            target: self.target.unwrap_or(before.target),
            include_reasoning: self.include_reasoning.unwrap_or(before.include_reasoning),
        }
    }
}

/// How an agent is to be brought to what its entry says, again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProvisionWish {
    /// Wake it in the end, and expect it to check in.
    pub wake: bool,
    /// Begin its main session anew.
    pub reset_session: bool,
    /// Write also the files that agents may keep as their own.
    pub overwrite: bool,
    /// Write BOOTSTRAP.md also where it is through with it.
    pub force_bootstrap: bool,
}

impl Default for ProvisionWish {
    fn default() -> Self {
        Self {
            wake: true,
            reset_session: true,
            overwrite: false,
            force_bootstrap: false,
        }
    }
}

fn yes() -> bool {
    true
}

/// An agent, with its token where it was given one just now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentProvisioned {
    /// As it stands.
    pub agent: GatewayAgent,
    /// Its token: shown this once, and kept nowhere but in the agent's own files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What of a gateway's agents is to be brought up to date, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SyncWish {
    /// The gateway's main agent too, at the end.
    pub include_main: bool,
    /// Of the boards' agents, leads only.
    pub lead_only: bool,
    /// Begin each agent's main session anew.
    pub reset_sessions: bool,
    /// Give an agent another token where its own cannot be read or does not hold.
    pub rotate_tokens: bool,
    /// Write BOOTSTRAP.md also where agents are through with it.
    pub force_bootstrap: bool,
    /// Write also the files that agents may keep as their own.
    pub overwrite: bool,
    /// This board's agents only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub board_id: Option<BoardId>,
}

impl Default for SyncWish {
    fn default() -> Self {
        Self {
            include_main: true,
            lead_only: false,
            reset_sessions: false,
            rotate_tokens: false,
            force_bootstrap: false,
            overwrite: false,
            board_id: None,
        }
    }
}

/// What a sync came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SyncOutcome {
    /// The gateway.
    pub gateway_id: GatewayId,
    /// As asked.
    pub include_main: bool,
    /// As asked.
    pub reset_sessions: bool,
    /// Boards' agents that are as they should be now.
    pub agents_updated: u32,
    /// Boards' agents that were left as they are; each has its error.
    pub agents_skipped: u32,
    /// The main agent is as it should be now.
    pub main_updated: bool,
    /// What went wrong, and with whom.
    pub errors: Vec<SyncTrouble>,
}

/// What went wrong with an agent, or with the whole where none is named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SyncTrouble {
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentRecordId>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<String>,
    /// Its board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board_id: Option<BoardId>,
    /// What happened.
    pub message: String,
}

/// A session on a gateway.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionEntry {
    /// Its key, `agent:<agent id>:…`.
    pub key: String,
    /// How it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whose, by the gateway's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// When it was used last, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at_ms: Option<i64>,
    /// Tokens used so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    /// What it thinks with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// The sessions of a gateway.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionList {
    /// The latest first.
    pub sessions: Vec<SessionEntry>,
    /// The key of its main agent's session, whether it is there or not.
    pub main_session_key: String,
}

/// What was said in a session.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionHistory {
    /// Which.
    pub session_key: String,
    /// Each message as the gateway keeps it, the latest last.
    pub messages: Vec<Value>,
}

/// Something to say in a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionMessage {
    /// What.
    #[schemars(length(min = 1, max = 16000))]
    pub message: String,
    /// The agent's answer goes out to the session's channel.
    #[serde(default)]
    pub deliver: bool,
}

/// A gateway as it answers now; what fails is said in here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GatewayLook {
    /// Which.
    pub gateway_id: GatewayId,
    /// Where.
    pub gateway_url: String,
    /// It answers, and is new enough.
    pub connected: bool,
    /// Its version in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How many sessions it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_count: Option<u64>,
    /// Its sessions, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionEntry>,
    /// The session of its main agent, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_session: Option<SessionEntry>,
    /// Why that session could not be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_session_error: Option<String>,
    /// What is wrong, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What is wrong, by name: `unreachable`, `auth_failed`, `incompatible`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What an operator does about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
}

/// Something an agent is to look at before anything else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nudge {
    /// What.
    #[schemars(length(min = 1, max = 16000))]
    pub message: String,
}

/// What a lead is to do with a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadMessageKind {
    /// Answer it.
    Question,
    /// Take it over.
    Handoff,
}

/// A message for a board's lead.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadMessage {
    /// What it is to do with it.
    pub kind: LeadMessageKind,
    /// What is said.
    #[schemars(length(min = 1, max = 16000))]
    pub message: String,
}

/// A message for the leads of a gateway's boards.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadBroadcast {
    /// What they are to do with it.
    pub kind: LeadMessageKind,
    /// What is said.
    #[schemars(length(min = 1, max = 16000))]
    pub message: String,
    /// These boards only; all of the gateway's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub board_ids: Option<Vec<BoardId>>,
}

/// A question for the person behind a board's gateway.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserQuestion {
    /// The question.
    #[schemars(length(min = 1, max = 16000))]
    pub message: String,
    /// The channel to ask on, where one is preferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub preferred_channel: Option<String>,
}

/// A message that an agent's session took.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MessageSent {
    /// The session.
    pub session_key: String,
    /// What an answer refers to, and what logs are searched for.
    pub correlation_id: String,
}

/// What became of a broadcast.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BroadcastOutcome {
    /// What answers refer to.
    pub correlation_id: String,
    /// How many it went out to.
    pub sent: u32,
    /// How many it did not.
    pub failed: u32,
    /// Board by board.
    pub results: Vec<BroadcastResult>,
}

/// What became of a broadcast on one board.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BroadcastResult {
    /// The board.
    pub board_id: BoardId,
    /// It went out.
    pub ok: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
