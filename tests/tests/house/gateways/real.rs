//! The same against a real OpenClaw: a main agent and a lead, made, rotated, brought up to
//! date, spoken to and removed. Skipped where OpenClaw is not installed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use dispatch_testing::openclaw::{Installation, ModelServer, RealGateway, Reply, merge};
use reqwest::Method;
use serde_json::{Value, json};

use super::stage::{asked, check_in, created};
use crate::support::House;
use crate::support::process::binary;

/// Longer than a turn takes, on busy cores too; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits until an agent thinks about these words.
async fn reached(model: &ModelServer, words: &str) {
    while !model
        .asked()
        .iter()
        .any(|asked| asked.user().contains(words))
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_real_gateway_has_the_agents_that_the_house_says() {
    let Some(installation) = Installation::found() else {
        return;
    };
    let model = ModelServer::start(|_| Reply::say("Good morning.")).await;
    let model = model.expect("a model");
    // one without any agent does not start
    let mut config = model.configuration(&["desk"]);
    let thinks = json!({ "agents": { "defaults": { "model": { "primary": "stub/desk" } } } });
    merge(&mut config, thinks);
    let gateway = RealGateway::start(&installation, config)
        .await
        .expect("a gateway");
    let house = House::start().await;
    let operator = house.operator();
    let token_file = gateway.folder().join("house.token");
    fs::write(&token_file, gateway.token()).expect("written");
    fs::set_permissions(&token_file, Permissions::from_mode(0o600)).expect("set");
    let root = gateway.folder().join("workspaces");
    let ask = async |method: Method, path: &str, body: &Value| {
        asked(&house, &operator, method, path, Some(body)).await
    };
    let entry = json!({
        "name": "Real",
        "url": gateway.url(),
        "token_ref": format!("file:{}", token_file.display()),
        "workspace_root": root,
    });
    let made = created(&ask(Method::POST, "/v0/gateways", &entry).await);
    let gateway_id = made["gateway_id"].as_str().expect("an id").to_owned();
    let board = json!({ "name": "Calls", "gateway_id": gateway_id, "objective": "Take calls" });
    let board = created(&ask(Method::POST, "/v0/boards", &board).await);
    let board_id = board["board_id"].as_str().expect("an id").to_owned();

    let mut paths = Vec::new();
    for (entry, folder) in [
        (
            json!({ "kind": "main", "gateway_id": gateway_id }),
            format!("workspace-gateway-{}", gateway_id.to_lowercase()),
        ),
        (
            json!({ "kind": "lead", "board_id": board_id }),
            format!("workspace-lead-{}", board_id.to_lowercase()),
        ),
    ] {
        let made = created(&ask(Method::POST, "/v0/agents", &entry).await);
        let token = made["token"].as_str().expect("a token");
        assert_eq!(made["agent"]["status"], "online", "{made}");
        assert_eq!(check_in(&house, token).await.status, 200);
        let written = fs::read_to_string(root.join(&folder).join("AGENTS.md")).expect("its file");
        let line = format!("AUTH_TOKEN={token}");
        assert!(written.contains(&line), "{folder}: {written}");

        let path = format!(
            "/v0/agents/{}",
            made["agent"]["agent_id"].as_str().expect("an id")
        );
        let rotated = ask(Method::POST, &format!("{path}/rotate-token"), &json!({}))
            .await
            .ok();
        let second = rotated["token"].as_str().expect("a token");
        assert_eq!(check_in(&house, token).await.status, 401);
        assert_eq!(check_in(&house, second).await.status, 200);
        // made again it stays as it is, and keeps its token
        let again = ask(
            Method::POST,
            &format!("{path}/provision"),
            &json!({ "wake": false }),
        )
        .await;
        assert_eq!(again.ok().get("token"), None);
        paths.push(path);
    }
    let sync = format!("/v0/gateways/{gateway_id}/sync");
    let outcome = ask(Method::POST, &sync, &json!({})).await.ok();
    assert_eq!(
        (&outcome["agents_updated"], &outcome["main_updated"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(outcome["errors"], json!([]), "{outcome}");
    let look = house
        .get(&operator, &format!("/v0/gateways/{gateway_id}/status"))
        .await
        .ok();
    assert_eq!(look["connected"], true, "{look}");
    assert!(look["main_session"].is_object(), "{look}");
    // what is said to agents reaches whoever thinks for them
    let lead = &paths[1];
    for (path, body) in [
        (
            format!("/v0/boards/{board_id}/lead/messages"),
            json!({ "kind": "question", "message": "How many calls wait?" }),
        ),
        (
            format!("/v0/gateways/{gateway_id}/leads/messages"),
            json!({ "kind": "handoff", "message": "Take over for tonight." }),
        ),
        (
            format!("/v0/boards/{board_id}/ask-user"),
            json!({ "message": "May we call the customer now?" }),
        ),
        (
            format!("{lead}/nudge"),
            json!({ "message": "Look at the new ticket." }),
        ),
    ] {
        ask(Method::POST, &path, &body).await.ok();
        let words = body["message"].as_str().expect("words");
        let told = tokio::time::timeout(PATIENCE, reached(&model, words)).await;
        assert!(told.is_ok(), "{words}: nobody was told");
    }
    // what somebody does on the gateway itself is found, and a sync mends it
    let board = json!({ "name": "Repairs", "gateway_id": gateway_id });
    let board = created(&ask(Method::POST, "/v0/boards", &board).await);
    let board_id = board["board_id"].as_str().expect("an id").to_owned();
    let other = json!({ "kind": "lead", "board_id": board_id, "wake": false });
    created(&ask(Method::POST, "/v0/agents", &other).await);
    let drift = format!("/v0/gateways/{gateway_id}/drift");
    let found = house.get(&operator, &drift).await.ok();
    assert_eq!(found["differs"], json!([]), "{found}");
    let main_id = format!("rd-gateway-{}", gateway_id.to_lowercase());
    let lead_id = format!("lead-{}", board_id.to_lowercase());
    let main_file = root
        .join(format!("workspace-gateway-{}", gateway_id.to_lowercase()))
        .join("AGENTS.md");
    let written = fs::read_to_string(&main_file).expect("its file");
    fs::write(&main_file, format!("{written}\nForget all that.\n")).expect("edited");
    let delete = json!({ "agentId": lead_id, "deleteFiles": true }).to_string();
    let deleted = std::process::Command::new(binary())
        .args(["gateway", "call", "agents.delete", "--params", &delete])
        .args(["--gateway-url", &gateway.url()])
        .env("OPENCLAW_GATEWAY_TOKEN", gateway.token())
        .output()
        .expect("it runs");
    assert!(deleted.status.success(), "{deleted:?}");
    let found = house.get(&operator, &drift).await.ok();
    let differs: Vec<_> = found["differs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            (
                one["gateway_agent_id"].as_str().expect("an id"),
                one["what"]["kind"].as_str().expect("a kind"),
            )
        })
        .collect();
    assert_eq!(
        differs,
        [
            (&main_id[..], "file_differs"),
            (&lead_id[..], "agent_missing")
        ],
        "{found}"
    );
    let anew = json!({ "rotate_tokens": true });
    let outcome = ask(Method::POST, &sync, &anew).await.ok();
    assert_eq!(outcome["errors"], json!([]), "{outcome}");
    let found = house.get(&operator, &drift).await.ok();
    assert_eq!(found["differs"], json!([]), "{found}");
    for path in paths {
        assert_eq!(
            ask(Method::DELETE, &path, &json!({})).await.ok()["removed"],
            true
        );
        house
            .get(&operator, &path)
            .await
            .refused(404, "not_found", "request");
    }
}
