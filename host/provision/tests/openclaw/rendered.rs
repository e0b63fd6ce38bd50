//! What `render` makes, on a real gateway: in place of another rendering, and with customers on
//! a channel.

use std::fs;
use std::path::Path;

use dispatch_contract::Role;
use dispatch_contract::agent_tools::AGENT_ROLES;
use dispatch_gateway::methods::{self, config};
use dispatch_gateway::{Address, Connection, Credential, Secret, SecretRef, Target, ask};
use dispatch_provision::dispatch_config::{
    AgentPlan, PLUGIN, Plan, Weight, agent_id, check_running, render,
};
use dispatch_testing::openclaw::{Installation, RealGateway, Settings, merge};
use serde_json::{Value, json};

/// As `dispatch gateway config render` does, with stand-ins for the credentials.
fn settings(name: &str, workspaces: &Path) -> Settings {
    let agents = AgentPlan::four();
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin");
    let env = agents.iter().map(|agent| match &agent.credential {
        SecretRef::Env(name) => (name.clone(), format!("stands in for {name}")),
        other => panic!("{other} is no variable"),
    });
    let env = env.collect();
    let plan = Plan {
        name: name.into(),
        port: 1,
        token: SecretRef::Env("OPENCLAW_GATEWAY_TOKEN".into()),
        host: "http://127.0.0.1:7711".into(),
        plugin: plugin.canonicalize().expect("the plugin's folder"),
        workspaces: workspaces.to_owned(),
        model: None,
        agents,
    };
    let mut config = render(&plan).expect("in order");
    // the test's own port
    if let Some(gateway) = config["gateway"].as_object_mut() {
        gateway.remove("port");
    }
    Settings { config, env }
}

/// The name that the plugin has of its gateway.
async fn named(connection: &Connection) -> Value {
    let seen = ask(connection, &config::Get::default()).await;
    let config = seen.expect("the configuration").config;
    config["plugins"]["entries"][PLUGIN]["config"]["gateway"].clone()
}

async fn connect(gateway: &RealGateway) -> Connection {
    let address = Address::parse(&gateway.url()).expect("an address");
    let token = Credential::given(Secret::new(gateway.token()));
    let target = Target::new(address, token);
    Connection::open(&target).await.expect("connected")
}

#[tokio::test]
async fn a_configuration_rendered_anew_takes_the_place_of_the_one_before() {
    let Some(installation) = Installation::found() else {
        return;
    };
    let workspaces = tempfile::tempdir().expect("a folder");
    let first = settings("first", workspaces.path());
    let mut gateway = RealGateway::start(&installation, first)
        .await
        .expect("a gateway");
    let rendered = fs::read_to_string(gateway.config_path()).expect("its configuration");

    // a write of the gateway's own marks the file: from then on it misses the mark in others'
    let connection = connect(&gateway).await;
    assert_eq!(named(&connection).await, "first");
    let seen = ask(&connection, &config::Get::default()).await;
    let patch = config::Patch {
        raw: r#"{ "logging": { "level": "info" } }"#.into(),
        base_hash: seen.expect("the configuration").hash,
        ..config::Patch::default()
    };
    ask(&connection, &patch).await.expect("patched");
    drop(connection);
    gateway.terminate().await.expect("ended");

    fs::write(
        gateway.config_path(),
        rendered.replace(r#""first""#, r#""second""#),
    )
    .expect("written");
    gateway.launch().await.expect("again");
    assert_eq!(named(&connect(&gateway).await).await, "second");
}

/// What the gateway answers to a call that has no type here.
async fn called(connection: &Connection, method: &str, params: Value) -> Value {
    let answer = connection.call(method, params, methods::WITHIN).await;
    answer.unwrap_or_else(|error| panic!("{method}: {error}"))
}

#[tokio::test]
async fn customers_of_a_channel_have_a_session_each_and_agents_have_no_skill() {
    let Some(installation) = Installation::found() else {
        return;
    };
    let workspaces = tempfile::tempdir().expect("a folder");
    let mut settings = settings("north", workspaces.path());
    let paper = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/openclaw/paper");
    let paper = paper.canonicalize().expect("the channel's folder");
    let intake = agent_id(Role::SystemIntakeAgent);
    let plugins = &mut settings.config["plugins"];
    plugins["allow"] = json!([PLUGIN, "paper"]);
    plugins["entries"]["paper"] = json!({ "enabled": true });
    let folders = plugins["load"]["paths"].as_array_mut();
    folders.expect("a list").push(json!(paper));
    merge(
        &mut settings.config,
        json!({
            "channels": { "paper": {} },
            "bindings": [{ "agentId": intake, "match": { "channel": "paper" } }],
        }),
    );
    let file = workspaces.path().join("paper");
    settings
        .env
        .push(("PAPER_FILE".into(), file.display().to_string()));
    let gateway = RealGateway::start(&installation, settings)
        .await
        .expect("a gateway");
    let connection = connect(&gateway).await;

    let mut sessions = Vec::new();
    for from in ["ada", "bob"] {
        let routed = called(&connection, "paper.route", json!({ "from": from })).await;
        let session = routed["sessionKey"].as_str().expect("a session").to_owned();
        assert!(
            session.starts_with(&format!("agent:{intake}:")),
            "{session}"
        );
        sessions.push(session);
    }
    assert_ne!(sessions[0], sessions[1], "what one said is not the other's");

    for role in AGENT_ROLES {
        let asked = json!({ "agentId": agent_id(role) });
        let status = called(&connection, "skills.status", asked).await;
        let skills = status["skills"].as_array().expect("skills");
        assert!(!skills.is_empty(), "OpenClaw comes with some");
        for skill in skills {
            assert_eq!(skill["eligible"], false, "{role}: {skill}");
            // by the whole gateway, and by the agent's own list
            assert_eq!(skill["blockedByAllowlist"], true, "{role}: {skill}");
            assert_eq!(skill["blockedByAgentFilter"], true, "{role}: {skill}");
        }
    }

    let seen = ask(&connection, &config::Get::default()).await;
    let findings = check_running(&seen.expect("the configuration"));
    let broken = findings.iter().find(|found| found.weight == Weight::Breaks);
    assert_eq!(broken, None);
}
