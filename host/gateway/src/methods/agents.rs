//! `agents.*`: the agents of a gateway.

use serde::{Deserialize, Serialize};

use super::method;

/// Who is there.
#[derive(Clone, Debug, Default, Serialize)]
pub struct List {}
method!(List, "agents.list", Read, Agents);

/// Makes an agent. Acknowledged up to a second before it is visible: look at
/// [`List`] before the next step.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Create {
    /// The gateway makes the agent's id of it: lower case, dashes.
    pub name: String,
    /// Its folder on the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Its model, such as `provider/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
}
method!(Create, "agents.create", Admin, Created);

/// Changes an agent; what is not given stays.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Update {
    /// Whom.
    pub agent_id: String,
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Another model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Another sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
}
method!(Update, "agents.update", Admin, Done);

/// Takes an agent away, even `main`. May restart the gateway in place.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delete {
    /// Whom.
    pub agent_id: String,
    /// Its files go to the trash unless this is `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_files: Option<bool>,
}
method!(Delete, "agents.delete", Admin, Deleted);

/// Who is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Agents {
    /// The agent that is meant where none is named.
    pub default_id: Option<String>,
    /// The last part of an agent's main session key, usually `main`.
    pub main_key: Option<String>,
    /// All of them.
    pub agents: Vec<Agent>,
}

/// One agent.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// Its name, where it has one.
    #[serde(default)]
    pub name: Option<String>,
    /// Its folder on the gateway.
    #[serde(default)]
    pub workspace: Option<String>,
    /// Its model.
    #[serde(default)]
    pub model: Option<Model>,
}

/// What an agent thinks with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Model {
    /// First choice, such as `provider/name`.
    pub primary: Option<String>,
}

/// What was made.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    /// The id that the gateway made of the name.
    pub agent_id: String,
    /// The folder that it will work in.
    #[serde(default)]
    pub workspace: Option<String>,
}

/// Done.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// To whom.
    pub agent_id: String,
}

/// What was taken away.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deleted {
    /// Who.
    pub agent_id: String,
    /// Files that could not be moved away.
    #[serde(default)]
    pub failed: Vec<FailedPath>,
}

/// A file that could not be moved away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FailedPath {
    /// Which.
    pub path: String,
    /// Why.
    pub reason: String,
}
