//! Agents, their tools, and the messages that reach them.

use dispatch_contract::Role;
use dispatch_contract::agent_tools::{self, AGENT_ROLES, names_for};
use serde_json::{Value, json};

use super::path::{at, fields, is_nothing, is_rooted, texts};
use super::plan::agent_id;
use super::{Finding, fixed, models, secrets};

/// Keys of an agent's tools that widen what its list says.
const WIDER: [&str; 3] = ["alsoAllow", "byProvider", "toolsBySender"];

/// What an agent may be given that the gateway as a whole has switched off: by its own place.
const OFF: [(&str, &str); 2] = [
    ("tools.codeMode", fixed::CODE),
    ("tools.swarm", fixed::SWARM),
];

/// Finds what is wrong with each agent.
pub(super) fn check(config: &Value, findings: &mut Vec<Finding>) {
    let dispatch = at(config, secrets::CREDENTIALS);
    secrets::check_credentials(config, findings);
    if config["agents"].get("list").is_some() {
        findings.push(Finding::breaks(
            "agents.list",
            "gateways of today do not take it",
            "agents.entries: an object with the agents' ids as keys",
        ));
    }
    let defaults = at(config, "agents.defaults.workspace");
    rooted("agents.defaults.workspace", defaults, findings);
    let entries = at(config, "agents.entries");
    for (id, _) in fields(dispatch) {
        if entries.get(id).is_none() {
            findings.push(Finding::breaks(
                format!("agents.entries.{id}"),
                "the plugin has a credential for an agent that is not there",
                "the agent, or no credential for it",
            ));
        }
    }
    for (id, agent) in fields(entries) {
        let path = format!("agents.entries.{id}");
        if dispatch.get(id).is_some() {
            dispatch_agent(id, agent, &path, findings);
        } else {
            other_agent(agent, &path, findings);
        }
        every_agent(agent, &path, findings);
    }
    bindings(config, entries, findings);
}

/// Exactly the tools of one role, and no skill.
fn dispatch_agent(id: &str, agent: &Value, path: &str, findings: &mut Vec<Finding>) {
    if !agent["skills"].is_array() {
        findings.push(Finding::breaks(
            format!("{path}.skills"),
            "without a list of its own the agent has the skills of all agents",
            "[]",
        ));
    }
    let allowed = texts(&agent["tools"]["allow"]);
    let place = format!("{path}.tools.allow");
    let named: Option<Role> = AGENT_ROLES.into_iter().find(|role| agent_id(*role) == id);
    if allowed.is_empty() {
        let set = named.map_or_else(
            || "the tools of its role".to_owned(),
            |role| json!(names_for(role)).to_string(),
        );
        let why = "without a list of its own the agent has every tool of the gateway";
        findings.push(Finding::breaks(place, why, set));
        return;
    }
    let ours: Vec<String> = agent_tools::all()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    for foreign in allowed
        .iter()
        .filter(|name| !ours.iter().any(|our| our == *name))
    {
        findings.push(Finding::breaks(
            place.clone(),
            format!("{foreign} is not of the closed toolset"),
            format!("without {foreign}"),
        ));
    }
    let beyond = |role: Role| -> Vec<&str> {
        let own = names_for(role);
        let of_ours = allowed
            .iter()
            .filter(|name| ours.iter().any(|our| our == *name));
        of_ours
            .copied()
            .filter(|name| !own.iter().any(|own| own == name))
            .collect()
    };
    match named {
        Some(role) => {
            for tool in beyond(role) {
                findings.push(Finding::breaks(
                    place.clone(),
                    format!("{tool} is not a tool of {role}: the host refuses it"),
                    format!("without {tool}"),
                ));
            }
        }
        None if AGENT_ROLES.into_iter().all(|role| !beyond(role).is_empty()) => {
            findings.push(Finding::breaks(
                place,
                "tools of more than one role: whatever its role is, the host refuses some of them",
                "the tools of one role",
            ));
        }
        None => {}
    }
}

/// An agent that is not of the dispatch: on the same gateway, and so beside the credentials.
fn other_agent(agent: &Value, path: &str, findings: &mut Vec<Finding>) {
    let closed = !texts(&agent["tools"]["allow"]).is_empty();
    if closed {
        findings.push(Finding::look(
            path,
            "it has no dispatch credential: another agent on this gateway",
            "a gateway of its own, where it need not be here",
        ));
    } else {
        findings.push(Finding::breaks(
            format!("{path}.tools.allow"),
            "an agent without a list has every tool of the gateway",
            "a list of its own, or a gateway of its own",
        ));
    }
}

