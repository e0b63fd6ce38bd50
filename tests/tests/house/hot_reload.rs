//! A changed pack folder becomes active in one swap while calls are being judged, and
//! a broken one leaves the old one and says why.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dispatch_contract::State;
use serde_json::{Value, json};

use crate::support::bodies;
use crate::support::house::Settings;
use crate::support::pack::Copy;
use crate::support::reply::violations;
use crate::support::{House, eventually};

/// Callers at once.
const CALLERS: usize = 4;

async fn house_of(pack: &Copy) -> House {
    House::with(Settings {
        pack: pack.path().to_owned(),
        ..Settings::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_revision_takes_over_under_load_without_a_failed_call() {
    let pack = Copy::new().with_few_cases();
    let house = house_of(&pack).await;
    let told = house.advance_to(State::Schedulable).await;
    let first = house.packs().await;
    assert_eq!(first["revision"], 1);

    let done = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..CALLERS)
        .map(|n| {
            let (front, ticket, done) = ((*house).clone(), told.id.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut calls = 0;
                while !done.load(Ordering::Relaxed) {
                    let input = bodies::message(&format!("caller {n}"));
                    front
                        .on(&front.intake(), "ticket.add_message", &ticket, &input)
                        .await
                        .ok();
                    calls += 1;
                }
                calls
            })
        })
        .collect();

    // twice in a row: windows must be an hour long, then two
    for (revision, minutes) in [(2, 60), (3, 119)] {
        let (from, to) = (
            format!("revision = {}", revision - 1),
            format!("revision = {revision}"),
        );
        let before = if revision == 2 { 15 } else { 60 };
        pack.edit(&[
            (&from, &to),
            (
                &format!("min_window_minutes = {before}"),
                &format!("min_window_minutes = {minutes}"),
            ),
        ]);
        eventually("the new revision", async || {
            (house.packs().await["revision"] == revision).then_some(())
        })
        .await;
    }
    done.store(true, Ordering::Relaxed);
    let mut calls = 0;
    for caller in callers {
        calls += caller
            .await
            .expect("every call of it was answered with 200");
    }
    assert!(calls > 0);

    // judged by the new rules now
    let mut short = bodies::window(24);
    short["window_end"] = json!(bodies::minutes(24 * 60 + 90));
    let refused = house.on(
        &house.scheduling(),
        "schedule.propose_slots",
        &told.id,
        &json!({ "windows": [short] }),
    );
    let problem = refused.await.refused(422, "invalid_input", "validate");
    assert_eq!(violations(&problem), ["/windows/0/window_end too_short"]);

    let status = house.packs().await;
    assert_eq!(status.get("rejected"), None);
    let history: Vec<&Value> = status["history"]
        .as_array()
        .expect("a history")
        .iter()
        .map(|entry| &entry["revision"])
        .collect();
    assert_eq!(history, [3, 2, 1]);
    assert_ne!(status["active"]["digest"], first["active"]["digest"]);
    assert_eq!(house.pack_events("policy.pack_activated").await.len(), 3);
    // each event names the pack that judged it; the callers' last calls may have begun
    // before the swap
    let message = bodies::message("after it");
    house
        .step(&house.intake(), "ticket.add_message", &told, &message)
        .await;
    let page = house
        .get(
            &house.operator(),
            &format!("/v0/audit?ticket_id={}&limit=1", told.id),
        )
        .await
        .ok();
    assert_eq!(
        page["items"][0]["pack"]["digest"],
        status["active"]["digest"]
    );
}

#[tokio::test]
async fn a_broken_pack_leaves_the_old_one_and_says_why() {
    let pack = Copy::new();
    let house = house_of(&pack).await;
    let told = house.advance_to(State::New).await;
    let first = house.packs().await;
    let breaks: [(&str, &str, &str); 3] = [
        (
            "min_window_minutes = 15",
            "min_window_minutes = 0",
            "settings",
        ),
        (
            "min_window_minutes = 0",
            "min_window_minuets = 15",
            "settings",
        ),
        ("revision = 1", "revision = ", "manifest"),
    ];
    for (n, (from, to, step)) in breaks.into_iter().enumerate() {
        pack.edit(&[(from, to)]);
        let rejected = eventually("the rejection", async || {
            let events = house.pack_events("policy.pack_rejected").await;
            (events.len() == n + 1).then(|| events[0].clone())
        })
        .await;
        let failed = &rejected["payload"]["failed"];
        assert_eq!(failed["step"], step, "{rejected}");
        let status = house.packs().await;
        assert_eq!(status["active"], first["active"]);
        assert_eq!(status["rejected"]["step"], step);
        assert_eq!(status["rejected"]["reason"], failed["reason"]);
        assert!(
            !status["rejected"]["reason"]
                .as_str()
                .expect("a reason")
                .is_empty()
        );
        house
            .step(
                &house.intake(),
                "ticket.add_message",
                &told,
                &bodies::message("still here"),
            )
            .await;
    }
    // mended, with a revision that grows
    pack.edit(&[
        ("revision = ", "revision = 7"),
        ("min_window_minuets", "min_window_minutes"),
    ]);
    eventually("the mended pack", async || {
        let status = house.packs().await;
        (status["revision"] == 7 && status.get("rejected").is_none()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_revision_that_does_not_grow_is_refused() {
    let pack = Copy::new();
    let house = house_of(&pack).await;
    pack.edit(&[("min_notice_minutes = 0", "min_notice_minutes = 1")]);
    let status = eventually("the rejection", async || {
        let status = house.packs().await;
        status["rejected"].is_object().then_some(status)
    })
    .await;
    assert_eq!(
        (&status["revision"], &status["rejected"]["step"]),
        (&json!(1), &json!("revision"))
    );
    assert!(
        status["rejected"]["reason"]
            .as_str()
            .expect("a reason")
            .contains("revision")
    );
}
