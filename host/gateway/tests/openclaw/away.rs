//! A link, while its gateway is killed, stopped and started again.

use std::time::Duration;

use dispatch_gateway::{Link, LinkState, Trouble};
use serde_json::json;

use crate::support::{HANG, started, target};

async fn until(link: &Link, wished: impl FnMut(&LinkState) -> bool) -> LinkState {
    let mut state = link.state();
    tokio::time::timeout(HANG, state.wait_for(wished))
        .await
        .expect("in time")
        .expect("not gone")
        .clone()
}

#[tokio::test]
async fn killed_stopped_and_restarted_are_seen_for_what_they_are() {
    let Some(mut gateway) = started().await else {
        return;
    };
    let mut watched = target(&gateway);
    // as a host watches: silence is known within 10 s
    watched.options.connect_within = Duration::from_secs(8);
    watched.options.pong_within = Duration::from_secs(4);
    let link = Link::start(watched);
    let state = until(&link, |state| state.is_online()).await;
    let boot = state.hello.expect("said").boot_id.clone();

    gateway.kill_9();
    let state = until(&link, |state| !state.is_online()).await;
    assert_eq!(state.trouble(), Some(Trouble::Unreachable));
    gateway.launch().await.expect("starts again");
    let state = until(&link, |state| state.is_online()).await;
    assert_ne!(state.hello.expect("said").boot_id, boot, "another start");
    assert_eq!(
        link.call("health", json!({}), HANG).await.expect("health")["ok"],
        true
    );

    gateway.freeze().expect("stopped");
    let state = until(&link, |state| state.error.is_some()).await;
    assert_eq!(state.trouble(), Some(Trouble::Silent));
    gateway.thaw().expect("goes on");
    until(&link, |state| state.is_online()).await;

    gateway.terminate().await.expect("ends");
    let state = until(&link, |state| !state.is_online()).await;
    let trouble = state.trouble().expect("gone");
    assert!(
        matches!(trouble, Trouble::Starting | Trouble::Unreachable),
        "{trouble}"
    );
    link.stop().await;
}
