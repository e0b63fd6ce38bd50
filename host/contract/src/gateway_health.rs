//! How a gateway is: the live picture that a host has of it, and the alert about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gateway::GatewayStatus;
use crate::id::{GatewayId, OrganizationId};
use crate::time::Timestamp;

/// Answers of a gateway to a host's pings, the latest of them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// The last, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_us: Option<u64>,
    /// Half of them took no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_us: Option<u64>,
    /// The longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_us: Option<u64>,
    /// Each of the last few minutes, the oldest first.
    pub history: Vec<LatencySample>,
}

/// One answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LatencySample {
    /// When.
    pub at: Timestamp,
    /// How long it took, in microseconds.
    pub us: u64,
}

/// An account of one of a gateway's channels.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChannelHealth {
    /// The channel, as the gateway calls it.
    pub channel: String,
    /// The account.
    pub account_id: String,
    /// Switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Its credentials are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configured: Option<bool>,
    /// Its loop runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
    /// It is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected: Option<bool>,
    /// How often it connected again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconnect_attempts: Option<u64>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// An agent, as the gateway has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgentSeen {
    /// Its id on the gateway.
    pub agent_id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its sessions.
    pub sessions: u64,
}

/// Something that went wrong between a host and a gateway.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TroubleSeen {
    /// When it was seen last.
    pub at: Timestamp,
    /// What it is, such as `auth_failed`.
    pub trouble: String,
    /// In words.
    pub message: String,
    /// How often in a row.
    pub times: u64,
}

/// How a gateway is, as the host that was asked sees it now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GatewayHealth {
    /// Which.
    pub gateway_id: GatewayId,
    /// By name.
    pub name: String,
    /// Its condition.
    pub status: GatewayStatus,
    /// Since when.
    pub since: Timestamp,
    /// What is wrong, such as `silent`; absent where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What an operator does about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// Its version, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The protocol it speaks with this host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u16>,
    /// What this host may do there.
    pub scopes: Vec<String>,
    /// Its answers to pings.
    pub latency: Latency,
    /// Connections made so far; each after the first is a reconnect.
    pub connections: u64,
    /// Failed attempts since the last connection.
    pub failures: u32,
    /// When the next attempt is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
    /// Accounts of its channels, as it last said.
    pub channels: Vec<ChannelHealth>,
    /// Its agents, as it last said.
    pub agents: Vec<AgentSeen>,
    /// Sessions of all its agents.
    pub sessions: u64,
    /// When it last said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<Timestamp>,
    /// What went wrong lately, the latest first.
    pub errors: Vec<TroubleSeen>,
    /// The host that was asked is the one that writes down what is seen of it.
    pub recorded_here: bool,
}

/// Payload of `escalation.raised` about a gateway.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GatewayAlert {
    /// Always `gateway`.
    pub about: String,
    /// Which gateway.
    pub gateway_id: GatewayId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// By name.
    pub name: String,
    /// False when it begins, true when it is over.
    pub over: bool,
    /// Its condition.
    pub status: GatewayStatus,
    /// Since when.
    pub since: Timestamp,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What an operator does about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
}
