//! What a scripted gateway does.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use super::recorded::Refusal;

/// What a scripted gateway does. The default is a gateway of today that lets in whoever
/// has its token, with all that they ask for.
#[derive(Clone, Debug)]
pub struct Script {
    /// The protocol it speaks, 3 or 4; a client that does not offer it is refused.
    pub protocol: u16,
    /// The version it says it is.
    pub version: String,
    /// The shared token it asks for.
    pub token: String,
    /// What it gives, whatever is asked for; all that is asked for where not given.
    pub scopes: Option<Vec<String>>,
    /// The token it gives a device.
    pub device_token: Option<String>,
    /// It asks for a paired device, and takes this device token alone.
    pub wants_device_token: Option<String>,
    /// What that token was given for; all that is asked for where not given. Who asks for more
    /// is refused.
    pub device_scopes: Option<Vec<String>>,
    /// How it begins.
    pub first_frame: FirstFrame,
    /// How it answers `connect`.
    pub greeting: Greeting,
    /// A tick comes so often, and it says so.
    pub tick_interval: Duration,
    /// Ticks come.
    pub ticks: bool,
    /// The largest frame it takes, in bytes; it closes with 1009 after a larger one.
    pub max_payload: usize,
    /// What it answers to a method, instead of what was recorded.
    pub replies: HashMap<String, Reply>,
    /// Every answer comes so much later.
    pub slow: Duration,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            protocol: 4,
            version: "2026.9.6".into(),
            token: format!("scripted-{}", ulid::Ulid::generate()),
            scopes: None,
            device_token: None,
            wants_device_token: None,
            device_scopes: None,
            first_frame: FirstFrame::Challenge,
            greeting: Greeting::Hello,
            tick_interval: Duration::from_secs(30),
            ticks: true,
            max_payload: 25 << 20,
            replies: HashMap::new(),
            slow: Duration::ZERO,
        }
    }
}

impl Script {
    /// The same with another answer to a method.
    #[must_use]
    pub fn reply(mut self, method: &str, reply: Reply) -> Self {
        self.replies.insert(method.to_owned(), reply);
        self
    }
}

/// How it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstFrame {
    /// With its challenge.
    Challenge,
    /// With nothing, as gateways before the challenge.
    Nothing,
    /// With this text.
    Text(String),
}

/// How it answers `connect`.
#[derive(Clone, Debug)]
pub enum Greeting {
    /// With a hello, or a refusal where the token is wrong.
    Hello,
    /// With this refusal.
    Refusal(Refusal),
    /// With this text.
    Text(String),
    /// With a close; 1006 drops the socket without a word.
    Close(u16, String),
    /// Not at all.
    Silence,
}

/// How it answers a call.
#[derive(Clone, Debug)]
pub enum Reply {
    /// With this payload.
    Payload(Value),
    /// With this refusal.
    Refusal(Refusal),
    /// With what it was sent: the parameters.
    Echo,
    /// With this text, instead of a frame.
    Text(String),
    /// With so many bytes of payload.
    Bytes(usize),
    /// With a close; 1006 drops the socket without a word.
    Close(u16, String),
    /// Not at all.
    Silence,
    /// First in this way, then in that, and so on; the last stays.
    Then(Vec<Reply>),
    /// In this way, so much later.
    Late(Duration, Box<Reply>),
}
