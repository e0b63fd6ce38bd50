//! The feed skips nothing and repeats nothing, however commits are ordered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dispatch_contract::Event;
use dispatch_contract::ticket::Priority;
use dispatch_ledger::FeedPosition;

use crate::commit::set_priority;
use crate::scene::{Scene, begin, commit, create, fresh_key, make, operator, take};

/// The events after a place, once as many as expected are settled: the server is shared,
/// and an open transaction of any of its databases holds the feed up.
pub(crate) async fn settled(
    scene: &Scene,
    after: FeedPosition,
    expected: usize,
) -> Vec<(FeedPosition, Event)> {
    for _ in 0..2_000 {
        let seen = scene.ledger.feed_after(after, 1_000).await.unwrap();
        if seen.len() >= expected {
            assert_eq!(seen.len(), expected);
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{expected} events do not settle within 10 seconds");
}

#[tokio::test]
async fn what_commits_late_is_waited_for_and_not_skipped() {
    let scene = Scene::new().await;
    let begun = scene.ledger.feed_head().await.unwrap();
    let slow = create(&fresh_key());
    let open = begin(&scene.ledger, &slow).await;
    // a writer that has its place in the order, and does not commit yet
    let mut held = scene.database.pool().begin().await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()::text")
        .execute(&mut *held)
        .await
        .unwrap();
    let quick = scene.ticket().await;
    assert_eq!(
        scene.ledger.feed_after(begun, 10).await.unwrap(),
        [],
        "held up, not skipped"
    );
    held.rollback().await.unwrap();

    let seen = settled(&scene, begun, 2).await;
    assert!(seen.iter().all(|(_, event)| event.ticket_id == Some(quick)));
    let last = seen[1].0;
    assert_eq!(scene.ledger.feed_head().await.unwrap(), last);

    let made = make(&open, operator(), &slow, None, None);
    commit(open, &made).await.unwrap();
    let later = settled(&scene, last, made.events.len()).await;
    let got: Vec<_> = later.into_iter().map(|(_, event)| event).collect();
    assert_eq!(got, made.events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_many_writers_and_stragglers_sees_each_event_once_and_chains_in_order() {
    let scene = Scene::new().await;
    let tickets = [
        scene.ticket().await,
        scene.ticket().await,
        scene.ticket().await,
    ];
    let mut writers = Vec::new();
    for n in 0..12 {
        let ledger = scene.ledger.clone();
        writers.push(tokio::spawn(async move {
            for _ in 0..15 {
                let call = set_priority(tickets[n % 3], &fresh_key(), Priority::Standard);
                take(&ledger, operator(), &call, None).await.unwrap();
            }
        }));
    }
    // transactions that take their place early and end late, in another order
    for n in 0_u64..6 {
        let pool = scene.database.pool().clone();
        writers.push(tokio::spawn(async move {
            for round in 0_u64..6 {
                let mut held = pool.begin().await.unwrap();
                sqlx::query("SELECT pg_current_xact_id()::text")
                    .execute(&mut *held)
                    .await
                    .unwrap();
                tokio::time::sleep(Duration::from_millis(5 + (n * 7 + round * 5) % 23)).await;
                held.commit().await.unwrap();
            }
        }));
    }
    let mut position = FeedPosition::default();
    let mut seen = Vec::new();
    let began = Instant::now();
    let expected = 3 * 2 + 12 * 15;
    while seen.len() < expected && began.elapsed() < Duration::from_secs(20) {
        let page = scene.ledger.feed_after(position, 7).await.unwrap();
        for (at, event) in page {
            assert!(at > position);
            position = at.to_string().parse().unwrap();
            seen.push(event);
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen.len(), expected, "no gap");
    let ids: BTreeSet<_> = seen.iter().map(|event| event.event_id).collect();
    assert_eq!(ids.len(), seen.len(), "no double");
    let mut heads = BTreeMap::new();
    for event in &seen {
        let head = heads.entry(event.ticket_id).or_insert(0);
        assert_eq!(
            event.sequence,
            *head + 1,
            "a chain's events come in its order"
        );
        *head = event.sequence;
    }
}
