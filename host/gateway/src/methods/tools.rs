//! `tools.invoke`: a tool of an agent, without a model.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{idempotency_key, method};

/// Calls a tool as an agent. The gateway does not check the arguments.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoke {
    /// The tool.
    pub name: String,
    /// Its arguments.
    pub args: Map<String, Value>,
    /// As whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// In which session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Repeated with the same key, the call is the same one.
    pub idempotency_key: String,
}
method!(Invoke, "tools.invoke", Write, Invoked);

impl Invoke {
    /// A call of a tool as an agent, under a fresh key.
    #[must_use]
    pub fn new(
        agent_id: impl Into<String>,
        name: impl Into<String>,
        args: Map<String, Value>,
    ) -> Self {
        Self {
            name: name.into(),
            args,
            agent_id: Some(agent_id.into()),
            session_key: None,
            idempotency_key: idempotency_key(),
        }
    }
}

/// What the tool said. `ok` is the tool's; the gateway's own is the call's success.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Invoked {
    /// It did what it was asked to.
    pub ok: bool,
    /// The tool.
    pub tool_name: String,
    /// What came out, as the tool writes it.
    pub output: Value,
    /// Why not.
    pub error: Option<ToolError>,
    /// Somebody has to approve it first.
    pub requires_approval: bool,
}

/// Why a tool did not do what it was asked to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ToolError {
    /// Such as `not_found`.
    pub code: String,
    /// In words.
    pub message: String,
}
