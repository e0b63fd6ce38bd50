//! What in a configuration breaks the rules: of a file, or as a running gateway tells it.

use serde_json::Value;

use super::{Finding, agents, fixed, secrets};

/// Everything that is wrong, what breaks a rule first. Takes a configuration as a file has
/// it, or `config` of a gateway's `config.get`, where secrets are hidden.
#[must_use]
pub fn check(config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    fixed::check(config, &mut findings);
    agents::check(config, &mut findings);
    secrets::check(config, &mut findings);
    // by weight only: what belongs together stays together
    findings.sort_by_key(|finding| finding.weight);
    findings
}

#[cfg(test)]
mod tests {
    use super::super::plan::{AgentPlan, Plan};
    use super::super::{Weight, path, render};
    use super::*;
    use dispatch_gateway::SecretRef;
    use serde_json::json;

    fn rendered() -> Value {
        render(&Plan {
            name: "north".into(),
            port: 18789,
            token: SecretRef::Env("OPENCLAW_GATEWAY_TOKEN".into()),
            host: "https://dispatch.example".into(),
            plugin: "/p".into(),
            workspaces: "/w".into(),
            model: Some("provider/model".into()),
            agents: AgentPlan::four(),
        })
        .expect("in order")
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
        ] {
            assert!(
                broken_by(place, value).contains(&place.to_owned()),
                "{place}"
            );
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
            ("skills", json!(["x"]), "skills"),
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
}
