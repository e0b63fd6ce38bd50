//! The register: what stands is what was tried; what is wrong is said where it is wrong.

use dispatch_testing::openclaw::scripted::{Greeting, refusal};
use serde_json::json;
use ulid::Ulid;

use super::stage::{Stage, created, shows};

#[tokio::test]
async fn a_gateway_is_tried_registered_changed_and_struck_off() {
    let mut stage = Stage::new().await;
    let mut entry = stage.entry("  North ");
    entry["minimum_version"] = json!(" ");
    entry["send_channels"] = json!({ "sms": { "channel": "signal", "account_id": "main" } });
    let made = created(&stage.post("/v0/gateways", &entry).await);
    assert_eq!(made["name"], "North");
    assert_eq!(made.get("minimum_version"), None, "blank is none");
    let path = format!(
        "/v0/gateways/{}",
        made["gateway_id"].as_str().expect("an id")
    );
    assert_eq!(stage.get(&path).await.ok(), made);
    assert_eq!(stage.get("/v0/gateways").await.ok()["items"], json!([made]));

    // only what changes how it is reached is tried again
    stage.gateway.kill().await;
    let renamed = stage.patch(&path, &json!({ "name": "Nord" })).await.ok();
    assert_eq!(renamed["name"], "Nord");
    let problem = stage.patch(&path, &json!({ "token_in_query": true })).await;
    let problem = problem.refused(502, "gateway_failed", "gateway");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(
        detail.starts_with("Gateway compatibility check failed: "),
        "{detail}"
    );
    assert_eq!(stage.get(&path).await.ok(), renamed);

    // nothing is asked of a gateway that is struck off
    assert_eq!(stage.delete(&path).await.ok()["removed"], true);
    stage
        .delete(&path)
        .await
        .refused(404, "not_found", "request");
    stage.get(&path).await.refused(404, "not_found", "request");
    let kept = stage.kept().await;
    for kind in ["gateway.registered", "gateway.updated", "gateway.removed"] {
        assert!(kept.contains(kind), "{kind}");
    }
    assert!(!kept.contains(&stage.gateway.token()), "a secret was kept");
}

#[tokio::test]
async fn what_is_configured_wrong_is_422_where_it_is_wrong() {
    let stage = Stage::new().await;
    let cases = [
        ("url", json!("")),
        ("url", json!("ws://127.0.0.1")),
        ("url", json!("http://127.0.0.1:1")),
        ("url", json!("ws://127.0.0.1:1?token=s3cret")),
        ("token_ref", json!("s3cret")),
        ("workspace_root", json!("  ")),
        ("name", json!(" ")),
        ("name", json!("n".repeat(201))),
        ("minimum_version", json!("latest")),
        ("device_pairing", json!(true)),
        ("organization_id", json!(Ulid::generate().to_string())),
    ];
    for (field, value) in cases {
        let mut entry = stage.entry("North");
        entry[field] = value.clone();
        let reply = stage.post("/v0/gateways", &entry).await;
        let problem = reply.refused(422, "invalid_input", "validate");
        let at = problem["violations"][0]["path"].as_str().expect("a path");
        let expected = if field == "device_pairing" {
            "device_key_ref"
        } else {
            field
        };
        assert_eq!(at, format!("/{expected}"), "{value}");
        assert!(!problem.to_string().contains("s3cret"), "{problem}");
    }
    assert_eq!(stage.gateway.connections(), 0, "nothing was dialled");
    let unknown = stage
        .post("/v0/gateways", &json!({ "name": "n", "token": "t" }))
        .await;
    unknown.refused(422, "invalid_input", "schema");
}

