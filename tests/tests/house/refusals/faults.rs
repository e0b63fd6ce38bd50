//! What fails closed: rules that trap, a database that is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{recorded, refused};
use crate::support::bodies;
use crate::support::front::addressed;
use crate::support::house::Settings;
use crate::support::{House, chain, eventually};
use dispatch_contract::State;
use serde_json::json;

#[tokio::test]
async fn rules_that_fail_are_a_refusal_and_nothing_is_committed() {
    let pack = crate::support::hostile::note_that_traps();
    let house = House::with(Settings {
        pack: pack.path().to_owned(),
        ..Settings::default()
    })
    .await;
    let told = house.advance_to(State::Onsite).await;
    let note = json!({ "note": { "text": "Done." } });
    let call = house.on(&house.technician(), "closeout.add_note", &told.id, &note);
    let problem = refused(&house, call, (503, "policy_unavailable", "validate")).await;
    assert!(!problem["detail"].as_str().expect("text").contains("wasm"));
    // the other tools go on, and the fault is counted
    house
        .step(
            &house.technician(),
            "closeout.add_photo",
            &told,
            &house.photo().await,
        )
        .await;
    let metrics = house.get(&house.operator(), "/metrics").await.text();
    assert!(
        metrics.lines().any(
            |line| line.starts_with("dispatch_component_faults_total{") && line.ends_with(" 1")
        ),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_database_that_is_away_is_a_refusal_and_nothing_is_committed() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    let before = chain::print(house.database.pool()).await;
    let body = addressed(&told.id, &json!({ "priority": "standard" }));
    house.cut_database().await;
    let call = house
        .call(&house.intake(), "ticket.set_priority", &body)
        .await;
    let problem = call.refused(503, "store_unavailable", "store");
    assert!(call.header("retry-after").is_some());
    let read = house
        .get(&house.intake(), &format!("/v0/tickets/{}", told.id))
        .await;
    read.refused(503, "store_unavailable", "store");
    assert_eq!(house.get(&house.intake(), "/readyz").await.status, 503);
    assert_eq!(house.get(&house.intake(), "/healthz").await.status, 200);

    house.restore_database().await;
    assert_eq!(chain::print(house.database.pool()).await, before);
    // the very same call is taken once the database is back
    let answer = eventually("the database is found again", async || {
        let reply = house
            .call(&house.intake(), "ticket.set_priority", &body)
            .await;
        (reply.status == 200).then(|| reply.json())
    })
    .await;
    assert_eq!(answer["data"]["priority"], "standard");
    recorded(&house, &problem).await;
}

#[tokio::test]
async fn refusals_wait_for_a_database_that_is_away_and_the_gauge_says_how_many() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    let gauge = async |name: &str| {
        let metrics = house.get(&house.operator(), "/metrics").await.text();
        let line = metrics.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in {metrics}"))
    };
    let none: u64 = gauge("dispatch_refusals_waiting ").await;
    assert_eq!((none, gauge("dispatch_pack_revision ").await), (0, 1));
    house.cut_database().await;
    // a role that no policy admits is refused without the database
    let body = addressed(&told.id, &json!({ "priority": "standard" }));
    let mut problems = Vec::new();
    for _ in 0..5 {
        let call = house
            .call(&house.technician(), "ticket.set_priority", &body)
            .await;
        problems.push(call.refused(403, "role_forbidden", "authorization"));
    }
    assert_eq!(gauge("dispatch_refusals_waiting ").await, 5);
    house.restore_database().await;
    for problem in &problems {
        recorded(&house, problem).await;
    }
    eventually("all are written", async || {
        (gauge("dispatch_refusals_waiting ").await == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_cut_under_load_loses_nothing_that_was_answered() {
    let house = House::start().await;
    let mut clients = Vec::new();
    let answered = Arc::new(AtomicUsize::new(0));
    for _ in 0..8 {
        let (ticket, _) = house.open(&bodies::bare()).await;
        let (front, answered) = ((*house).clone(), Arc::clone(&answered));
        clients.push(tokio::spawn(async move {
            let mut sent = Vec::new();
            loop {
                let body = addressed(&ticket, &bodies::message("under load"));
                let reply = front
                    .call(&front.intake(), "ticket.add_message", &body)
                    .await;
                answered.fetch_add(1, Ordering::Relaxed);
                sent.push((body, reply.clone()));
                if reply.status != 200 {
                    return (ticket, sent);
                }
            }
        }));
    }
    eventually("some answers", async || {
        (answered.load(Ordering::Relaxed) > 50).then_some(())
    })
    .await;
    house.cut_database().await;
    let mut all = Vec::new();
    for client in clients {
        all.push(client.await.expect("a client ends well"));
    }
    house.restore_database().await;
    for (ticket, sent) in all {
        for (body, reply) in &sent {
            if reply.status != 200 {
                reply.refused(503, "store_unavailable", "store");
            }
            // the very same call, as a refusal of this kind asks for
            let again = eventually("the database is found again", async || {
                let again = house
                    .call(&house.intake(), "ticket.add_message", body)
                    .await;
                (again.status == 200).then_some(again)
            })
            .await;
            if reply.status == 200 {
                assert_eq!(again.body, reply.body);
            }
        }
        let chain = chain::verified(&house.database, &ticket).await;
        assert_eq!(chain.len(), 1 + sent.len(), "each call once");
    }
}
