//! What provisioning asks of a gateway, apart from how it is asked.

use dispatch_gateway::GatewayError;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::files::Found;
use crate::plan::Registration;

/// What a call on a gateway comes to.
pub type Asked<'a, T> = BoxFuture<'a, Result<T, GatewayError>>;

/// An agent as the gateway lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentSeen {
    /// Its id.
    pub agent_id: String,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its workspace, where the gateway says it.
    pub workspace: Option<String>,
}

impl AgentSeen {
    /// Whether it is what the registration says. A gateway that does not say a workspace is
    /// taken at its name.
    #[must_use]
    pub fn is_as(&self, registration: &Registration) -> bool {
        self.name.as_deref() == Some(registration.name.as_str())
            && self
                .workspace
                .as_deref()
                .is_none_or(|seen| same_folder(seen, &registration.workspace))
    }
}

/// Whether a folder as the gateway says it is the one that was asked for: it may have
/// written out a leading `~`, whose meaning only its machine knows.
#[must_use]
pub fn same_folder(seen: &str, wanted: &str) -> bool {
    seen == wanted
        || wanted
            .strip_prefix('~')
            .is_some_and(|rest| rest.starts_with('/') && seen.ends_with(rest))
}

/// A file of an agent's workspace as the gateway lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileSeen {
    /// `AGENTS.md` and the like.
    pub name: String,
    /// The gateway knows the file and there is none.
    pub missing: bool,
    /// Bytes; 0 for an empty file, none where it is missing or not said.
    pub size: Option<u64>,
}

impl FileSeen {
    /// How it is there. A file whose size is not said counts as filled.
    #[must_use]
    pub fn found(&self) -> Found {
        match (self.missing, self.size) {
            (true, _) => Found::Missing,
            (false, Some(0)) => Found::Empty,
            (false, _) => Found::Filled,
        }
    }
}

/// The gateway's configuration at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct ConfigSeen {
    /// The configuration as it is written, secrets redacted; safe to send back.
    pub config: Value,
    /// The token a patch must name, so that it changes this configuration and no later one.
    pub hash: Option<String>,
}

/// A change of the gateway's configuration.
#[derive(Clone, PartialEq, Debug)]
pub struct ConfigPatch {
    /// A JSON merge patch.
    pub patch: Value,
    /// The `hash` of the configuration it was made for.
    pub base_hash: Option<String>,
    /// Arrays it may replace by shorter ones, as dotted paths.
    pub replace_paths: Vec<String>,
}

/// A message for an agent's session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// The session.
    pub session_key: String,
    /// The text.
    pub text: String,
    /// Whether the agent's answer goes out to the session's channel.
    pub deliver: bool,
    /// The same key again with the same text is the same message.
    pub idempotency_key: String,
}

/// A gateway, as far as provisioning and coordination need it. Each call is one attempt;
/// what may be tried again, and for how long, is decided above.
///
/// Errors are the gateway's own; [`crate::tolerance`] says which of them are none.
pub trait ControlPlane: Send + Sync {
    /// Whether the gateway answers.
    fn health(&self) -> Asked<'_, ()>;
    /// The agents it has.
    fn agents(&self) -> Asked<'_, Vec<AgentSeen>>;
    /// Makes an agent. An agent that is there already is an error.
    fn create_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()>;
    /// Sets an agent's name and workspace.
    fn update_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()>;
    /// Deletes an agent, and its files where `delete_files`.
    fn delete_agent<'a>(&'a self, agent_id: &'a str, delete_files: bool) -> Asked<'a, ()>;
    /// The files of an agent's workspace.
    fn files<'a>(&'a self, agent_id: &'a str) -> Asked<'a, Vec<FileSeen>>;
    /// A file's content; none where it is missing.
    fn file<'a>(&'a self, agent_id: &'a str, name: &'a str) -> Asked<'a, Option<String>>;
    /// Writes a file.
    fn set_file<'a>(&'a self, agent_id: &'a str, name: &'a str, content: &'a str) -> Asked<'a, ()>;
    /// Deletes a file. Most gateways cannot.
    fn delete_file<'a>(&'a self, agent_id: &'a str, name: &'a str) -> Asked<'a, ()>;
    /// The configuration.
    fn config(&self) -> Asked<'_, ConfigSeen>;
    /// Changes the configuration; may restart the gateway.
    fn patch_config<'a>(&'a self, patch: &'a ConfigPatch) -> Asked<'a, ()>;
    /// Makes the session where there is none, and gives it a label.
    fn ensure_session<'a>(&'a self, key: &'a str, label: Option<&'a str>) -> Asked<'a, ()>;
    /// Begins the session anew.
    fn reset_session<'a>(&'a self, key: &'a str) -> Asked<'a, ()>;
    /// Deletes the session and its transcript.
    fn delete_session<'a>(&'a self, key: &'a str) -> Asked<'a, ()>;
    /// Puts a message to a session; the agent's run goes on after the answer.
    fn send<'a>(&'a self, message: &'a Message) -> Asked<'a, ()>;
}
