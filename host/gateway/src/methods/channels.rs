//! `channels.status` and `send`: the channels customers write on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{idempotency_key, method};

/// How the channels are.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Look now, instead of what was seen last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<bool>,
    /// How long looking may take, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
}
method!(Status, "channels.status", Read, Channels);

/// Sends a message out on a channel.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Send {
    /// To whom, as the channel writes it.
    pub to: String,
    /// What.
    pub message: String,
    /// On which channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// From which of its accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Repeated with the same key, the message is the same one.
    pub idempotency_key: String,
}
method!(Send, "send", Write, Sent);

impl Send {
    /// A message under a fresh key, on the gateway's own choice of account.
    #[must_use]
    pub fn new(channel: &str, to: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            message: message.into(),
            channel: Some(channel.to_owned()),
            account_id: None,
            idempotency_key: idempotency_key(),
        }
    }
}

/// The channels.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Channels {
    /// When this was seen, in milliseconds since 1970.
    pub ts: i64,
    /// Their ids, as people see them.
    pub channel_order: Vec<String>,
    /// Their names, by id.
    pub channel_labels: BTreeMap<String, String>,
    /// Their accounts, by id.
    pub channel_accounts: BTreeMap<String, Vec<Account>>,
    /// The account that is meant where none is named, by id.
    pub channel_default_account_id: BTreeMap<String, String>,
}

/// One account of a channel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Account {
    /// Its id.
    pub account_id: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Switched on.
    pub enabled: Option<bool>,
    /// Its credentials are there.
    pub configured: Option<bool>,
    /// Linked to a device.
    pub linked: Option<bool>,
    /// Its loop runs.
    pub running: Option<bool>,
    /// It is connected.
    pub connected: Option<bool>,
    /// How often it connected again.
    pub reconnect_attempts: Option<u64>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was looked at last, in milliseconds since 1970.
    pub last_probe_at: Option<i64>,
}

/// What was sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sent {
    /// The run that it was.
    pub run_id: Option<String>,
    /// The channel's own id of the message.
    pub message_id: Option<String>,
    /// On which channel.
    pub channel: Option<String>,
}
