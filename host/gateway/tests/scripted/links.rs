//! A link: connections made again.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use dispatch_gateway::{
    Address, Credential, GatewayError, Link, Phase, Secret, SecretRef, Target, Trouble,
};
use dispatch_testing::openclaw::scripted::{Greeting, Script, ScriptedGateway, refusal};
use futures::StreamExt as _;
use serde_json::json;

use crate::support::{HANG, started, target, target_with, until};

fn link(gateway: &ScriptedGateway) -> Link {
    let mut target = target(gateway);
    target.options.ping_every = Duration::from_millis(100);
    target.options.pong_within = Duration::from_millis(300);
    Link::start(target)
}

#[tokio::test]
async fn a_crash_is_seen_and_the_next_connection_found_by_itself() {
    let mut gateway = started(Script::default()).await;
    let link = link(&gateway);
    let state = until(&link, |state| state.is_online()).await;
    assert_eq!((state.connections, state.trouble()), (1, None));
    gateway.kill().await;
    let state = until(&link, |state| state.failures > 0).await;
    assert_eq!(state.trouble(), Some(Trouble::Unreachable));
    assert!(state.hello.is_some(), "what it was is still known");
    gateway.start_again().await.expect("listens");
    let state = until(&link, |state| state.is_online()).await;
    assert_eq!((state.connections, state.failures), (2, 0));
    link.stop().await;
}

#[tokio::test]
async fn a_call_waits_for_a_connection_as_long_as_its_time_allows() {
    let mut gateway = started(Script::default()).await;
    let link = link(&gateway);
    until(&link, |state| state.is_online()).await;
    gateway.kill().await;
    until(&link, |state| !state.is_online()).await;
    let error = link
        .call("health", json!({}), Duration::from_millis(50))
        .await
        .expect_err("none");
    assert!(
        matches!(
            error,
            GatewayError::Closed { .. } | GatewayError::Unreachable { .. }
        ),
        "{error:?}"
    );
    let waiting = link.clone();
    let call = tokio::spawn(async move { waiting.call("health", json!({}), HANG).await });
    gateway.start_again().await.expect("listens");
    assert_eq!(call.await.expect("no panic").expect("answered")["ok"], true);
}

#[tokio::test]
async fn silence_is_seen_as_silence_and_passes() {
    let gateway = started(Script::default()).await;
    let link = link(&gateway);
    until(&link, |state| state.is_online()).await;
    gateway.freeze();
    let state = until(&link, |state| state.error.is_some()).await;
    assert_eq!(state.trouble(), Some(Trouble::Silent));
    gateway.thaw();
    until(&link, |state| state.is_online()).await;
}

#[tokio::test]
async fn a_starting_gateway_is_waited_for_as_it_says() {
    let gateway = started(Script {
        greeting: Greeting::Refusal(refusal("startup-sidecars")),
        ..Script::default()
    })
    .await;
    let link = link(&gateway);
    let state = until(&link, |state| state.phase == Phase::Waiting).await;
    assert_eq!(state.trouble(), Some(Trouble::Starting));
    assert!(state.next_attempt.is_some());
    gateway.set(|script| script.greeting = Greeting::Hello);
    until(&link, |state| state.is_online()).await;
}

#[tokio::test]
async fn a_wrong_token_is_not_tried_again_until_it_changes() {
    let gateway = started(Script::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    let write = |text: &str| {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut options = std::fs::OpenOptions::new();
        let mut file = options
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .expect("opened");
        file.write_all(text.as_bytes()).expect("written");
    };
    write("wrong");
    let link = Link::start(target_with(
        &gateway,
        Credential::token(SecretRef::File(path.clone())),
    ));
    let state = until(&link, |state| state.phase == Phase::Waiting).await;
    assert_eq!(state.trouble(), Some(Trouble::AuthFailed));
    // said at once: waiting would not help
    let error = link
        .call("health", json!({}), HANG)
        .await
        .expect_err("kept out");
    assert_eq!(error.detail(), Some("AUTH_TOKEN_MISMATCH"));
    write(&gateway.token());
    until(&link, |state| state.is_online()).await;
    assert_eq!(gateway.connects().len(), 2, "the wrong one was tried once");
}

#[tokio::test]
async fn a_token_changed_on_the_gateway_is_resolved_anew() {
    let gateway = started(Script::default()).await;
    let token = Arc::new(Mutex::new(gateway.token()));
    let (address, kept) = (gateway.url(), Arc::clone(&token));
    let link = Link::start_with(move || {
        let token = kept.lock().expect("whole").clone();
        let address = Address::parse(&address).expect("an address");
        Ok(Target::new(address, Credential::given(Secret::new(token))))
    });
    until(&link, |state| state.is_online()).await;
    gateway.set(|script| script.token = "another".into());
    *token.lock().expect("whole") = "another".into();
    gateway.close(4001, "token changed");
    let state = until(&link, |state| state.connections == 2).await;
    assert!(state.is_online());
}

#[tokio::test]
async fn an_old_version_is_connected_and_called_incompatible() {
    let gateway = started(Script {
        version: "2026.1.30".into(),
        ..Script::default()
    })
    .await;
    let mut strict = target(&gateway);
    strict.options.minimum_version = Some(dispatch_gateway::version::MINIMUM);
    let link = Link::start(strict.clone());
    let state = until(&link, |state| state.is_online()).await;
    assert_eq!(state.trouble(), Some(Trouble::Incompatible));
    // a build of its own says `dev`: the version that wrote its configuration counts
    gateway.set(|script| script.version = "dev".into());
    let link = Link::start(strict);
    let state = until(&link, |state| state.is_online()).await;
    assert_eq!(state.trouble(), None);
    let verdict = state.version.expect("judged");
    assert_eq!(verdict.current.as_deref(), Some("2026.9.6"));
}

#[tokio::test]
async fn events_go_on_across_connections() {
    let gateway = started(Script::default()).await;
    let link = link(&gateway);
    let mut events = link.events();
    until(&link, |state| state.is_online()).await;
    gateway.close(1012, "service restart");
    until(&link, |state| state.connections == 2).await;
    while gateway.connections() != 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    gateway.tell("chat", &json!({"state": "final"}));
    let told = async {
        while let Some(event) = events.next().await {
            if &*event.name == "chat" {
                return event.payload["state"].clone();
            }
        }
        panic!("ended");
    };
    assert_eq!(
        tokio::time::timeout(HANG, told).await.expect("in time"),
        "final"
    );
}

#[tokio::test]
async fn stopped_or_dropped_it_leaves_the_gateway() {
    let gateway = started(Script::default()).await;
    let first = link(&gateway);
    until(&first, |state| state.is_online()).await;
    let state = first.state();
    let clone = first.clone();
    first.stop().await;
    assert_eq!(state.borrow().phase, Phase::Stopped);
    let error = clone
        .call("health", json!({}), HANG)
        .await
        .expect_err("stopped");
    assert!(matches!(error, GatewayError::Stopped), "{error:?}");
    let second = link(&gateway);
    until(&second, |state| state.is_online()).await;
    drop(second);
    let gone = async {
        while gateway.connections() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(HANG, gone).await.expect("left");
}

#[tokio::test]
async fn fifty_links_are_one_process() {
    let gateways = futures::future::join_all((0..50).map(|_| started(Script::default()))).await;
    let links: Vec<Link> = gateways.iter().map(link).collect();
    for link in &links {
        until(link, |state| state.is_online()).await;
        link.call("health", json!({}), HANG)
            .await
            .expect("answered");
    }
}