/// What no agent on this gateway may have.
fn every_agent(agent: &Value, path: &str, findings: &mut Vec<Finding>) {
    let tools = &agent["tools"];
    for key in WIDER {
        if !is_nothing(&tools[key]) {
            findings.push(Finding::breaks(
                format!("{path}.tools.{key}"),
                "it adds tools to the list that is looked at",
                "only tools.allow",
            ));
        }
    }
    for (key, why) in OFF {
        if !is_off(at(agent, key)) {
            findings.push(Finding::breaks(format!("{path}.{key}"), why, "false"));
        }
    }
    models::check(&format!("{path}.models"), &agent["models"], findings);
    let runtime = &agent["runtime"]["type"];
    if !runtime.is_null() && runtime != "embedded" {
        findings.push(Finding::breaks(
            format!("{path}.runtime.type"),
            models::OTHER_PROGRAM,
            "nothing",
        ));
    }
    rooted(&format!("{path}.workspace"), &agent["workspace"], findings);
    if tools["elevated"]["enabled"] == true {
        findings.push(Finding::breaks(
            format!("{path}.tools.elevated.enabled"),
            "it is a way around every other rule about tools",
            "false",
        ));
    }
    let mode = &tools["exec"]["mode"];
    if !mode.is_null() && mode != "deny" {
        findings.push(Finding::breaks(
            format!("{path}.tools.exec.mode"),
            "it is a shell for this agent",
            "\"deny\"",
        ));
    }
    for tool in texts(&tools["allow"]) {
        if tool == "*" || fixed::DENIED.contains(&tool) {
            findings.push(Finding::breaks(
                format!("{path}.tools.allow"),
                format!("{tool} lets in a shell, files or the gateway itself"),
                format!("without {tool}"),
            ));
        }
    }
    for (key, why) in [
        ("skills", "skills teach an agent what nobody reviewed"),
        (
            "subagents.allowAgents",
            "another agent could do what this one's role may not",
        ),
    ] {
        if !texts(at(agent, key)).is_empty() {
            findings.push(Finding::breaks(format!("{path}.{key}"), why, "[]"));
        }
    }
}

/// Switched off, or as the whole gateway has it: an object changes limits, unless it says `enabled`.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Object(settings) => settings
            .get("enabled")
            .is_none_or(|enabled| enabled.is_null() || enabled == false),
        _ => false,
    }
}

/// A relative folder is another one wherever the gateway is started.
fn rooted(path: &str, folder: &Value, findings: &mut Vec<Finding>) {
    if folder.as_str().is_some_and(|folder| !is_rooted(folder)) {
        findings.push(Finding::look(
            path,
            "which folder it is depends on where the gateway is started",
            "an absolute path",
        ));
    }
}

/// A message for an agent that is not there falls to nobody; one that is bound to a shared
/// session is read by others.
fn bindings(config: &Value, entries: &Value, findings: &mut Vec<Finding>) {
    let bindings = config["bindings"].as_array();
    for (index, binding) in bindings.into_iter().flatten().enumerate() {
        let id = binding["agentId"].as_str().unwrap_or_default();
        let path = format!("bindings.{index}");
        if entries.get(id).is_none() {
            findings.push(Finding::breaks(
                format!("{path}.agentId"),
                format!("{id:?} is no agent here: these messages reach nobody"),
                "one of agents.entries",
            ));
        }
        if binding["type"] == "acp" {
            findings.push(Finding::breaks(
                format!("{path}.type"),
                models::OTHER_PROGRAM,
                "\"route\"",
            ));
        }
        for (key, right) in [
            ("dmScope", &fixed::APART[..]),
            ("groupScope", &["per-group"]),
        ] {
            let scope = &binding["session"][key];
            if !scope.is_null() && !right.iter().any(|right| scope == right) {
                findings.push(Finding::breaks(
                    format!("{path}.session.{key}"),
                    fixed::TOGETHER,
                    json!(right[0]).to_string(),
                ));
            }
        }
    }
    let mut channels = fields(&config["channels"]).filter(|(name, _)| *name != "defaults");
    if channels.next().is_some() && bindings.is_none_or(Vec::is_empty) {
        findings.push(Finding::look(
            "bindings",
            "there are channels, and no message of theirs is bound to an agent",
            r#"[{"agentId":"dispatch-intake","match":{"channel":"…"}}]"#,
        ));
    }
}
