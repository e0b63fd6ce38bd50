use dispatch_gateway::SecretRef;
use serde_json::json;

use super::super::plan::{AgentPlan, Plan};
use super::super::{Weight, path, render};
use super::*;

fn plan() -> Plan {
    Plan {
        name: "north".into(),
        port: 18789,
        token: SecretRef::Env("OPENCLAW_GATEWAY_TOKEN".into()),
        host: "https://dispatch.example".into(),
        plugin: "/p".into(),
        workspaces: "/w".into(),
        model: Some("provider/model".into()),
        agents: AgentPlan::four(),
    }
}

fn rendered() -> Value {
    render(&plan()).expect("in order")
}

/// The paths that are found broken once this is set so.
fn broken_by(place: &str, value: Value) -> Vec<String> {
    let mut config = rendered();
    path::put(&mut config, place, value);
    let findings = check(&config).into_iter();
    findings
        .filter(|finding| finding.weight == Weight::Breaks)
        .map(|finding| finding.path)
        .collect()
}

const INTAKE: &str = "agents.entries.dispatch-intake";

#[test]
fn each_rule_is_found_broken_at_its_place() {
    let credential = "plugins.entries.real-dispatch.config.agents.dispatch-intake.token";
    for (place, value) in [
        ("gateway.bind", json!("lan")),
        ("gateway.terminal.enabled", json!(null)),
        ("agents.ownership", json!(null)),
        ("skills.allowBundled", json!(["github"])),
        ("tools.toolSearch", json!(true)),
        ("tools.elevated.enabled", json!(true)),
        ("tools.exec.mode", json!("ask")),
        ("tools.deny", json!(["group:fs"])),
        ("commands.bash", json!(true)),
        ("plugins.allow", json!([])),
        ("mcp.servers", json!({ "x": {} })),
        ("skills.load.extraDirs", json!(["/x"])),
        ("plugins.entries.real-dispatch.enabled", json!(false)),
        (
            "plugins.entries.real-dispatch.config.baseUrl",
            json!("http://10.0.0.1"),
        ),
        (credential, json!("eyJ…")),
        ("gateway.auth.token", json!("hunter2")),
        ("models.providers.p.apiKey", json!("sk-1")),
        ("channels.telegram.accounts.a.botToken", json!("1:abc")),
        ("session.dmScope", json!("main")),
        ("session.dmScope", json!("per-peer")),
        ("session.dmScope", json!(null)),
        ("session.scope", json!("global")),
        ("session.groupScope", json!("main")),
        ("agents.defaults.models.x/y.codeMode", json!(true)),
        ("agents.defaults.models.x/y.agentRuntime.id", json!("codex")),
        ("models.providers.p.agentRuntime.id", json!("claude-cli")),
        ("plugins.enabled", json!(false)),
        ("plugins.deny", json!(["real-dispatch"])),
        ("plugins.allow", json!(["real-dispatch", "webhooks"])),
        ("plugins.entries.admin-http-rpc", json!({ "enabled": true })),
        ("plugins.entries.file-transfer", json!({ "config": {} })),
        ("plugins.entries.acpx", json!({ "hooks": {} })),
        ("plugins.entries.webhooks", json!({ "env": {} })),
        ("plugins.entries.llm-task", json!({ "llm": {} })),
        ("gateway.tailscale.mode", json!("serve")),
        ("gateway.controlUi.enabled", json!(true)),
        ("gateway.auth.allowTailscale", json!(true)),
        ("gateway.auth.identityScopes", json!({ "ada@example": [] })),
        ("gateway.tools.allow", json!(["exec"])),
        ("gateway.nodes.commands.allow", json!(["system.run"])),
        ("hooks.enabled", json!(true)),
        ("hooks.mappings", json!([{ "id": "x" }])),
        ("hooks.transformsDir", json!("/x")),
        ("hooks.internal.load.extraDirs", json!(["/x"])),
        ("hooks.token", json!("hunter2")),
        ("env.vars.DISPATCH_INTAKE_TOKEN", json!("eyJ…")),
        ("env.vars.AWS_SECRET_ACCESS_KEY", json!("x")),
        ("models.providers.p.headers.X-Api-Key", json!("sk-1")),
        (
            "models.providers.p.headers.Authorization",
            json!("Bearer x"),
        ),
        ("skills.entries.s.apiKey", json!("sk-1")),
        ("skills.entries.s.env.GEMINI_KEY", json!("sk-1")),
        ("plugins.entries.p.env.P_PASSWORD", json!("x")),
        ("gateway.remote.token", json!("hunter2")),
        ("agents.$include", json!("./agents.json5")),
        (
            "gateway.auth.token",
            json!({ "source": "env", "provider": "default", "id": "lower" }),
        ),
        (
            "gateway.auth.token",
            json!({ "source": "file", "provider": "gone", "id": "value" }),
        ),
    ] {
        let broken = broken_by(place, value);
        assert!(broken.contains(&place.to_owned()), "{place}: {broken:?}");
    }
}

