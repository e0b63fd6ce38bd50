//! Who watches the gateways, and how each was found last.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch_contract::event::EventType;
use dispatch_contract::gateway::{Gateway, GatewayStatus, GatewayStatusChange};
use dispatch_contract::gateway_health::GatewayAlert;
use dispatch_contract::reading::AuditFilter;
use dispatch_contract::{GatewayId, OrganizationId};
use dispatch_ledger::{Ledger, WatchedGateway};
use ulid::Ulid;

use crate::house::event;
use crate::scene::{Scene, now};

const LONG: Duration = Duration::from_secs(600);

async fn register(scene: &Scene, name: &str) -> Gateway {
    let at = now();
    let gateway = Gateway {
        gateway_id: GatewayId(Ulid::generate()),
        organization_id: OrganizationId::HOUSE,
        name: name.into(),
        url: "ws://127.0.0.1:18789".into(),
        token_ref: None,
        device_key_ref: None,
        device_pairing: false,
        allow_insecure_tls: false,
        token_in_query: false,
        workspace_root: "~/.openclaw".into(),
        minimum_version: None,
        send_channels: BTreeMap::new(),
        created_at: at,
        updated_at: at,
    };
    let added = scene
        .ledger
        .add_gateway(&gateway, event(EventType::GatewayRegistered))
        .await;
    added.expect("the database").expect("registered");
    gateway
}

async fn watched(ledger: &Ledger, watcher: &str, hold: Duration) -> Vec<WatchedGateway> {
    ledger.watch_gateways(watcher, hold).await.expect("watched")
}

fn change(gateway: &Gateway, to: GatewayStatus) -> GatewayStatusChange {
    GatewayStatusChange {
        gateway_id: gateway.gateway_id,
        organization_id: gateway.organization_id,
        from: GatewayStatus::Degraded,
        to,
        reason: Some("because".into()),
        next_step: None,
    }
}

/// What the ledger made of a change.
async fn found(
    ledger: &Ledger,
    watcher: &str,
    gateway: &Gateway,
    to: GatewayStatus,
) -> Option<GatewayStatus> {
    let event = event(EventType::GatewayStatusChanged);
    let told = ledger.gateway_found(watcher, change(gateway, to), event);
    let told = told.await.expect("the database")?;
    let told: GatewayStatusChange = serde_json::from_value(told.payload).expect("a change");
    Some(told.from)
}

#[tokio::test]
async fn one_host_holds_a_gateway_and_another_follows_when_it_is_gone() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    let gateway = register(&scene, "one").await;
    let held = |watched: &[WatchedGateway]| watched.iter().map(|one| one.held).collect::<Vec<_>>();
    let first = watched(ledger, "a", LONG).await;
    assert_eq!(held(&first), [true]);
    assert_eq!(
        (&first[0].gateway, first[0].status),
        (&gateway, GatewayStatus::Starting)
    );
    assert_eq!(
        held(&watched(ledger, "b", LONG).await),
        [false],
        "both see it"
    );
    ledger.unwatch_gateways("a").await.unwrap();
    assert_eq!(held(&watched(ledger, "b", Duration::ZERO).await), [false]);
    assert_eq!(
        held(&watched(ledger, "a", LONG).await),
        [true],
        "b's had run out"
    );
    register(&scene, "two").await;
    assert_eq!(held(&watched(ledger, "b", LONG).await), [false, true]);
}

#[tokio::test]
async fn a_change_is_written_once_and_by_the_holder() {
    use GatewayStatus::{Online, Starting, Unreachable};
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    let gateway = register(&scene, "one").await;
    watched(ledger, "a", LONG).await;
    assert_eq!(found(ledger, "b", &gateway, Online).await, None, "not b's");
    assert_eq!(found(ledger, "a", &gateway, Online).await, Some(Starting));
    assert_eq!(found(ledger, "a", &gateway, Online).await, None, "it is so");
    assert_eq!(
        found(ledger, "a", &gateway, Unreachable).await,
        Some(Online)
    );
    assert_eq!(watched(ledger, "a", LONG).await[0].status, Unreachable);
    let filter = AuditFilter {
        kind: Some(EventType::GatewayStatusChanged),
        ..AuditFilter::default()
    };
    assert_eq!(ledger.audit(&filter).await.unwrap().items.len(), 2);
    assert_eq!(ledger.verify(None, |_| ()).await.unwrap().fault, None);
}

#[tokio::test]
async fn an_operator_is_called_once_and_told_once_that_it_is_over() {
    let scene = Scene::new().await;
    let ledger = &scene.ledger;
    let gateway = register(&scene, "one").await;
    watched(ledger, "a", LONG).await;
    let alert = |over| GatewayAlert {
        about: "gateway".into(),
        gateway_id: gateway.gateway_id,
        organization_id: gateway.organization_id,
        name: gateway.name.clone(),
        over,
        status: GatewayStatus::Unreachable,
        since: now(),
        reason: None,
        next_step: Some("start it".into()),
    };
    let tell = async |watcher: &str, over| {
        let event = event(EventType::EscalationRaised);
        let told = ledger.gateway_alert(watcher, &alert(over), event).await;
        told.expect("the database").is_some()
    };
    assert!(!tell("a", true).await, "nothing is over");
    assert!(!tell("b", false).await, "not b's");
    assert!(tell("a", false).await);
    assert!(!tell("a", false).await, "said already");
    assert!(watched(ledger, "a", LONG).await[0].alerted);
    assert!(tell("a", true).await);
    assert!(!tell("a", true).await);
    assert!(!watched(ledger, "a", LONG).await[0].alerted);
}
