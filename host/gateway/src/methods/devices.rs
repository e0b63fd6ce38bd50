//! `device.*`: which devices may connect.

use serde::{Deserialize, Serialize};

use super::method;

/// Those that wait, and those that may.
#[derive(Clone, Debug, Default, Serialize)]
pub struct List {}
method!(List, "device.pair.list", Pairing, Devices);

/// Lets a device in.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Approve {
    /// Its request.
    pub request_id: String,
}
method!(Approve, "device.pair.approve", Pairing, Approved);

/// Does not let a device in.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reject {
    /// Its request.
    pub request_id: String,
}
method!(Reject, "device.pair.reject", Pairing, Rejected);

/// Forgets a device.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Remove {
    /// Which.
    pub device_id: String,
}
method!(Remove, "device.pair.remove", Pairing, Removed);

/// Makes a device's token anew. The new one is shown to the device itself alone.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotate {
    /// Which.
    pub device_id: String,
    /// For which role, such as `operator`.
    pub role: String,
    /// With these scopes; as before where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}
method!(Rotate, "device.token.rotate", Pairing, Rotated);

/// Takes a device's token back.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revoke {
    /// Which.
    pub device_id: String,
    /// For which role, such as `operator`.
    pub role: String,
}
method!(Revoke, "device.token.revoke", Pairing, Revoked);

/// All devices.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Devices {
    /// Those that wait for somebody to approve them.
    pub pending: Vec<Pending>,
    /// Those that may connect.
    pub paired: Vec<Paired>,
}

/// A device that waits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pending {
    /// What to approve or reject.
    pub request_id: String,
    /// Its id.
    pub device_id: String,
    /// Where it runs.
    pub platform: Option<String>,
    /// What it says it is.
    pub client_id: Option<String>,
    /// What it wants to be.
    pub role: Option<String>,
    /// What it wants to do.
    pub scopes: Vec<String>,
    /// It is known and wants more than it has.
    pub is_repair: bool,
    /// Since when, in milliseconds since 1970.
    pub ts: i64,
}

/// A device that may connect.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Paired {
    /// Its id.
    pub device_id: String,
    /// What its owner calls it.
    pub display_name: Option<String>,
    /// Where it runs.
    pub platform: Option<String>,
    /// What it says it is.
    pub client_id: Option<String>,
    /// What it is.
    pub roles: Vec<String>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// It is connected now.
    pub connected: Option<bool>,
    /// Seen last, in milliseconds since 1970.
    pub last_seen_at_ms: Option<i64>,
    /// Its tokens, without the secrets.
    pub tokens: Vec<Token>,
}

/// A device's token, without the secret.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Token {
    /// For which role.
    pub role: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Taken back, in milliseconds since 1970.
    pub revoked_at_ms: Option<i64>,
}

/// A device was let in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Approved {
    /// By which request.
    pub request_id: String,
    /// Which.
    pub device: Paired,
}

/// A device was not let in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rejected {
    /// By which request.
    pub request_id: String,
    /// Which.
    pub device_id: String,
}

/// A device was forgotten.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Removed {
    /// Which.
    pub device_id: String,
}

/// A device's token was made anew. The token itself is not read: it is for the device.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rotated {
    /// Which.
    pub device_id: String,
    /// For which role.
    pub role: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Who was shown the token: `in-band`, or `withheld-cross-device`.
    pub token_delivery: Option<String>,
}

/// A device's token was taken back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Revoked {
    /// Which.
    pub device_id: String,
    /// For which role.
    pub role: String,
    /// When, in milliseconds since 1970.
    pub revoked_at_ms: Option<i64>,
}
