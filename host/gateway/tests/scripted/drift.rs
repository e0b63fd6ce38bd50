//! Our types against the protocol as OpenClaw publishes it
//! (`@openclaw/gateway-protocol`, `protocol.schema.json`). What of it our calls need is
//! kept in `tests/golden/openclaw/methods.json`; where the package is installed, that is
//! compared with it too.

use std::collections::BTreeSet;

use dispatch_gateway::methods::{
    agents, channels, chat, config, devices, files, models, runs, sessions, system, tools,
};
use dispatch_gateway::{Method, known};
use dispatch_testing::openclaw::Installation;
use serde_json::{Map, Value, json};

const KEPT: &str = include_str!("../../../../tests/golden/openclaw/methods.json");

fn kept() -> Map<String, Value> {
    serde_json::from_str(KEPT).expect("an object")
}

fn names(value: &Value) -> BTreeSet<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// What is sent at most and at least, against what the gateway takes and wants.
fn fits<M: Method>(most: &M, least: &M, left: &mut BTreeSet<String>) {
    let kept = kept();
    let known = kept
        .get(M::NAME)
        .unwrap_or_else(|| panic!("{} is kept", M::NAME));
    let scope = known["scope"].as_str().expect("a scope");
    if scope == "dynamic" {
        // the gateway decides by the parameters: we ask for the widest
        assert_eq!(M::SCOPE.as_str(), "operator.admin", "{}", M::NAME);
    } else {
        assert_eq!(M::SCOPE.as_str(), scope, "{}", M::NAME);
    }
    let fields = |method: &M| match serde_json::to_value(method).expect("JSON") {
        Value::Object(fields) => fields,
        other => panic!("{}: {other}", M::NAME),
    };
    if known.get("params").is_some() {
        let taken = names(&known["params"]);
        for field in fields(most).keys() {
            assert!(
                taken.contains(field.as_str()),
                "{} takes no {field}",
                M::NAME
            );
        }
        let sent = fields(least);
        for field in names(&known["required"]) {
            assert!(sent.contains_key(field), "{} wants {field}", M::NAME);
        }
    }
    left.remove(M::NAME);
}

