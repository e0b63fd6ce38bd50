//! A gateway asked with patience: every call is tried again where the gateway's rules say
//! that it may succeed later, all of them within one budget.

use dispatch_gateway::retry::{Budget, Retries};
use tokio::sync::Mutex;

use crate::control::{AgentSeen, Asked, ConfigPatch, ConfigSeen, ControlPlane, FileSeen, Message};
use crate::plan::Registration;

/// A control plane with one retry budget for all its calls. Every call of a
/// [`ControlPlane`] may be done twice: what was done is found done.
pub struct Patient<'p> {
    plane: &'p dyn ControlPlane,
    retries: Mutex<Retries>,
}

impl<'p> Patient<'p> {
    /// The budget begins to run now; `context` names the work in the error that ends it.
    #[must_use]
    pub fn new(plane: &'p dyn ControlPlane, budget: Budget, context: &str) -> Self {
        Self {
            plane,
            retries: Mutex::new(Retries::new(budget, context)),
        }
    }
}

/// One call with patience.
macro_rules! patiently {
    ($self:ident, $($call:tt)*) => {
        Box::pin(async move {
            $self.retries.lock().await.run(|| $self.plane.$($call)*).await
        })
    };
}

impl ControlPlane for Patient<'_> {
    fn health(&self) -> Asked<'_, ()> {
        patiently!(self, health())
    }
    fn agents(&self) -> Asked<'_, Vec<AgentSeen>> {
        patiently!(self, agents())
    }
    fn create_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()> {
        patiently!(self, create_agent(registration))
    }
    fn update_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()> {
        patiently!(self, update_agent(registration))
    }
    fn delete_agent<'a>(&'a self, agent_id: &'a str, delete_files: bool) -> Asked<'a, ()> {
        patiently!(self, delete_agent(agent_id, delete_files))
    }
    fn files<'a>(&'a self, agent_id: &'a str) -> Asked<'a, Vec<FileSeen>> {
        patiently!(self, files(agent_id))
    }
    fn file<'a>(&'a self, agent_id: &'a str, name: &'a str) -> Asked<'a, Option<String>> {
        patiently!(self, file(agent_id, name))
    }
    fn set_file<'a>(&'a self, agent_id: &'a str, name: &'a str, content: &'a str) -> Asked<'a, ()> {
        patiently!(self, set_file(agent_id, name, content))
    }
    fn delete_file<'a>(&'a self, agent_id: &'a str, name: &'a str) -> Asked<'a, ()> {
        patiently!(self, delete_file(agent_id, name))
    }
    fn config(&self) -> Asked<'_, ConfigSeen> {
        patiently!(self, config())
    }
    fn patch_config<'a>(&'a self, patch: &'a ConfigPatch) -> Asked<'a, ()> {
        patiently!(self, patch_config(patch))
    }
    fn ensure_session<'a>(&'a self, key: &'a str, label: Option<&'a str>) -> Asked<'a, ()> {
        patiently!(self, ensure_session(key, label))
    }
    fn reset_session<'a>(&'a self, key: &'a str) -> Asked<'a, ()> {
        patiently!(self, reset_session(key))
    }
    fn delete_session<'a>(&'a self, key: &'a str) -> Asked<'a, ()> {
        patiently!(self, delete_session(key))
    }
    fn send<'a>(&'a self, message: &'a Message) -> Asked<'a, ()> {
        patiently!(self, send(message))
    }
}
