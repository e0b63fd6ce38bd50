//! One key, one commit: raced, repeated, reordered, after a restart; and many calls at
//! once on one ticket are one chain.

use dispatch_contract::{Role, State};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::bodies;
use crate::support::front::{addressed, answered};
use crate::support::{House, Reply, chain};

/// So many at once.
const RACERS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_at_once_with_one_key_one_commits_and_31_get_its_bytes() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    let body = addressed(&told.id, &bodies::message("The door is stuck."));
    let intake = house.intake();
    let calls = (0..RACERS).map(|_| house.call(&intake, "ticket.add_message", &body));
    let replies = join_all(calls).await;
    one_commit(&replies);
    let kinds = chain::kinds(&house.database, &told.id).await;
    assert_eq!(kinds, ["ticket.created", "ticket.message_added"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_tickets_opened_with_one_key_one_is_opened() {
    let house = House::start().await;
    let mut body = bodies::schedulable();
    body["request_id"] = json!(bodies::key());
    let intake = house.intake();
    let replies = join_all((0..RACERS).map(|_| house.call(&intake, "ticket.create", &body))).await;
    one_commit(&replies);
    assert_eq!(count(&house, "SELECT count(*) FROM tickets").await, 1);
    assert_eq!(count(&house, "SELECT count(*) FROM customers").await, 1);
    // the key of ticket.create is the actor's own: another actor's is another ticket
    let other = house
        .call(&house.operator(), "ticket.create", &body)
        .await
        .ok();
    assert_ne!(
        other["data"]["ticket_id"],
        replies[0].json()["data"]["ticket_id"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hosts_on_one_database_answer_one_key_alike() {
    let house = House::start().await;
    let other = house.second_host().await;
    let (intake, fronts) = (house.intake(), [&*house, &other.front]);
    let mut create = bodies::schedulable();
    create["request_id"] = json!(bodies::key());
    let calls = (0..RACERS).map(|n| fronts[n % 2].call(&intake, "ticket.create", &create));
    let replies = join_all(calls).await;
    one_commit(&replies);
    let ticket = replies[0].json()["data"]["ticket_id"].clone();
    let ticket = ticket.as_str().expect("an id");
    let body = addressed(ticket, &bodies::message("The door is stuck."));
    let calls = (0..RACERS).map(|n| fronts[n % 2].call(&intake, "ticket.add_message", &body));
    one_commit(&join_all(calls).await);
    let different = (0..RACERS).map(|n| {
        let message = bodies::message(&format!("message {n}"));
        fronts[n % 2].on(&intake, "ticket.add_message", ticket, &message)
    });
    let replies = join_all(different).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    let chain = chain::verified(&house.database, ticket).await;
    let last = chain.last().expect("events").ticket_version;
    assert_eq!(last, 2 + RACERS as u64);
}

fn one_commit(replies: &[Reply]) {
    let first = &replies[0];
    first.ok();
    assert!(
        replies
            .iter()
            .all(|reply| reply.status == 200 && reply.body == first.body)
    );
    let replayed = replies
        .iter()
        .filter(|reply| reply.header("idempotency-replayed") == Some("true"))
        .count();
    assert_eq!(replayed, replies.len() - 1);
}

async fn count(house: &House, sql: &'static str) -> i64 {
    let pool = house.database.pool();
    sqlx::query_scalar(sql)
        .fetch_one(pool)
        .await
        .expect("a count")
}

#[tokio::test]
async fn a_key_belongs_to_its_content_and_its_actor() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    let body = addressed(&told.id, &bodies::message("secret of the intake agent"));
    let first = house
        .call(&house.intake(), "ticket.add_message", &body)
        .await;
    first.ok();
    let mut other = body.clone();
    other["message"]["raw"] = json!("something else");
    let conflict = house
        .call(&house.intake(), "ticket.add_message", &other)
        .await;
    conflict.refused(409, "idempotency_conflict", "idempotency");
    // the same bytes from somebody else are not the same call
    for who in [house.operator(), house.liaison(), told.customer.clone()] {
        let conflict = house.call(&who, "ticket.add_message", &body).await;
        conflict.refused(409, "idempotency_conflict", "idempotency");
        assert!(!conflict.text().contains("secret"));
    }
    // the same key on another ticket, or for another tool, is another key
    let second = house.advance_to(State::New).await;
    let mut elsewhere = body.clone();
    elsewhere["ticket_id"] = json!(second.id);
    let elsewhere = house
        .call(&house.intake(), "ticket.add_message", &elsewhere)
        .await
        .ok();
    assert_eq!(elsewhere["ticket"]["ticket_id"], second.id);
    let priority =
        json!({ "request_id": body["request_id"], "ticket_id": told.id, "priority": "standard" });
    house
        .call(&house.intake(), "ticket.set_priority", &priority)
        .await
        .ok();
    // and the first answer stands, though the ticket has moved on
    let again = house
        .call(&house.intake(), "ticket.add_message", &body)
        .await;
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn key_order_spacing_and_explicit_absence_are_not_content() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    let who = house.intake();
    let send = async |text: String| {
        house
            .send(
                &who,
                "ticket.set_priority",
                "application/json",
                text.into_bytes(),
            )
            .await
    };
    let id = &told.id;
    let first = send(format!(
        r#"{{"request_id":"k","ticket_id":"{id}","priority":"standard"}}"#
    ))
    .await;
    first.ok();
    for again in [
        format!(
            "\n {{ \"priority\" : \"standard\",\t\"ticket_id\":\"{id}\", \"request_id\":\"k\" }} "
        ),
        format!(
            r#"{{"priority":"st\u0061ndard","ticket_id":"{id}","request_id":"k","override":null}}"#
        ),
    ] {
        let again = send(again).await;
        assert_eq!(again.body, first.body, "{}", again.text());
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
}

#[tokio::test]
async fn a_refused_call_leaves_its_key_free() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let item = addressed(&told.id, &json!({ "item_key": "work_performed" }));
    let liaison = house.liaison();
    let call = || house.call(&liaison, "closeout.checklist_complete", &item);
    call().await.refused(409, "gate_blocked", "transition");
    let note = json!({ "note": { "text": "Done." } });
    house
        .step(&house.technician(), "closeout.add_note", &told, &note)
        .await;
    let first = call().await;
    first.ok();
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(call().await.body, first.body);
}

#[tokio::test]
async fn the_header_may_carry_the_key_and_must_agree_with_the_body() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    let send = async |header: Option<&str>, body: Value| -> Reply {
        let path = "/v0/tools/ticket.set_priority";
        let mut request = house
            .request(&house.intake(), reqwest::Method::POST, path)
            .json(&body);
        if let Some(key) = header {
            request = request.header("idempotency-key", key);
        }
        answered(request).await
    };
    let bare = json!({ "ticket_id": told.id, "priority": "standard" });
    let mut keyed = bare.clone();
    keyed["request_id"] = json!("one");
    let first = send(Some("one"), bare.clone()).await;
    assert_eq!(first.ok()["request_id"], "one");
    assert_eq!(send(None, keyed.clone()).await.body, first.body);
    assert_eq!(send(Some("one"), keyed.clone()).await.body, first.body);
    let differ = send(Some("two"), keyed)
        .await
        .refused(422, "invalid_input", "schema");
    assert_eq!(
        crate::support::reply::violations(&differ),
        ["/request_id key_mismatch"]
    );
    send(None, bare.clone())
        .await
        .refused(422, "invalid_input", "schema");
    // one that is no key is not read that far, and not told back
    let long = send(Some(&"k".repeat(129)), bare.clone()).await;
    let problem = long.refused(422, "invalid_input", "request");
    assert_eq!(problem["request_id"], Value::Null);
    send(Some(&"k".repeat(128)), bare).await.ok();
}

#[tokio::test]
async fn an_answer_is_the_same_after_the_host_was_stopped_and_started() {
    let mut house = House::start().await;
    let told = house.advance_to(State::New).await;
    let body = addressed(&told.id, &bodies::message("still there?"));
    let first = house
        .call(&house.intake(), "ticket.add_message", &body)
        .await;
    house.restart().await;
    let again = house
        .call(&house.intake(), "ticket.add_message", &body)
        .await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(chain::kinds(&house.database, &told.id).await.len(), 2);
    house
        .step(
            &house.intake(),
            "ticket.set_priority",
            &told,
            &json!({ "priority": "standard" }),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn different_calls_at_once_on_one_ticket_are_one_chain() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    let people = [
        house.intake(),
        house.liaison(),
        house.operator(),
        told.customer.clone(),
    ];
    let bodies: Vec<Value> = (0..RACERS)
        .map(|n| addressed(&told.id, &bodies::message(&format!("message {n}"))))
        .collect();
    let calls = bodies
        .iter()
        .enumerate()
        .map(|(n, body)| house.call(&people[n % 4], "ticket.add_message", body));
    let mut versions: Vec<u64> = join_all(calls)
        .await
        .iter()
        .map(|reply| reply.ok()["ticket"]["version"].as_u64().expect("a version"))
        .collect();
    versions.sort_unstable();
    let last = 1 + RACERS as u64;
    assert_eq!(versions, (2..=last).collect::<Vec<_>>());
    let chain = chain::verified(&house.database, &told.id).await;
    assert_eq!(
        chain
            .iter()
            .map(|event| event.ticket_version)
            .collect::<Vec<_>>(),
        (1..=last).collect::<Vec<_>>()
    );
    let mut customers = chain
        .iter()
        .filter(|event| event.actor.role == Role::Customer);
    assert_eq!(customers.by_ref().count(), RACERS / 4);
}
