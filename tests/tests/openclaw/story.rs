//! A ticket's whole life through a real gateway: a message comes in, four agents with four
//! credentials do their part, and none of them anything else.

use std::collections::BTreeSet;

use dispatch_contract::Role;
use dispatch_contract::agent_tools::{AGENT_ROLES, names_for};
use dispatch_gateway::ask;
use dispatch_gateway::methods::config;
use dispatch_provision::dispatch_config::{Weight, check};
use dispatch_testing::openclaw::Reply;
use serde_json::{Value, json};

use crate::world::{
    self, ITEMS, Origin, PHOTO, TECHNICIAN, World, agent, lax, message, on, request, window,
};

use Role::{
    SystemCloseoutAgent as Closeout, SystemIntakeAgent as Intake,
    SystemSchedulingAgent as Scheduling, SystemTechnicianLiaisonAgent as Liaison,
};

#[tokio::test]
async fn from_a_message_to_a_closed_ticket_each_agent_its_own_part() {
    let Some(world) = World::start(&[]).await else {
        return;
    };
    the_check_sees_what_runs(&world).await;
    let ticket = intake(&world).await;
    scheduling(&world, &ticket).await;
    liaison(&world, &ticket).await;
    closeout(&world, &ticket).await;
    each_did_its_own_part(&world, &ticket).await;
    what_a_role_may_not_is_refused_twice(&world, &ticket).await;
    world.host.audit_is_clean();
    assert!(
        !world
            .tokens
            .values()
            .any(|token| world.gateway.log().contains(token)),
        "no credential in the gateway's log"
    );
}

/// The rendered agents are in order; the lax ones, which the test added, are not.
async fn the_check_sees_what_runs(world: &World) {
    let running = ask(&world.connection, &config::Get {})
        .await
        .expect("a configuration");
    let findings = check(&running.config);
    assert!(!findings.is_empty());
    for finding in findings.iter().filter(|f| f.weight == Weight::Breaks) {
        assert!(finding.path.contains(world::LAX), "{finding:?}");
    }
}

/// The state that a call's answer shows.
fn state(answer: &Value) -> &str {
    answer["ticket"]["state"].as_str().expect("a state")
}

/// Who asks first, and somebody else at the same channel.
const CUSTOMER: Origin<'static> = Origin {
    channel: "telegram",
    account: "ops",
    from: "12345",
};
const NEIGHBOUR: Origin<'static> = Origin {
    from: "67890",
    ..CUSTOMER
};

async fn intake(world: &World) -> String {
    let said = "Hi, our dock door came off its track. Ring twice at the gate.";
    let create = Reply::call("call_0", "ticket_create", request("+13125550142"));
    let intake = agent(Intake);
    let turn = world.turn_from(CUSTOMER, &intake, said, vec![create]).await;
    assert_eq!(state(&turn.answer()), "schedulable");
    let ticket = turn.answer()["data"]["ticket_id"].clone();
    let ticket = ticket.as_str().expect("an id").to_owned();
    let read = [("ticket_summary", on(&ticket, json!({})))];
    let turn = world.turn(&agent(Intake), "How is it?", &read).await;
    assert_eq!(turn.answer()["state"], "schedulable");
    // a model that calls by the same id, with the same words, for another person
    for from in [CUSTOMER, NEIGHBOUR] {
        let add = on(&ticket, message("still off"));
        let add = Reply::call("call_0", "ticket_add_message", add);
        let turn = world.turn_from(from, &intake, "still off", vec![add]).await;
        assert_eq!(state(&turn.answer()), "schedulable");
    }
    ticket
}

async fn scheduling(world: &World, ticket: &str) {
    let windows = [window(24), window(48)];
    let calls = [
        (
            "schedule_propose_slots",
            on(ticket, json!({ "windows": windows })),
        ),
        (
            "schedule_confirm",
            on(ticket, json!({ "selected_window": windows[1] })),
        ),
        (
            "dispatch_assign_tech",
            on(ticket, json!({ "technician_id": TECHNICIAN })),
        ),
        (
            "dispatch_set_eta",
            on(ticket, json!({ "eta_text": "between 9 and 10" })),
        ),
    ];
    let turn = world
        .turn(&agent(Scheduling), "Schedule the dock door.", &calls)
        .await;
    assert_eq!(turn.results.len(), calls.len(), "{turn:?}");
    assert_eq!(state(&turn.answer()), "dispatched");
}

