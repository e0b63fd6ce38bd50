//! `chat.*`: what is said in a session.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{idempotency_key, method};

/// Says something to an agent. Answered at once; how it ended is a `chat` event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Send {
    /// In which session.
    pub session_key: String,
    /// What.
    pub message: String,
    /// Deliver the agent's answer to the session's channel.
    pub deliver: bool,
    /// Repeated with the same key, the call is the same one; it becomes the run's id.
    pub idempotency_key: String,
}
method!(Send, "chat.send", Write, Started);

impl Send {
    /// A message under a fresh key, its answer not delivered to a channel.
    #[must_use]
    pub fn new(session_key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            session_key: session_key.into(),
            message: message.into(),
            deliver: false,
            idempotency_key: idempotency_key(),
        }
    }
}

/// What was said, the latest last.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// In which session.
    pub session_key: String,
    /// At most so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
method!(History, "chat.history", Read, Said);

/// Stops what runs in a session.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Abort {
    /// In which session.
    pub session_key: String,
    /// Only this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
}
method!(Abort, "chat.abort", Write, Aborted);

/// A run began, is under way, or ended already (a repeated key).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Started {
    /// The run.
    pub run_id: String,
    /// `started`, `in_flight`, `ok`, `error` or `timeout`.
    pub status: String,
}

/// What was said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Said {
    /// Where.
    pub session_key: String,
    /// Each as the gateway keeps it: `role`, `content` (a text or blocks), `timestamp`.
    pub messages: Vec<Value>,
}

/// What was stopped.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Aborted {
    /// Something was.
    pub aborted: bool,
    /// These runs.
    pub run_ids: Vec<String>,
}