#[test]
fn what_is_sent_is_what_the_published_schema_takes() {
    let mut left: BTreeSet<String> = kept().keys().cloned().collect();
    let left = &mut left;
    let some = || Some("x".to_owned());
    macro_rules! same {
        ($($method:expr),* $(,)?) => { $( fits(&$method, &$method, left); )* };
    }
    same!(
        agents::List {},
        models::List {},
        config::Get {},
        devices::List {},
        system::Status {},
        files::List::default(),
        files::Get::default(),
        files::Set::default(),
        sessions::Reset::default(),
        devices::Approve::default(),
        devices::Reject::default(),
        devices::Remove::default(),
        devices::Revoke::default(),
        chat::Send::new("k", "m"),
        runs::Wait::default(),
    );
    let most = agents::Create {
        name: "x".into(),
        workspace: some(),
        model: some(),
        emoji: some(),
    };
    fits(&most, &agents::Create::default(), left);
    let most = agents::Update {
        agent_id: "x".into(),
        name: some(),
        workspace: some(),
        model: some(),
        emoji: some(),
    };
    fits(&most, &agents::Update::default(), left);
    let most = agents::Delete {
        delete_files: Some(true),
        ..Default::default()
    };
    fits(&most, &agents::Delete::default(), left);
    let most = sessions::List {
        limit: Some(1),
        offset: Some(1),
        active_minutes: Some(1),
        agent_id: some(),
        search: some(),
    };
    fits(&most, &sessions::List::default(), left);
    let most = sessions::Patch {
        label: some(),
        ..Default::default()
    };
    fits(&most, &sessions::Patch::default(), left);
    let most = sessions::Delete {
        delete_transcript: Some(true),
        ..Default::default()
    };
    fits(&most, &sessions::Delete::default(), left);
    let most = chat::History {
        limit: Some(1),
        ..Default::default()
    };
    fits(&most, &chat::History::default(), left);
    let most = chat::Abort {
        run_id: some(),
        ..Default::default()
    };
    fits(&most, &chat::Abort::default(), left);
    let most = config::Patch {
        raw: "{}".into(),
        base_hash: some(),
        replace_paths: vec!["x".into()],
        note: some(),
    };
    fits(&most, &config::Patch::default(), left);
    let most = channels::Status {
        probe: Some(true),
        timeout_ms: Some(1),
    };
    fits(&most, &channels::Status::default(), left);
    let least = channels::Send {
        channel: None,
        ..channels::Send::new("sms", "t", "m")
    };
    let most = channels::Send {
        account_id: some(),
        ..channels::Send::new("sms", "t", "m")
    };
    fits(&most, &least, left);
    let most = devices::Rotate {
        scopes: Some(vec![]),
        ..Default::default()
    };
    fits(&most, &devices::Rotate::default(), left);
    let most = runs::Run {
        agent_id: some(),
        deliver: Some(true),
        ..runs::Run::new("k", "m")
    };
    fits(
        &most,
        &runs::Run {
            session_key: None,
            ..runs::Run::new("k", "m")
        },
        left,
    );
    let least = runs::Wake {
        mode: runs::WakeMode::NextHeartbeat,
        text: "x".into(),
        agent_id: None,
        session_key: None,
    };
    assert_eq!(
        serde_json::to_value(&least).expect("JSON")["mode"],
        json!("next-heartbeat")
    );
    let most = runs::Wake {
        agent_id: some(),
        session_key: some(),
        ..least.clone()
    };
    fits(&most, &least, left);
    let most = system::Health { probe: Some(true) };
    fits(&most, &system::Health::default(), left);
    let most = system::LogsTail {
        cursor: Some(1),
        limit: Some(1),
        max_bytes: Some(1),
    };
    fits(&most, &system::LogsTail::default(), left);
    let most = tools::Invoke {
        session_key: some(),
        ..tools::Invoke::new("a", "t", Map::new())
    };
    fits(
        &most,
        &tools::Invoke {
            agent_id: None,
            ..tools::Invoke::new("a", "t", Map::new())
        },
        left,
    );
    assert!(left.is_empty(), "kept, and not called: {left:?}");
    assert_eq!(kept().len(), known::CALLED.len());
}

#[test]
fn what_is_kept_of_the_schema_is_what_is_published() {
    let Some(installation) = Installation::found() else {
        return;
    };
    let file = installation
        .folder()
        .join("node_modules/@openclaw/gateway-protocol/protocol.schema.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!(
            "SKIPPED: the published protocol is not installed ({} is not there); \
             `cargo xtask setup` installs it beside OpenClaw",
            file.display()
        );
        return;
    };
    let published: Value = serde_json::from_str(&text).expect("a schema");
    let methods = published["methods"].as_object().expect("methods");
    for name in known::CALLED.iter().chain(known::OTHERS) {
        assert!(methods.contains_key(*name), "{name} is no longer published");
    }
    for name in known::GONE {
        assert!(!methods.contains_key(*name), "{name} is back");
    }
    for (name, known) in kept() {
        assert_eq!(known["scope"], methods[&name]["scope"], "{name}");
        let definition = &published["definitions"][definition(&name)];
        let fields: BTreeSet<&str> = definition["properties"]
            .as_object()
            .map(|fields| fields.keys().map(String::as_str).collect())
            .unwrap_or_default();
        assert_eq!(names(&known["params"]), fields, "{name}");
        assert_eq!(
            names(&known["required"]),
            names(&definition["required"]),
            "{name}"
        );
    }
}

/// `agents.files.set` is defined as `AgentsFilesSetParams`.
fn definition(method: &str) -> String {
    let mut name: String = method
        .split('.')
        .map(|part| part[..1].to_uppercase() + &part[1..])
        .collect();
    name.push_str("Params");
    name
}
