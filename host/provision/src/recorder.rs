//! A gateway in memory that writes down what it is asked: for tests of what is asked, in
//! which order, and what comes of each answer. What a gateway really does is tested on one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use dispatch_gateway::GatewayError;
use serde_json::{Value, json};

use crate::control::{AgentSeen, Asked, ConfigPatch, ConfigSeen, ControlPlane, FileSeen, Message};
use crate::plan::Registration;

/// What the gateway has.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) agents: Vec<AgentSeen>,
    pub(crate) files: BTreeMap<(String, String), String>,
    pub(crate) config: Value,
    pub(crate) writes: u64,
    pub(crate) messages: Vec<Message>,
    pub(crate) calls: Vec<String>,
    /// Looks at the list that still do not show what was created.
    pub(crate) hidden_for: u32,
    /// Files it takes none of.
    pub(crate) unsupported: Vec<&'static str>,
    /// Answers to come instead of the real one, by call.
    pub(crate) faults: BTreeMap<&'static str, VecDeque<GatewayError>>,
}

pub(crate) struct Recorder(pub(crate) Mutex<State>);

pub(crate) fn refused(message: &str) -> GatewayError {
    GatewayError::Refused {
        code: "INVALID_REQUEST".into(),
        message: message.into(),
        details: None,
        retryable: None,
        retry_after: None,
    }
}

impl Recorder {
    /// A gateway as it is today: no TOOLS.md, no HEARTBEAT.md, no deleting of files.
    pub(crate) fn today() -> Self {
        Self(Mutex::new(State {
            config: json!({"agents": {"entries": {}}}),
            unsupported: vec!["TOOLS.md", "HEARTBEAT.md"],
            ..State::default()
        }))
    }

    /// The next calls of that name fail so.
    pub(crate) fn fail(self, call: &'static str, errors: Vec<GatewayError>) -> Self {
        self.0.lock().unwrap().faults.insert(call, errors.into());
        self
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    pub(crate) fn text(&self, agent: &str, file: &str) -> Option<String> {
        let key = (agent.to_owned(), file.to_owned());
        self.0.lock().unwrap().files.get(&key).cloned()
    }

    pub(crate) fn put(&self, agent: &str, file: &str, text: &str) {
        let key = (agent.to_owned(), file.to_owned());
        self.0.lock().unwrap().files.insert(key, text.to_owned());
    }

    fn ask<T: Send + 'static>(
        &self,
        call: &'static str,
        about: &str,
        answer: impl FnOnce(&mut State) -> Result<T, GatewayError>,
    ) -> Asked<'_, T> {
        let mut state = self.0.lock().unwrap();
        state
            .calls
            .push(format!("{call} {about}").trim().to_owned());
        let fault = state.faults.get_mut(call).and_then(VecDeque::pop_front);
        let answer = match fault {
            Some(error) => Err(error),
            None => answer(&mut state),
        };
        Box::pin(std::future::ready(answer))
    }
}

impl State {
    fn known(&self, agent_id: &str) -> Result<(), GatewayError> {
        if self.agents.iter().any(|agent| agent.agent_id == agent_id) {
            Ok(())
        } else {
            Err(refused(&format!("agent \"{agent_id}\" not found")))
        }
    }

    fn takes(&self, name: &str) -> Result<(), GatewayError> {
        if self.unsupported.contains(&name) {
            return Err(refused(&format!("unsupported file \"{name}\"")));
        }
        Ok(())
    }
}

fn merge(target: &mut Value, patch: &Value) {
    match patch {
        Value::Object(patch) => {
            if !target.is_object() {
                *target = json!({});
            }
            for (key, value) in patch {
                if value.is_null() {
                    target.as_object_mut().unwrap().remove(key);
                } else {
                    merge(&mut target[key], value);
                }
            }
        }
        other => *target = other.clone(),
    }
}

