//! What is turned away at the door: bodies, credentials, sizes, rates, names.

use super::{recorded, refused};
use crate::support::bodies::{self};
use crate::support::front::{addressed, answered};
use crate::support::house::Settings;
use crate::support::people::Person;
use crate::support::{House, Reply};
use dispatch_contract::{Role, State};
use serde_json::json;
use ulid::Ulid;

#[tokio::test]
async fn bodies_that_are_no_json() {
    let house = House::start().await;
    let who = house.intake();
    let expected = (400, "malformed_json", "request");
    let json = "application/json";
    for (kind, body) in [
        (json, ""),
        (json, "{\"request_id\": "),
        (json, "{} {}"),
        (json, "\u{feff}{}"),
        ("text/plain", "{}"),
        ("application/x-www-form-urlencoded", "a=b"),
        ("application/jsonp", "{}"),
    ] {
        let sent = house.send(&who, "ticket.create", kind, body.into());
        refused(&house, sent, expected).await;
    }
    let not_utf8 = house.send(&who, "ticket.create", json, vec![b'"', 0xff, b'"']);
    refused(&house, not_utf8, expected).await;
    // JSON, but no object
    let list = house.send(
        &who,
        "ticket.create",
        "Application/JSON; charset=utf-8",
        b"[]".into(),
    );
    refused(&house, list, (422, "invalid_input", "schema")).await;
}

