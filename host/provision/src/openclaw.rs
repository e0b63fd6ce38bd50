//! The control plane over an OpenClaw gateway: each of its calls is one of the gateway's.

use dispatch_gateway::methods::{agents, chat, config, files, sessions, system};
use dispatch_gateway::{Caller, GatewayError, ask};
use serde_json::json;

use crate::control::{AgentSeen, Asked, ConfigPatch, ConfigSeen, ControlPlane, FileSeen, Message};
use crate::plan::Registration;

/// A gateway, reached by whatever carries calls to it.
pub struct OpenClaw<'c> {
    caller: &'c dyn Caller,
}

impl<'c> OpenClaw<'c> {
    /// The gateway behind this caller.
    #[must_use]
    pub fn new(caller: &'c dyn Caller) -> Self {
        Self { caller }
    }
}

impl ControlPlane for OpenClaw<'_> {
    fn health(&self) -> Asked<'_, ()> {
        Box::pin(async move {
            ask(self.caller, &system::Health::default()).await?;
            Ok(())
        })
    }

    fn agents(&self) -> Asked<'_, Vec<AgentSeen>> {
        Box::pin(async move {
            let listed = ask(self.caller, &agents::List {}).await?;
            Ok(listed
                .agents
                .into_iter()
                .map(|agent| AgentSeen {
                    agent_id: agent.id,
                    name: agent.name,
                    workspace: agent.workspace,
                })
                .collect())
        })
    }

    fn create_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()> {
        Box::pin(async move {
            let create = agents::Create {
                // the gateway makes the id from the name: so the id is the name at first
                name: registration.agent_id.clone(),
                workspace: Some(registration.workspace.clone()),
                ..agents::Create::default()
            };
            let created = ask(self.caller, &create).await?;
            if created.agent_id == registration.agent_id {
                return Ok(());
            }
            Err(GatewayError::Protocol(format!(
                "the gateway made the agent {} where {} was asked for: delete it there",
                created.agent_id, registration.agent_id
            )))
        })
    }

    fn update_agent<'a>(&'a self, registration: &'a Registration) -> Asked<'a, ()> {
        Box::pin(async move {
            let update = agents::Update {
                agent_id: registration.agent_id.clone(),
                name: Some(registration.name.clone()),
                workspace: Some(registration.workspace.clone()),
                ..agents::Update::default()
            };
            ask(self.caller, &update).await?;
            Ok(())
        })
    }

    fn delete_agent<'a>(&'a self, agent_id: &'a str, delete_files: bool) -> Asked<'a, ()> {
        Box::pin(async move {
            let delete = agents::Delete {
                agent_id: agent_id.to_owned(),
                delete_files: Some(delete_files),
            };
            let deleted = ask(self.caller, &delete).await?;
            for left in deleted.failed {
                tracing::warn!(
                    agent_id,
                    path = left.path,
                    "provision: the gateway left a file behind"
                );
            }
            Ok(())
        })
    }

    fn files<'a>(&'a self, agent_id: &'a str) -> Asked<'a, Vec<FileSeen>> {
        Box::pin(async move {
            let list = files::List {
                agent_id: agent_id.to_owned(),
            };
            let listed = ask(self.caller, &list).await?;
            Ok(listed.files.into_iter().filter_map(seen).collect())
        })
    }

    fn file<'a>(&'a self, agent_id: &'a str, name: &'a str) -> Asked<'a, Option<String>> {
        Box::pin(async move {
            let get = files::Get {
                agent_id: agent_id.to_owned(),
                name: name.to_owned(),
            };
            let file = ask(self.caller, &get).await?.file;
            Ok(if file.missing { None } else { file.content })
        })
    }

    fn set_file<'a>(&'a self, agent_id: &'a str, name: &'a str, content: &'a str) -> Asked<'a, ()> {
        Box::pin(async move {
            let set = files::Set {
                agent_id: agent_id.to_owned(),
                name: name.to_owned(),
                content: content.to_owned(),
            };
            ask(self.caller, &set).await?;
            Ok(())
        })
    }

    fn delete_file<'a>(&'a self, agent_id: &'a str, name: &'a str) -> Asked<'a, ()> {
        Box::pin(async move {
            // not a method of any gateway we know: 003 has it, and it may come
            let params = json!({"agentId": agent_id, "name": name});
            let within = dispatch_gateway::methods::WITHIN;
            self.caller
                .call("agents.files.delete", params, within)
                .await?;
            Ok(())
        })
    }

    fn config(&self) -> Asked<'_, ConfigSeen> {
        Box::pin(async move {
            let found = ask(self.caller, &config::Get {}).await?;
            let config = if found.config.is_object() {
                found.config
            } else {
                found.parsed
            };
            Ok(ConfigSeen {
                config,
                hash: found.hash,
            })
        })
    }

    fn patch_config<'a>(&'a self, patch: &'a ConfigPatch) -> Asked<'a, ()> {
        Box::pin(async move {
            let patch = config::Patch {
                raw: patch.patch.to_string(),
                base_hash: patch.base_hash.clone(),
                replace_paths: patch.replace_paths.clone(),
                note: None,
            };
            ask(self.caller, &patch).await?;
            Ok(())
        })
    }

    fn ensure_session<'a>(&'a self, key: &'a str, label: Option<&'a str>) -> Asked<'a, ()> {
        Box::pin(async move {
            let patch = sessions::Patch {
                key: key.to_owned(),
                label: label.map(str::to_owned),
            };
            ask(self.caller, &patch).await?;
            Ok(())
        })
    }

    fn reset_session<'a>(&'a self, key: &'a str) -> Asked<'a, ()> {
        Box::pin(async move {
            ask(
                self.caller,
                &sessions::Reset {
                    key: key.to_owned(),
                },
            )
            .await?;
            Ok(())
        })
    }

    fn delete_session<'a>(&'a self, key: &'a str) -> Asked<'a, ()> {
        Box::pin(async move {
            let delete = sessions::Delete {
                key: key.to_owned(),
                delete_transcript: Some(true),
            };
            ask(self.caller, &delete).await?;
            Ok(())
        })
    }

    fn send<'a>(&'a self, message: &'a Message) -> Asked<'a, ()> {
        Box::pin(async move {
            let send = chat::Send {
                session_key: message.session_key.clone(),
                message: message.text.clone(),
                deliver: message.deliver,
                idempotency_key: message.idempotency_key.clone(),
            };
            ask(self.caller, &send).await?;
            Ok(())
        })
    }
}

/// A listed file by its name, or by the last part of its path where older gateways give
/// only that.
fn seen(file: files::File) -> Option<FileSeen> {
    let path = file
        .path
        .as_deref()
        .and_then(|path| path.rsplit(['/', '\\']).next());
    let name = file.name.as_deref().or(path)?.to_owned();
    Some(FileSeen {
        name,
        missing: file.missing,
        size: file.size,
    })
}
