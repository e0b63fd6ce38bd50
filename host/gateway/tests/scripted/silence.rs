//! A gateway that is there and says nothing.

use std::time::Duration;

use dispatch_gateway::{Connection, GatewayError, Target, Trouble};
use dispatch_testing::openclaw::scripted::{Reply, Script, ScriptedGateway};
use serde_json::json;

use crate::support::{HANG, started, target};

/// Pings often, waits little.
fn impatient(gateway: &ScriptedGateway) -> Target {
    let mut target = target(gateway);
    target.options.ping_every = Duration::from_millis(50);
    target.options.pong_within = Duration::from_millis(200);
    target
}

#[tokio::test]
async fn half_open_is_noticed_without_a_call_and_calls_are_told() {
    let gateway = started(Script::default().reply("mute", Reply::Silence)).await;
    let connection = Connection::open(&impatient(&gateway))
        .await
        .expect("connected");
    let waiting = connection.clone();
    let call = tokio::spawn(async move { waiting.call("mute", json!({}), HANG).await });
    while connection.in_flight() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    gateway.freeze();
    let why = tokio::time::timeout(HANG, connection.closed())
        .await
        .expect("noticed");
    assert!(matches!(why, GatewayError::Silent { .. }), "{why:?}");
    assert_eq!(Trouble::of(&why), Trouble::Silent);
    let told = call.await.expect("no panic").expect_err("told");
    assert!(matches!(told, GatewayError::Silent { .. }), "{told:?}");
}

#[tokio::test]
async fn a_quiet_gateway_that_answers_pings_stays_and_its_latency_is_known() {
    let gateway = started(Script {
        ticks: false,
        ..Script::default()
    })
    .await;
    let connection = Connection::open(&impatient(&gateway))
        .await
        .expect("connected");
    assert_eq!(connection.latency(), None);
    let lasts = tokio::time::timeout(Duration::from_secs(1), connection.closed()).await;
    assert!(lasts.is_err(), "{lasts:?}");
    assert!(connection.latency().is_some_and(|latency| latency < HANG));
    connection
        .call("health", json!({}), HANG)
        .await
        .expect("still there");
}

#[tokio::test]
async fn pongs_without_ticks_are_silence_too() {
    let gateway = started(Script {
        tick_interval: Duration::from_millis(150),
        ticks: false,
        ..Script::default()
    })
    .await;
    let connection = Connection::open(&impatient(&gateway))
        .await
        .expect("connected");
    let why = tokio::time::timeout(HANG, connection.closed())
        .await
        .expect("noticed");
    assert!(matches!(why, GatewayError::Silent { .. }), "{why:?}");
    gateway.set(|script| script.ticks = true);
    let connection = Connection::open(&impatient(&gateway))
        .await
        .expect("connected");
    let lasts = tokio::time::timeout(Duration::from_secs(1), connection.closed()).await;
    assert!(lasts.is_err(), "{lasts:?}");
}
