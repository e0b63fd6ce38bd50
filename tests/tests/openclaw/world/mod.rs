//! A house, a gateway with the plugin, and a model that says what a test wants.

mod bodies;
mod host;
mod script;
mod sockets;
mod turn;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dispatch_contract::Role;
use dispatch_contract::agent_tools::AGENT_ROLES;
use dispatch_gateway::methods::tools::{Invoke, Invoked};
use dispatch_gateway::{Address, Connection, Credential, Secret, SecretRef, Target, ask};
use dispatch_provision::dispatch_config::{AgentPlan, PLUGIN, Plan, render};
use dispatch_testing::openclaw::{
    Installation, ModelServer, RealGateway, Reply, Settings, ToolCall, merge,
};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) use bodies::*;
pub(crate) use host::{Host, TECHNICIAN};
use script::Script;
pub(crate) use turn::Origin;

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
        Self::patient(options, Duration::from_secs(30)).await
    }

    /// The same, where the plugin waits so long for the host.
    pub(crate) async fn patient(options: &[&str], timeout: Duration) -> Option<Self> {
        let installation = Installation::found()?;
        let host = Host::start(options).await;
        let tokens: BTreeMap<Role, String> = AGENT_ROLES
            .into_iter()
            .map(|role| (role, host.mint(role)))
            .collect();
        let script = Script::default();
        let model = ModelServer::start(script.player()).await.expect("a model");
        let workspaces = tempfile::tempdir().expect("a folder");
        let mut settings = settings(&host, &tokens, &model, workspaces.path());
        settings.config["plugins"]["entries"][PLUGIN]["config"]["timeoutMs"] =
            json!(timeout.as_millis());
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
