//! What committed calls owe leaves through a gateway once one is registered, and is listed,
//! given up and replayed before everybody's eyes: the real binary, a scripted gateway.

use std::os::unix::fs::PermissionsExt;

use dispatch_contract::State;
use dispatch_testing::openclaw::scripted::{Reply as Said, Script, ScriptedGateway};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::bodies;
use crate::support::front::{Front, answered};
use crate::support::people::TECHNICIAN;
use crate::support::process::{Site, run};
use crate::support::{House, eventually};

/// Registers a gateway that sends text messages.
async fn register(site: &Site, front: &Front, gateway: &ScriptedGateway) -> String {
    let token = site.file("gateway.token", &gateway.token());
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&token, private).expect("set");
    let entry = json!({
        "name": "front desk", "url": gateway.url(), "workspace_root": "~/.openclaw",
        "token_ref": format!("file:{token}"), "send_channels": { "sms": { "channel": "signal" } },
    });
    let request = front.request(&front.operator(), Method::POST, "/v0/gateways");
    let reply = answered(request.json(&entry)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["gateway_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

async fn listed(front: &Front, query: &str) -> Vec<Value> {
    let path = format!("/v0/outbox{query}");
    let page = front.get(&front.operator(), &path).await.ok();
    page["items"].as_array().expect("items").clone()
}

/// Waits until so many stand there.
async fn until(front: &Front, state: &str, many: usize) -> Vec<Value> {
    let query = format!("?state={state}");
    eventually(&format!("{many} {state}"), async || {
        let items = listed(front, &query).await;
        (items.len() >= many).then_some(items)
    })
    .await
}

/// What the gateway was given to send since this was last asked.
fn sends(gateway: &ScriptedGateway) -> Vec<Value> {
    let calls = gateway.take_calls().into_iter();
    let sends = calls.filter(|call| call.method == "send");
    sends.map(|call| call.params).collect()
}

#[tokio::test]
async fn messages_wait_for_a_gateway_leave_in_order_and_the_dead_come_back() {
    let site = Site::new().await;
    let serving = site.serve().await;
    let front = &serving.front;
    // a technician without a phone: that message will have no recipient
    let entry = json!({ "name": "Tess Ohm", "active": true, "timezone": "America/Chicago" });
    let path = format!("/v0/technicians/{TECHNICIAN}");
    let put = |entry: &Value| {
        let request = front.request(&front.operator(), Method::PUT, &path);
        answered(request.json(entry))
    };
    put(&entry).await.ok();
    let told = front.advance_to(State::Dispatched).await;
    let ticket = format!("/v0/tickets/{}", told.id);
    let ticket = front.get(&front.operator(), &ticket).await.ok();
    let customer = ticket["customer"]["phone"].clone();
    let waiting = listed(front, "?state=waiting").await;
    assert_eq!(waiting.len(), 3);
    assert!(
        waiting.iter().all(|one| one["attempts"] == 0),
        "{waiting:?}"
    );
    let metrics = front.get(&front.operator(), "/metrics").await;
    let line = r#"dispatch_outbound_standing{standing="no_gateway"} 1"#;
    assert!(metrics.text().contains(line), "{}", metrics.text());

    let sent = json!({ "runId": "r", "messageId": "m-1", "channel": "signal" });
    let gateway = ScriptedGateway::start(Script::default().reply("send", Said::Payload(sent)));
    let gateway = gateway.await.expect("a gateway");
    let id = register(&site, front, &gateway).await;
    let left = until(front, "sent", 2).await;
    let topics = |left: &[Value]| -> Vec<String> {
        let topics = left.iter().filter_map(|one| one["topic"].as_str());
        topics.map(str::to_owned).collect()
    };
    let newest_first = ["customer_eta", "customer_confirmation"];
    assert_eq!(topics(&left), newest_first);
    assert!(left.iter().all(|one| one["ticket_id"] == told.id));
    assert_eq!(left[0]["delivery"]["message_id"], "m-1");
    let sends = sends(&gateway);
    assert_eq!(sends.len(), 2);
    let event = left[1]["event_id"].as_str().expect("an id");
    assert_eq!(
        sends[0]["idempotencyKey"],
        format!("rd-{event}-customer_confirmation")
    );
    assert_eq!(sends[0]["channel"], "signal");
    assert_eq!(
        sends[0]["agentId"],
        format!("rd-gateway-{}", id.to_lowercase())
    );
    assert_eq!([&sends[0]["to"], &sends[1]["to"]], [&customer, &customer]);
    let text = sends[0]["message"].as_str().expect("a text");
    assert!(text.contains("your appointment is confirmed for"), "{text}");

    let dead = until(front, "dead", 1).await;
    assert_eq!(dead[0]["dead_reason"], "no_recipient");
    let audit = front.get(&front.operator(), "/v0/audit?type=outbound.dead_lettered");
    assert_eq!(
        audit.await.ok()["items"][0]["payload"]["reason"],
        "no_recipient"
    );
    let (status, said) = run(
        front,
        &front.operator(),
        &["outbox", "list", "--state", "dead"],
    )
    .await;
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("dispatch technician set"), "{said}");

    let mut reachable = entry.clone();
    let phone = "+1 312 555 0177";
    reachable["phone"] = json!(phone);
    put(&reachable).await.ok();
    let number = dead[0]["outbox_id"].to_string();
    let (status, said) = run(front, &front.operator(), &["outbox", "replay", &number]).await;
    assert_eq!(status, 0, "{said}");
    until(front, "sent", 3).await;
    assert!(listed(front, "?state=dead").await.is_empty());
    let again = front.request(
        &front.operator(),
        Method::POST,
        &format!("/v0/outbox/{number}/replay"),
    );
    answered(again).await.refused(409, "conflict", "store");

    // the technician says by text message that they are there: that is no customer's number
    let mut there = bodies::intent("check_in");
    there["channel"] = json!({ "kind": "sms", "peer": "+1 (312) 555-0177" });
    front
        .step(&front.liaison(), "ticket.add_message", &told, &there)
        .await;
    front.chapter(&told, State::CloseoutPending).await;
    front.chapter(&told, State::Closed).await;
    let left = until(front, "sent", 4).await;
    assert_eq!(topics(&left)[0], "customer_closure");
    let sends = self::sends(&gateway);
    let to: Vec<&Value> = sends.iter().map(|send| &send["to"]).collect();
    assert_eq!(to, [&json!(phone), &customer]);

    let path = format!("/v0/gateways/{id}/health");
    let health = front.get(&front.operator(), &path).await.ok();
    assert_eq!(health["status"], "online", "{health}");
    serving.terminate();
    assert!(serving.ended().await.success());
    site.audit_is_clean().await;
}

#[tokio::test]
async fn the_outbox_is_for_operators_and_is_paged() {
    let house = House::start().await;
    let told = house.advance_to(State::Dispatched).await;
    house.advance_to(State::Scheduled).await;
    let operator = house.operator();
    for who in [house.intake(), house.technician(), told.customer.clone()] {
        let reply = house.get(&who, "/v0/outbox").await;
        reply.refused(403, "role_forbidden", "authorization");
        let replay = house.request(&who, Method::POST, "/v0/outbox/1/replay");
        let reply = answered(replay).await;
        reply.refused(403, "role_forbidden", "authorization");
    }
    let page = house.get(&operator, "/v0/outbox?limit=2").await.ok();
    let cursor = page["next_cursor"].as_str().expect("there are more");
    let rest = house.get(&operator, &format!("/v0/outbox?limit=2&cursor={cursor}"));
    let rest = rest.await.ok();
    let number = |page: &Value, at: usize| page["items"][at]["outbox_id"].as_u64();
    assert!(number(&page, 1) > number(&rest, 0));
    assert_eq!(rest["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(rest.get("next_cursor"), None, "four in all: {rest}");
    let of_one = house.get(&operator, &format!("/v0/outbox?ticket_id={}", told.id));
    let of_one = of_one.await.ok();
    assert_eq!(of_one["items"].as_array().map(Vec::len), Some(3));
    let bad = house.get(&operator, "/v0/outbox?cursor=x").await;
    bad.refused(422, "invalid_input", "request");
    let bad = house.get(&operator, "/v0/outbox?state=lost").await;
    assert_eq!(bad.status, 422, "{}", bad.text());
    for (path, status, code, phase) in [
        ("/v0/outbox/999999/replay", 404, "not_found", "store"),
        ("/v0/outbox/x/replay", 404, "not_found", "request"),
    ] {
        let reply = answered(house.request(&operator, Method::POST, path)).await;
        reply.refused(status, code, phase);
    }
    let first = number(&rest, 1).expect("a number");
    let waiting = format!("/v0/outbox/{first}/replay");
    let reply = answered(house.request(&operator, Method::POST, &waiting)).await;
    reply.refused(409, "conflict", "store");
}
