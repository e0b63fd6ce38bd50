//! Every condition, and who writes it down.

use std::time::Duration;

use dispatch_contract::GatewayId;
use dispatch_contract::event::{Event, EventType};
use dispatch_contract::gateway::{GatewayStatus, GatewayStatusChange};
use dispatch_contract::gateway_health::{GatewayAlert, GatewayHealth};
use dispatch_switchboard::Visitor;
use dispatch_testing::openclaw::scripted::{Greeting, Reply, Script, ScriptedGateway};
use serde_json::json;

use crate::stage::{Stage, event};

const SELDOM: Duration = Duration::from_secs(100_000);

async fn scripted(script: Script) -> ScriptedGateway {
    ScriptedGateway::start(script).await.expect("a gateway")
}

async fn register(stage: &Stage, gateway: &ScriptedGateway) -> GatewayId {
    let token = gateway.token();
    let registered = stage.register("one", gateway.url(), &token).await;
    registered.gateway_id
}

fn trouble(health: &GatewayHealth) -> &str {
    health.trouble.as_deref().unwrap_or_default()
}

/// How many are under watch.
fn watched(stage: &Stage) -> usize {
    let everybody = Visitor::the_house();
    stage.host.switchboard.healths(&everybody).len()
}

/// From and to, as it was written down.
fn changes(events: &[Event]) -> Vec<(GatewayStatus, GatewayStatus)> {
    let read = |event: &Event| {
        let change: GatewayStatusChange =
            serde_json::from_value(event.payload.clone()).expect("a change");
        (change.from, change.to)
    };
    events.iter().map(read).collect()
}

#[tokio::test]
async fn a_gateway_that_is_well_is_known_in_all_its_parts() {
    let stage = Stage::new().await;
    let gateway = scripted(Script::default()).await;
    let id = register(&stage, &gateway).await;
    let watching = stage.host.watch(SELDOM);
    let health = stage
        .host
        .until(id, |health| {
            health.looked_at.is_some() && health.latency.last_us.is_some()
        })
        .await;
    assert_eq!(health.status, GatewayStatus::Online);
    assert_eq!(
        (health.version.as_deref(), health.protocol),
        (Some("2026.9.6"), Some(4))
    );
    assert!(health.scopes.iter().any(|scope| scope == "operator.write"));
    assert!(!health.agents.is_empty() && health.connections == 1);
    assert_eq!((trouble(&health), health.next_step.as_deref()), ("", None));
    let told = stage.host.told(EventType::GatewayStatusChanged, 1).await;
    use GatewayStatus::{Online, Starting};
    assert_eq!(changes(&told), [(Starting, Online)]);
    let mut registry = prometheus_client::registry::Registry::default();
    stage
        .host
        .switchboard
        .watch_metrics()
        .register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).expect("metrics");
    let line = format!(r#"gateway_status{{gateway_id="{id}",gateway="one",status="online"}} 1"#);
    assert!(text.contains(&line), "{text}");
    watching.stop().await;
}

#[tokio::test]
async fn one_that_crashes_is_unreachable_until_it_is_back() {
    let stage = Stage::new().await;
    let mut gateway = scripted(Script::default()).await;
    let id = register(&stage, &gateway).await;
    let watching = stage.host.watch(SELDOM);
    stage.host.found(id, GatewayStatus::Online).await;
    stage.host.told(EventType::GatewayStatusChanged, 1).await;
    gateway.kill().await;
    let health = stage.host.found(id, GatewayStatus::Unreachable).await;
    assert_eq!(trouble(&health), "unreachable");
    let next = health.next_step.expect("a next step");
    assert!(next.contains("openclaw gateway run"), "{next}");
    assert!(!health.errors.is_empty());
    stage.host.told(EventType::GatewayStatusChanged, 2).await;
    gateway.start_again().await.expect("its port");
    let health = stage.host.found(id, GatewayStatus::Online).await;
    assert_eq!(health.connections, 2);
    let told = stage.host.told(EventType::GatewayStatusChanged, 3).await;
    use GatewayStatus::{Online, Starting, Unreachable};
    let expected = [
        (Starting, Online),
        (Online, Unreachable),
        (Unreachable, Online),
    ];
    assert_eq!(changes(&told), expected);
    watching.stop().await;
}

