//! What fails closed: rules that trap, a database that is away.

use super::{recorded, refused};
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
