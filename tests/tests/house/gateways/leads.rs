//! Who may speak to leads, and what is kept of it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::stage::{Stage, asked, created, shows};
use crate::support::{Reply, eventually};

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

/// What an operator says to a lead, under a correlation id of their own.
async fn said(stage: &Stage, path: &str, message: &str, correlation: &str) -> Reply {
    let request = stage
        .house
        .request(&stage.house.operator(), Method::POST, path)
        .header("x-correlation-id", correlation)
        .json(&json!({ "kind": "question", "message": message }));
    Reply::read(request.send().await.expect("an answer"))
        .await
        .expect("whole")
}

#[tokio::test]
async fn two_who_speak_at_once_to_a_lead_that_is_not_there_are_both_heard() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let board = stage.board(&gateway, "Calls", 2).await;
    shows(&stage.gateway, &[format!("lead-{}", board.to_lowercase())]);
    // so that they meet
    stage
        .gateway
        .set(|script| script.slow = Duration::from_millis(20));
    let path = format!("/v0/boards/{board}/lead/messages");
    let (first, second) = tokio::join!(
        said(&stage, &path, "How many calls wait?", "case-7"),
        said(&stage, &path, "Who is on call?", "case-7"),
    );
    assert_eq!(first.ok()["correlation_id"], "case-7");
    assert_eq!(second.ok()["correlation_id"], "case-7");
    let leads = stage
        .get(&format!("/v0/agents?board_id={board}&kind=lead"))
        .await
        .ok();
    assert_eq!(leads["items"].as_array().map(Vec::len), Some(1));
    assert!(leads["items"][0]["made_at"].is_string(), "{leads}");
    let calls = stage.gateway.take_calls();
    let resets: Vec<_> = calls
        .iter()
        .enumerate()
        .filter(|(_, call)| call.method == "sessions.reset")
        .map(|(at, _)| at)
        .collect();
    let questions: Vec<_> = calls
        .iter()
        .enumerate()
        .filter(|(_, call)| call.method == "chat.send")
        .filter(|(_, call)| call.params["message"].to_string().contains("QUESTION"))
        .collect();
    assert_eq!((resets.len(), questions.len()), (1, 2), "{calls:#?}");
    assert!(
        questions.iter().all(|(at, _)| *at > resets[0]),
        "what was said was lost with the session"
    );
    let key = |at: usize| &questions[at].1.params["idempotencyKey"];
    assert_ne!(key(0), key(1), "two messages under one correlation id");

    // nothing is made anew for a lead that is there; one on its way out is not brought back
    said(&stage, &path, "And now?", "case-7").await.ok();
    let calls = stage.gateway.take_calls();
    assert!(calls.iter().all(|call| call.method != "sessions.reset"));
    let no = dispatch_testing::openclaw::scripted::refusal("unsupported-file");
    stage.gateway.set(|script| {
        let no = dispatch_testing::openclaw::scripted::Reply::Refusal(no);
        script.replies.insert("agents.delete".into(), no);
    });
    let lead = leads["items"][0]["agent_id"].as_str().expect("an id");
    let refused = stage.delete(&format!("/v0/agents/{lead}")).await;
    refused.refused(502, "gateway_failed", "gateway");
    let refused = said(&stage, &path, "Still there?", "case-7").await;
    let problem = refused.refused(409, "conflict", "invariant");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("dispatch agent remove"), "{detail}");
}

#[tokio::test]
async fn a_broadcast_goes_on_without_whoever_asked_for_it() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let mut ids = Vec::new();
    for name in ["Calls", "Repairs"] {
        let board = stage.board(&gateway, name, 1).await;
        ids.push(format!("lead-{}", board.to_lowercase()));
    }
    shows(&stage.gateway, &ids);
    stage
        .gateway
        .set(|script| script.slow = Duration::from_millis(50));
    let path = format!("/v0/gateways/{gateway}/leads/messages");
    let all = json!({ "kind": "handoff", "message": "Take over for tonight." });
    let asked = stage
        .house
        .request(&stage.house.operator(), Method::POST, &path)
        .json(&all)
        .send();
    let gone = tokio::time::timeout(Duration::from_millis(300), asked).await;
    assert!(gone.is_err(), "it was not under way any more");
    let told = eventually("the event of the broadcast", async || {
        let told = stage.get("/v0/audit?type=agent.messaged").await.ok();
        told["items"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!(told["payload"]["kind"], "broadcast");
    assert_eq!(told["payload"]["ok"], true, "{told}");
    let results = told["payload"]["results"].as_array().expect("results");
    assert_eq!(results.len(), 2, "{told}");
}
