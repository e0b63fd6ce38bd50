//! Agents: made on their gateway, known by a token that is kept nowhere, woken and given up.

use dispatch_testing::openclaw::scripted::Reply as Scripted;
use dispatch_testing::openclaw::scripted::{Called, refusal};
use serde_json::{Value, json};

use super::stage::{Stage, created, holds, shows, will_show, written_token};
use crate::support::process::run;

fn main_id(gateway: &str) -> String {
    format!("rd-gateway-{}", gateway.to_lowercase())
}

async fn main_agent(stage: &Stage, gateway: &str) -> (Value, String) {
    will_show(&stage.gateway, &main_id(gateway));
    let entry = json!({ "kind": "main", "gateway_id": gateway });
    let made = created(&stage.post("/v0/agents", &entry).await);
    let token = made["token"].as_str().expect("a token").to_owned();
    shows(&stage.gateway, &[main_id(gateway)]);
    (made["agent"].clone(), token)
}

#[tokio::test]
async fn a_main_agent_is_made_and_its_token_rotated() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let (agent, token) = main_agent(&stage, &gateway).await;
    assert_eq!(agent["status"], "online");
    assert_eq!(agent["name"], "North Gateway Agent");
    let key = format!("agent:{}:main", main_id(&gateway));
    assert_eq!(agent["session_key"], key);
    let calls = stage.gateway.take_calls();
    let methods: Vec<_> = calls.iter().map(|call| call.method.as_str()).collect();
    for method in [
        "agents.create",
        "agents.files.set",
        "sessions.reset",
        "chat.send",
    ] {
        assert!(methods.contains(&method), "{method} in {methods:?}");
    }
    assert_eq!(written_token(&calls).as_deref(), Some(token.as_str()));
    assert_eq!(stage.check_in(&token).await, 200);
    assert_eq!(stage.check_in("nobody-has-this-token").await, 401);

    let path = format!("/v0/agents/{}", agent["agent_id"].as_str().expect("an id"));
    let seen = stage.get(&path).await.ok();
    assert!(seen["last_seen_at"].is_string(), "{seen}");
    assert_eq!(seen.get("token"), None);
    let rotated = stage
        .post(&format!("{path}/rotate-token"), &json!({}))
        .await
        .ok();
    let second = rotated["token"].as_str().expect("a token").to_owned();
    assert_ne!(token, second);
    assert_eq!(
        stage.check_in(&token).await,
        401,
        "the old one holds no longer"
    );
    assert_eq!(stage.check_in(&second).await, 200);
    assert_eq!(
        written_token(&stage.gateway.take_calls()),
        Some(second.clone())
    );

    // provisioned again, it keeps the token that its files hold
    holds(&stage.gateway, &format!("AUTH_TOKEN={second}\n"));
    let again = stage
        .post(&format!("{path}/provision"), &json!({}))
        .await
        .ok();
    assert_eq!(again.get("token"), None, "{again}");
    assert_eq!(stage.check_in(&second).await, 200);

    let kept = stage.kept().await;
    for secret in [&token, &second, &stage.gateway.token()] {
        assert!(!kept.contains(secret.as_str()), "a secret was kept");
    }
    let twice = json!({ "kind": "main", "gateway_id": gateway });
    stage
        .post("/v0/agents", &twice)
        .await
        .refused(409, "conflict", "invariant");
    assert_eq!(stage.delete(&path).await.ok()["removed"], true);
    stage.get(&path).await.refused(404, "not_found", "request");
    assert_eq!(stage.check_in(&second).await, 401);
}

#[tokio::test]
async fn an_agent_that_its_gateway_does_not_let_go_stays_and_says_why() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let (agent, _) = main_agent(&stage, &gateway).await;
    let path = format!("/v0/agents/{}", agent["agent_id"].as_str().expect("an id"));
    let no = Scripted::Refusal(refusal("unsupported-file"));
    stage.gateway.set(|script| {
        script.replies.insert("agents.delete".into(), no);
    });
    let refused = stage.delete(&path).await;
    refused.refused(502, "gateway_failed", "gateway");
    let row = stage.get(&path).await.ok();
    assert_eq!(row["status"], "removing", "{row}");
    let why = row["last_error"].as_str().expect("a reason");
    assert!(why.contains("unsupported file"), "{why}");
    let told = stage.get("/v0/audit?type=agent.provisioned").await.ok();
    let last = told["items"].as_array().and_then(|events| {
        let of_it = |event: &&Value| event["payload"]["status"] == "removing";
        events.iter().find(of_it)
    });
    let last = last.unwrap_or_else(|| panic!("it is not told: {told}"));
    assert_eq!(last["payload"]["ok"], false);
    assert_eq!(last["payload"]["error"], why);
    // nothing brings it back meanwhile
    let _ = stage.gateway.take_calls();
    let again = stage.post(&format!("{path}/provision"), &json!({})).await;
    let problem = again.refused(409, "conflict", "invariant");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("is being removed"), "{detail}");
    let sync = format!("/v0/gateways/{gateway}/sync");
    let outcome = stage.post(&sync, &json!({})).await.ok();
    assert_eq!(outcome["main_updated"], false);
    let message = outcome["errors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("is being removed"), "{message}");
    let calls = stage.gateway.take_calls();
    let made = |call: &&Called| call.method == "agents.create" || call.method == "agents.files.set";
    assert_eq!(calls.iter().filter(made).count(), 0, "{calls:?}");
    // asked again, it goes on
    stage.gateway.set(|script| {
        script.replies.remove("agents.delete");
    });
    assert_eq!(stage.delete(&path).await.ok()["removed"], true);
    stage.get(&path).await.refused(404, "not_found", "request");
}

