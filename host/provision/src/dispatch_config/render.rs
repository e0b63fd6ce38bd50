//! A plan as the gateway's configuration, in today's dialect.

use std::path::Path;

use dispatch_contract::agent_tools::{AGENT_ROLES, names_for};
use serde_json::{Map, Value, json};

use super::plan::{AgentPlan, Plan, PlanError};
use super::secrets::References;
use super::{PLUGIN, fixed};

/// The longest id of an agent, and of a gateway's name, in characters.
const MAX_AGENT_ID: usize = 64;
const MAX_NAME: usize = 128;

/// Renders the configuration: JSON that a gateway starts with, and that [`super::check`]
/// finds nothing in. It holds no secret.
///
/// # Errors
/// [`PlanError`], which says what to give instead.
pub fn render(plan: &Plan) -> Result<Value, PlanError> {
    in_order(plan)?;
    let mut references = References::default();
    let mut config = json!({
        // a gateway marks the file here when it writes to it, and takes one without the mark for
        // damaged from then on: it would put the configuration of before in this one's place
        "meta": {},
        "gateway": {
            "port": plan.port,
            "auth": { "token": references.write(&plan.token, "dispatch-gateway")? },
        },
        "agents": { "defaults": { "workspace": plan.workspaces } },
    });
    fixed::write(&mut config);
    if let Some(model) = &plan.model {
        config["agents"]["defaults"]["model"] = json!({ "primary": model });
    }
    let (mut entries, mut credentials) = (Map::new(), Map::new());
    for agent in &plan.agents {
        let token = references.write(&agent.credential, &agent.id)?;
        credentials.insert(agent.id.clone(), json!({ "token": token }));
        entries.insert(agent.id.clone(), entry(agent, &plan.workspaces));
    }
    config["agents"]["entries"] = entries.into();
    config["plugins"]["allow"] = json!([PLUGIN]);
    config["plugins"]["load"] = json!({ "paths": [plan.plugin] });
    config["plugins"]["entries"] = json!({ PLUGIN: { "enabled": true, "config": {
        "baseUrl": plan.host, "gateway": plan.name, "agents": credentials,
    } } });
    if let Some(providers) = references.providers() {
        config["secrets"] = json!({ "providers": providers });
    }
    Ok(config)
}

/// An agent: a workspace of its own, its role's tools, and no skill.
fn entry(agent: &AgentPlan, workspaces: &Path) -> Value {
    json!({
        "workspace": workspaces.join(&agent.id),
        "tools": { "allow": names_for(agent.role) },
        "skills": [],
        "subagents": { "allowAgents": [] },
    })
}

fn in_order(plan: &Plan) -> Result<(), PlanError> {
    if !(1..=MAX_NAME).contains(&plan.name.chars().count()) {
        return Err(PlanError::Name);
    }
    for (what, path) in [
        ("the plugin's folder", &plan.plugin),
        ("the folder of workspaces", &plan.workspaces),
    ] {
        if !path.is_absolute() {
            let path = path.clone();
            return Err(PlanError::NotAbsolute { what, path });
        }
    }
    if !is_host(&plan.host) {
        return Err(PlanError::Host(plan.host.clone()));
    }
    for (index, agent) in plan.agents.iter().enumerate() {
        if !AGENT_ROLES.contains(&agent.role) {
            return Err(PlanError::Role(agent.role));
        }
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=MAX_AGENT_ID).contains(&agent.id.len()) || !agent.id.chars().all(fits) {
            return Err(PlanError::AgentId(agent.id.clone()));
        }
        for other in &plan.agents[..index] {
            if other.id == agent.id {
                return Err(PlanError::Twice(agent.id.clone()));
            }
            if other.credential == agent.credential {
                return Err(PlanError::Twice(agent.credential.to_string()));
            }
        }
    }
    Ok(())
}