#[tokio::test]
async fn a_half_open_connection_is_silent() {
    let stage = Stage::new().await;
    let gateway = scripted(Script::default()).await;
    let id = register(&stage, &gateway).await;
    let _watching = stage.host.watch(SELDOM);
    stage.host.found(id, GatewayStatus::Online).await;
    gateway.freeze();
    let health = stage.host.found(id, GatewayStatus::Unreachable).await;
    assert_eq!(trouble(&health), "silent", "{health:#?}");
    let next = health.next_step.expect("a next step");
    assert!(next.contains("does not answer"), "{next}");
    gateway.thaw();
    stage.host.found(id, GatewayStatus::Online).await;
}

#[tokio::test]
async fn one_that_takes_the_connection_and_says_nothing_is_silent() {
    let stage = Stage::new().await;
    let gateway = scripted(Script {
        greeting: Greeting::Silence,
        ..Script::default()
    });
    let gateway = gateway.await;
    let id = register(&stage, &gateway).await;
    let _watching = stage.host.watch(SELDOM);
    let health = stage.host.found(id, GatewayStatus::Unreachable).await;
    assert_eq!(trouble(&health), "silent", "{health:#?}");
}

#[tokio::test]
async fn an_old_version_and_another_protocol_are_incompatible() {
    let stage = Stage::new().await;
    let old = scripted(Script {
        version: "2025.12.31".into(),
        ..Script::default()
    });
    let old = old.await;
    let newer = scripted(Script {
        protocol: 5,
        ..Script::default()
    });
    let newer = newer.await;
    let first = register(&stage, &old).await;
    let second = stage.register("two", newer.url(), &newer.token()).await;
    let _watching = stage.host.watch(SELDOM);
    let health = stage.host.found(first, GatewayStatus::Incompatible).await;
    let reason = health.reason.expect("a reason");
    assert!(reason.contains("2025.12.31"), "{reason}");
    let next = health.next_step.expect("a next step");
    assert!(next.contains("Update OpenClaw"), "{next}");
    let second = second.gateway_id;
    stage.host.found(second, GatewayStatus::Incompatible).await;
}

#[tokio::test]
async fn a_wrong_token_is_known_and_so_is_the_right_one_once_it_is_there() {
    let stage = Stage::new().await;
    let gateway = scripted(Script::default()).await;
    let wrong = stage.register("one", gateway.url(), "not-the-token").await;
    let _watching = stage.host.watch(SELDOM);
    let id = wrong.gateway_id;
    let health = stage.host.found(id, GatewayStatus::AuthFailed).await;
    assert_eq!(trouble(&health), "auth_failed");
    assert!(health.next_step.expect("a next step").contains("token"));
    stage.set_token("one", &gateway.token());
    stage.host.found(id, GatewayStatus::Online).await;
}

#[tokio::test]
async fn an_announced_restart_is_starting_and_not_gone() {
    let stage = Stage::new().await;
    let mut gateway = scripted(Script::default()).await;
    let id = register(&stage, &gateway).await;
    let _watching = stage.host.watch(SELDOM);
    stage.host.found(id, GatewayStatus::Online).await;
    gateway.close(1012, "service restart");
    stage.host.found(id, GatewayStatus::Starting).await;
    gateway.kill().await;
    // refused connections do not make it unreachable while the restart explains them
    let health = stage.host.until(id, |health| health.failures >= 2).await;
    assert_eq!(health.status, GatewayStatus::Starting, "{health:#?}");
    gateway.start_again().await.expect("its port");
    stage.host.found(id, GatewayStatus::Online).await;
}

