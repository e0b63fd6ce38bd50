//! What `render` makes, on a gateway that ran with another rendering before.

use std::fs;
use std::path::Path;

use dispatch_gateway::methods::config;
use dispatch_gateway::{Address, Connection, Credential, Secret, SecretRef, Target, ask};
use dispatch_provision::dispatch_config::{AgentPlan, PLUGIN, Plan, render};
use dispatch_testing::openclaw::{Installation, RealGateway, Settings};
use serde_json::Value;

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