#[tokio::test]
async fn an_old_gateway_is_422_and_one_that_refuses_or_is_away_502() {
    let mut stage = Stage::new().await;
    let entry = stage.entry("North");
    stage
        .gateway
        .set(|script| script.version = "2026.1.30".into());
    let problem = stage.post("/v0/gateways", &entry).await;
    let problem = problem.refused(422, "invalid_input", "validate");
    assert!(
        problem["detail"]
            .as_str()
            .expect("a detail")
            .contains("2026.1.30")
    );
    stage
        .gateway
        .set(|script| script.version = "2026.9.6".into());

    let said = async |why: &str| {
        let reply = stage.post("/v0/gateways", &entry).await;
        let problem = reply.refused(502, "gateway_failed", "gateway");
        let detail = problem["detail"].as_str().expect("a detail").to_owned();
        assert!(
            detail.starts_with("Gateway compatibility check failed: "),
            "{why}: {detail}"
        );
        assert!(!detail.contains(&stage.gateway.token()), "{detail}");
        detail
    };
    let wrong = Greeting::Refusal(refusal("wrong-token"));
    stage.gateway.set(|script| script.greeting = wrong);
    let detail = said("a wrong token").await;
    assert!(detail.contains("authentication failed"), "{detail}");
    stage.gateway.set(|script| {
        script.greeting = Greeting::Hello;
        script.scopes = Some(vec!["operator.read".into()]);
    });
    let detail = said("scopes are missing").await;
    assert!(detail.contains("missing required scope"), "{detail}");
    stage.gateway.set(|script| script.scopes = None);
    created(&stage.post("/v0/gateways", &entry).await);
    let taken = stage.post("/v0/gateways", &stage.entry("NORTH")).await;
    taken.refused(409, "conflict", "invariant");
    stage.gateway.kill().await;
    let reply = stage.post("/v0/gateways", &stage.entry("South")).await;
    reply.refused(502, "gateway_failed", "gateway");
}

#[tokio::test]
async fn boards_live_on_gateways_of_their_own_and_names_are_taken_once() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let board = stage.board(&gateway, "Calls", 3).await;
    let path = format!("/v0/boards/{board}");
    let taken = stage.post("/v0/boards", &json!({ "name": "calls" })).await;
    taken.refused(409, "conflict", "invariant");
    let lost = json!({ "name": "Lost", "gateway_id": Ulid::generate().to_string() });
    let problem = stage.post("/v0/boards", &lost).await;
    let problem = problem.refused(422, "invalid_input", "validate");
    assert_eq!(problem["detail"], "Board gateway_id is invalid");
    let changed = stage
        .patch(&path, &json!({ "paused": true, "objective": " " }))
        .await
        .ok();
    assert_eq!(
        (&changed["paused"], changed.get("objective")),
        (&json!(true), None)
    );
    let listed = stage
        .get(&format!("/v0/boards?gateway_id={gateway}"))
        .await
        .ok();
    assert_eq!(listed["items"], json!([changed]));

    // one with agents does not move away from them
    let mut elsewhere = stage.entry("South");
    elsewhere["workspace_root"] = json!("~/south");
    let elsewhere = created(&stage.post("/v0/gateways", &elsewhere).await);
    let lead = json!({ "kind": "lead", "board_id": board, "wake": false });
    shows(&stage.gateway, &[format!("lead-{}", board.to_lowercase())]);
    let lead = created(&stage.post("/v0/agents", &lead).await);
    let moves = json!({ "gateway_id": elsewhere["gateway_id"] });
    let problem = stage.patch(&path, &moves).await;
    let problem = problem.refused(409, "conflict", "invariant");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("dispatch agent remove"), "{detail}");
    let lead = format!(
        "/v0/agents/{}",
        lead["agent"]["agent_id"].as_str().expect("an id")
    );
    stage.delete(&lead).await.ok();
    let moved = stage.patch(&path, &moves).await.ok();
    assert_eq!(moved["gateway_id"], elsewhere["gateway_id"]);
    stage
        .patch(&path, &json!({ "gateway_id": gateway }))
        .await
        .ok();

    // a board whose gateway is struck off stays, without one
    stage.delete(&format!("/v0/gateways/{gateway}")).await.ok();
    assert_eq!(stage.get(&path).await.ok().get("gateway_id"), None);
    let agent = json!({ "kind": "worker", "board_id": board, "name": "Ann" });
    let problem = stage.post("/v0/agents", &agent).await;
    let problem = problem.refused(422, "invalid_input", "validate");
    assert_eq!(problem["detail"], "Board gateway_id is required");
    assert_eq!(stage.delete(&path).await.ok()["removed"], true);
    stage.get(&path).await.refused(404, "not_found", "request");
}