/// http on this machine, https elsewhere; neither user nor path.
pub(super) fn is_host(text: &str) -> bool {
    let bare = |rest: &str| !rest.is_empty() && !rest.contains(['/', '?', '#', '@']);
    if let Some(rest) = text.strip_prefix("https://") {
        return bare(rest.trim_end_matches('/'));
    }
    let Some(rest) = text.strip_prefix("http://") else {
        return false;
    };
    let rest = rest.trim_end_matches('/');
    let host = match rest.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => rest,
    };
    let loopback = host
        .parse::<std::net::Ipv4Addr>()
        .is_ok_and(|address| address.is_loopback());
    bare(rest) && (loopback || matches!(host, "localhost" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch_config::check;
    use dispatch_contract::Role;
    use dispatch_gateway::SecretRef;

    fn plan() -> Plan {
        Plan {
            name: "north".into(),
            port: 18789,
            token: SecretRef::Env("OPENCLAW_GATEWAY_TOKEN".into()),
            host: "http://127.0.0.1:7711".into(),
            plugin: "/opt/real-dispatch/plugin".into(),
            workspaces: "/var/lib/openclaw/workspaces".into(),
            model: None,
            agents: AgentPlan::four(),
        }
    }

    #[test]
    fn the_check_finds_nothing_in_what_is_rendered() {
        let config = render(&plan()).expect("in order");
        assert_eq!(check(&config), []);
        assert_eq!(
            config["agents"]["entries"]["dispatch-closeout"]["tools"]["allow"],
            json!(names_for(Role::SystemCloseoutAgent))
        );
        assert_eq!(config["secrets"], Value::Null);
    }

    #[test]
    fn a_secret_in_a_file_gets_its_provider() {
        let mut plan = plan();
        plan.agents[0].credential = SecretRef::File("/run/secrets/intake".into());
        let config = render(&plan).expect("in order");
        assert_eq!(check(&config), []);
        assert_eq!(
            config["secrets"]["providers"]["dispatch-intake"],
            json!({ "source": "file", "path": "/run/secrets/intake", "mode": "singleValue" })
        );
        assert_eq!(
            config["plugins"]["entries"][PLUGIN]["config"]["agents"]["dispatch-intake"]["token"],
            json!({ "source": "file", "provider": "dispatch-intake", "id": "value" })
        );
    }

    #[test]
    fn what_cannot_be_rendered_says_what_to_give() {
        let with = |change: &dyn Fn(&mut Plan)| {
            let mut plan = plan();
            change(&mut plan);
            render(&plan).expect_err("not in order").to_string()
        };
        assert!(with(&|plan| plan.plugin = "plugin".into()).contains("absolute"));
        assert!(with(&|plan| plan.host = "http://dispatch.example".into()).contains("https"));
        assert!(with(&|plan| plan.agents[1].id = "dispatch-intake".into()).contains("twice"));
        assert!(with(&|plan| plan.agents[1].id = "Dispatch".into()).contains("a-z"));
        assert!(with(&|plan| plan.agents[0].role = Role::OperatorAdmin).contains("no agent"));
        assert!(with(&|plan| plan.token = SecretRef::Env("lower".into())).contains("A-Z"));
        assert!(with(&|plan| plan.name.clear()).contains("128"));
        assert!(
            with(&|plan| plan.agents[1].credential = plan.agents[0].credential.clone())
                .contains("DISPATCH_INTAKE_TOKEN")
        );
    }

    #[test]
    fn hosts_are_of_this_machine_or_encrypted() {
        for fine in [
            "http://127.0.0.1:7711",
            "http://localhost/",
            "http://[::1]:1",
            "https://dispatch.example",
        ] {
            assert!(is_host(fine), "{fine}");
        }
        for wrong in [
            "",
            "http://10.0.0.1",
            "http://127.evil.example:1",
            "https://user@dispatch.example",
            "https://dispatch.example/path",
            "ftp://localhost",
            "http://localhost:1@evil.example",
        ] {
            assert!(!is_host(wrong), "{wrong}");
        }
    }
}
