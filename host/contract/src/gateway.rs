//! The OpenClaw gateways that a house knows, and whose they are.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::id::{GatewayId, OrganizationId};
use crate::time::Timestamp;

/// Whose gateways and boards they are, where one host serves several.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Organization {
    /// Which; [`OrganizationId::HOUSE`] is there from the start.
    pub organization_id: OrganizationId,
    /// By name, like no other; 1 to 200 characters.
    pub name: String,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// What an operator says to register an organization.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    /// By name, like no other.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
}

/// How messages of one kind of channel leave through a gateway.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendChannel {
    /// The channel as the gateway calls it, such as `whatsapp`.
    #[schemars(length(min = 1, max = 64))]
    pub channel: String,
    /// The gateway's account of that channel; its default where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub account_id: Option<String>,
}

/// A gateway in the register. Its secrets are named, never held: a reference is
/// `env:NAME` or `file:/absolute/path`, and is followed when a connection is made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Gateway {
    /// Which.
    pub gateway_id: GatewayId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// By name, unlike any other of its organization.
    pub name: String,
    /// `ws://` or `wss://` with a port, and without a token.
    pub url: String,
    /// Where its token is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_ref: Option<String>,
    /// Where the key of this house's device is, a reference to a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_key_ref: Option<String>,
    /// Connect as a device of its own, paired with the gateway; else by the token alone.
    pub device_pairing: bool,
    /// Take any certificate; for `wss` alone.
    pub allow_insecure_tls: bool,
    /// Send the token in the URL too, for gateways of old.
    pub token_in_query: bool,
    /// The folder on the gateway's machine that agents' workspaces are made in.
    pub workspace_root: String,
    /// The oldest version that will do; the house's own minimum where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_version: Option<String>,
    /// The channels that messages of each kind leave by.
    pub send_channels: BTreeMap<ChannelKind, SendChannel>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When its entry was changed last.
    pub updated_at: Timestamp,
}

/// What an operator says to register a gateway.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGateway {
    /// Whose; the operator's own organization where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// By name, unlike any other of its organization.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// `ws://` or `wss://` with a port.
    #[schemars(length(min = 1, max = 2048))]
    pub url: String,
    /// `env:NAME` or `file:/absolute/path`; blank for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub token_ref: Option<String>,
    /// `file:/absolute/path`; blank for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub device_key_ref: Option<String>,
    /// Connect as a device of its own.
    #[serde(default)]
    pub device_pairing: bool,
    /// Take any certificate; for `wss` alone.
    #[serde(default)]
    pub allow_insecure_tls: bool,
    /// Send the token in the URL too.
    #[serde(default)]
    pub token_in_query: bool,
    /// The folder on the gateway's machine that agents' workspaces are made in.
    #[schemars(length(min = 1, max = 1024))]
    pub workspace_root: String,
    /// The oldest version that will do, `YYYY.M.D`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub minimum_version: Option<String>,
    /// The channels that messages of each kind leave by.
    #[serde(default)]
    pub send_channels: BTreeMap<ChannelKind, SendChannel>,
}

/// What an operator says to change a gateway's entry. What is absent stays; a blank
/// reference or version is taken away.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayChange {
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name: Option<String>,
    /// Another address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub url: Option<String>,
    /// Another token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub token_ref: Option<String>,
    /// Another device key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub device_key_ref: Option<String>,
    /// As a device of its own, or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_pairing: Option<bool>,
    /// Take any certificate, or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_insecure_tls: Option<bool>,
    /// Send the token in the URL too, or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_in_query: Option<bool>,
    /// Another folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub workspace_root: Option<String>,
    /// Another minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub minimum_version: Option<String>,
    /// All channels anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_channels: Option<BTreeMap<ChannelKind, SendChannel>>,
}

/// The condition a gateway is in, as its watched connection shows it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GatewayStatus {
    /// It says that it is starting, or nothing is known yet.
    Starting,
    /// Connected, and all is well.
    Online,
    /// Connected, and something is not well: a channel, a scope, silence.
    Degraded,
    /// It refuses the token, or the device is not paired.
    AuthFailed,
    /// It speaks another protocol, or is older than it may be.
    Incompatible,
    /// Nothing answers there, or no longer.
    Unreachable,
}

impl GatewayStatus {
    /// Every condition.
    pub const ALL: [Self; 6] = [
        Self::Starting,
        Self::Online,
        Self::Degraded,
        Self::AuthFailed,
        Self::Incompatible,
        Self::Unreachable,
    ];

    /// The condition's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Online => "online",
            Self::Degraded => "degraded",
            Self::AuthFailed => "auth_failed",
            Self::Incompatible => "incompatible",
            Self::Unreachable => "unreachable",
        }
    }
}

/// Payload of `gateway.status_changed`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GatewayStatusChange {
    /// Which gateway.
    pub gateway_id: GatewayId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// The condition before.
    pub from: GatewayStatus,
    /// The condition now.
    pub to: GatewayStatus,
    /// Why, in words, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What an operator does about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_have_their_serde_names() {
        for status in GatewayStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }

    #[test]
    fn a_token_in_place_of_its_reference_is_no_field() {
        let with_token = serde_json::json!({
            "name": "g", "url": "ws://h:1", "workspace_root": "~/.openclaw", "token": "t"
        });
        assert!(serde_json::from_value::<NewGateway>(with_token).is_err());
    }
}
