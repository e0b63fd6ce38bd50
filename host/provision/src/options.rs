//! How a lifecycle is to go about it.

use serde::{Deserialize, Serialize};

/// For the first time, or again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// For the first time: what the gateway put into the workspace by itself is overwritten.
    Provision,
    /// Again: what the agent may edit is kept.
    Update,
}

/// How an agent is to be brought to its plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// For the first time, or again.
    pub action: Action,
    /// On update, write also the files that are kept otherwise.
    pub overwrite: bool,
    /// On update, write BOOTSTRAP.md also where the agent is through with it.
    pub force_bootstrap: bool,
    /// Begin the agent's main session anew.
    pub reset_session: bool,
    /// Wake it at the end; none lets it be.
    pub wake: Option<Wake>,
}

/// How an agent is woken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wake {
    /// One key per occasion (such as `rd-wake-<record>-<generation>`): run again after a
    /// crash with the same key, it is still one message. A run that begins the session anew
    /// may end what an earlier one's message began, and then needs a key of its own.
    pub idempotency_key: String,
    /// Whether the agent's answer goes out to the session's channel.
    pub deliver: bool,
}

impl Options {
    /// For the first time, woken under this key.
    #[must_use]
    pub fn provision(wake_key: impl Into<String>) -> Self {
        Self {
            action: Action::Provision,
            overwrite: false,
            force_bootstrap: false,
            reset_session: false,
            wake: Some(Wake {
                idempotency_key: wake_key.into(),
                deliver: false,
            }),
        }
    }

    /// Again: files and heartbeat, without a reset and without waking it.
    #[must_use]
    pub fn update() -> Self {
        Self {
            action: Action::Update,
            overwrite: false,
            force_bootstrap: false,
            reset_session: false,
            wake: None,
        }
    }
}

/// What somebody has to say who wants something gone for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Destructive {
    /// "Yes, I want this agent and its session deleted."
    Confirmed,
}
