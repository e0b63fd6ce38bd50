//! A house, a gateway with the plugin, and a model that says what a test wants.

mod bodies;
mod host;
mod script;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dispatch_contract::Role;
use dispatch_contract::agent_tools::AGENT_ROLES;
use dispatch_gateway::methods::chat;
use dispatch_gateway::methods::tools::{Invoke, Invoked};
use dispatch_gateway::{Address, Connection, Credential, Secret, SecretRef, Target, ask};
use dispatch_provision::dispatch_config::{AgentPlan, PLUGIN, Plan, render};
use dispatch_testing::openclaw::{
    Asked, Installation, ModelServer, RealGateway, Reply, Settings, ToolCall, merge,
};
use futures::{Stream, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) use bodies::*;
pub(crate) use host::{Host, TECHNICIAN};
use script::Script;

/// How long something that must come about may take before the test gives up: a gateway
/// and a host share two cores with whatever else runs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// An agent that is allowed what its role may not: the gateway's list is no authority.
pub(crate) const LAX: &str = "lax";

/// All of it.
pub(crate) struct World {
    pub(crate) host: Host,
    pub(crate) gateway: RealGateway,
    pub(crate) connection: Connection,
    pub(crate) tokens: BTreeMap<Role, String>,
    model: ModelServer,
    script: Script,
    _workspaces: TempDir,
}

/// What came of a message to an agent.
#[derive(Debug)]
pub(crate) struct Turn {
    /// How it ended: `final`, `error` or `aborted`.
    pub(crate) state: String,
    /// What its tools answered, as the model reads it, in order.
    pub(crate) results: Vec<String>,
    /// What the model was offered.
    pub(crate) offered: Vec<String>,
}

impl Turn {
    /// The only answer, as the host's JSON.
    #[track_caller]
    pub(crate) fn answer(&self) -> Value {
        let last = self.results.last().expect("a result");
        serde_json::from_str(last).unwrap_or_else(|_| panic!("no answer: {last}"))
    }
}

/// The id of a role's agent.
pub(crate) fn agent(role: Role) -> String {
    dispatch_provision::dispatch_config::agent_id(role)
}

/// The lax twin of a role's agent: the same credential, every tool.
pub(crate) fn lax(role: Role) -> String {
    format!("{LAX}-{}", agent(role))
}

impl World {
    /// Starts everything; none where there is no gateway to be had. `options` are the host's.
    pub(crate) async fn start(options: &[&str]) -> Option<Self> {
        let installation = Installation::found()?;
        let host = Host::start(options).await;
        let tokens: BTreeMap<Role, String> = AGENT_ROLES
            .into_iter()
            .map(|role| (role, host.mint(role)))
            .collect();
        let script = Script::default();
        let model = ModelServer::start(script.player()).await.expect("a model");
        let workspaces = tempfile::tempdir().expect("a folder");
        let settings = settings(&host, &tokens, &model, workspaces.path());
        let gateway = RealGateway::start(&installation, settings).await;
        let gateway = gateway.expect("a gateway");
        let connection = connect(&gateway).await;
        Some(Self {
            host,
            gateway,
            connection,
            tokens,
            model,
            script,
            _workspaces: workspaces,
        })
    }

    /// A role's credential.
    pub(crate) fn token(&self, role: Role) -> &str {
        &self.tokens[&role]
    }

    /// Invokes a tool as an agent, past the model, under this key.
    pub(crate) async fn invoke(&self, agent: &str, tool: &str, args: &Value, key: &str) -> Invoked {
        let args = args.as_object().expect("an object").clone();
        let invoke = Invoke {
            idempotency_key: key.to_owned(),
            ..Invoke::new(agent, tool, args)
        };
        ask(&self.connection, &invoke).await.expect("an answer")
    }

    /// A message to an agent, whose model calls these tools, each after the other.
    pub(crate) async fn turn(&self, agent: &str, message: &str, calls: &[(&str, Value)]) -> Turn {
        let key = ulid::Ulid::generate().to_string();
        let steps = calls.iter().enumerate().map(|(index, (tool, args))| {
            Reply::call(&format!("call_{key}_{index}"), tool, args.clone())
        });
        let session = main_session(agent);
        let turn = self.play(&session, message, &key, steps.collect()).await;
        assert_eq!(turn.state, "final", "{turn:?}");
        turn
    }

