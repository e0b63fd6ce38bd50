//! Who may speak to leads, and what is kept of it.

use reqwest::Method;
use serde_json::{Value, json};

use super::stage::{Stage, asked, created, shows};
use crate::support::Reply;

async fn as_agent(stage: &Stage, token: &str, path: &str, body: &Value) -> Reply {
    let request = stage
        .house
        .http
        .post(format!("{}{path}", stage.house.base))
        .header("x-agent-token", token)
        .json(body);
    Reply::read(request.send().await.expect("an answer"))
        .await
        .expect("whole")
}

#[tokio::test]
async fn operators_and_the_main_agent_speak_to_leads_and_nobody_else() {
    let mut stage = Stage::new().await;
    let gateway = stage.registered().await;
    let board = stage.board(&gateway, "Calls", 2).await;
    // whatever is made there is shown at once
    let ids = [
        format!("rd-gateway-{}", gateway.to_lowercase()),
        format!("lead-{}", board.to_lowercase()),
    ];
    shows(&stage.gateway, &ids);
    let main = json!({ "kind": "main", "gateway_id": gateway, "wake": false });
    let main = created(&stage.post("/v0/agents", &main).await);
    let main = main["token"].as_str().expect("a token");

    // the lead is made by the first message to it
    let path = format!("/v0/boards/{board}/lead/messages");
    let question = json!({ "kind": "question", "message": "How many calls wait?" });
    let sent = as_agent(&stage, main, &path, &question).await.ok();
    assert_eq!(
        sent["session_key"],
        format!("agent:lead-{}:main", board.to_lowercase())
    );
    let leads = stage
        .get(&format!("/v0/agents?board_id={board}&kind=lead"))
        .await
        .ok();
    assert_eq!(leads["items"].as_array().map(Vec::len), Some(1));
    let calls = stage.gateway.take_calls();
    let said = calls
        .iter()
        .rev()
        .find(|call| call.method == "chat.send")
        .expect("said");
    let text = said.params["message"].as_str().expect("a text");
    assert!(text.contains("How many calls wait?"), "{text}");
    assert_eq!(said.params["deliver"], false);

    let path_of_lead = format!(
        "/v0/agents/{}",
        leads["items"][0]["agent_id"].as_str().expect("an id")
    );
    let lead = stage
        .post(&format!("{path_of_lead}/rotate-token"), &json!({}))
        .await
        .ok();
    let lead = lead["token"].as_str().expect("a token");
    let refused = as_agent(&stage, lead, &path, &question).await;
    refused.refused(403, "role_forbidden", "authorization");
    let nobody = as_agent(&stage, "nobody-has-this-token", &path, &question).await;
    nobody.refused(401, "unauthenticated", "credential");
    let intake = stage.house.intake();
    let refused = asked(&stage.house, &intake, Method::POST, &path, Some(&question)).await;
    refused.refused(403, "role_forbidden", "authorization");

    let all = json!({ "kind": "handoff", "message": "Take over for tonight." });
    let everybody = format!("/v0/gateways/{gateway}/leads/messages");
    let outcome = stage.post(&everybody, &all).await.ok();
    assert_eq!(
        (&outcome["sent"], &outcome["failed"]),
        (&json!(1), &json!(0))
    );
    let ask = json!({ "message": "May we call the customer now?" });
    let asked_user = stage
        .post(&format!("/v0/boards/{board}/ask-user"), &ask)
        .await
        .ok();
    assert_eq!(asked_user["session_key"], format!("agent:{}:main", ids[0]));
    let nudge = json!({ "message": "Look at the new ticket." });
    stage
        .post(&format!("{path_of_lead}/nudge"), &nudge)
        .await
        .ok();
    let calls = stage.gateway.take_calls();
    let delivered = calls
        .iter()
        .filter(|call| call.method == "chat.send" && call.params["deliver"] == true);
    assert_eq!(
        delivered.count(),
        2,
        "the question to the user, and the nudge"
    );

    // what the gateway does not take is told and kept
    let unknown = dispatch_testing::openclaw::scripted::refusal("unknown-method");
    stage.gateway.set(|script| {
        let reply = dispatch_testing::openclaw::scripted::Reply::Refusal(unknown);
        script.replies.insert("chat.send".into(), reply);
    });
    for (path, body, prefix) in [
        (&path, &question, "Gateway lead message dispatch failed: "),
        (
            &format!("{path_of_lead}/nudge"),
            &nudge,
            "Gateway nudge failed: ",
        ),
        (
            &format!("/v0/boards/{board}/ask-user"),
            &ask,
            "Gateway ask-user dispatch failed: ",
        ),
    ] {
        let problem = stage.post(path, body).await;
        let problem = problem.refused(502, "gateway_failed", "gateway");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.starts_with(prefix), "{detail}");
    }
    let outcome = stage.post(&everybody, &all).await.ok();
    assert_eq!(
        (&outcome["sent"], &outcome["failed"]),
        (&json!(0), &json!(1))
    );
    let told = stage.get("/v0/audit?type=agent.messaged").await.ok();
    let told = told["items"].as_array().expect("events");
    let of = |ok: bool| {
        told.iter()
            .filter(|event| event["payload"]["ok"] == ok)
            .count()
    };
    assert_eq!((of(true), of(false)), (4, 4), "{told:?}");
    stage.gateway.kill().await;
}
