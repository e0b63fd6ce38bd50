//! What a real gateway can be made to do: stop answering, be killed, restart, change its
//! token. One after the other on one gateway, since each start takes long.

use std::time::Duration;

use dispatch_contract::event::EventType;
use dispatch_contract::gateway::GatewayStatus;
use dispatch_testing::openclaw::{Installation, RealGateway};
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_real_gateway_is_known_for_what_it_is() {
    let Some(installation) = Installation::found() else {
        return; // it has said SKIPPED, and why
    };
    let config = json!({ "agents": { "entries": { "intake": {} } } });
    let started = RealGateway::start(&installation, config).await;
    let mut real = started.expect("a gateway");
    let stage = Stage::new().await;
    let registered = stage.register("real", real.url(), real.token()).await;
    let id = registered.gateway_id;
    let watching = stage.host.watch(Duration::from_secs(100_000));
    let host = &stage.host;
    let health = host
        .until(id, |health| {
            health.status == GatewayStatus::Online
                && health.looked_at.is_some()
                && health.latency.last_us.is_some()
        })
        .await;
    assert_eq!(health.protocol, Some(4));
    assert!(health.version.expect("a version").starts_with("2026."));

    host.written(GatewayStatus::Online).await;
    real.freeze().expect("it runs");
    let health = host.found(id, GatewayStatus::Unreachable).await;
    host.written(GatewayStatus::Unreachable).await;
    assert_eq!(health.trouble.as_deref(), Some("silent"), "{health:#?}");
    assert!(
        health
            .next_step
            .expect("a next step")
            .contains("does not answer")
    );
    real.thaw().expect("it runs");
    host.found(id, GatewayStatus::Online).await;
    host.written(GatewayStatus::Online).await;

    real.kill_9();
    let health = host.found(id, GatewayStatus::Unreachable).await;
    host.written(GatewayStatus::Unreachable).await;
    assert_eq!(
        health.trouble.as_deref(),
        Some("unreachable"),
        "{health:#?}"
    );
    assert!(
        health
            .next_step
            .expect("a next step")
            .contains("openclaw gateway run")
    );
    real.launch().await.expect("it starts again");
    host.found(id, GatewayStatus::Online).await;
    host.written(GatewayStatus::Online).await;

    // a restart says so; with another token, what was good is refused after it
    real.set_token("another-token");
    real.terminate().await.expect("it ends");
    host.found(id, GatewayStatus::Starting).await;
    real.launch().await.expect("it starts again");
    let health = host.found(id, GatewayStatus::AuthFailed).await;
    host.written(GatewayStatus::AuthFailed).await;
    assert_eq!(
        health.trouble.as_deref(),
        Some("auth_failed"),
        "{health:#?}"
    );
    assert!(health.next_step.expect("a next step").contains("token"));
    stage.set_token("real", "another-token");
    let health = host.found(id, GatewayStatus::Online).await;
    host.written(GatewayStatus::Online).await;
    assert!(health.connections >= 4 && !health.errors.is_empty());

    let told = host.events(EventType::GatewayStatusChanged).await;
    // to online four times, and away from it three times at least
    assert!(told.len() >= 7, "{told:#?}");
    watching.stop().await;
}
