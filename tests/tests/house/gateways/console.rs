//! The console beside gateways that go and come back.

use std::time::Duration;

use dispatch_switchboard::watch::WatchSettings;
use dispatch_testing::openclaw::scripted::ScriptedGateway;
use dispatch_tui::pilot::Pilot;

use super::stage::{Stage, created, entry, gateway};

/// Looks until the screen has all of this, and nothing of that.
async fn sees(console: &mut Pilot, words: &[&str], none: &[&str]) -> String {
    let is_so = |screen: &str| {
        words.iter().all(|word| screen.contains(word))
            && !none.iter().any(|word| screen.contains(word))
    };
    match console.until(is_so).await {
        Ok(screen) => screen,
        Err(screen) => panic!("{words:?} without {none:?} never came about:\n{screen}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_nobody_looks_at_is_counted_as_it_goes_and_as_it_comes_back() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut other: ScriptedGateway = gateway().await;
    stage.registered().await;
    let south = entry("South", &other, folder.path());
    created(&stage.post("/v0/gateways", &south).await);
    let watching = stage.house.host.switchboard.watch(WatchSettings {
        lasting: Duration::from_millis(1_200),
        steady: Duration::from_millis(300),
    });
    let operator = stage.house.operator();
    let mut console =
        Pilot::open(&stage.house.base, &operator.token, (120, 40), false).expect("a console");
    console.press("6");
    // the cursor is on the older one; both are known, and what was told of it before
    let all = ["North", "South", "gateway.registered", "recent events"];
    let screen = sees(&mut console, &all, &["1!"]).await;
    assert!(screen.contains("as of"), "{screen}");
    let both = |screen: &str| screen.matches("online").count() >= 3;
    if let Err(screen) = console.until(both).await {
        panic!("both never were online:\n{screen}");
    }
    console.press("3");
    other.kill().await;
    let said = "escalation: South is unreachable";
    let counts = ["6 Gateways 1!", "7 Inbox 1!"];
    sees(&mut console, &[counts[0], counts[1], said], &[]).await;
    console.press("6");
    sees(&mut console, &["South", "unreachable"], &[]).await;
    console.press("3");
    other.start_again().await.expect("its port");
    sees(&mut console, &["South is online"], &counts).await;
    watching.stop().await;
}