#[tokio::test]
async fn a_template_that_cannot_be_made_is_said_before_anything_is_registered() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let entry = json!({ "kind": "main", "gateway_id": gateway,
        "profile": { "identity_template": "I am {{ typo }}." } });
    let problem = stage.post("/v0/agents", &entry).await;
    let problem = problem.refused(422, "invalid_input", "validate");
    assert_eq!(problem["violations"][0]["path"], "/profile");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("IDENTITY.md"), "{detail}");
    let listed = stage.get("/v0/agents").await.ok();
    assert_eq!(listed["items"], json!([]));
    let calls = stage.gateway.take_calls();
    assert!(calls.iter().all(|call| !call.method.starts_with("agents.")));

    let (agent, token) = main_agent(&stage, &gateway).await;
    holds(&stage.gateway, &format!("AUTH_TOKEN={token}\n"));
    let path = format!("/v0/agents/{}", agent["agent_id"].as_str().expect("an id"));
    let _ = stage.gateway.take_calls();
    let change = json!({ "name": "Front desk", "heartbeat": { "every": "1h" },
        "profile": { "role": "Desk", "soul_template": "I am {{ agent_name }}, calm." } });
    let changed = stage.patch(&path, &change).await.ok();
    assert_eq!(changed.get("token"), None, "it kept its own");
    let agent = &changed["agent"];
    assert_eq!(
        (&agent["name"], &agent["status"]),
        (&json!("Front desk"), &json!("online"))
    );
    assert_eq!(agent["heartbeat"]["every"], "1h");
    assert_eq!(
        agent["profile"]["emoji"], ":gear:",
        "what is not named stays"
    );
    let calls = stage.gateway.take_calls();
    let soul = calls
        .iter()
        .find(|call| call.method == "agents.files.set" && call.params["name"] == "SOUL.md");
    let soul = soul.expect("it is written at once");
    assert_eq!(soul.params["content"], "I am Front desk, calm.");
    for never in ["sessions.reset", "chat.send"] {
        assert!(calls.iter().all(|call| call.method != never), "{never}");
    }
    let wrong = json!({ "profile": { "soul_template": "{{ typo }}" } });
    let problem = stage.patch(&path, &wrong).await;
    problem.refused(422, "invalid_input", "validate");
    assert_eq!(stage.get(&path).await.ok()["profile"], agent["profile"]);
    // blank is the usual one again
    let usual = json!({ "profile": { "soul_template": " " } });
    let changed = stage.patch(&path, &usual).await.ok();
    assert_eq!(changed["agent"]["profile"].get("soul_template"), None);
    let told = stage.get("/v0/audit?type=agent.updated").await.ok();
    assert_eq!(told["items"].as_array().map(Vec::len), Some(2));
    // what was changed stands, also where its gateway fails
    let unsupported = Scripted::Refusal(refusal("unknown-method"));
    stage.gateway.set(|script| {
        script
            .replies
            .insert("agents.files.set".into(), unsupported);
    });
    let failed = stage.patch(&path, &json!({ "name": "Back desk" })).await;
    let problem = failed.refused(502, "gateway_failed", "gateway");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("provision it"), "{detail}");
    assert_eq!(stage.get(&path).await.ok()["name"], "Back desk");
}

#[tokio::test]
async fn what_differs_on_a_gateway_is_named() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let (agent, token) = main_agent(&stage, &gateway).await;
    let path = format!("/v0/gateways/{gateway}/drift");
    let kinds = |drift: &Value| -> Vec<String> {
        let differs = drift["differs"].as_array().expect("a list").iter();
        differs
            .map(|one| one["what"]["kind"].as_str().expect("a kind").to_owned())
            .collect()
    };
    // somebody deleted it there, and made one with an id of ours
    let stranger = format!("lead-{}", gateway.to_lowercase());
    shows(&stage.gateway, std::slice::from_ref(&stranger));
    let _ = stage.gateway.take_calls();
    let drift = stage.get(&path).await.ok();
    assert_eq!(
        kinds(&drift),
        ["agent_missing", "agent_unplanned"],
        "{drift}"
    );
    assert_eq!(drift["differs"][0]["agent_id"], agent["agent_id"]);
    assert_eq!(drift["differs"][1]["gateway_agent_id"], stranger);
    let calls = stage.gateway.take_calls();
    let reads = ["agents.list", "config.get", "agents.files.get"];
    assert!(
        calls
            .iter()
            .all(|call| reads.contains(&call.method.as_str())),
        "nothing is written: {calls:?}"
    );
    // it is there, with files of somebody else's
    shows(&stage.gateway, &[main_id(&gateway)]);
    holds(&stage.gateway, &format!("AUTH_TOKEN={token}\n"));
    let drift = stage.get(&path).await.ok();
    let found = kinds(&drift);
    assert!(found.contains(&"file_differs".to_owned()), "{drift}");
    let (status, said) = run(
        &stage.house,
        &stage.house.operator(),
        &["gateway", "drift", &gateway],
    )
    .await;
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("AGENTS.md is not as its template says"),
        "{said}"
    );
    assert!(said.contains("dispatch gateway sync"), "{said}");
    stage
        .get("/v0/gateways/01J9ZQ4Y7M8K6T5R4E3W2Q1P0X/drift")
        .await
        .refused(404, "not_found", "request");
}