#[test]
fn agents_have_the_tools_of_their_role_and_no_others() {
    for (key, value, found) in [
        ("tools.allow", json!([]), "tools.allow"),
        (
            "tools.allow",
            json!(["ticket_create", "exec"]),
            "tools.allow",
        ),
        ("tools.allow", json!(["schedule_confirm"]), "tools.allow"),
        ("tools.allow", json!(["*"]), "tools.allow"),
        ("tools.alsoAllow", json!(["read"]), "tools.alsoAllow"),
        (
            "tools.elevated.enabled",
            json!(true),
            "tools.elevated.enabled",
        ),
        ("tools.exec.mode", json!("full"), "tools.exec.mode"),
        ("tools.codeMode", json!("auto"), "tools.codeMode"),
        (
            "tools.codeMode",
            json!({ "enabled": true }),
            "tools.codeMode",
        ),
        ("tools.swarm", json!(true), "tools.swarm"),
        ("models.x/y.codeMode", json!(true), "models.x/y.codeMode"),
        (
            "models.x/y.agentRuntime.id",
            json!("copilot"),
            "models.x/y.agentRuntime.id",
        ),
        ("runtime.type", json!("acp"), "runtime.type"),
        ("skills", json!(["x"]), "skills"),
        ("skills", json!(null), "skills"),
        (
            "subagents.allowAgents",
            json!(["*"]),
            "subagents.allowAgents",
        ),
    ] {
        let found = format!("{INTAKE}.{found}");
        assert!(broken_by(&format!("{INTAKE}.{key}"), value).contains(&found));
    }
    let other = "agents.entries.main";
    assert_eq!(
        broken_by(other, json!({})),
        [format!("{other}.tools.allow")]
    );
    assert_eq!(
        broken_by(other, json!({ "tools": { "allow": ["web_search"] } })),
        [""; 0]
    );
}

#[test]
fn messages_and_credentials_go_to_agents_that_are_there() {
    let nobody = json!([{ "agentId": "gone", "match": { "channel": "sms" } }]);
    assert_eq!(broken_by("bindings", nobody), ["bindings.0.agentId"]);
    let credentials = "plugins.entries.real-dispatch.config.agents";
    let mut config = rendered();
    let shared = path::at(&config, &format!("{credentials}.dispatch-intake")).clone();
    path::put(&mut config, &format!("{credentials}.ghost"), shared);
    let paths: Vec<String> = check(&config).into_iter().map(|f| f.path).collect();
    assert_eq!(
        paths,
        [
            format!("{credentials}.ghost.token"),
            "agents.entries.ghost".to_owned()
        ]
    );
}

#[test]
fn what_a_running_gateway_hides_is_no_secret_as_text() {
    let mut config = rendered();
    for place in ["gateway.auth.token", "models.providers.p.apiKey"] {
        path::put(&mut config, place, json!("__OPENCLAW_REDACTED__"));
    }
    path::put(&mut config, "channels.sms.token", json!("${SMS_TOKEN}"));
    let broken: Vec<Finding> = check(&config)
        .into_iter()
        .filter(|finding| finding.weight == Weight::Breaks)
        .collect();
    assert_eq!(broken, []);
}

#[test]
fn the_old_dialect_is_named() {
    let mut config = rendered();
    path::put(&mut config, "agents.list", json!([{ "id": "main" }]));
    assert!(check(&config).iter().any(|f| f.path == "agents.list"));
}

#[test]
fn what_may_be_otherwise_is_not_found() {
    for (place, value) in [
        ("session.dmScope", json!("per-channel-peer")),
        ("agents.defaults.models.x/y.agentRuntime.id", json!("auto")),
        (
            "agents.entries.dispatch-intake.tools.codeMode",
            json!({ "timeoutMs": 1 }),
        ),
        ("plugins.entries.acpx", json!({ "enabled": false })),
        ("plugins.entries.webhooks", json!({})),
        ("gateway.nodes.commands.allow", json!([])),
        ("env.vars.LANG", json!("C.UTF-8")),
        ("models.providers.p.headers.Accept", json!("text/plain")),
        ("hooks.token", json!("${HOOKS_TOKEN}")),
    ] {
        assert_eq!(broken_by(place, value), [""; 0], "{place}");
    }
}

#[test]
fn a_plugin_that_the_gateway_adds_by_itself_is_told() {
    let mut config = rendered();
    path::put(
        &mut config,
        "plugins.entries.anthropic",
        json!({ "enabled": true }),
    );
    let [finding] = &check(&config)[..] else {
        panic!("{:?}", check(&config));
    };
    assert_eq!(
        (finding.path.as_str(), finding.weight),
        ("plugins.entries.anthropic", Weight::Look)
    );
}

