//! Several hosts on one database, and hosts that end.

use std::time::Duration;

use dispatch_contract::outbox::OutboxState;
use dispatch_ledger::Ledger;
use dispatch_worker::Limits;

use crate::recorder::{Recorder, Say};
use crate::scene::{Scene, create_for, fresh_key};
use crate::stage::{brisk, outbound, tried, worker};

#[tokio::test]
async fn hosts_that_race_send_each_message_once_and_no_two_of_a_ticket_at_once() {
    let scene = Scene::new().await;
    for ticket in 0..5 {
        let phone = format!("+1 555 01{ticket:02}");
        let call = create_for(&fresh_key(), "Ada", &phone, "stuck");
        let id = scene.take(&call, None).await.ticket_id();
        for _ in 0..4 {
            scene.confirm(id).await;
        }
    }
    let recorder = Recorder::new();
    let mut workers = Vec::new();
    for _ in 0..3 {
        let ledger = Ledger::connect(scene.database.url(), 4)
            .await
            .expect("connects");
        workers.push(worker(&ledger, &recorder, brisk()));
    }
    let sent = scene.until(OutboxState::Sent, 20).await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(recorder.doubled(), Vec::<String>::new());
    let mut keys: Vec<String> = recorder.tries().into_iter().map(|t| t.key).collect();
    assert_eq!((sent.len(), keys.len()), (20, 20));
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 20);
}

#[tokio::test]
async fn a_host_killed_between_sending_and_noting_it_sends_again_under_the_same_key() {
    let scene = Scene::new().await;
    let recorder = Recorder::new();
    recorder.say("confirmed", &[Say::Hangs]);
    let id = scene.ticket().await;
    scene.confirm(id).await;
    let limits = Limits {
        lease: Duration::from_millis(1_500),
        send_within: Duration::from_millis(1_400),
        ..brisk()
    };
    let killed = worker(&scene.ledger, &recorder, limits.clone());
    tried(&recorder, 1).await;
    drop(killed);
    let other = Ledger::connect(scene.database.url(), 4)
        .await
        .expect("connects");
    let other = worker(&other, &recorder, limits);
    let sent = scene.until(OutboxState::Sent, 1).await;
    other.stop().await;
    let tries = recorder.tries();
    assert!(tries.len() >= 2);
    assert!(tries.iter().all(|tried| *tried == tries[0]), "{tries:?}");
    assert!(sent[0].attempts >= 2);
}

#[tokio::test]
async fn a_host_that_stops_finishes_what_is_under_way_and_begins_nothing() {
    let scene = Scene::new().await;
    let recorder = Recorder::gated();
    let id = scene.ticket().await;
    scene.confirm(id).await;
    scene.confirm(id).await;
    let running = worker(&scene.ledger, &recorder, brisk());
    tried(&recorder, 1).await;
    let stopping = tokio::spawn(running.stop());
    tokio::task::yield_now().await;
    recorder.let_pass(1);
    stopping.await.expect("it stops");
    assert_eq!(scene.entries(OutboxState::Sent).await.len(), 1);
    let left = scene.entries(OutboxState::Waiting).await;
    assert_eq!((left.len(), left[0].attempts), (1, 0));
}

#[tokio::test]
async fn a_commit_of_this_host_is_a_reason_to_look() {
    let scene = Scene::new().await;
    let recorder = Recorder::new();
    let (hint, hinted) = tokio::sync::watch::channel(0);
    let limits = Limits {
        look: Duration::from_secs(100_000),
        ..brisk()
    };
    let running = outbound(&scene.ledger, &recorder, limits).start(hinted);
    let id = scene.ticket().await;
    scene.confirm(id).await;
    // the loop may not have begun to listen yet: commits go on
    let began = std::time::Instant::now();
    while recorder.tries().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "never looked");
        hint.send_modify(|commits| *commits += 1);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    scene.until(OutboxState::Sent, 1).await;
    running.stop().await;
}
