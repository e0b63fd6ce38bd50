//! Sessions over HTTP, and the one look that never fails.

use dispatch_testing::openclaw::scripted::{Greeting, refusal};
use serde_json::json;

use super::stage::Stage;

#[tokio::test]
async fn sessions_are_listed_read_and_spoken_in() {
    let stage = Stage::new().await;
    let gateway = stage.registered().await;
    let base = format!("/v0/gateways/{gateway}/sessions");
    let list = stage.get(&base).await.ok();
    let key = list["sessions"][0]["key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let _ = stage.gateway.take_calls();
    assert_eq!(stage.get(&format!("{base}/{key}")).await.ok()["key"], key);
    // it is searched for, not looked up among the latest
    let calls = stage.gateway.take_calls();
    let asked = calls.iter().find(|call| call.method == "sessions.list");
    assert_eq!(asked.expect("asked").params["search"], key);
    stage
        .get(&format!("{base}/agent:nobody:main"))
        .await
        .refused(404, "not_found", "request");
    // the main agent's session is made where it is not there
    let main = list["main_session_key"].as_str().expect("a key");
    assert_eq!(stage.get(&format!("{base}/{main}")).await.ok()["key"], main);
    let history = stage
        .get(&format!("{base}/{key}/history?limit=5"))
        .await
        .ok();
    assert!(history["messages"].is_array(), "{history}");
    let path = format!("{base}/{key}/messages");
    let sent = stage.post(&path, &json!({ "message": "Hello" })).await.ok();
    assert_eq!(sent["session_key"], key);
    let calls = stage.gateway.take_calls();
    let send = calls
        .iter()
        .find(|call| call.method == "chat.send")
        .expect("sent");
    assert_eq!(send.params["deliver"], false);
    assert!(send.params["idempotencyKey"].is_string());
    let empty = stage.post(&path, &json!({ "message": " " })).await;
    empty.refused(422, "invalid_input", "validate");
}

#[tokio::test]
async fn the_look_tells_what_fails_and_other_calls_are_502() {
    let mut stage = Stage::new().await;
    let gateway = stage.registered().await;
    let status = format!("/v0/gateways/{gateway}/status");
    let look = stage.get(&status).await.ok();
    assert_eq!(
        (&look["connected"], &look["version"]),
        (&json!(true), &json!("2026.9.6"))
    );
    assert!(look["sessions_count"].is_u64(), "{look}");

    stage.gateway.kill().await;
    let look = stage.get(&status).await.ok();
    assert_eq!(
        (&look["connected"], &look["trouble"]),
        (&json!(false), &json!("unreachable"))
    );
    assert!(
        look["next_step"].is_string() && look["error"].is_string(),
        "{look}"
    );
    let list = stage.get(&format!("/v0/gateways/{gateway}/sessions")).await;
    let problem = list.refused(502, "gateway_failed", "gateway");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(
        detail.starts_with("Gateway session list failed: "),
        "{detail}"
    );

    stage
        .gateway
        .set(|script| script.greeting = Greeting::Refusal(refusal("wrong-token")));
    stage.gateway.start_again().await.expect("its port");
    let look = stage.get(&status).await.ok();
    assert_eq!(look["trouble"], "auth_failed", "{look}");
    assert!(!look.to_string().contains(&stage.gateway.token()), "{look}");
}