#[test]
fn a_message_that_runs_a_program_is_found() {
    for (place, value) in [
        (
            "tools.media.models",
            json!([{ "type": "cli", "command": "whisper" }]),
        ),
        ("tools.links.models", json!([{ "command": "fetch" }])),
    ] {
        assert_eq!(broken_by(place, value), [format!("{place}.0")]);
    }
    let model = json!([{ "provider": "p", "model": "m" }]);
    assert_eq!(broken_by("tools.media.models", model), [""; 0]);
}

#[test]
fn a_binding_keeps_people_apart_and_runs_nothing_else() {
    let bound = |more: Value| {
        let mut binding = json!({ "agentId": "dispatch-intake", "match": { "channel": "sms" } });
        for (key, value) in more.as_object().into_iter().flatten() {
            binding[key] = value.clone();
        }
        broken_by("bindings", json!([binding]))
    };
    assert_eq!(
        bound(json!({ "session": { "dmScope": "main" } })),
        ["bindings.0.session.dmScope"]
    );
    assert_eq!(
        bound(json!({ "session": { "groupScope": "main" } })),
        ["bindings.0.session.groupScope"]
    );
    assert_eq!(bound(json!({ "type": "acp" })), ["bindings.0.type"]);
    let apart = json!({ "type": "route", "session": { "dmScope": "per-channel-peer" } });
    assert_eq!(bound(apart), [""; 0]);
}

#[test]
fn what_is_hidden_is_told_and_what_does_not_hold_is_broken() {
    let mut seen = Config {
        valid: true,
        config: rendered(),
        ..Config::default()
    };
    let hidden = "__OPENCLAW_REDACTED__";
    // a reference's id is hidden too, and is a reference still
    path::put(&mut seen.config, "gateway.auth.token.id", json!(hidden));
    assert_eq!(check_running(&seen), []);
    path::put(&mut seen.config, "channels.sms.token", json!(hidden));
    path::put(
        &mut seen.config,
        "models.providers.p.headers.X",
        json!(hidden),
    );
    let found: Vec<(String, Weight)> = check_running(&seen)
        .into_iter()
        .filter(|finding| finding.path != "bindings")
        .map(|finding| (finding.path, finding.weight))
        .collect();
    assert_eq!(
        found,
        [
            ("channels.sms.token".to_owned(), Weight::Look),
            ("models.providers.p.headers.X".to_owned(), Weight::Look),
        ]
    );
    seen.valid = false;
    seen.issues = vec![json!({ "path": "gateway.port", "message": "is no number" })];
    let first = &check_running(&seen)[0];
    assert_eq!(first.weight, Weight::Breaks);
    assert!(first.why.contains("gateway.port"), "{}", first.why);
}

/// What a house chooses for itself: any other value is as good.
const CHOSEN: [&str; 3] = [
    "gateway.port",
    "plugins.entries.real-dispatch.config.gateway",
    "agents.defaults.model.primary",
];

/// The same configuration with one leaf otherwise, for each leaf.
fn flipped(value: &Value, place: &str, each: &mut dyn FnMut(&str, Value)) {
    let below = |key: &str| match place {
        "" => key.to_owned(),
        place => format!("{place}.{key}"),
    };
    match value {
        Value::Object(inner) => {
            for (key, leaf) in inner {
                flipped(leaf, &below(key), &mut |place, other| {
                    let mut changed = inner.clone();
                    changed.insert(key.clone(), other);
                    each(place, changed.into());
                });
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, leaf) in items.iter().enumerate() {
                flipped(leaf, &below(&index.to_string()), &mut |place, other| {
                    let mut changed = items.clone();
                    changed[index] = other;
                    each(place, changed.into());
                });
            }
        }
        Value::Array(_) => each(place, json!(["flipped"])),
        Value::Bool(flag) => each(place, json!(!flag)),
        Value::Number(_) => each(place, json!(0)),
        _ => each(place, json!("flipped")),
    }
}

/// The check is the inverse of rendering: nothing that is rendered can be otherwise unseen.
#[test]
fn whatever_is_rendered_and_changed_is_found() {
    let mut plan = plan();
    plan.agents[0].credential = SecretRef::File("/run/secrets/intake".into());
    let config = render(&plan).expect("in order");
    assert_eq!(check(&config), []);
    let (mut leaves, mut unseen) = (0, Vec::new());
    flipped(&config, "", &mut |place, changed| {
        leaves += 1;
        if !CHOSEN.contains(&place) && check(&changed).is_empty() {
            unseen.push(place.to_owned());
        }
    });
    assert_eq!(unseen, [""; 0]);
    assert!(leaves > 100, "only {leaves} leaves");
}
