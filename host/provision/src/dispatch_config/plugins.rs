//! What else runs in the gateway, beside the credentials: plugins, tools from outside, skills,
//! and programs that are run for a message.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::path::{at, fields, is_rooted, texts};
use super::render::is_host;
use super::{Finding, PLUGIN};

/// Plugins that come with OpenClaw and open what the rules close.
const DANGEROUS: [(&str, &str); 5] = [
    (
        "acpx",
        "it runs other programs as agents, with tools of their own",
    ),
    (
        "admin-http-rpc",
        "it opens the gateway's administration to plain HTTP requests",
    ),
    ("file-transfer", "it moves files from and to other machines"),
    ("llm-task", "it has models work outside any agent's rules"),
    ("webhooks", "requests from outside could start agents"),
];

/// Keys of a plugin's entry that are enough for a gateway to add it to `plugins.allow`.
const MATERIAL: [&str; 4] = ["config", "hooks", "subagent", "llm"];

/// Lists of programs that a gateway runs on what comes in.
const PROGRAMS: [&str; 5] = [
    "tools.media.models",
    "tools.media.image.models",
    "tools.media.audio.models",
    "tools.media.video.models",
    "tools.links.models",
];

/// Finds what is wrong with the plugin, and what runs besides it.
pub(super) fn check(config: &Value, findings: &mut Vec<Finding>) {
    ours(config, findings);
    others(config, findings);
    outside(config, findings);
    programs(config, findings);
}

fn ours(config: &Value, findings: &mut Vec<Finding>) {
    let entry = &config["plugins"]["entries"][PLUGIN];
    let path = format!("plugins.entries.{PLUGIN}");
    let off = "without the plugin the agents have no dispatch tool";
    if entry["enabled"] != true {
        findings.push(Finding::breaks(format!("{path}.enabled"), off, "true"));
    }
    let host = &entry["config"]["baseUrl"];
    if !host.is_null() && !host.as_str().is_some_and(is_host) {
        findings.push(Finding::breaks(
            format!("{path}.config.baseUrl"),
            "the agents' credentials would cross a network unencrypted",
            "http://127.0.0.1:PORT on this machine, else https://…",
        ));
    }
    if at(config, "plugins.enabled") == false {
        findings.push(Finding::breaks("plugins.enabled", off, "true"));
    }
    if texts(at(config, "plugins.deny")).contains(&PLUGIN) {
        let set = format!("without {PLUGIN}");
        findings.push(Finding::breaks("plugins.deny", off, set));
    }
    let folders = at(config, "plugins.load.paths");
    for folder in texts(folders).into_iter().filter(|path| !is_rooted(path)) {
        findings.push(Finding::look(
            "plugins.load.paths",
            format!("which code {folder} is depends on where the gateway is started"),
            "an absolute path",
        ));
    }
    if folders.as_array().is_some_and(|folders| folders.len() > 1) {
        findings.push(Finding::look(
            "plugins.load.paths",
            "code from more than the plugin's folder is loaded",
            "only the plugin's folder, and what your channels need",
        ));
    }
}

fn others(config: &Value, findings: &mut Vec<Finding>) {
    let allowed = texts(at(config, "plugins.allow"));
    if !allowed.contains(&PLUGIN) {
        findings.push(Finding::breaks(
            "plugins.allow",
            "without a list every plugin that is found is loaded",
            json!([PLUGIN]).to_string(),
        ));
    }
    let denied: BTreeSet<&str> = texts(at(config, "plugins.deny")).into_iter().collect();
    let entries = at(config, "plugins.entries");
    let off = |id: &str| denied.contains(id) || entries[id]["enabled"] == false;
    let listed = allowed.iter().copied().filter(|id| *id != PLUGIN);
    // a gateway adds to its list what has an entry that says anything
    let added = fields(entries)
        .filter(|(id, entry)| *id != PLUGIN && is_material(entry))
        .map(|(id, _)| id.as_str())
        .filter(|id| !allowed.contains(id));
    let places = listed
        .map(|id| (id, "plugins.allow".to_owned()))
        .chain(added.map(|id| (id, format!("plugins.entries.{id}"))));
    for (id, place) in places.filter(|(id, _)| !off(id)) {
        findings.push(
            match DANGEROUS.iter().find(|(dangerous, _)| *dangerous == id) {
                Some((_, why)) => Finding::breaks(place, *why, format!("without {id}")),
                None => Finding::look(
                    place,
                    format!(
                        "{id} is loaded too: its code runs in the gateway, beside the credentials"
                    ),
                    format!("only {PLUGIN}, and what your channels need"),
                ),
            },
        );
    }
}

fn is_material(entry: &Value) -> bool {
    entry["enabled"] == true
        || MATERIAL.iter().any(|key| entry[*key].is_object())
        || ["apiKey", "env"].iter().any(|key| !entry[*key].is_null())
}

/// Tools and skills that nobody here reviewed.
fn outside(config: &Value, findings: &mut Vec<Finding>) {
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

fn programs(config: &Value, findings: &mut Vec<Finding>) {
    for path in PROGRAMS {
        let entries = at(config, path).as_array();
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            if entry["type"] == "cli" || !entry["command"].is_null() {
                findings.push(Finding::breaks(
                    format!("{path}.{index}"),
                    "a message makes the gateway run a program",
                    "a model of a provider, or nothing",
                ));
            }
        }
    }
}