#[tokio::test]
async fn a_misspelt_dry_run_commits_nothing() {
    let house = House::start().await;
    for query in ["dryrun=true", "dry_run=true&verbose=1", "dry_run=yes"] {
        let mut body = bodies::bare();
        body["request_id"] = json!(bodies::key());
        let call = house.call(&house.intake(), &format!("ticket.create?{query}"), &body);
        let reply = call.await;
        reply.refused(422, "invalid_input", "request");
    }
    let none = house.get(&house.operator(), "/v0/tickets").await.ok();
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn a_body_that_breaks_its_schema_is_still_known_by_its_key_and_ticket() {
    let house = House::start().await;
    let (ticket, _) = house.open(&bodies::bare()).await;
    let body = addressed(&ticket, &json!({ "priority": "urgent" }));
    let call = house.call(&house.operator(), "ticket.set_priority", &body);
    let problem = refused(&house, call, (422, "invalid_input", "schema")).await;
    assert_eq!(problem["request_id"], body["request_id"]);
    let path = format!("/v0/decisions?ticket_id={ticket}&allowed=false");
    let listed = house.get(&house.operator(), &path).await.ok();
    assert_eq!(listed["items"][0]["request_id"], body["request_id"]);
}

#[tokio::test]
async fn credentials_that_do_not_hold() {
    let house = House::start().await;
    let intake = house.intake();
    let expected = (401, "unauthenticated", "credential");
    let token = |id, issued, expires| house.people.token(intake.actor, id, issued, expires);
    let foreign = crate::support::people::People::new()
        .of_role(Role::OperatorAdmin)
        .token;
    let mut tampered = token(Ulid::generate(), 0, 3600);
    let at = tampered.len() - 5;
    let other = if tampered.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    tampered.replace_range(at..=at, other);
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIwMUo5WlE0WTdNOEs2VDVSNEUzVzJRMUEwRSJ9.";
    for token in [
        String::new(),
        "x".into(),
        none.into(),
        "a".repeat(8000),
        foreign,
        tampered,
        token(Ulid::generate(), -7200, -3600),
        token(Ulid::generate(), 3600, 7200),
    ] {
        let person = Person {
            token,
            ..intake.clone()
        };
        let problem = refused(&house, create(&house, &person), expected).await;
        assert!(!problem["detail"].as_str().expect("a text").contains("eyJ"));
    }
    let url = format!("{}/v0/tools/ticket.create", house.base);
    let reply = answered(house.http.post(url).json(&json!({}))).await;
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    // its body was not read, so nothing more comes over this connection
    assert_eq!(reply.header("connection"), Some("close"));
    refused(&house, async { reply }, expected).await;

    // good until it is revoked
    let id = Ulid::generate();
    let person = Person {
        token: token(id, 0, 3600),
        ..intake.clone()
    };
    create(&house, &person).await.ok();
    let revoke = house.request(
        &house.operator(),
        reqwest::Method::POST,
        &format!("/v0/credentials/{id}/revoke"),
    );
    assert_eq!(revoke.send().await.expect("an answer").status(), 200);
    refused(&house, create(&house, &person), expected).await;
}

async fn create(house: &House, who: &Person) -> Reply {
    let mut body = bodies::bare();
    body["request_id"] = json!(bodies::key());
    house.call(who, "ticket.create", &body).await
}

#[tokio::test]
async fn another_actor_in_the_body_than_in_the_credential() {
    let house = House::start().await;
    let mut body = bodies::bare();
    body["request_id"] = json!(bodies::key());
    body["actor"] = serde_json::to_value(house.operator().actor).expect("JSON");
    let call = house.call(&house.intake(), "ticket.create", &body);
    let problem = refused(&house, call, (403, "actor_mismatch", "credential")).await;
    assert_eq!(problem["request_id"], body["request_id"]);
    body["actor"] = serde_json::to_value(house.intake().actor).expect("JSON");
    house
        .call(&house.intake(), "ticket.create", &body)
        .await
        .ok();
}

#[tokio::test]
async fn bodies_over_256_kib() {
    let house = House::start().await;
    let told = house.advance_to(State::New).await;
    let big = |bytes: usize| {
        let mut body =
            serde_json::to_vec(&addressed(&told.id, &bodies::message("x"))).expect("JSON");
        body.resize(bytes, b' ');
        body
    };
    let who = house.intake();
    let send = |bytes| house.send(&who, "ticket.add_message", "application/json", big(bytes));
    send(256 * 1024).await.ok();
    refused(
        &house,
        send(256 * 1024 + 1),
        (413, "payload_too_large", "request"),
    )
    .await;
    refused(
        &house,
        send(3 * 1024 * 1024),
        (413, "payload_too_large", "request"),
    )
    .await;
}

#[tokio::test]
async fn callers_who_call_too_often_are_told_when_to_come_back() {
    let mut settings = Settings::default();
    (settings.limits.rate_per_s, settings.limits.burst) = (1, 3);
    let house = House::with(settings).await;
    let intake = house.intake();
    let burst = futures::future::join_all((0..4).map(|_| create(&house, &intake))).await;
    let limited: Vec<&Reply> = burst.iter().filter(|reply| reply.status != 200).collect();
    assert_eq!(limited.len(), 1, "three at once, the fourth waits");
    limited[0].refused(429, "rate_limited", "request");
    let wait: u64 = limited[0]
        .header("retry-after")
        .expect("Retry-After")
        .parse()
        .expect("seconds");
    assert!((1..=2).contains(&wait), "{wait}");
    // another principal is not held up; what was refused is recorded
    recorded(&house, &limited[0].json()).await;
}

#[tokio::test]
async fn tools_that_are_not_of_the_closed_set() {
    let house = House::start().await;
    for tool in [
        "ticket.delete",
        "TICKET.CREATE",
        "ticket_create",
        "%00",
        "..%2f",
        &"x".repeat(300),
    ] {
        let call = house.call(&house.operator(), tool, &json!({ "request_id": "r" }));
        refused(&house, call, (404, "unknown_tool", "request")).await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_too() {
    let house = House::start().await;
    let operator = house.operator();
    for path in ["/", "/v0", "/v0/nothing", "/v0/tickets/x/y", "/v1/tools"] {
        house
            .get(&operator, path)
            .await
            .refused(404, "not_found", "request");
    }
    let reply = house.get(&operator, "/v0/tools/ticket.create").await;
    reply.refused(405, "method_not_allowed", "request");
    assert_eq!(reply.header("allow"), Some("POST"));
    house
        .get(&operator, "/v0/tickets/nonsense")
        .await
        .refused(404, "ticket_not_found", "request");
    for path in [
        "/v0/tickets?state=lost",
        "/v0/tickets?limit=x",
        "/v0/tickets?colour=red",
        "/v0/audit?type=x",
        "/v0/tickets?cursor=x",
    ] {
        let reply = house.get(&operator, path).await;
        assert_eq!(
            (reply.status, reply.code().as_deref()),
            (422, Some("invalid_input")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn technicians_that_are_no_technicians() {
    let house = House::start().await;
    let put = |id: &str, kind: &str, body: Vec<u8>| {
        let path = format!("/v0/technicians/{id}");
        answered(
            house
                .request(&house.operator(), reqwest::Method::PUT, &path)
                .header("content-type", kind)
                .body(body),
        )
    };
    let id = Ulid::generate().to_string();
    let entry = json!({ "name": "Ann Lee", "active": true, "timezone": "Europe/Oslo" });
    let with = |field: &str, value: serde_json::Value| {
        let mut entry = entry.clone();
        entry[field] = value;
        entry.to_string().into_bytes()
    };
    let json = "application/json";
    for (kind, body) in [
        (json, &b""[..]),
        (json, b"{\"name\": "),
        ("text/plain", entry.to_string().as_bytes()),
    ] {
        let reply = put(&id, kind, body.to_vec()).await;
        reply.refused(400, "malformed_json", "schema");
    }
    let long = put(&id, json, with("name", json!("x".repeat(300 * 1024))));
    long.await.refused(413, "payload_too_large", "schema");
    for body in [
        b"[]".to_vec(),
        with("name", json!(" ")),
        with("name", json!("x".repeat(201))),
        with("name", json!("a\u{0}b")),
        with("phone", json!("1".repeat(41))),
        with("timezone", json!("Mars/Base")),
        with("wage", json!(1)),
    ] {
        let shown = String::from_utf8_lossy(&body).into_owned();
        let reply = put(&id, json, body).await;
        assert_eq!(reply.status, 422, "{shown}");
        reply.refused(422, "invalid_input", "schema");
    }
    let nobody = put("tess", json, entry.to_string().into_bytes()).await;
    nobody.refused(422, "invalid_input", "schema");
    let list = house.get(&house.operator(), "/v0/technicians").await.ok();
    assert!(!list.to_string().contains(&id), "nothing of it was kept");
    assert_eq!(
        put(&id, json, entry.to_string().into_bytes()).await.status,
        200
    );
}