#[tokio::test]
async fn a_board_takes_one_lead_and_so_many_workers() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let board = stage.board(&gateway, "Calls", 1).await;
    let lead = format!("lead-{}", board.to_lowercase());
    will_show(&stage.gateway, &lead);
    let entry = |kind: &str, name: &str| json!({ "kind": kind, "board_id": board, "name": name, "wake": false });
    // a lead without its files would not know its work
    let unsupported = Scripted::Refusal(refusal("unsupported-file"));
    stage.gateway.set(|script| {
        script
            .replies
            .insert("agents.files.set".into(), unsupported);
    });
    let failed = stage.post("/v0/agents", &entry("lead", "Lea")).await;
    let problem = failed.refused(502, "gateway_failed", "gateway");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.starts_with("Gateway provision failed: "), "{detail}");
    // registered it is, and tried again it is the same agent
    let listed = stage
        .get(&format!("/v0/agents?board_id={board}"))
        .await
        .ok();
    let row = &listed["items"][0];
    assert_eq!(
        (&row["status"], &row["kind"]),
        (&json!("provisioning"), &json!("lead"))
    );
    assert!(row["last_error"].is_string(), "{row}");
    stage.gateway.set(|script| {
        script.replies.remove("agents.files.set");
    });
    shows(&stage.gateway, &[lead]);
    let path = format!("/v0/agents/{}", row["agent_id"].as_str().expect("an id"));
    let done = stage
        .post(&format!("{path}/provision"), &json!({ "wake": false }))
        .await
        .ok();
    assert_eq!(done["agent"]["agent_id"], row["agent_id"]);
    assert_eq!(done["agent"]["status"], "online");
    assert_eq!(done["agent"].get("last_error"), None);
    // its files held no token, so that it was given another
    assert_eq!(
        stage
            .check_in(done["token"].as_str().expect("a token"))
            .await,
        200
    );

    let second = stage.post("/v0/agents", &entry("lead", "Leo")).await;
    second.refused(409, "conflict", "invariant");
    let taken = stage.post("/v0/agents", &entry("worker", "LEA")).await;
    taken.refused(409, "conflict", "invariant");
    let unknown = Scripted::Refusal(refusal("unknown-method"));
    stage.gateway.set(|script| {
        script.replies.insert("agents.create".into(), unknown);
    });
    let ann = stage.post("/v0/agents", &entry("worker", "Ann")).await;
    ann.refused(502, "gateway_failed", "gateway");
    let full = stage.post("/v0/agents", &entry("worker", "Bob")).await;
    let problem = full.refused(409, "conflict", "invariant");
    assert!(
        problem["detail"]
            .as_str()
            .expect("a detail")
            .contains("max_agents")
    );
}

#[tokio::test]
async fn a_sync_says_of_each_agent_what_became_of_it() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let (_, token) = main_agent(&stage, &gateway).await;
    let path = format!("/v0/gateways/{gateway}/sync");
    let outcome = stage.post(&path, &json!({})).await.ok();
    assert_eq!(outcome["main_updated"], false, "{outcome}");
    let message = outcome["errors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("AUTH_TOKEN"), "{message}");
    holds(&stage.gateway, &format!("AUTH_TOKEN={token}\n"));
    let outcome = stage.post(&path, &json!({})).await.ok();
    assert_eq!(outcome["main_updated"], true, "{outcome}");
    assert_eq!(outcome["errors"], json!([]));
    let board = stage.board(&gateway, "Calls", 1).await;
    let of_board = async |board: &str| {
        let outcome = stage.post(&path, &json!({ "board_id": board })).await.ok();
        let errors = outcome["errors"].as_array().expect("a list").clone();
        errors
            .into_iter()
            .map(|error| error["message"].as_str().expect("a message").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(of_board(&board).await, [""; 0], "it has no agents");
    let elsewhere = of_board("01J9ZQ4Y7M8K6T5R4E3W2Q1P0X").await;
    assert_eq!(elsewhere, ["Board does not belong to this gateway."]);
    let of_it = format!("/v0/boards/{board}");
    stage.patch(&of_it, &json!({ "paused": true })).await.ok();
    let [why] = of_board(&board).await.try_into().expect("one reason");
    assert!(why.starts_with("The board is paused"), "{why}");
    let nonsense = stage.post(&path, &json!({ "rotate": true })).await;
    nonsense.refused(422, "invalid_input", "schema");
}
