//! `health`, `status` and `logs.tail`: how the gateway itself is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::method;

/// How it is; what was seen last unless `probe` asks to look now.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Health {
    /// Look now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<bool>,
}
method!(Health, "health", Read, Healthy);

/// What it runs, and what goes on in it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Status {}
method!(Status, "status", Read, Running);

/// The end of its log, or what came after a place in it.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogsTail {
    /// After here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<u64>,
    /// At most so many lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// At most so many bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u32>,
}
method!(LogsTail, "logs.tail", Read, Lines);

/// How it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Healthy {
    /// It says it is.
    pub ok: bool,
    /// When, in milliseconds since 1970.
    pub ts: i64,
    /// How long looking took, in milliseconds.
    pub duration_ms: f64,
    /// Channels, by id, as the gateway describes them.
    pub channels: Map<String, Value>,
    /// The agent that is meant where none is named.
    pub default_agent_id: Option<String>,
    /// Its agents.
    pub agents: Vec<AgentHealth>,
    /// Sessions of the default agent.
    pub sessions: SessionCount,
    /// Plugins.
    pub plugins: Plugins,
    /// Whether its one thread keeps up.
    pub event_loop: EventLoop,
}

/// An agent, as `health` has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentHealth {
    /// Its id.
    pub agent_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its sessions.
    pub sessions: SessionCount,
}

/// How many sessions.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SessionCount {
    /// So many.
    pub count: u64,
}

/// Plugins, as `health` has them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Plugins {
    /// Loaded.
    pub loaded: Vec<String>,
    /// Not loaded, each with `id` and `error`.
    pub errors: Vec<Value>,
}

/// Whether the gateway's one thread keeps up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventLoop {
    /// It does not.
    pub degraded: bool,
    /// Why, such as `cpu`.
    pub reasons: Vec<String>,
}

/// What runs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Running {
    /// Its version.
    pub runtime_version: Option<String>,
    /// A line for each channel.
    pub channel_summary: Vec<Value>,
    /// What waits for the next heartbeat.
    pub queued_system_events: Vec<Value>,
    /// Sessions of all agents.
    pub sessions: SessionCount,
    /// Its memory.
    pub process_memory: Memory,
    /// Whether its one thread keeps up.
    pub event_loop: EventLoop,
}

/// Memory, in bytes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Memory {
    /// Resident.
    pub rss_bytes: Option<u64>,
}

/// Lines of its log.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Lines {
    /// Its file.
    pub file: String,
    /// Where the next ones begin.
    pub cursor: u64,
    /// These, each a JSON document.
    pub lines: Vec<String>,
    /// There were more than fit.
    pub truncated: bool,
    /// The file began anew, so that the cursor was of no use.
    pub reset: bool,
}
