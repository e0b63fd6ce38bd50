//! `agents.files.*`: the files an agent reads about itself. The gateway of today takes
//! AGENTS, SOUL, IDENTITY, USER, MEMORY and BOOTSTRAP (.md) and answers
//! `unsupported file "X"` to any other.

use serde::{Deserialize, Serialize};

use super::method;

/// Which files there are.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// Whose.
    pub agent_id: String,
}
method!(List, "agents.files.list", Read, Files);

/// One file with its content.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Get {
    /// Whose.
    pub agent_id: String,
    /// Which, such as `AGENTS.md`.
    pub name: String,
}
method!(Get, "agents.files.get", Read, OneFile);

/// Writes one file.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Set {
    /// Whose.
    pub agent_id: String,
    /// Which, such as `AGENTS.md`.
    pub name: String,
    /// All of it.
    pub content: String,
}
method!(Set, "agents.files.set", Admin, OneFile);

/// The files of one agent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Files {
    /// Whose.
    pub agent_id: String,
    /// The folder.
    pub workspace: Option<String>,
    /// Those that the gateway knows, there or not.
    pub files: Vec<File>,
}

/// One file of one agent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OneFile {
    /// Whose.
    pub agent_id: String,
    /// The file.
    pub file: File,
}

/// A file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct File {
    /// Its name; older gateways give only the path.
    pub name: Option<String>,
    /// Where it is.
    pub path: Option<String>,
    /// It is not there.
    pub missing: bool,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// What is in it, where it was asked for.
    pub content: Option<String>,
}