    /// A message in a session, answered by these steps of the model.
    pub(crate) async fn play(
        &self,
        session: &str,
        message: &str,
        key: &str,
        steps: Vec<Reply>,
    ) -> Turn {
        let mut events = self.begin(session, message, key, steps).await;
        let state = ended(&mut events, key).await;
        let agent = session.split(':').nth(1).expect("an agent's session");
        let asked = self.last_asked(agent);
        Turn {
            state,
            results: asked.results(),
            offered: asked.tools().into_iter().map(str::to_owned).collect(),
        }
    }

    /// A message in a session; what the gateway tells from then on.
    async fn begin(
        &self,
        session: &str,
        message: &str,
        key: &str,
        steps: Vec<Reply>,
    ) -> impl Stream<Item = dispatch_gateway::Event> + Unpin {
        let agent = session.split(':').nth(1).expect("an agent's session");
        self.script.expect(agent, steps);
        let events = self.connection.events();
        let send = chat::Send {
            idempotency_key: key.to_owned(),
            ..chat::Send::new(session, message)
        };
        ask(&self.connection, &send).await.expect("taken");
        events
    }

    fn last_asked(&self, agent: &str) -> Asked {
        let asked = self.model.asked();
        let last = asked.into_iter().rfind(|asked| asked.agent() == agent);
        last.expect("the model was asked")
    }
}

/// How this run ended.
async fn ended(
    events: &mut (impl Stream<Item = dispatch_gateway::Event> + Unpin),
    run: &str,
) -> String {
    let over = async {
        loop {
            let event = events.next().await.expect("the connection holds");
            let payload = &event.payload;
            if &*event.name != "chat" || payload["runId"] != run {
                continue;
            }
            let state = payload["state"].as_str().unwrap_or_default();
            if ["final", "error", "aborted"].contains(&state) {
                if state == "error" {
                    eprintln!("the run failed: {payload}");
                }
                return state.to_owned();
            }
        }
    };
    let over = tokio::time::timeout(PATIENCE, over).await;
    over.expect("the run ends in time")
}

/// The session in which an agent is spoken to.
pub(crate) fn main_session(agent: &str) -> String {
    format!("agent:{agent}:main")
}

/// Calls of the same tool, all at once, under ids of the model's own.
pub(crate) fn at_once(calls: impl IntoIterator<Item = (String, &'static str, Value)>) -> Reply {
    let calls = calls.into_iter().map(|(id, name, arguments)| ToolCall {
        id,
        name: name.to_owned(),
        arguments,
    });
    Reply::Call(calls.collect())
}

async fn connect(gateway: &RealGateway) -> Connection {
    let address = Address::parse(&gateway.url()).expect("an address");
    let token = Credential::given(Secret::new(gateway.token()));
    let mut target = Target::new(address, token);
    // two busy cores are no half-open connection
    target.options.ping_every = PATIENCE;
    target.options.pong_within = PATIENCE;
    Connection::open(&target).await.expect("connected")
}

/// What `dispatch gateway config render` renders, the model server, and the lax twins.
fn settings(
    host: &Host,
    tokens: &BTreeMap<Role, String>,
    model: &ModelServer,
    workspaces: &Path,
) -> Settings {
    let plan = Plan {
        name: "under-test".into(),
        port: 1,
        token: SecretRef::Env("OPENCLAW_GATEWAY_TOKEN".into()),
        host: host.base(),
        plugin: plugin(),
        workspaces: workspaces.to_owned(),
        model: None,
        agents: AgentPlan::four(),
    };
    let mut config = render(&plan).expect("in order");
    // the test's own port
    if let Some(gateway) = config["gateway"].as_object_mut() {
        gateway.remove("port");
    }
    let ids: Vec<String> = AGENT_ROLES
        .into_iter()
        .flat_map(|role| [agent(role), lax(role)])
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    merge(&mut config, model.configuration(&ids));
    let all: Vec<String> = dispatch_contract::agent_tools::all()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    let mut env = Vec::new();
    for role in AGENT_ROLES {
        let SecretRef::Env(name) = dispatch_provision::dispatch_config::credential(role) else {
            panic!("the documented credentials are variables");
        };
        let reference = json!({ "source": "env", "provider": "default", "id": name });
        config["plugins"]["entries"][PLUGIN]["config"]["agents"][lax(role)] =
            json!({ "token": reference });
        merge(
            &mut config["agents"]["entries"][lax(role)],
            json!({ "tools": { "allow": all }, "workspace": workspaces.join(lax(role)) }),
        );
        env.push((name, tokens[&role].clone()));
    }
    Settings { config, env }
}

fn plugin() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../plugin")
        .canonicalize()
        .expect("the plugin's folder")
}