impl ControlPlane for Recorder {
    fn health(&self) -> Asked<'_, ()> {
        self.ask("health", "", |_| Ok(()))
    }

    fn agents(&self) -> Asked<'_, Vec<AgentSeen>> {
        self.ask("agents.list", "", |state| {
            if state.hidden_for > 0 {
                state.hidden_for -= 1;
                return Ok(Vec::new());
            }
            Ok(state.agents.clone())
        })
    }

    fn create_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()> {
        self.ask("agents.create", &registration.agent_id, |state| {
            if state.known(&registration.agent_id).is_ok() {
                return Err(refused(&format!(
                    "agent \"{}\" already exists",
                    registration.agent_id
                )));
            }
            state.agents.push(AgentSeen {
                agent_id: registration.agent_id.clone(),
                name: Some(registration.agent_id.clone()),
                workspace: Some(registration.workspace.replace('~', "/home/oc")),
            });
            for (file, text) in [
                ("AGENTS.md", "stock"),
                ("USER.md", "stock"),
                ("BOOTSTRAP.md", "who am I?"),
            ] {
                let key = (registration.agent_id.clone(), file.to_owned());
                state.files.insert(key, text.to_owned());
            }
            Ok(())
        })
    }

    fn update_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()> {
        self.ask("agents.update", &registration.name, |state| {
            state.known(&registration.agent_id)?;
            for agent in &mut state.agents {
                if agent.agent_id == registration.agent_id {
                    agent.name = Some(registration.name.clone());
                }
            }
            Ok(())
        })
    }

    fn delete_agent<'a>(&'a self, agent_id: &'a str, _: bool) -> Asked<'a, ()> {
        self.ask("agents.delete", agent_id, |state| {
            state.known(agent_id)?;
            state.agents.retain(|agent| agent.agent_id != agent_id);
            Ok(())
        })
    }

    fn files<'a>(&'a self, agent_id: &'a str) -> Asked<'a, Vec<FileSeen>> {
        self.ask("files.list", "", |state| {
            state.known(agent_id)?;
            Ok(state
                .files
                .iter()
                // as today's gateways: IDENTITY.md is known and not listed
                .filter(|((agent, name), _)| agent == agent_id && name != "IDENTITY.md")
                .map(|((_, name), text)| FileSeen {
                    name: name.clone(),
                    missing: false,
                    size: Some(text.len() as u64),
                })
                .collect())
        })
    }

    fn file<'a>(&'a self, agent_id: &'a str, name: &'a str) -> Asked<'a, Option<String>> {
        self.ask("files.get", name, |state| {
            state.known(agent_id)?;
            state.takes(name)?;
            Ok(state
                .files
                .get(&(agent_id.to_owned(), name.to_owned()))
                .cloned())
        })
    }

    fn set_file<'a>(&'a self, agent_id: &'a str, name: &'a str, content: &'a str) -> Asked<'a, ()> {
        self.ask("files.set", name, |state| {
            state.known(agent_id)?;
            state.takes(name)?;
            state
                .files
                .insert((agent_id.to_owned(), name.to_owned()), content.to_owned());
            Ok(())
        })
    }

    fn delete_file<'a>(&'a self, _: &'a str, name: &'a str) -> Asked<'a, ()> {
        self.ask("files.delete", name, |_| {
            Err(refused("unknown method: agents.files.delete"))
        })
    }

    fn config(&self) -> Asked<'_, ConfigSeen> {
        self.ask("config.get", "", |state| {
            Ok(ConfigSeen {
                config: state.config.clone(),
                hash: Some(state.writes.to_string()),
            })
        })
    }

    fn patch_config<'a>(&'a self, patch: &'a ConfigPatch) -> Asked<'a, ()> {
        self.ask("config.patch", "", |state| {
            if patch.base_hash != Some(state.writes.to_string()) {
                return Err(refused(
                    "config changed since last load; re-run config.get and retry",
                ));
            }
            state.writes += 1;
            merge(&mut state.config, &patch.patch);
            Ok(())
        })
    }

    fn ensure_session<'a>(&'a self, _: &'a str, label: Option<&'a str>) -> Asked<'a, ()> {
        self.ask("sessions.patch", label.unwrap_or_default(), |_| Ok(()))
    }

    fn reset_session<'a>(&'a self, _: &'a str) -> Asked<'a, ()> {
        self.ask("sessions.reset", "", |_| Ok(()))
    }

    fn delete_session<'a>(&'a self, key: &'a str) -> Asked<'a, ()> {
        self.ask("sessions.delete", "", |_| {
            Err(refused(&format!("Cannot delete the main session ({key}).")))
        })
    }

    fn send<'a>(&'a self, message: &'a Message) -> Asked<'a, ()> {
        self.ask("chat.send", &message.session_key, |state| {
            let same = |sent: &Message| sent.idempotency_key == message.idempotency_key;
            match state.messages.iter().find(|sent| same(sent)) {
                Some(sent) if sent.text == message.text => {}
                Some(_) => {
                    return Err(refused(
                        "This message ID was already used for different input.",
                    ));
                }
                None => state.messages.push(message.clone()),
            }
            Ok(())
        })
    }
}
