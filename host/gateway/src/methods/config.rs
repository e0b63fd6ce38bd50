//! `config.*`: the gateway's configuration.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::method;

/// The configuration as it is. Secrets in it are replaced; sent back as they came they
/// stay what they were.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Get {}
method!(Get, "config.get", Read, Config);

/// Changes the configuration by a JSON merge patch (`null` deletes). Applied before it
/// is answered; at most 30 a minute. A write may restart the gateway: skip empty ones.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Patch {
    /// The patch as JSON.
    pub raw: String,
    /// The `hash` that [`Get`] gave: the patch fails where the configuration moved on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<String>,
    /// Paths of arrays that the patch makes shorter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replace_paths: Vec<String>,
    /// Why, for the gateway's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
method!(Patch, "config.patch", Admin, Patched);

/// The configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// Its file.
    pub path: Option<String>,
    /// There is a file.
    pub exists: bool,
    /// It holds; where not, the gateway runs on what it read last.
    pub valid: bool,
    /// As it applies.
    pub config: Value,
    /// As it is written.
    pub parsed: Value,
    /// For [`Patch::base_hash`].
    pub hash: Option<String>,
    /// What is wrong with it.
    pub issues: Vec<Value>,
}

/// What is there now.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Patched {
    /// It was taken.
    pub ok: bool,
    /// For the next patch.
    pub hash: Option<String>,
    /// The configuration after it.
    pub config: Value,
}
