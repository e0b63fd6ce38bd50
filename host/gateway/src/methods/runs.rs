//! `agent`, `agent.wait` and `wake`: have an agent work.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Method, idempotency_key, method};
use crate::scope::Scope;

/// Has an agent work on a message. Answered once it is accepted.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// What to do.
    pub message: String,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// In which session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Deliver the answer to the session's channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliver: Option<bool>,
    /// Repeated with the same key, the run is the same one; it becomes the run's id.
    pub idempotency_key: String,
}
method!(Run, "agent", Admin, Accepted);

impl Run {
    /// A run in a session, under a fresh key.
    #[must_use]
    pub fn new(session_key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            agent_id: None,
            session_key: Some(session_key.into()),
            deliver: None,
            idempotency_key: idempotency_key(),
        }
    }
}

/// Waits until a run has ended.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// Which.
    pub run_id: String,
    /// At most so long, in milliseconds; the gateway then answers `timeout`.
    pub timeout_ms: u32,
}

impl Method for Wait {
    const NAME: &'static str = "agent.wait";
    const SCOPE: Scope = Scope::Write;
    type Answer = Ended;

    fn within(&self) -> Duration {
        Duration::from_millis(u64::from(self.timeout_ms)) + super::WITHIN
    }
}

/// Leaves a note for an agent's next heartbeat, or wakes it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wake {
    /// When.
    pub mode: WakeMode,
    /// What to say.
    pub text: String,
    /// Whom; the default agent where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// In which session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
}
method!(Wake, "wake", Write, Woken);

/// When to wake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WakeMode {
    /// At once.
    #[default]
    Now,
    /// With the next heartbeat.
    NextHeartbeat,
}

/// A run was accepted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Accepted {
    /// The run.
    pub run_id: String,
    /// `accepted`, or how it ended where it did already.
    pub status: String,
}

/// How a run ended.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ended {
    /// The run.
    pub run_id: String,
    /// `ok`, `error` or `timeout`.
    pub status: String,
    /// Why it failed.
    pub error: Option<String>,
}

/// The note was taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Woken {
    /// It was.
    pub ok: bool,
}
