//! What is another organization's is not there: 404 where it is asked for, 422 where an
//! entry refers to it.

use reqwest::Method;
use serde_json::json;

use super::stage::{Stage, asked, created};

#[tokio::test]
async fn an_operator_of_one_organization_knows_of_no_other() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let board = stage.board(&gateway, "Calls", 3).await;
    let other = created(
        &stage
            .post("/v0/organizations", &json!({ "name": "Other" }))
            .await,
    );
    let other = other["organization_id"].as_str().expect("an id").to_owned();
    let theirs = stage.operator_of(&other);
    let ask = async |method: Method, path: &str, body: serde_json::Value| {
        asked(&stage.house, &theirs, method, path, Some(&body)).await
    };

    for (method, path) in [
        (Method::GET, format!("/v0/gateways/{gateway}")),
        (Method::PATCH, format!("/v0/gateways/{gateway}")),
        (Method::DELETE, format!("/v0/gateways/{gateway}")),
        (Method::GET, format!("/v0/gateways/{gateway}/status")),
        (Method::GET, format!("/v0/gateways/{gateway}/sessions")),
        (Method::POST, format!("/v0/gateways/{gateway}/sync")),
        (Method::GET, format!("/v0/boards/{board}")),
        (Method::PATCH, format!("/v0/boards/{board}")),
        (Method::DELETE, format!("/v0/boards/{board}")),
    ] {
        let reply = ask(method.clone(), &path, json!({})).await;
        reply.refused(404, "not_found", "request");
    }
    let none = json!([]);
    for path in ["/v0/gateways", "/v0/boards", "/v0/agents"] {
        let reply = stage.house.get(&theirs, path).await.ok();
        assert_eq!(reply["items"], none, "{path}");
    }
    let known = stage.house.get(&theirs, "/v0/organizations").await.ok();
    assert_eq!(known["organizations"].as_array().map(Vec::len), Some(1));

    // referring to what is another's is wrong, not unknown
    let entry = json!({ "name": "Theirs", "gateway_id": gateway });
    let reply = ask(Method::POST, "/v0/boards", entry).await;
    reply.refused(422, "invalid_input", "validate");
    let mut entry = stage.entry("Theirs");
    entry["organization_id"] = json!("00000000000000000000000000");
    let reply = ask(Method::POST, "/v0/gateways", entry).await;
    reply.refused(422, "invalid_input", "validate");
    // nor may they have this host's secrets sent somewhere
    let reply = ask(Method::POST, "/v0/gateways", stage.entry("Theirs")).await;
    let problem = reply.refused(422, "invalid_input", "validate");
    assert_eq!(problem["violations"][0]["path"], "/token_ref");
    // what calls owe leaves through the house's own gateways
    let mut entry = stage.entry("Sender");
    entry["organization_id"] = json!(other);
    entry["send_channels"] = json!({ "sms": { "channel": "signal" } });
    let problem = stage.post("/v0/gateways", &entry).await;
    let problem = problem.refused(422, "invalid_input", "validate");
    assert_eq!(problem["violations"][0]["path"], "/send_channels");
    let reply = ask(
        Method::POST,
        "/v0/organizations",
        json!({ "name": "Third" }),
    )
    .await;
    reply.refused(403, "role_forbidden", "authorization");

    // what is of the whole house is not theirs to read
    for path in ["/v0/audit", "/v0/events", "/v0/packs", "/v0/technicians"] {
        let reply = stage.house.get(&theirs, path).await;
        reply.refused(403, "role_forbidden", "authorization");
    }
    // two organizations may call theirs the same
    let reply = ask(Method::POST, "/v0/boards", json!({ "name": "Calls" })).await;
    assert_eq!(created(&reply)["organization_id"], other);
}