#[tokio::test]
async fn a_channel_that_is_down_degrades_it() {
    let stage = Stage::new().await;
    let channels = json!({ "channelAccounts": { "whatsapp": [{ "accountId": "desk",
        "enabled": true, "configured": true, "running": true, "connected": false,
        "lastError": "logged out" }] } });
    let script = Script::default().reply("channels.status", Reply::Payload(channels));
    let gateway = scripted(script).await;
    let id = register(&stage, &gateway).await;
    let _watching = stage.host.watch(SELDOM);
    let health = stage.host.found(id, GatewayStatus::Degraded).await;
    let reason = health.reason.expect("a reason");
    assert!(
        reason.contains("desk") && reason.contains("logged out"),
        "{reason}"
    );
    assert_eq!(health.channels[0].connected, Some(false));
}

#[tokio::test]
async fn an_entry_that_cannot_work_says_what_to_correct() {
    let stage = Stage::new().await;
    let gateway = stage.register("one", "ws://nowhere".into(), "x").await;
    let _watching = stage.host.watch(SELDOM);
    let health = stage
        .host
        .until(gateway.gateway_id, |health| {
            trouble(health) == "misconfigured"
        })
        .await;
    assert!(health.reason.expect("a reason").contains("port"));
    assert!(health.next_step.is_some());
}

#[tokio::test]
async fn what_lasts_is_an_alert_and_so_is_its_end() {
    let stage = Stage::new().await;
    let mut gateway = scripted(Script::default()).await;
    let id = register(&stage, &gateway).await;
    let _watching = stage.host.watch(Duration::from_millis(1_200));
    stage.host.found(id, GatewayStatus::Online).await;
    gateway.kill().await;
    let alert = |event: &Event| -> GatewayAlert {
        serde_json::from_value(event.payload.clone()).expect("an alert")
    };
    let told = stage.host.told(EventType::EscalationRaised, 1).await;
    let raised = alert(&told[0]);
    assert_eq!((raised.gateway_id, raised.over), (id, false));
    assert_eq!(raised.status, GatewayStatus::Unreachable);
    assert!(raised.next_step.is_some() && raised.name == "one");
    gateway.start_again().await.expect("its port");
    let told = stage.host.told(EventType::EscalationRaised, 2).await;
    let over = alert(&told[1]);
    assert_eq!((over.over, over.status), (true, GatewayStatus::Online));
}

#[tokio::test]
async fn of_two_hosts_one_writes_down_and_the_other_follows_it() {
    let stage = Stage::new().await;
    let mut gateway = scripted(Script::default()).await;
    let id = register(&stage, &gateway).await;
    let other = stage.second_host().await;
    let first = stage.host.watch(SELDOM);
    let health = stage.host.until(id, |health| health.recorded_here).await;
    assert_eq!(health.gateway_id, id);
    let _second = other.watch(SELDOM);
    let seen = other.found(id, GatewayStatus::Online).await;
    assert!(!seen.recorded_here, "both see it, one holds it");
    stage.host.told(EventType::GatewayStatusChanged, 1).await;
    first.stop().await;
    other.until(id, |health| health.recorded_here).await;
    gateway.kill().await;
    other.found(id, GatewayStatus::Unreachable).await;
    let told = other.told(EventType::GatewayStatusChanged, 2).await;
    use GatewayStatus::{Online, Starting, Unreachable};
    assert_eq!(changes(&told), [(Starting, Online), (Online, Unreachable)]);
}

#[tokio::test]
async fn a_gateway_that_is_struck_off_is_left_alone() {
    let stage = Stage::new().await;
    let gateway = scripted(Script::default()).await;
    let id = register(&stage, &gateway).await;
    let _watching = stage.host.watch(SELDOM);
    stage.host.found(id, GatewayStatus::Online).await;
    assert_eq!(watched(&stage), 1);
    let removed = event(EventType::GatewayRemoved, None);
    let removed = stage.host.ledger.remove_gateway(id, removed).await;
    assert!(removed.expect("the database").is_some());
    let began = std::time::Instant::now();
    while gateway.connections() > 0 || watched(&stage) > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "still watched");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
