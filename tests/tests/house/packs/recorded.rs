//! What a candidate is compared on: recorded calls, however many others were turned away
//! since, whether they can be read, and whether its rules survive them.

use std::time::Duration;

use dispatch_contract::State;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::activation::{longer_windows, offer_short};
use crate::support::hostile::note_that_traps;
use crate::support::house::Settings;
use crate::support::pack::Copy;
use crate::support::packs::archive;
use crate::support::{House, chain, eventually};

async fn told_to(pool: &PgPool, statement: &'static str) {
    sqlx::raw_sql(statement).execute(pool).await.expect("done");
}

/// The evidence of a step that was passed.
fn evidence<'a>(told: &'a Value, step: &str) -> &'a str {
    let steps = told["steps"].as_array().expect("steps");
    let of = steps.iter().find(|taken| taken["step"] == step);
    let of = of.unwrap_or_else(|| panic!("no {step} in {told}"));
    of["evidence"].as_str().expect("evidence")
}

/// The shipped rules under another revision.
fn as_shipped(revision: u64) -> Copy {
    let pack = Copy::new().with_few_cases();
    pack.edit(&[("revision = 1", &format!("revision = {revision}"))]);
    pack
}

#[tokio::test]
async fn a_flood_of_early_refusals_stands_in_nobodys_way() {
    let house = House::start().await;
    let told = house.advance_to(State::Schedulable).await;
    for _ in 0..8 {
        offer_short(&house, &told).await.ok();
    }
    let pool = house.database.pool();
    // as an agent of the wrong role leaves them, all of them later than what was judged
    told_to(
        pool,
        "INSERT INTO decisions (decision_id, decided_at, tool, actor_role, actor_id, allowed,
                 code, phase, determining_policies, pack_name, pack_version, pack_digest, judged_us)
         SELECT '7' || lpad(n::text, 25, '0'), now(), 'ticket.set_priority',
                'system_closeout_agent', '01J9ZQ4Y7M8K6T5R4E3W2Q1A0C', false, 'role_forbidden',
                'authorization', '[]', 'x', '1', repeat('a', 64), 1
         FROM generate_series(1, 300000) AS n; ANALYZE decisions",
    )
    .await;
    let taken = house.propose("", longer_windows().path()).await;
    assert_eq!(taken["activated"], true, "{taken}");
    assert_eq!(taken["flips"]["refused_now"], 8, "{taken}");
    let back = house.roll_back(json!({ "revision": 1 })).await.ok();
    assert_eq!(back["activated"], true, "{back}");
    assert!(back["flips"]["judged"].as_u64() >= Some(9), "{back}");
    // found by an index of what was judged, not by looking the flood through
    let next = archive(longer_windows().path());
    eventually("the index in use", async || {
        let rehearsal = house.candidate(&house.operator(), "activate=false", next.clone());
        rehearsal.await.ok();
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let used = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1";
        let used: Option<i64> = sqlx::query_scalar(used)
            .bind("decisions_judged")
            .fetch_one(pool)
            .await
            .expect("the index");
        (used > Some(0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_counts_against_the_limit() {
    let house = House::start().await;
    house.advance_to(State::New).await;
    let pool = house.database.pool();
    let id = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";
    told_to(
        pool,
        "INSERT INTO decisions (decision_id, decided_at, tool, allowed, code, phase,
                 determining_policies, pack_digest, judged_us, question, verdict)
         VALUES ('7ZZZZZZZZZZZZZZZZZZZZZZZZZ', now(), 'ticket.create', false, 'invalid_input',
                 'validate', '[]', repeat('a', 64), 1, '{}', '{}')",
    )
    .await;
    let next = as_shipped(2);
    let stopped = house.propose("max_flips=0", next.path()).await;
    assert_eq!(stopped["failed"]["step"], "replay", "{stopped}");
    let why = stopped["failed"]["reason"].as_str().expect("a reason");
    assert!(
        why.contains("1 could not be read") && why.contains(id),
        "{why}"
    );
    assert_eq!(
        (
            &stopped["flips"]["flipped"],
            &stopped["flips"]["unreadable"]
        ),
        (&json!(0), &json!(1))
    );
    let taken = house.propose("max_flips=1", next.path()).await;
    assert_eq!(taken["activated"], true, "{taken}");
    assert!(evidence(&taken, "replay").contains(id), "{taken}");

    // and who limits flips must look for some
    let blind = archive(as_shipped(3).path());
    let blind = house.candidate(&house.operator(), "max_flips=0&replay=0", blind);
    blind.await.refused(422, "invalid_input", "request");
    assert_eq!(house.packs().await["revision"], 2);
}

#[tokio::test]
async fn a_record_that_is_away_is_evidence_where_nobody_set_a_limit() {
    let house = House::start().await;
    house.advance_to(State::New).await;
    let pool = house.database.pool();
    told_to(
        pool,
        "ALTER TABLE decisions RENAME COLUMN question TO asked",
    )
    .await;
    let limited = house.propose("max_flips=5", as_shipped(2).path()).await;
    let failed = &limited["failed"];
    assert_eq!(failed["step"], "replay", "{limited}");
    assert_eq!(failed["may_pass"], true);
    // with what the database said
    let why = failed["reason"].as_str().expect("a reason");
    assert!(why.contains("column \"question\""), "{why}");
    let taken = house.propose("", as_shipped(2).path()).await;
    assert_eq!(taken["activated"], true, "{taken}");
    assert!(evidence(&taken, "replay").contains("could not be read"));
    assert_eq!(taken.get("flips"), None);
    told_to(
        pool,
        "ALTER TABLE decisions RENAME COLUMN asked TO question",
    )
    .await;
}

#[tokio::test]
async fn what_the_folder_is_tried_for_again_is_told_once() {
    let pack = Copy::new().with_few_cases();
    let mut settings = Settings {
        pack: pack.path().to_owned(),
        ..Settings::default()
    };
    settings.packs.max_flips = Some(5);
    let house = House::with(settings).await;
    let pool = house.database.pool();
    told_to(
        pool,
        "ALTER TABLE decisions RENAME COLUMN question TO asked",
    )
    .await;
    pack.edit(&[("revision = 1", "revision = 2")]);
    let refused = async || house.pack_events("policy.pack_rejected").await;
    eventually("the refusal", async || {
        (!refused().await.is_empty()).then_some(())
    })
    .await;
    // longer than until it is tried again
    tokio::time::sleep(Duration::from_secs(7)).await;
    let told = refused().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["payload"]["failed"]["may_pass"], true);
    told_to(
        pool,
        "ALTER TABLE decisions RENAME COLUMN asked TO question",
    )
    .await;
    eventually("the folder's pack", async || {
        (house.packs().await["revision"] == 2).then_some(())
    })
    .await;
    assert_eq!(house.packs().await.get("rejected"), None);
}

#[tokio::test]
async fn rules_that_fault_on_what_was_judged_are_not_activated() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let note = json!({ "note": { "text": "The door hangs again." } });
    for _ in 0..5 {
        let call = house.on(&house.technician(), "closeout.add_note", &told.id, &note);
        call.await.ok();
    }
    let pack = note_that_traps();
    pack.edit(&[("revision = 1", "revision = 2")]);
    let refused = house.propose("", pack.path()).await;
    let failed = &refused["failed"];
    assert_eq!(
        (&failed["step"], &failed["tool"]),
        (&json!("replay"), &json!("closeout.add_note")),
        "{refused}"
    );
    let why = failed["reason"].as_str().expect("a reason");
    assert!(why.contains("trap: "), "{why}");
    let page = house.get(&house.operator(), "/v0/decisions?tool=closeout.add_note");
    let recorded = page.await.ok();
    let known = |decision: &Value| why.contains(decision["decision_id"].as_str().expect("an id"));
    assert!(
        recorded["items"]
            .as_array()
            .expect("items")
            .iter()
            .any(known),
        "{why}"
    );
    assert_eq!(house.packs().await["revision"], 1);
}

#[tokio::test]
async fn a_rollback_calls_off_what_is_under_way() {
    let house = House::start().await;
    house.advance_to(State::New).await;
    house.propose("", longer_windows().path()).await;
    let pool = house.database.pool();
    let mut lock = pool.begin().await.expect("a transaction");
    sqlx::raw_sql("LOCK TABLE decisions IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .expect("locked");
    // its comparison cannot go on
    let next = archive(as_shipped(3).path());
    let candidate = tokio::spawn(house.candidate(&house.operator(), "max_flips=99", next));
    chain::somebody_waits(pool, "the comparison").await;
    let front = (*house).clone();
    let back = tokio::spawn(async move { front.roll_back(json!({ "revision": 1 })).await });
    let called_off = candidate.await.expect("an answer").ok();
    assert_eq!(called_off["activated"], false);
    let failed = &called_off["failed"];
    assert_eq!(
        (&failed["step"], &failed["may_pass"]),
        (&json!("replay"), &json!(true)),
        "{failed}"
    );
    let why = failed["reason"].as_str().expect("a reason");
    assert!(why.contains("rolls back"), "{why}");
    lock.rollback().await.expect("let go");
    let back = back.await.expect("an answer").ok();
    assert_eq!(
        (&back["activated"], &back["revision"]),
        (&json!(true), &json!(3)),
        "{back}"
    );
}
