//! `dispatch gateway` from outside, against a scripted gateway: what is printed, and how
//! it ends.

use std::process::{Command, Stdio};

use dispatch_testing::openclaw::scripted::{Greeting, Reply, Script, ScriptedGateway, refusal};
use serde_json::{Value, json};

/// How a run ended.
struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

/// Runs a command against a gateway with its token, or with another.
fn run_with(gateway: &ScriptedGateway, token: Option<&str>, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dispatch"));
    for (name, _) in std::env::vars() {
        if name.starts_with("DISPATCH_") || name.starts_with("OPENCLAW_") {
            command.env_remove(name);
        }
    }
    command
        .env("OPENCLAW_GATEWAY_URL", gateway.url())
        .arg("gateway")
        .args(arguments);
    if let Some(token) = token {
        command.env("OPENCLAW_GATEWAY_TOKEN", token);
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let ran = Ran {
        status: output.status.code().expect("it ended by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    for said in [&ran.stdout, &ran.stderr] {
        assert!(
            !said.contains(&gateway.token()),
            "a token is never printed: {said}"
        );
    }
    ran
}

fn run(gateway: &ScriptedGateway, arguments: &[&str]) -> Ran {
    run_with(gateway, Some(&gateway.token()), arguments)
}

async fn started(script: Script) -> ScriptedGateway {
    ScriptedGateway::start(script).await.expect("started")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_shown_to_people_and_to_programs() {
    let channels = json!({"ts": 1, "channelAccounts": {"telegram": [
        {"accountId": "ops", "enabled": true, "running": true, "connected": false, "lastError": "401: Unauthorized"}]},
        "channelDefaultAccountId": {"telegram": "ops"}});
    let gateway =
        started(Script::default().reply("channels.status", Reply::Payload(channels))).await;
    for (arguments, said) in [
        (
            &["health"][..],
            vec![
                "says it is well",
                "2026.9.6, protocol 4",
                "real-dispatch",
                "main (default)",
            ],
        ),
        (&["status"], vec!["2026.9.6", "keeps up"]),
        (&["agents"], vec!["AGENT", "dispatch-desk", "Dispatch Desk"]),
        (
            &["sessions"],
            vec![
                "SESSION",
                "agent:dispatch-desk:job-42",
                "Job 42",
                "2026-11-20 05:50:47Z",
            ],
        ),
        (
            &["channels"],
            vec!["CHANNEL", "telegram", "ops", "401: Unauthorized"],
        ),
        (
            &["logs"],
            vec![
                "2026-11-20T05:50:48",
                "INFO",
                "gateway/reload",
                "config change detected",
            ],
        ),
        (
            &["devices", "list"],
            vec!["WAITING", "995fec07", "devices approve", "DEVICE", "holds"],
        ),
    ] {
        let ran = run(&gateway, arguments);
        assert_eq!(ran.status, 0, "{arguments:?}: {}", ran.stderr);
        for text in said {
            assert!(
                ran.stdout.contains(text),
                "{arguments:?}: {text}\n{}",
                ran.stdout
            );
        }
        let with_json = [arguments, &["--json"]].concat();
        let ran = run(&gateway, &with_json);
        assert_eq!(ran.status, 0, "{arguments:?}: {}", ran.stderr);
        for document in ran
            .stdout
            .lines()
            .take(if arguments == ["logs"] { 9 } else { 0 })
        {
            serde_json::from_str::<Value>(document).expect("a document a line");
        }
        if arguments != ["logs"] {
            serde_json::from_str::<Value>(&ran.stdout).expect("one document");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_method_can_be_called() {
    let gateway = started(Script::default().reply("cron.list", Reply::Echo)).await;
    let ran = run(
        &gateway,
        &[
            "call",
            "cron.list",
            "--params",
            r#"{"limit": 3}"#,
            "--scope",
            "read",
        ],
    );
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let answer: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(answer["limit"], 3);
    assert_eq!(gateway.connects()[0]["scopes"], json!(["operator.read"]));
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), r#"{"limit": 4}"#).expect("written");
    let ran = run(
        &gateway,
        &[
            "call",
            "cron.list",
            "--params",
            &format!("@{}", file.path().display()),
        ],
    );
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("4"), "{}", ran.stdout);
    let ran = run(&gateway, &["call", "cron.list", "--params", "[]"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    let ran = run(&gateway, &["call", "tickets.nope", "--json"]);
    assert_eq!(ran.status, 1);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    assert_eq!(document["error"]["message"], "unknown method: tickets.nope");
    assert_eq!(document["error"]["trouble"], "refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_what_to_do() {
    let mut gateway = started(Script::default()).await;
    let ran = run_with(&gateway, Some("wrong"), &["health"]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stderr.contains("gateway token mismatch"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("Set the token that the gateway has now"),
        "{}",
        ran.stderr
    );
    let ran = run(&gateway, &["health", "--gateway-url", "http://h"]);
    assert_eq!(ran.status, 2);
    let ran = run(&gateway, &["health", "--allow-insecure-tls"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    let ran = run(
        &gateway,
        &["health", "--gateway-token-file", "/no/such/file"],
    );
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    gateway.kill().await;
    let ran = run(&gateway, &["health"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("openclaw gateway run"),
        "{}",
        ran.stderr
    );
}

/// The verdict on one thing, out of the doctor's lines.
fn verdict<'a>(ran: &'a Ran, what: &str) -> &'a str {
    ran.stdout
        .lines()
        .find(|line| line.get(5..).is_some_and(|rest| rest.starts_with(what)))
        .map_or_else(
            || panic!("nothing on {what}: {}", ran.stdout),
            |line| line[..3].trim(),
        )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_which_part_is_wrong() {
    let mut gateway = started(Script::default()).await;
    let ran = run(&gateway, &["doctor"]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    for what in [
        "address",
        "process",
        "token",
        "let in",
        "scopes",
        "version",
        "methods",
        "configuration",
        "health",
    ] {
        assert_eq!(verdict(&ran, what), "ok", "{}", ran.stdout);
    }
    gateway.set(|script| script.scopes = Some(vec!["operator.read".into()]));
    let ran = run(&gateway, &["doctor"]);
    assert_eq!(
        (
            ran.status,
            verdict(&ran, "scopes"),
            verdict(&ran, "version")
        ),
        (1, "bad", "ok")
    );
    gateway.set(|script| {
        script.scopes = None;
        script.version = "2026.1.30".into();
    });
    let ran = run(&gateway, &["doctor"]);
    assert_eq!(
        (
            ran.status,
            verdict(&ran, "version"),
            verdict(&ran, "scopes")
        ),
        (1, "bad", "ok")
    );
    assert!(ran.stdout.contains("Update OpenClaw"), "{}", ran.stdout);
    let ran = run_with(&gateway, Some("wrong"), &["doctor"]);
    assert_eq!(
        (ran.status, verdict(&ran, "let in"), verdict(&ran, "scopes")),
        (1, "bad", "-")
    );
    let ran = run_with(&gateway, None, &["doctor"]);
    assert_eq!(
        (ran.status, verdict(&ran, "token"), verdict(&ran, "let in")),
        (1, "bad", "-")
    );
    let pairing = dispatch_testing::openclaw::scripted::Refusal {
        error: json!({"code": "NOT_PAIRED", "message": "pairing required",
            "details": {"code": "PAIRING_REQUIRED", "requestId": "r-17"}}),
        close: Some((1008, "pairing required".into())),
    };
    gateway.set(|script| script.greeting = Greeting::Refusal(pairing));
    let ran = run(&gateway, &["doctor"]);
    assert!(
        ran.stdout.contains("openclaw devices approve r-17"),
        "{}",
        ran.stdout
    );
    gateway.set(|script| script.greeting = Greeting::Refusal(refusal("startup-sidecars")));
    let ran = run(&gateway, &["doctor", "--json"]);
    assert_eq!(ran.status, 1);
    let findings: Value = serde_json::from_str(&ran.stdout).expect("findings");
    assert!(
        findings
            .as_array()
            .expect("a list")
            .iter()
            .any(|one| one["verdict"] == "bad")
    );
    gateway.kill().await;
    let ran = run(&gateway, &["doctor"]);
    assert_eq!(
        (
            ran.status,
            verdict(&ran, "process"),
            verdict(&ran, "let in")
        ),
        (1, "bad", "-")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_key_is_made_paired_and_enough_from_then_on() {
    let gateway = started(Script {
        device_token: Some("the-devices-own-token".into()),
        ..Script::default()
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("device.json");
    let key = key.to_str().expect("text");
    let ran = run(&gateway, &["devices", "pair", "--device-key", key]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("its token is kept"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("the-devices-own-token"));
    gateway.set(|script| script.wants_device_token = Some("the-devices-own-token".into()));
    let ran = run_with(&gateway, None, &["agents", "--device-key", key]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let request = "995fec07-7bc6-4c7a-81b7-ffc7bf22e1f8";
    let ran = run_with(
        &gateway,
        None,
        &["devices", "approve", request, "--device-key", key],
    );
    assert!(
        ran.stdout.starts_with("let in: device 775970c998d6"),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
}

/// A device that a gateway has paired, and its key's file.
async fn paired(gateway: &ScriptedGateway, folder: &std::path::Path) -> String {
    let key = folder.join("device.json").display().to_string();
    let ran = run(gateway, &["devices", "pair", "--device-key", &key]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    key
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_rotates_its_own_token_keeps_the_new_one() {
    let gateway = started(Script {
        device_token: Some("first-token".into()),
        ..Script::default()
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let key = paired(&gateway, folder.path()).await;
    let file = std::fs::read_to_string(&key).expect("the key");
    let file: Value = serde_json::from_str(&file).expect("JSON");
    let device = file["deviceId"].as_str().expect("an id").to_owned();
    let rotate = |device: &str, token: &str| {
        let answer = json!({"deviceId": device, "role": "operator", "scopes": ["operator.read"],
            "rotatedAtMs": 1, "tokenDelivery": "in-band", "token": token});
        gateway.set(|script| {
            script.wants_device_token = Some("first-token".into());
            script.device_token = None;
            let reply = Reply::Payload(answer);
            script.replies.insert("device.token.rotate".into(), reply);
        });
        let arguments = ["devices", "rotate", device, "--device-key", &key];
        let ran = run_with(&gateway, None, &arguments);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(!ran.stdout.contains(token), "{}", ran.stdout);
        ran.stdout
    };
    // another device's is not this one's to keep
    let said = rotate("another", "others-token");
    assert!(!said.contains("kept"), "{said}");
    let said = rotate(&device, "second-token");
    assert!(said.contains("kept beside its key"), "{said}");
    gateway.set(|script| script.wants_device_token = Some("second-token".into()));
    let ran = run_with(&gateway, None, &["agents", "--device-key", &key]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_gets_in_with_what_a_devices_token_is_good_for() {
    let gateway = started(Script {
        device_token: Some("narrow-token".into()),
        ..Script::default()
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let few = vec!["operator.read".to_owned(), "operator.write".to_owned()];
    let key = paired(&gateway, folder.path()).await;
    // as if it had been paired for less
    let tokens = folder.path().join("device.tokens.json");
    let kept = std::fs::read_to_string(&tokens).expect("kept");
    let mut kept: Value = serde_json::from_str(&kept).expect("JSON");
    kept["tokens"][0]["scopes"] = json!(few);
    std::fs::write(&tokens, kept.to_string()).expect("written");
    gateway.set(|script| {
        script.wants_device_token = Some("narrow-token".into());
        script.device_scopes = Some(few.clone());
        script.device_token = None;
    });
    let ran = run_with(&gateway, None, &["doctor", "--device-key", &key]);
    assert_eq!(
        (
            ran.status,
            verdict(&ran, "let in"),
            verdict(&ran, "scopes"),
            verdict(&ran, "version")
        ),
        (1, "ok", "bad", "ok"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("operator.admin") && !ran.stdout.contains("narrow-token"),
        "{}",
        ran.stdout
    );
    let last = gateway.connects().pop().expect("connected");
    assert_eq!(last["scopes"], json!(few));
    // what needs no more gets in at once
    let ran = run_with(&gateway, None, &["agents", "--device-key", &key]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}