async fn liaison(world: &World, ticket: &str) {
    let mut arrived = message("I am at the gate");
    arrived["message"]["intent"] = json!("check_in");
    let photo = world.host.upload(world.token(Liaison), PHOTO).await;
    let mut photo = json!({ "photo": photo });
    photo["photo"]["phase"] = json!("after");
    let mut calls = vec![
        ("ticket_add_message", on(ticket, arrived)),
        (
            "closeout_add_note",
            on(ticket, json!({ "note": { "text": "Track straightened." } })),
        ),
        ("closeout_add_photo", on(ticket, photo)),
    ];
    // before its evidence is there, a gate: the model is told what is missing
    let early = [
        calls[0].clone(),
        (
            "closeout_checklist_complete",
            on(ticket, json!({ "item_key": "onsite_photos_after" })),
        ),
    ];
    let turn = world
        .turn(&agent(Liaison), "The technician says: I am here", &early)
        .await;
    let refused = &turn.results[1];
    assert!(refused.contains("Refused"), "{refused}");
    assert!(refused.contains("The ticket is onsite"), "{refused}");
    assert!(refused.contains("closeout_add_photo"), "{refused}");
    calls.remove(0);
    for item in ITEMS {
        calls.push((
            "closeout_checklist_complete",
            on(ticket, json!({ "item_key": item })),
        ));
    }
    let turn = world
        .turn(&agent(Liaison), "The technician says: done", &calls)
        .await;
    assert_eq!(turn.results.len(), calls.len(), "{turn:?}");
    assert_eq!(state(&turn.answer()), "closeout_pending", "{turn:?}");
}

async fn closeout(world: &World, ticket: &str) {
    let lines = json!({ "line_items": [
        { "description": "Labour, hours", "quantity": 2, "unit_amount_cents": 12_500 },
    ] });
    let calls = [
        ("billing_compile_closeout_packet", on(ticket, json!({}))),
        ("billing_generate_invoice_draft", on(ticket, lines)),
        ("billing_compile_closeout_packet", on(ticket, json!({}))),
    ];
    let turn = world
        .turn(&agent(Closeout), "Close it, please.", &calls)
        .await;
    assert!(
        turn.results[0].contains("billing.invoice_draft"),
        "{turn:?}"
    );
    assert_eq!(state(&turn.answer()), "closed");
}

/// The audit trail knows each by its credential, and whence the first word came.
async fn each_did_its_own_part(world: &World, ticket: &str) {
    let timeline = world
        .host
        .read(&format!("/v0/tickets/{ticket}/timeline?limit=200"))
        .await;
    let events = timeline["items"].as_array().expect("events");
    let mut roles: Vec<&str> = events
        .iter()
        .filter_map(|event| event["actor"]["role"].as_str())
        .collect();
    roles.dedup();
    let expected: Vec<&str> = AGENT_ROLES.iter().map(|role| role.name()).collect();
    assert_eq!(roles, expected);
    let from = |origin: Origin| json!({ "kind": origin.channel, "peer": origin.from });
    assert_eq!(events[0]["channel"], from(CUSTOMER));
    let said = events
        .iter()
        .filter(|event| event["payload"].to_string().contains("still off"));
    let (said, keys): (Vec<&Value>, BTreeSet<&str>) = said
        .map(|event| {
            (
                &event["channel"],
                event["request_id"].as_str().expect("a key"),
            )
        })
        .unzip();
    assert_eq!(keys.len(), 2, "two calls, though their ids are one");
    assert_eq!(said, [&from(CUSTOMER), &from(NEIGHBOUR)], "{timeline}");
}

/// By the gateway, which does not offer it; and, where a gateway does, by the host.
async fn what_a_role_may_not_is_refused_twice(world: &World, ticket: &str) {
    for (role, tool, input) in [
        (
            Intake,
            "schedule_confirm",
            on(ticket, json!({ "selected_window": window(24) })),
        ),
        (Scheduling, "ticket_create", request("+13125550199")),
        (
            Liaison,
            "billing_compile_closeout_packet",
            on(ticket, json!({})),
        ),
        (
            Closeout,
            "closeout_add_note",
            on(ticket, json!({ "note": { "text": "mine" } })),
        ),
    ] {
        // not offered; and a model that calls it anyway reaches nothing
        let turn = world
            .turn(&agent(role), "Do it.", &[(tool, input.clone())])
            .await;
        let mut offered = turn.offered.clone();
        let mut own = names_for(role);
        offered.sort();
        own.sort();
        assert_eq!(offered, own, "what {role} is offered");
        assert!(
            turn.results
                .iter()
                .all(|result| !result.contains("Refused (")),
            "{turn:?}"
        );
        // nor past the model
        let invoked = world.invoke(&agent(role), tool, &input, "foreign").await;
        assert!(!invoked.ok);
        assert_eq!(invoked.error.expect("why").code, "not_found");
        // where the gateway lets it through, the host does not
        let invoked = world.invoke(&lax(role), tool, &input, "foreign").await;
        let why = invoked.error.expect("refused").message;
        assert!(
            why.starts_with("Refused (role_forbidden)"),
            "{role} {tool}: {why}"
        );
    }
    assert_eq!(world.host.tickets().await.len(), 1, "nothing was done");
}
