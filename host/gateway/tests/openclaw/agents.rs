//! What is written: agents, their files, sessions, the configuration.

use std::time::Duration;

use dispatch_gateway::methods::{agents, config, files, sessions};
use dispatch_gateway::retry::{Again, again};
use dispatch_gateway::{Connection, ask};
use serde_json::json;

use crate::support::{HANG, connected, started, target};

/// An agent is acknowledged before it is visible.
async fn until_visible(connection: &Connection, id: &str, visible: bool) {
    let look = async {
        loop {
            match ask(connection, &agents::List {}).await {
                Ok(seen) if seen.agents.iter().any(|agent| agent.id == id) == visible => return,
                Ok(_) => {}
                // it takes up the configuration that a call of before wrote
                Err(error) => assert_ne!(again(&error), Again::Never, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(HANG, look).await.expect("in time");
}

#[tokio::test]
async fn agents_files_sessions_and_configuration_are_written() {
    let Some(gateway) = started().await else {
        return;
    };
    let connection = connected(&target(&gateway)).await;
    let workspace = gateway.folder().join("ws-desk").display().to_string();
    let create = agents::Create {
        name: "Dispatch Desk".into(),
        workspace: Some(workspace),
        ..Default::default()
    };
    let id = ask(&connection, &create).await.expect("made").agent_id;
    assert_eq!(id, "dispatch-desk");
    until_visible(&connection, &id, true).await;
    let error = ask(&connection, &create).await.expect_err("there already");
    assert!(error.message().contains("already exists"), "{error}");
    assert_eq!(again(&error), Again::Never);
    let update = agents::Update {
        agent_id: id.clone(),
        name: Some("Desk".into()),
        emoji: Some("📟".into()),
        ..Default::default()
    };
    assert_eq!(
        ask(&connection, &update).await.expect("changed").agent_id,
        id
    );

    let set = files::Set {
        agent_id: id.clone(),
        name: "AGENTS.md".into(),
        content: "# Desk\n".into(),
    };
    assert_eq!(
        ask(&connection, &set).await.expect("written").file.size,
        Some(7)
    );
    let get = files::Get {
        agent_id: id.clone(),
        name: "AGENTS.md".into(),
    };
    let file = ask(&connection, &get).await.expect("read").file;
    assert_eq!(file.content.as_deref(), Some("# Desk\n"));
    let tools = files::Set {
        name: "TOOLS.md".into(),
        ..set
    };
    let error = ask(&connection, &tools).await.expect_err("not that one");
    assert!(error.message().contains("unsupported file"), "{error}");

    let key = format!("agent:{id}:main");
    let patch = sessions::Patch {
        key: key.clone(),
        label: Some("Desk".into()),
    };
    assert_eq!(ask(&connection, &patch).await.expect("made").key, key);
    let list = sessions::List {
        agent_id: Some(id.clone()),
        ..Default::default()
    };
    let listed = ask(&connection, &list).await.expect("listed");
    assert_eq!(listed.sessions[0].label.as_deref(), Some("Desk"));
    ask(&connection, &sessions::Reset { key: key.clone() })
        .await
        .expect("reset");
    let delete = sessions::Delete {
        key: format!("agent:{id}:never"),
        delete_transcript: None,
    };
    assert!(!ask(&connection, &delete).await.expect("no error").deleted);

    let before = ask(&connection, &config::Get {}).await.expect("config");
    let patch = config::Patch {
        raw: json!({"messages": {"ackReaction": "👀"}}).to_string(),
        base_hash: before.hash.clone(),
        ..Default::default()
    };
    let patched = ask(&connection, &patch).await.expect("patched");
    assert_ne!(patched.hash, before.hash);
    let error = ask(&connection, &patch).await.expect_err("it moved on");
    assert_eq!(again(&error), Again::Never, "{error}");
    let after = ask(&connection, &config::Get {}).await.expect("config");
    assert_eq!(
        after.config.pointer("/messages/ackReaction"),
        Some(&json!("👀"))
    );

    let delete = agents::Delete {
        agent_id: id.clone(),
        delete_files: Some(true),
    };
    assert_eq!(ask(&connection, &delete).await.expect("gone").agent_id, id);
    // it may restart in place
    let connection = connected(&target(&gateway)).await;
    until_visible(&connection, &id, false).await;
    let error = ask(&connection, &delete).await.expect_err("gone already");
    assert!(error.message().contains("not found"), "{error}");
}
