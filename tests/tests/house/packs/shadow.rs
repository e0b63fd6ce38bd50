//! A pack in shadow judges what the active one judges; differences are recorded, never
//! applied.

use dispatch_contract::{Role, State};
use reqwest::Method;
use serde_json::{Value, json};

use super::activation::{closeout_hurries, longer_windows, offer_short};
use crate::support::front::{Front, addressed, answered};
use crate::support::pack::Copy;
use crate::support::{House, bodies, chain, eventually};

/// A pack that is kept and put into shadow; its digest.
async fn in_shadow(house: &House, tools: Option<&[&str]>) -> String {
    put_into_shadow(house, &longer_windows(), tools).await
}

async fn put_into_shadow(house: &House, pack: &Copy, tools: Option<&[&str]>) -> String {
    let kept = house.propose("activate=false&keep=true", pack.path());
    let digest = kept.await["pack"]["digest"]
        .as_str()
        .expect("a digest")
        .to_owned();
    let done = house.set_mode(&digest, "shadow", tools).await.ok();
    assert_eq!(
        (&done["changed"], &done["mode"]),
        (&json!(true), &json!("shadow"))
    );
    digest
}

async fn differences(front: &Front) -> Vec<Value> {
    let page = front.get(&front.operator(), "/v0/packs/differences");
    page.await.ok()["items"].as_array().expect("items").clone()
}

/// What the shadow has judged so far, once it is at least so much.
async fn judged(front: &Front, at_least: u64) -> Value {
    eventually("verdicts in shadow", async || {
        let shadow = front.packs().await["shadow"].clone();
        (shadow["judged"].as_u64() >= Some(at_least)).then_some(shadow)
    })
    .await
}

#[tokio::test]
async fn a_difference_is_recorded_and_never_applied() {
    let house = House::start().await;
    let told = house.advance_to(State::Schedulable).await;
    let before = house.packs().await;
    let digest = in_shadow(&house, None).await;

    // allowed by the one that judges, and committed; the shadow would refuse it
    let answer = offer_short(&house, &told).await.ok();
    assert_eq!(
        answer["data"]["proposed_windows"].as_array().map(Vec::len),
        Some(1)
    );
    // refused by both, for the same reason; and allowed by both
    let confirm = json!({ "selected_window": bodies::window(48) });
    let refused = house.on(&house.scheduling(), "schedule.confirm", &told.id, &confirm);
    assert_ne!(refused.await.status, 200);
    let message = bodies::message("hello");
    house
        .step(&house.intake(), "ticket.add_message", &told, &message)
        .await;

    let shadow = judged(&house, 3).await;
    assert_eq!(
        (&shadow["differing"], &shadow["pack"]["digest"]),
        (&json!(1), &json!(digest))
    );
    let recorded = differences(&house).await;
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0]["kind"], "refused_now");
    assert_eq!(recorded[0]["ticket_id"], told.id);
    assert_eq!(
        recorded[0]["after"]["of"]["violations"][0]["rule"],
        "too_short"
    );
    // of that very decision
    let path = "/v0/decisions?tool=schedule.propose_slots";
    let decisions = house.get(&house.operator(), path).await.ok();
    assert_eq!(
        decisions["items"][0]["decision_id"],
        recorded[0]["decision_id"]
    );
    assert_eq!(decisions["items"][0]["allowed"], true);

    let counted = |tool: &str, outcome: &str| {
        format!("dispatch_shadow_verdicts_total{{tool=\"{tool}\",outcome=\"{outcome}\"}}")
    };
    for (tool, outcome) in [
        ("schedule.propose_slots", "refused_now"),
        ("schedule.confirm", "same"),
        ("ticket.add_message", "same"),
    ] {
        assert_eq!(
            house.metric(&counted(tool, outcome)).await,
            1.0,
            "{tool} {outcome}"
        );
    }
    let after = house.packs().await;
    assert_eq!(
        (&after["active"], &after["revision"]),
        (&before["active"], &json!(1))
    );
}

