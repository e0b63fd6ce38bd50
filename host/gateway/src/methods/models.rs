//! `models.list`: what agents may think with.

use serde::{Deserialize, Serialize};

use super::method;

/// Which models there are.
#[derive(Clone, Debug, Default, Serialize)]
pub struct List {}
method!(List, "models.list", Read, Models);

/// The models.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Models {
    /// All of them.
    pub models: Vec<Model>,
}

/// One model.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Model {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whose.
    pub provider: String,
    /// How much it can hold in mind, in tokens.
    pub context_window: Option<u64>,
    /// It can be used now.
    pub available: Option<bool>,
}
