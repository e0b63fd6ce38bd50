//! Every typed answer reads what a real gateway said, and what is new in it.

use dispatch_gateway::methods::{
    agents, channels, chat, config, devices, files, models, runs, sessions, system, tools,
};
use dispatch_gateway::{Method, known};
use dispatch_testing::openclaw::scripted::answer;
use serde_json::Value;

/// A recorded answer with something new in every object of it.
fn newer(method: &str) -> Value {
    fn add(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.values_mut().for_each(add);
                // maps by id take no stranger; they are empty or known here
                if !map.is_empty() && !map.contains_key("fieldsOfTomorrow") {
                    map.insert("fieldsOfTomorrow".into(), Value::Null);
                }
            }
            Value::Array(list) => list.iter_mut().for_each(add),
            _ => {}
        }
    }
    let mut value = answer(method).unwrap_or_else(|| panic!("{method} was recorded"));
    add(&mut value);
    value
}

fn read<M: Method>() -> M::Answer {
    serde_json::from_value(newer(M::NAME)).unwrap_or_else(|error| panic!("{}: {error}", M::NAME))
}

#[test]
fn recorded_answers_are_read() {
    let agents = read::<agents::List>();
    assert_eq!(agents.default_id.as_deref(), Some("main"));
    assert!(
        agents
            .agents
            .iter()
            .any(|agent| agent.id == "dispatch-desk" && agent.workspace.is_some())
    );
    assert_eq!(read::<agents::Create>().agent_id, "dispatch-desk");
    assert_eq!(read::<agents::Update>().agent_id, "dispatch-desk");
    assert!(read::<agents::Delete>().failed.is_empty());
    let list = read::<files::List>();
    assert!(
        list.files
            .iter()
            .any(|file| file.name.as_deref() == Some("AGENTS.md") && file.missing)
    );
    let file = read::<files::Get>().file;
    assert!(
        file.content
            .is_some_and(|content| content.starts_with("# Dispatch desk"))
    );
    assert_eq!(read::<files::Set>().file.size, Some(45));
    let sessions = read::<sessions::List>();
    assert_eq!(sessions.sessions[0].key, "agent:dispatch-desk:job-42");
    assert_eq!(sessions.sessions[0].label.as_deref(), Some("Job 42"));
    assert_eq!(read::<sessions::Patch>().key, "agent:dispatch-desk:job-42");
    assert!(read::<sessions::Reset>().entry["sessionId"].is_string());
    assert!(read::<sessions::Delete>().deleted);
    assert_eq!(read::<chat::Send>().status, "started");
    assert_eq!(read::<chat::History>().messages[0]["role"], "user");
    assert!(!read::<chat::Abort>().aborted);
    let config = read::<config::Get>();
    assert!(
        config.valid
            && config
                .hash
                .is_some_and(|hash| hash.starts_with("hmac-sha256"))
    );
    assert!(read::<config::Patch>().ok);
    assert!(read::<channels::Status>().channel_accounts.is_empty());
    let devices = read::<devices::List>();
    assert!(devices.pending[0].is_repair && !devices.paired[0].tokens.is_empty());
    assert_eq!(
        read::<devices::Approve>().device.platform.as_deref(),
        Some("linux")
    );
    assert!(!read::<devices::Remove>().device_id.is_empty());
    assert_eq!(
        read::<devices::Rotate>().token_delivery.as_deref(),
        Some("withheld-cross-device")
    );
    assert!(read::<devices::Revoke>().revoked_at_ms.is_some());
    assert_eq!(read::<runs::Run>().status, "accepted");
    assert_eq!(read::<runs::Wait>().status, "error");
    let health = read::<system::Health>();
    assert!(health.ok && health.plugins.loaded == ["real-dispatch"]);
    assert_eq!(
        read::<system::Status>().runtime_version.as_deref(),
        Some("2026.9.6")
    );
    assert_eq!(read::<system::LogsTail>().lines.len(), 2);
    assert_eq!(read::<models::List>().models[0].id, "fake-1");
    assert!(read::<tools::Invoke>().ok);
}

#[test]
fn an_account_of_a_channel_is_read() {
    let channels: channels::Channels = serde_json::from_value(serde_json::json!({
        "ts": 1, "channelOrder": ["telegram"], "channelLabels": {"telegram": "Telegram"},
        "channelAccounts": {"telegram": [{"accountId": "ops", "enabled": true, "connected": false,
            "lastError": "401", "probe": {"ok": false}, "reconnectAttempts": 2}]},
        "channelDefaultAccountId": {"telegram": "ops"},
    }))
    .expect("read");
    assert_eq!(
        channels.channel_accounts["telegram"][0]
            .last_error
            .as_deref(),
        Some("401")
    );
}

#[test]
fn what_is_called_is_known() {
    for name in [
        agents::List::NAME,
        agents::Create::NAME,
        agents::Update::NAME,
        agents::Delete::NAME,
        files::List::NAME,
        files::Get::NAME,
        files::Set::NAME,
        sessions::List::NAME,
        sessions::Patch::NAME,
        sessions::Reset::NAME,
        sessions::Delete::NAME,
        chat::Send::NAME,
        chat::History::NAME,
        chat::Abort::NAME,
        config::Get::NAME,
        config::Patch::NAME,
        channels::Status::NAME,
        channels::Send::NAME,
        devices::List::NAME,
        devices::Approve::NAME,
        devices::Reject::NAME,
        devices::Remove::NAME,
        devices::Rotate::NAME,
        devices::Revoke::NAME,
        runs::Run::NAME,
        runs::Wait::NAME,
        runs::Wake::NAME,
        system::Health::NAME,
        system::Status::NAME,
        system::LogsTail::NAME,
        models::List::NAME,
        tools::Invoke::NAME,
    ] {
        assert!(known::CALLED.contains(&name), "{name}");
    }
}
