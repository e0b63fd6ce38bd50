//! Where a word came in or goes out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of channel a message travels on.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// WhatsApp.
    Whatsapp,
    /// Telegram.
    Telegram,
    /// Text message.
    Sms,
    /// Mail.
    Email,
    /// The web chat.
    Webchat,
    /// The house itself; its peer is `system`.
    Internal,
}

/// A channel and who is at its other end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The kind of channel.
    pub kind: ChannelKind,
    /// Who is at its other end, as that channel names them: a phone number, a handle, an address.
    #[schemars(length(min = 1, max = 256))]
    pub peer: String,
}
