//! `sessions.*`: conversations of agents, by key (`agent:<agent id>:main`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::method;

/// Which sessions there are, the latest first.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// At most so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// After so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Used in the last so many minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_minutes: Option<u32>,
    /// Of one agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Whose label or key holds this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}
method!(List, "sessions.list", Read, Sessions);

/// Sets what is given; makes the session where there is none.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Patch {
    /// Which.
    pub key: String,
    /// How it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}
method!(Patch, "sessions.patch", Admin, Patched);

/// Begins a session's conversation anew.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Reset {
    /// Which.
    pub key: String,
}
method!(Reset, "sessions.reset", Admin, Patched);

/// Takes a session away; one that is not there is no error.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delete {
    /// Which.
    pub key: String,
    /// What was said too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_transcript: Option<bool>,
}
method!(Delete, "sessions.delete", Admin, Deleted);

/// Sessions.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sessions {
    /// How many are in this answer.
    pub count: u64,
    /// How many there are altogether.
    pub total_count: Option<u64>,
    /// There are more.
    pub has_more: bool,
    /// These.
    pub sessions: Vec<Session>,
}

/// One session.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its key.
    pub key: String,
    /// How it is called.
    #[serde(default)]
    pub label: Option<String>,
    /// Whose.
    #[serde(default)]
    pub agent_id: Option<String>,
    /// Its id, another one after each reset.
    #[serde(default)]
    pub session_id: Option<String>,
    /// Such as `direct` or `group`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Last used, in milliseconds since 1970.
    #[serde(default)]
    pub updated_at: Option<i64>,
    /// Tokens used so far.
    #[serde(default)]
    pub total_tokens: Option<u64>,
    /// What it thinks with.
    #[serde(default)]
    pub model: Option<String>,
}

/// What is there now.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Patched {
    /// Which.
    pub key: String,
    /// The session as the gateway keeps it.
    pub entry: Value,
}

/// What was taken away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Deleted {
    /// Which.
    pub key: String,
    /// There was one.
    pub deleted: bool,
}
