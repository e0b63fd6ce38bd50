//! Hosts on one database come to the same pack, and one that cannot says so.

use dispatch_contract::State;
use dispatch_desk::PackSettings;
use dispatch_testing::TestDatabase;
use serde_json::{Value, json};

use super::activation::{longer_windows, offer_short};
use super::strict::hurry;
use crate::support::front::Front;
use crate::support::house::Settings;
use crate::support::pack::{Copy, Signer, strict};
use crate::support::packs::archive;
use crate::support::{House, bodies, eventually};

async fn has_revision(front: &Front, revision: u64) -> Value {
    eventually("the other host's revision", async || {
        let status = front.packs().await;
        (status["revision"] == revision && status.get("stale").is_none()).then_some(status)
    })
    .await
}

/// Another pack is active than any host can load.
async fn activate_nonsense(database: &TestDatabase, revision: i64) {
    let digest = format!("{revision:064}");
    let pool = database.pool();
    sqlx::query(
        "INSERT INTO packs (digest, name, version, stored_at) VALUES ($1, 'x', '1', now())",
    )
    .bind(&digest)
    .execute(pool)
    .await
    .expect("stored");
    sqlx::query("INSERT INTO pack_activations (revision, digest, activated_at, activated_by, house_sequence) VALUES ($1, $2, now(), '{}', 0)")
        .bind(revision)
        .bind(&digest)
        .execute(pool)
        .await
        .expect("activated");
}

#[tokio::test]
async fn two_hosts_come_to_the_same_pack_whoever_activates_it() {
    let house = House::start().await;
    let other = house.second_host().await;
    let told = house.advance_to(State::Schedulable).await;
    hurry(&other.front, &told).await.ok();
    let done = house.propose("", &strict()).await;
    let status = has_revision(&other.front, 2).await;
    assert_eq!(status["active"], done["pack"]);

    // judged by it there, too
    let refused = hurry(&other.front, &told).await;
    refused.refused(403, "role_forbidden", "role");

    // and back, from the other side
    other.front.roll_back(json!({ "revision": 1 })).await.ok();
    has_revision(&house, 3).await;
    hurry(&house, &told).await.ok();
    // the start, the command, the rollback: whoever follows tells nothing
    assert_eq!(house.pack_log().await.len(), 3);
}

#[tokio::test]
async fn two_hosts_beside_one_folder_take_it_up_once() {
    let pack = Copy::new().with_few_cases();
    let house = House::with(Settings {
        pack: pack.path().to_owned(),
        ..Settings::default()
    })
    .await;
    let other = house.second_host().await;
    for revision in 2..6 {
        let (from, to) = (revision - 1, revision);
        pack.edit(&[(&format!("revision = {from}"), &format!("revision = {to}"))]);
        has_revision(&house, revision).await;
        let status = has_revision(&other.front, revision).await;
        assert_eq!(status.get("rejected"), None);
    }
    assert_eq!(house.pack_events("policy.pack_activated").await.len(), 5);
    let refused = house.pack_events("policy.pack_rejected").await;
    assert!(refused.is_empty(), "{refused:?}");
}

/// The lock of whoever writes into the house's chain: "house" as a number.
const HOUSE: i64 = 0x68_6f75_7365;

/// Each was compared with what both hosts then judged by.
#[tokio::test]
async fn who_is_overtaken_is_compared_with_what_is_active_then() {
    let house = House::start().await;
    let other = house.second_host().await;
    let told = house.advance_to(State::Schedulable).await;
    offer_short(&house, &told).await.ok();
    let first = longer_windows();
    let second = Copy::new().with_few_cases();
    second.edit(&[("revision = 1", "revision = 3")]);
    // whatever has to be compiled is
    house.propose("activate=false", first.path()).await;
    other.front.propose("activate=false", second.path()).await;

    let pool = house.database.pool();
    let mut lock = pool.acquire().await.expect("a connection");
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(HOUSE)
        .execute(&mut *lock)
        .await
        .expect("locked");
    let waiting = async |count: i64| {
        eventually("who waits to write", async || {
            let waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                         AND database = (SELECT oid FROM pg_database
                                         WHERE datname = current_database())";
            let waits: i64 = sqlx::query_scalar(waits)
                .fetch_one(pool)
                .await
                .expect("told");
            (waits == count).then_some(())
        })
        .await;
    };
    let operator = house.operator();
    let one = house.candidate(&operator, "", archive(first.path()));
    let one = tokio::spawn(one);
    waiting(1).await;
    // nothing flips beside the pack that judges now
    let two = other
        .front
        .candidate(&operator, "max_flips=0", archive(second.path()));
    let two = tokio::spawn(two);
    waiting(2).await;
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(HOUSE)
        .execute(&mut *lock)
        .await
        .expect("unlocked");
    let one = one.await.expect("an answer").ok();
    assert_eq!(one["activated"], true, "{one}");
    // it does beside the first: what that refuses would be allowed again
    let two = two.await.expect("an answer").ok();
    assert_eq!(two["activated"], false, "{two}");
    assert_eq!(two["failed"]["step"], "replay", "{two}");
    assert_eq!(two["flips"]["allowed_now"], 1, "{two}");
    let status = has_revision(&other.front, 2).await;
    assert_eq!(status["active"], one["pack"]);
}

