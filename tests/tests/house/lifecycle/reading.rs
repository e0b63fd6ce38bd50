//! What a caller reads of a ticket, and whose it is.

use crate::support::House;
use crate::support::bodies::{self};
use crate::support::reply::texts;
use crate::support::story::Told;
use dispatch_contract::{Role, State};
use serde_json::{Value, json};

/// Whoever may call what, in the order the closed set lists them.
async fn next_tools(house: &House, role: Role, told: &Told) -> Vec<String> {
    let who = if role == Role::Customer {
        told.customer.clone()
    } else {
        house.role(role)
    };
    let reply = house
        .get(&who, &format!("/v0/tickets/{}/summary", told.id))
        .await;
    let summary = reply.ok();
    texts(&summary["next_tools"])
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_summary_fits_is_deterministic_and_says_what_the_caller_may_do() {
    let house = House::start().await;
    let huge = |unit: &str, chars: usize| unit.repeat(chars);
    let mut body = bodies::schedulable();
    body["customer"]["contact_name"] = json!(huge("\u{1}", 200));
    body["customer"]["site_name"] = json!(huge("\\\"", 100));
    body["service_location"]["address_line1"] = json!(huge("ß", 200));
    body["service_location"]["city"] = json!(huge("界", 100));
    body["service_location"]["region"] = json!(huge("\"", 100));
    body["issue"]["summary"] = json!(huge("\u{1F6AA}", 2000));
    body["issue"]["classification"] = json!(huge("\\", 100));
    let (id, _) = house.open(&body).await;
    let windows: Vec<Value> = (1..=10).map(|day| bodies::window(day * 24)).collect();
    let propose = json!({ "windows": windows });
    house
        .on(&house.scheduling(), "schedule.propose_slots", &id, &propose)
        .await
        .ok();
    let confirm = json!({ "selected_window": windows[0] });
    house
        .on(&house.scheduling(), "schedule.confirm", &id, &confirm)
        .await
        .ok();
    house
        .on(&house.scheduling(), "schedule.propose_slots", &id, &propose)
        .await
        .ok();
    let eta = json!({ "eta_text": huge("\"", 200) });
    house
        .on(&house.scheduling(), "dispatch.set_eta", &id, &eta)
        .await
        .ok();

    let path = format!("/v0/tickets/{id}/summary");
    let first = house.get(&house.operator(), &path).await;
    assert!(
        first.body.len() <= 2048,
        "{} bytes: {}",
        first.body.len(),
        first.text()
    );
    let again = house.get(&house.operator(), &path).await;
    assert_eq!(first.body, again.body);
    assert_eq!(first.ok()["state"], "scheduled");
}

#[tokio::test]
async fn the_next_tools_are_those_of_the_role_in_the_state() {
    let house = House::start().await;
    // by hand from the contract: state, role, tools
    let message = "ticket.add_message";
    let schedule = ["schedule.propose_slots", "schedule.confirm"];
    let dispatch = ["dispatch.assign_tech", "dispatch.set_eta"];
    let evidence = ["closeout.add_note", "closeout.add_photo"];
    let told = house.advance_to(State::Scheduled).await;
    let of = async |role, told: &Told| next_tools(&house, role, told).await;
    assert_eq!(
        of(Role::SystemIntakeAgent, &told).await,
        [message, "ticket.set_priority"]
    );
    let both = [&[message][..], &schedule, &dispatch].concat();
    assert_eq!(of(Role::SystemSchedulingAgent, &told).await, both);
    assert_eq!(
        of(Role::SystemTechnicianLiaisonAgent, &told).await,
        [message]
    );
    assert!(of(Role::SystemCloseoutAgent, &told).await.is_empty());
    assert_eq!(of(Role::Customer, &told).await, [message]);
    let told = house.advance_to(State::Onsite).await;
    assert_eq!(
        of(Role::Technician, &told).await,
        [&[message][..], &evidence].concat()
    );
    let told = house.advance_to(State::CloseoutPending).await;
    assert_eq!(
        of(Role::SystemCloseoutAgent, &told).await,
        [
            "billing.generate_invoice_draft",
            "billing.compile_closeout_packet"
        ]
    );
    let told = house.advance_to(State::Closed).await;
    assert_eq!(of(Role::OperatorAdmin, &told).await, [message]);
}

#[tokio::test]
async fn a_customer_is_found_again_by_phone_or_email() {
    let house = House::start().await;
    let mut first = bodies::schedulable();
    first["customer"]["phone"] = json!("+1 (312) 555-0199");
    first["customer"]["email"] = json!("Ada@Example.com");
    let (_, customer) = house.open(&first).await;
    let mut by_phone = bodies::bare();
    by_phone["customer"]["phone"] = json!("1.312.555.0199");
    assert_eq!(house.open(&by_phone).await.1, customer);
    let mut by_email = bodies::bare();
    by_email["customer"]["email"] = json!("ada@example.COM");
    assert_eq!(house.open(&by_email).await.1, customer);
    assert_ne!(house.open(&bodies::bare()).await.1, customer);

    // eight at once about one customer find one customer
    let shared = json!(bodies::phone());
    let opened = futures::future::join_all((0..8).map(|_| {
        let mut body = bodies::bare();
        body["customer"]["phone"] = shared.clone();
        let house = &house;
        async move { house.open(&body).await.1 }
    }));
    let mut customers = opened.await;
    customers.dedup();
    assert_eq!(customers.len(), 1, "{customers:?}");
}