#[tokio::test]
async fn whom_the_shadow_lets_in_is_refused_and_the_difference_recorded() {
    let house = House::start().await;
    let told = house.advance_to(State::Schedulable).await;
    let hurry = json!({ "priority": "emergency" });
    let closeout = house.closeout();
    let nowhere = ulid::Ulid::generate().to_string();
    let bodies = [&told.id, &nowhere].map(|ticket| addressed(ticket, &hurry));
    let call = |body: &Value| {
        let path = "/v0/tools/ticket.set_priority";
        let request = house.request(&closeout, Method::POST, path);
        answered(request.header("x-correlation-id", "the-same").json(body))
    };
    let mut before = Vec::new();
    for body in &bodies {
        before.push(call(body).await);
    }
    put_into_shadow(&house, &closeout_hurries(), None).await;
    for (body, before) in bodies.iter().zip(before) {
        let refused = call(body).await;
        refused.refused(403, "role_forbidden", "authorization");
        // to the byte as it was answered before anybody was in shadow
        assert_eq!(refused.text(), before.text());
        let run = house.dry_run(&closeout, "ticket.set_priority", body).await;
        assert_eq!(run.ok()["refusal"]["code"], "role_forbidden");
    }
    let shadow = judged(&house, 2).await;
    assert_eq!(shadow["differing"], 2, "{shadow}");
    let mut recorded = differences(&house).await;
    recorded.retain(|call| call["ticket_id"] == told.id);
    let path = "/v0/decisions?tool=ticket.set_priority&limit=10";
    let decisions = house.get(&house.operator(), path).await.ok();
    let decided = |decision: &Value| decision["decision_id"] == recorded[0]["decision_id"];
    let decisions = decisions["items"].as_array().expect("items");
    assert!(decisions.iter().any(decided), "{recorded:?}");
    let (before, after) = (&recorded[0]["before"]["of"], &recorded[0]["after"]["of"]);
    assert_eq!(before["phase"], "authorization", "{recorded:?}");
    assert_ne!(after["phase"], "authorization", "it was asked further");
    assert_eq!(recorded[0]["ticket_id"], told.id);
}

/// The database goes away while verdicts in shadow are being written.
#[tokio::test]
async fn verdicts_in_shadow_outlive_the_database_being_away() {
    let house = House::start().await;
    let told = house.advance_to(State::Schedulable).await;
    let digest = in_shadow(&house, None).await;
    let pool = house.database.pool();
    let mut lock = pool.begin().await.expect("a transaction");
    sqlx::query("SELECT FROM pack_modes WHERE digest = $1 FOR UPDATE")
        .bind(&digest)
        .execute(&mut *lock)
        .await
        .expect("locked");
    for _ in 0..3 {
        offer_short(&house, &told).await.ok();
    }
    chain::somebody_waits(pool, "the writing").await;
    house.cut_database().await;
    drop(lock);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    house.restore_database().await;
    let shadow = judged(&house, 3).await;
    assert_eq!(
        (&shadow["judged"], &shadow["differing"], &shadow["lost"]),
        (&json!(3), &json!(3), &json!(0))
    );
    assert_eq!(differences(&house).await.len(), 3);
}

