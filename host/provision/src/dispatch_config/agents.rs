//! Agents, their tools, and the plugin that brings these.

use dispatch_contract::Role;
use dispatch_contract::agent_tools::{self, AGENT_ROLES, names_for};
use serde_json::{Value, json};

use super::path::{at, fields, texts};
use super::plan::agent_id;
use super::render::is_host;
use super::{Finding, PLUGIN, fixed, secrets};

/// Keys of an agent's tools that widen what its list says.
const WIDER: [&str; 3] = ["alsoAllow", "byProvider", "toolsBySender"];

/// Finds what is wrong with the plugin, and with each agent.
pub(super) fn check(config: &Value, findings: &mut Vec<Finding>) {
    plugin(config, findings);
    let path = format!("plugins.entries.{PLUGIN}.config.agents");
    let dispatch = &config["plugins"]["entries"][PLUGIN]["config"]["agents"];
    secrets::check_credentials(dispatch, &path, findings);
    if config["agents"].get("list").is_some() {
        findings.push(Finding::breaks(
            "agents.list",
            "gateways of today do not take it",
            "agents.entries: an object with the agents' ids as keys",
        ));
    }
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

fn plugin(config: &Value, findings: &mut Vec<Finding>) {
    let entry = &config["plugins"]["entries"][PLUGIN];
    let path = format!("plugins.entries.{PLUGIN}");
    if entry["enabled"] != true {
        let why = "without the plugin the agents have no dispatch tool";
        findings.push(Finding::breaks(format!("{path}.enabled"), why, "true"));
    }
    let host = &entry["config"]["baseUrl"];
    if !host.is_null() && !host.as_str().is_some_and(is_host) {
        findings.push(Finding::breaks(
            format!("{path}.config.baseUrl"),
            "the agents' credentials would cross a network unencrypted",
            "http://127.0.0.1:PORT on this machine, else https://…",
        ));
    }
    let allowed = texts(at(config, "plugins.allow"));
    if !allowed.contains(&PLUGIN) {
        findings.push(Finding::breaks(
            "plugins.allow",
            "without a list every plugin that is found is loaded",
            json!([PLUGIN]).to_string(),
        ));
    }
    for other in allowed.iter().filter(|id| **id != PLUGIN) {
        findings.push(Finding::look(
            "plugins.allow",
            format!("{other} is loaded too: its code runs in the gateway, beside the credentials"),
            format!("only {PLUGIN}, and what your channels need"),
        ));
    }
    if fields(at(config, "mcp.servers")).next().is_some() {
        findings.push(Finding::breaks(
            "mcp.servers",
            "they bring tools from outside the closed toolset",
            "none",
        ));
    }
    if !texts(at(config, "skills.load.extraDirs")).is_empty() {
        findings.push(Finding::breaks(
            "skills.load.extraDirs",
            "skills from other folders teach agents what nobody reviewed",
            "[]",
        ));
    }
}

/// Exactly the tools of one role.
fn dispatch_agent(id: &str, agent: &Value, path: &str, findings: &mut Vec<Finding>) {
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
        let value = &tools[key];
        let empty = value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(serde_json::Map::is_empty);
        if !value.is_null() && !empty {
            findings.push(Finding::breaks(
                format!("{path}.tools.{key}"),
                "it adds tools to the list that is looked at",
                "only tools.allow",
            ));
        }
    }
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

/// A message for an agent that is not there falls to nobody.
fn bindings(config: &Value, entries: &Value, findings: &mut Vec<Finding>) {
    let bindings = config["bindings"].as_array();
    for (index, binding) in bindings.into_iter().flatten().enumerate() {
        let id = binding["agentId"].as_str().unwrap_or_default();
        if entries.get(id).is_none() {
            findings.push(Finding::breaks(
                format!("bindings.{index}.agentId"),
                format!("{id:?} is no agent here: these messages reach nobody"),
                "one of agents.entries",
            ));
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
