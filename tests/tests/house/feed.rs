//! The feed: everything committed, in the order of commit, without a gap or a double,
//! by several writers on two hosts, and through a reader's coming and going.

use std::collections::HashSet;

use dispatch_contract::State;
use serde_json::{Value, json};

use crate::support::bodies;
use crate::support::front::{Front, addressed};
use crate::support::sse::Told;
use crate::support::{House, chain};

/// Writers at once, half of them on each host.
const WRITERS: usize = 8;

/// Messages of each.
const EACH: usize = 20;

async fn write(front: Front, ticket: String) {
    for n in 0..EACH {
        let body = addressed(&ticket, &bodies::message(&format!("message {n}")));
        front
            .call(&front.intake(), "ticket.add_message", &body)
            .await
            .ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_who_come_and_go_miss_nothing_while_two_hosts_write() {
    let house = House::start().await;
    let other = house.second_host().await;
    let mut tickets = Vec::new();
    for _ in 0..WRITERS {
        tickets.push(house.open(&bodies::bare()).await.0);
    }
    let mut steady = other.front.follow(Some("0-0")).await;
    let writers: Vec<_> = tickets
        .iter()
        .enumerate()
        .map(|(n, ticket)| {
            let front = if n % 2 == 0 {
                (*house).clone()
            } else {
                other.front.clone()
            };
            tokio::spawn(write(front, ticket.clone()))
        })
        .collect();

    // one reader stays; another goes after a few events each time, and comes back to
    // the other host with the last id it saw
    let total = WRITERS * (1 + EACH);
    let of_tickets = |told: &Told| told.event.get("ticket_id").is_some();
    let mut coming_and_going: Vec<Told> = Vec::new();
    let mut last = "0-0".to_owned();
    let mut visits = 0;
    while coming_and_going
        .iter()
        .filter(|told| of_tickets(told))
        .count()
        < total
    {
        let front = if visits % 2 == 0 {
            &*house
        } else {
            &other.front
        };
        let mut stream = front.follow(Some(&last)).await;
        let seen = stream.take(1).await;
        last.clone_from(&seen.last().expect("events").id);
        coming_and_going.extend(seen);
        if visits % 3 == 0 {
            while coming_and_going
                .iter()
                .filter(|told| of_tickets(told))
                .count()
                < total.min(visits * 9)
            {
                let told = stream.next().await.expect("the stream goes on");
                last.clone_from(&told.id);
                coming_and_going.push(told);
            }
        }
        visits += 1;
    }
    for writer in writers {
        writer.await.expect("a writer ends well");
    }
    let stayed = steady.take(coming_and_going.len()).await;
    assert_eq!(stayed, coming_and_going, "every reader reads the same");

    let ids: HashSet<&str> = stayed.iter().map(|told| told.id.as_str()).collect();
    assert_eq!(ids.len(), stayed.len(), "no double");
    for ticket in &tickets {
        let read: Vec<&Value> = stayed
            .iter()
            .filter(|told| told.event["ticket_id"] == **ticket)
            .map(|told| &told.event)
            .collect();
        let stored = chain::verified(&house.database, ticket).await;
        let stored: Vec<Value> = stored
            .iter()
            .map(|event| serde_json::to_value(event).expect("JSON"))
            .collect();
        assert_eq!(read, stored.iter().collect::<Vec<_>>(), "no gap, in order");
    }
    for told in &stayed {
        assert_eq!(told.event["type"], told.kind);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_transaction_holds_the_feed_back_and_loses_nothing() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    let mut stream = house.follow(Some("0-0")).await;
    // a stranger's transaction that has an id, and is older than what is committed next
    let mut old = house.database.pool().begin().await.expect("begun");
    sqlx::query("SELECT pg_current_xact_id()")
        .execute(&mut *old)
        .await
        .expect("an id");
    house
        .step(
            &house.intake(),
            "ticket.add_message",
            &told,
            &bodies::message("behind"),
        )
        .await;
    house
        .step(
            &house.intake(),
            "ticket.set_priority",
            &told,
            &json!({ "priority": "standard" }),
        )
        .await;
    old.rollback().await.expect("over");
    let mut kinds = Vec::new();
    while kinds.len() < 3 {
        let event = stream.next().await.expect("the stream goes on");
        if event.event["ticket_id"] == *told.id {
            kinds.push(event.kind);
        }
    }
    assert_eq!(
        kinds,
        [
            "ticket.created",
            "ticket.message_added",
            "ticket.priority_set"
        ]
    );
}

#[tokio::test]
async fn streams_end_when_the_host_stops_and_the_next_host_goes_on() {
    let mut house = House::start().await;
    let told = house.advance_to(State::New).await;
    let mut stream = house.follow(Some("0-0")).await;
    let mut last;
    loop {
        let told = stream.next().await.expect("the stream goes on");
        last = told.id;
        if told.kind == "ticket.created" {
            break;
        }
    }
    house.stop().await;
    assert_eq!(stream.next().await, None);
    house.restart().await;
    house
        .step(
            &house.intake(),
            "ticket.add_message",
            &told,
            &bodies::message("again"),
        )
        .await;
    let mut stream = house.follow(Some(&last)).await;
    loop {
        let told = stream.next().await.expect("the stream goes on");
        assert_ne!(told.kind, "ticket.created", "seen before");
        if told.kind == "ticket.message_added" {
            break;
        }
    }
}

#[tokio::test]
async fn positions_that_are_none_and_streams_beyond_the_limit_are_refused() {
    let mut settings = crate::support::house::Settings::default();
    settings.limits.streams = 2;
    let house = House::with(settings).await;
    let operator = house.operator();
    for position in ["x", "1", "1-", "-1-2", "1-2-3"] {
        let reply = house
            .get(&operator, &format!("/v0/events?after={position}"))
            .await;
        reply.refused(422, "invalid_input", "request");
    }
    let first = house.follow(None).await;
    let _second = house.follow(None).await;
    let third = house.get(&operator, "/v0/events").await;
    third.refused(429, "rate_limited", "request");
    assert!(third.header("retry-after").is_some());
    drop(first);
    // a seat is free again once the host has noticed
    crate::support::eventually("a free seat", async || {
        let sent = house
            .request(&operator, reqwest::Method::GET, "/v0/events")
            .send()
            .await;
        (sent.expect("an answer").status() == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_explains_and_leaves_no_event_no_decision_and_no_key() {
    let house = House::start().await;
    let told = house.advance_to(State::Scheduled).await;
    let decisions = "SELECT count(*) FROM decisions";
    let count = async || -> i64 {
        sqlx::query_scalar(decisions)
            .fetch_one(house.database.pool())
            .await
            .expect("a count")
    };
    let before = (chain::print(house.database.pool()).await, count().await);

    let eta = addressed(&told.id, &json!({ "eta_text": "at nine" }));
    let run = house
        .dry_run(&house.scheduling(), "dispatch.set_eta", &eta)
        .await
        .ok();
    assert_eq!(
        (&run["dry_run"], &run["allowed"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(run["events"], json!(["dispatch.eta_set"]));
    assert_eq!(run["ticket"]["schedule"]["eta_text"], "at nine");
    assert!(
        run["phases"]
            .as_array()
            .is_some_and(|phases| phases.len() >= 4),
        "{run}"
    );
    let run = house
        .dry_run(&house.liaison(), "dispatch.set_eta", &eta)
        .await
        .ok();
    assert_eq!(
        (&run["allowed"], &run["refusal"]["code"]),
        (&json!(false), &json!("role_forbidden"))
    );
    let past = addressed(&told.id, &json!({ "eta_text": " " }));
    let run = house
        .dry_run(&house.scheduling(), "dispatch.set_eta", &past)
        .await
        .ok();
    assert_eq!(run["refusal"]["violations"][0]["rule"], "blank");
    let mut create = bodies::schedulable();
    create["request_id"] = json!(bodies::key());
    let run = house
        .dry_run(&house.intake(), "ticket.create", &create)
        .await
        .ok();
    assert_eq!(
        (&run["to"], &run["ticket"]["state"]),
        (&json!("schedulable"), &json!("schedulable"))
    );

    // papers are not made for a dry run
    assert_eq!(
        (chain::print(house.database.pool()).await, count().await),
        before
    );
    // the key is free: the real call commits
    let answer = house
        .call(&house.scheduling(), "dispatch.set_eta", &eta)
        .await;
    answer.ok();
    assert_eq!(answer.header("idempotency-replayed"), None);
    let run = house
        .dry_run(&house.scheduling(), "dispatch.set_eta", &eta)
        .await
        .ok();
    assert_eq!(run["replay"], true);
}

#[tokio::test]
async fn a_dry_run_tells_a_stranger_nothing_of_the_ticket() {
    let house = House::start().await;
    let told = house.advance_to(State::Onsite).await;
    let stranger = house.role(dispatch_contract::Role::Customer);
    let run = async |ticket: &str| {
        let body = addressed(ticket, &bodies::message("hello"));
        let run = house.dry_run(&stranger, "ticket.add_message", &body);
        let mut run = run.await.ok();
        let fields = run.as_object_mut().expect("an object");
        fields.remove("ticket_id");
        run
    };
    let theirs = run(&told.id).await;
    assert_eq!(theirs["refusal"]["code"], "ticket_not_found");
    assert_eq!(theirs, run(&ulid::Ulid::generate().to_string()).await);
}

#[tokio::test]
async fn a_stream_ends_with_the_credential_it_was_opened_with() {
    let house = House::start().await;
    let token_id = ulid::Ulid::generate();
    let operator = house.operator();
    let reader = crate::support::people::Person {
        token: house.people.token(operator.actor, token_id, 0, 3600),
        ..operator.clone()
    };
    let stream = house.request(&reader, reqwest::Method::GET, "/v0/events");
    let stream = stream.send().await.expect("an answer");
    assert_eq!(stream.status(), 200);
    let revoke = format!("/v0/credentials/{token_id}/revoke");
    let revoke = house.request(&operator, reqwest::Method::POST, &revoke);
    assert_eq!(revoke.send().await.expect("an answer").status(), 200);
    let rest = tokio::time::timeout(crate::support::PATIENCE, stream.text());
    let rest = rest.await.expect("the stream ends").expect("text");
    // it began with its place in the feed, for a reader who comes back
    assert!(rest.starts_with("id: "), "{rest}");
    assert!(rest.contains(": unauthenticated"), "{rest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_is_told_of_refusals_on_every_host_once_they_can_be_read() {
    let house = House::start().await;
    let other = house.second_host().await;
    let told = house.advance_to(State::New).await;
    let mut here = house.follow_refusals(None).await;
    let mut there = other.front.follow_refusals(None).await;
    let mut plain = house.follow(None).await;
    // whoever comes back may have missed some
    here.until_refusals().await;
    there.until_refusals().await;
    for n in 1..=3 {
        let early = json!({ "selected_window": bodies::window(24) });
        let refused = house.on(&house.technician(), "schedule.confirm", &told.id, &early);
        assert_eq!(refused.await.status, 403);
        here.until_refusals().await;
        there.until_refusals().await;
        let path = format!("/v0/decisions?ticket_id={}&allowed=false", told.id);
        let read = other.front.get(&other.front.operator(), &path).await.ok();
        assert_eq!(read["items"].as_array().map(Vec::len), Some(n));
    }
    // it is none of the events: those come as ever, and nobody else is told
    let message = bodies::message("when?");
    house
        .on(&house.intake(), "ticket.add_message", &told.id, &message)
        .await
        .ok();
    let ids = [here.next().await, there.next().await].map(|told| told.expect("an event").id);
    assert_eq!(ids[0], ids[1]);
    loop {
        match plain.next_kind().await.as_str() {
            "ticket.message_added" => break,
            kind => assert_ne!(kind, "refusals"),
        }
    }
}