#[tokio::test]
async fn single_tools_go_into_shadow_and_out_of_it_on_every_host() {
    let house = House::start().await;
    let other = house.second_host().await;
    let told = house.advance_to(State::Schedulable).await;
    let tools = ["schedule.propose_slots", "ticket.add_message"];
    let digest = in_shadow(&house, Some(&tools)).await;
    let message = bodies::message("hello");
    let intake = house.intake();
    let priority = json!({ "priority": "emergency" });
    house
        .step(&intake, "ticket.set_priority", &told, &priority)
        .await;
    house
        .step(&intake, "ticket.add_message", &told, &message)
        .await;
    let shadow = judged(&house, 1).await;
    assert_eq!(
        (&shadow["tools"], &shadow["judged"]),
        (&json!(tools), &json!(1))
    );

    // followed by the other host, whose calls count too
    eventually("the other host's shadow", async || {
        let call = other
            .front
            .on(&intake, "ticket.add_message", &told.id, &message);
        call.await.ok();
        let line = "dispatch_shadow_verdicts_total{tool=\"ticket.add_message\",outcome=\"same\"}";
        (other.front.metric(line).await > 0.0).then_some(())
    })
    .await;
    judged(&other.front, 2).await;

    // one of them out, then all of it
    let less = house.set_mode(&digest, "off", Some(&tools[1..])).await.ok();
    assert_eq!(
        (&less["mode"], &less["tools"]),
        (&json!("shadow"), &json!(tools[..1]))
    );
    let line = "dispatch_shadow_verdicts_total{tool=\"ticket.add_message\",outcome=\"same\"}";
    let until_now = house.metric(line).await;
    house
        .step(&intake, "ticket.add_message", &told, &message)
        .await;
    offer_short(&house, &told).await.ok();
    eventually("the difference", async || {
        (differences(&house).await.len() == 1).then_some(())
    })
    .await;
    assert_eq!(house.metric(line).await, until_now);
    let off = house.set_mode(&digest, "off", None).await.ok();
    assert_eq!(
        (&off["mode"], &off["changed"]),
        (&json!("off"), &json!(true))
    );
    assert_eq!(house.packs().await.get("shadow"), None);
    assert_eq!(
        house.set_mode(&digest, "off", None).await.ok()["changed"],
        false
    );
    // what was recorded stays to be read
    assert_eq!(differences(&other.front).await.len(), 1);
}

#[tokio::test]
async fn a_change_of_mode_is_an_operators_and_is_audited() {
    let house = House::start().await;
    let digest = in_shadow(&house, None).await;
    for role in Role::ALL {
        if role == Role::OperatorAdmin {
            continue;
        }
        let path = format!("/v0/packs/{digest}/mode");
        let body = json!({ "mode": "off", "reason": "because" });
        let request = house
            .request(&house.role(role), Method::PUT, &path)
            .json(&body);
        answered(request)
            .await
            .refused(403, "role_forbidden", "authorization");
        let candidate = house.candidate(&house.role(role), "", Vec::new());
        candidate
            .await
            .refused(403, "role_forbidden", "authorization");
    }
    // another takes its place
    let next = longer_windows();
    next.edit(&[("revision = 2", "revision = 3")]);
    let kept = house.propose("activate=false&keep=true", next.path()).await;
    let second = kept["pack"]["digest"].as_str().expect("a digest");
    let done = house.set_mode(second, "shadow", None).await.ok();
    assert_eq!(done["replaced"]["digest"], digest);
    // enforced, it is in shadow no longer
    house.set_mode(second, "enforce", None).await.ok();
    let status = house.packs().await;
    assert_eq!(
        (&status["active"], status.get("shadow")),
        (&kept["pack"], None)
    );

    let changes = house.pack_events("policy.mode_changed").await;
    assert_eq!(changes.len(), 2);
    let operator = house.operator().actor.id.to_string();
    for change in &changes {
        assert_eq!(change["actor"]["operator_id"], operator);
        assert_eq!(change["payload"]["reason"], "to see");
    }
    assert_eq!(changes[0]["payload"]["replaced"]["digest"], digest);
    assert_eq!(house.pack_events("policy.pack_activated").await.len(), 2);
}

#[tokio::test]
async fn a_pack_that_is_not_whole_does_not_get_into_the_shadow() {
    let house = House::start().await;
    let pack = longer_windows();
    let kept = house.propose("activate=false&keep=true", pack.path());
    let digest = kept.await["pack"]["digest"]
        .as_str()
        .expect("a digest")
        .to_owned();
    sqlx::query("DELETE FROM pack_files WHERE digest = $1 AND path = 'pack.toml'")
        .bind(&digest)
        .execute(house.database.pool())
        .await
        .expect("damaged");
    let told = house.set_mode(&digest, "shadow", None).await.ok();
    assert_eq!(
        (&told["changed"], &told["failed"]["step"]),
        (&json!(false), &json!("read"))
    );
    assert_eq!(house.packs().await.get("shadow"), None);
    let told = house.set_mode(&digest, "enforce", None).await.ok();
    assert_eq!(
        (&told["changed"], &told["failed"]["step"]),
        (&json!(false), &json!("read"))
    );
    assert_eq!(house.packs().await["revision"], 1);
}