#[tokio::test]
async fn a_host_that_cannot_load_the_active_pack_is_stale_and_says_so() {
    let house = House::start().await;
    activate_nonsense(&house.database, 7).await;
    let readiness = eventually("staleness", async || {
        let (status, readiness) = house.readiness().await;
        assert_eq!(status, 200, "it still takes calls");
        (readiness["stale"] == true).then_some(readiness)
    })
    .await;
    let reason = readiness["stale_reason"].as_str().expect("a reason");
    assert!(reason.contains("revision 7"), "{reason}");
    assert_eq!(house.metric("dispatch_pack_stale ").await, 1.0);
    let status = house.packs().await;
    assert_eq!(
        (&status["revision"], &status["stale"]["active_revision"]),
        (&json!(1), &json!(7))
    );
    // judged by the last good one meanwhile; told once, however often it is tried
    house.advance_to(State::Scheduled).await;
    let refused = eventually("the event", async || {
        let events = house.pack_events("policy.pack_rejected").await;
        (!events.is_empty()).then_some(events)
    })
    .await;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["payload"]["source"], "follow");
    assert_eq!(refused[0]["payload"]["failed"]["step"], "read");

    // whatever is activated next ends it
    let pack = longer_windows();
    pack.edit(&[("revision = 2", "revision = 8")]);
    house.propose("", pack.path()).await;
    has_revision(&house, 8).await;
    assert_eq!(house.readiness().await.1["stale"], false);
    assert_eq!(house.metric("dispatch_pack_stale ").await, 0.0);
    assert_eq!(house.pack_events("policy.pack_rejected").await.len(), 1);
}

#[tokio::test]
async fn a_host_that_is_told_to_takes_no_calls_while_it_is_stale() {
    let house = House::with(Settings {
        packs: PackSettings {
            refuse_when_stale: true,
            ..Settings::default().packs
        },
        ..Settings::default()
    })
    .await;
    let told = house.advance_to(State::New).await;
    activate_nonsense(&house.database, 7).await;
    eventually("not ready", async || {
        let (status, readiness) = house.readiness().await;
        (status == 503 && readiness["ready"] == false).then_some(())
    })
    .await;
    let message = bodies::message("hello");
    let call = house.on(&house.intake(), "ticket.add_message", &told.id, &message);
    let refused = call.await;
    refused.refused(503, "policy_unavailable", "request");
    assert_eq!(refused.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn a_host_that_cannot_ask_is_stale_until_it_can() {
    let house = House::start().await;
    house.cut_database().await;
    eventually("staleness", async || {
        let (_, readiness) = house.readiness().await;
        let reason = readiness["stale_reason"].as_str().unwrap_or_default();
        (readiness["stale"] == true && reason.contains("database")).then_some(())
    })
    .await;
    house.restore_database().await;
    eventually("sight", async || {
        (house.readiness().await.1["stale"] == false).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_host_that_takes_signed_packs_alone_is_stale_beside_one_that_does_not() {
    let signer = Signer::new();
    let signed = Copy::new().with_few_cases();
    signer.sign(signed.path());
    let house = House::with(Settings {
        pack: signed.path().to_owned(),
        ..Settings::default()
    })
    .await;
    let strict = house
        .second_host_with(&Settings {
            pack: signed.path().to_owned(),
            trusted: vec![signer.trusted()],
            require_signed: true,
            ..Settings::default()
        })
        .await;
    // not signed: one host takes it, the other stays on what was
    house.propose("", longer_windows().path()).await;
    let stale = eventually("staleness", async || {
        let status = strict.front.packs().await;
        status["stale"].is_object().then_some(status)
    })
    .await;
    assert_eq!(
        (&stale["revision"], &stale["stale"]["active_revision"]),
        (&json!(1), &json!(2))
    );
    // told after the host knows it
    let refused = eventually("the event", async || {
        let events = house.pack_events("policy.pack_rejected").await;
        events.into_iter().next()
    })
    .await;
    assert_eq!(refused["payload"]["failed"]["step"], "signature");

    // signed: both
    let next = longer_windows();
    next.edit(&[("revision = 2", "revision = 3")]);
    signer.sign(next.path());
    house.propose("", next.path()).await;
    has_revision(&strict.front, 3).await;
}

#[tokio::test]
async fn a_folder_that_changes_while_the_database_is_away_is_taken_up_after() {
    let pack = Copy::new().with_few_cases();
    let house = House::with(Settings {
        pack: pack.path().to_owned(),
        ..Settings::default()
    })
    .await;
    house.cut_database().await;
    pack.edit(&[("revision = 1", "revision = 2")]);
    eventually("the refusal", async || {
        let (_, readiness) = house.readiness().await;
        let reason = readiness["last_good_reason"].as_str().unwrap_or_default();
        reason.starts_with("revision").then_some(())
    })
    .await;
    house.restore_database().await;
    eventually("the folder's pack", async || {
        let (_, readiness) = house.readiness().await;
        (readiness["pack_revision"] == 2 && readiness["last_good"] == false).then_some(())
    })
    .await;
    assert_eq!(house.pack_events("policy.pack_activated").await.len(), 2);
}
