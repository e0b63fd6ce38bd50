//! The real host killed at each step of making an agent: asked again, the agent is made,
//! once, under the identity it had.

use dispatch_testing::openclaw::scripted::Reply as Scripted;
use reqwest::Method;
use serde_json::json;

use super::stage::{asked, check_in, created, entry, gateway, shows};
use crate::support::eventually;
use crate::support::process::Site;

/// What the gateway is asked while an agent is made, in order; each one is a step that the
/// host is killed in.
const STEPS: [&str; 6] = [
    "agents.create",
    "config.get",
    "agents.files.set",
    "sessions.reset",
    "sessions.patch",
    "chat.send",
];

#[tokio::test]
async fn killed_at_any_step_and_asked_again_there_is_one_agent() {
    let site = Site::new().await;
    let openclaw = gateway().await;
    let folder = tempfile::tempdir().expect("a folder");
    let host = site.serve().await;
    let operator = host.front.operator();
    let entry = entry("North", &openclaw, folder.path());
    let made = asked(
        &host.front,
        &operator,
        Method::POST,
        "/v0/gateways",
        Some(&entry),
    )
    .await;
    let gateway_id = created(&made)["gateway_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let mut host = Some(host);
    for (number, step) in STEPS.into_iter().enumerate() {
        let running = match host.take() {
            Some(host) => host,
            None => site.serve().await,
        };
        let front = running.front.clone();
        let board = json!({ "name": format!("Board {number}"), "gateway_id": gateway_id });
        let board = asked(&front, &operator, Method::POST, "/v0/boards", Some(&board)).await;
        let board = created(&board)["board_id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let lead = format!("lead-{}", board.to_lowercase());
        // it is not there before it is made; afterwards it is, and the step is never answered
        if step == "agents.create" {
            shows(&openclaw, &[]);
        } else {
            super::stage::will_show(&openclaw, &lead);
        }
        openclaw.set(|script| {
            script.replies.insert(step.into(), Scripted::Silence);
        });
        let _ = openclaw.take_calls();
        let adding = {
            let (front, operator) = (front.clone(), operator.clone());
            let body = json!({ "kind": "lead", "board_id": board });
            tokio::spawn(async move {
                let request = front
                    .request(&operator, Method::POST, "/v0/agents")
                    .json(&body);
                request.send().await.is_err()
            })
        };
        eventually(step, async || {
            openclaw
                .take_calls()
                .iter()
                .any(|call| call.method == step)
                .then_some(())
        })
        .await;
        running.kill_9().await;
        assert!(adding.await.expect("it ends"), "{step}: no answer came");

        let again = site.serve().await;
        openclaw.set(|script| {
            script.replies.remove(step);
        });
        shows(&openclaw, std::slice::from_ref(&lead));
        let listed = format!("/v0/agents?board_id={board}");
        let rows = again.front.get(&operator, &listed).await.ok();
        assert_eq!(rows["items"].as_array().map(Vec::len), Some(1), "{step}");
        let row = rows["items"][0].clone();
        assert_eq!(row["status"], "provisioning", "{step}");
        let path = format!(
            "/v0/agents/{}/provision",
            row["agent_id"].as_str().expect("an id")
        );
        let done = asked(
            &again.front,
            &operator,
            Method::POST,
            &path,
            Some(&json!({})),
        )
        .await
        .ok();
        assert_eq!(done["agent"]["status"], "online", "{step}: {done}");
        assert_eq!(done["agent"]["session_key"], row["session_key"], "{step}");
        let token = done["token"].as_str().expect("its files held none");
        assert_eq!(check_in(&again.front, token).await.status, 200, "{step}");
        host = Some(again);
    }
    drop(host);
    site.audit_is_clean().await;
}
