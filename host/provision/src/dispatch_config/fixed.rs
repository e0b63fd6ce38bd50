//! Settings that have one right value: rendered so, and looked for by the check.

use serde_json::{Value, json};

use super::path::{at, is_nothing, put, texts};
use super::{Finding, Weight};

/// A setting with one right value.
struct Fixed {
    path: &'static str,
    right: Right,
    /// A gateway does the same where nothing is said.
    or_absent: bool,
    weight: Weight,
    why: &'static str,
}

#[derive(Clone, Copy)]
enum Right {
    Text(&'static str),
    /// Each of them will do; the first is rendered.
    OneOf(&'static [&'static str]),
    Flag(bool),
    /// A list of exactly these.
    List(&'static [&'static str]),
    /// Nothing, an empty list or an empty object. Not rendered.
    Nothing,
}

impl Right {
    /// What is rendered.
    fn value(self) -> Option<Value> {
        match self {
            Self::Text(text) => Some(json!(text)),
            Self::OneOf(texts) => texts.first().map(|text| json!(text)),
            Self::Flag(flag) => Some(json!(flag)),
            Self::List(texts) => Some(json!(texts)),
            Self::Nothing => None,
        }
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            Self::OneOf(texts) => texts.iter().any(|text| value == text),
            Self::Nothing => is_nothing(value),
            _ => self.value().as_ref() == Some(value),
        }
    }

    /// What to set, in words.
    fn words(self) -> String {
        match self {
            Self::OneOf(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| json!(text).to_string()).collect();
                texts.join(" or ")
            }
            _ => self
                .value()
                .map_or_else(|| "nothing".to_owned(), |value| value.to_string()),
        }
    }
}

use Right::{Flag, List, Nothing, OneOf, Text};

const fn must(path: &'static str, right: Right, why: &'static str) -> Fixed {
    Fixed {
        path,
        right,
        or_absent: false,
        weight: Weight::Breaks,
        why,
    }
}

const fn never(path: &'static str, why: &'static str) -> Fixed {
    unless(path, Flag(false), why)
}

/// What is right where nothing is said, too.
const fn unless(path: &'static str, right: Right, why: &'static str) -> Fixed {
    Fixed {
        or_absent: true,
        ..must(path, right, why)
    }
}

/// What can be meant otherwise.
const fn usually(path: &'static str, right: Right, why: &'static str) -> Fixed {
    Fixed {
        weight: Weight::Look,
        ..must(path, right, why)
    }
}

/// Scopes of direct messages under which no two people share a session.
pub(super) const APART: [&str; 2] = ["per-account-channel-peer", "per-channel-peer"];

/// Why they must not.
pub(super) const TOGETHER: &str =
    "customers would share one session: each would be told what the others said";

/// Where the gateway's own defaults change with its version, the value is to be said.
const FIXED: &[Fixed] = &[
    must(
        "gateway.mode",
        Text("local"),
        "a gateway without it does not start",
    ),
    must(
        "gateway.bind",
        Text("loopback"),
        "without it the gateway listens beyond this machine; put a proxy with TLS before it",
    ),
    must(
        "gateway.auth.mode",
        Text("token"),
        "whoever reaches the gateway could act as any agent",
    ),
    never(
        "gateway.auth.allowTailscale",
        "whoever is in the same tailnet could act as any agent, without the token",
    ),
    unless(
        "gateway.auth.identityScopes",
        Nothing,
        "people whom a proxy names would be let in without the token",
    ),
    unless(
        "gateway.tailscale.mode",
        Text("off"),
        "the gateway would be reached from beyond this machine",
    ),
    must(
        "gateway.controlUi.enabled",
        Flag(false),
        "it is a way to change the gateway from a browser",
    ),
    must(
        "gateway.terminal.enabled",
        Flag(false),
        "it is a shell on the gateway's machine",
    ),
    unless(
        "gateway.tools.allow",
        Nothing,
        "it gives back over HTTP what the gateway denies there by itself",
    ),
    unless(
        "gateway.nodes.commands.allow",
        Nothing,
        "it lets agents run commands on other machines",
    ),
    must("session.dmScope", OneOf(&APART), TOGETHER),
    unless("session.scope", Text("per-sender"), TOGETHER),
    unless("session.groupScope", Text("per-group"), TOGETHER),
    must(
        "agents.ownership",
        Text("explicit"),
        "work could fall to an agent that nobody named for it",
    ),
    must(
        "agents.defaults.skills",
        List(&[]),
        "agents without a list of their own may use every skill that is found",
    ),
    usually(
        "agents.defaults.skipBootstrap",
        Flag(true),
        "the gateway would put its own first questions into workspaces, and agents ask customers for a name",
    ),
    usually(
        "agents.defaults.heartbeat.every",
        Text("0m"),
        "agents would be woken by the clock, and models paid for it",
    ),
    must(
        "skills.allowBundled",
        // an empty list lets all of them in; none has this name
        List(&["none"]),
        "skills that come with the gateway teach agents to use tools that they must not have",
    ),
    must(
        "tools.toolSearch",
        Flag(false),
        "models would see a search tool instead of the closed toolset, and call ids change shape",
    ),
    must("tools.codeMode", Flag(false), CODE),
    must("tools.swarm", Flag(false), SWARM),
    must(
        "tools.agentToAgent.enabled",
        Flag(false),
        "an agent could have another do what its own role may not",
    ),
    must(
        "tools.elevated.enabled",
        Flag(false),
        "it is a way around every other rule about tools",
    ),
    must("tools.exec.mode", Text("deny"), "it is a shell for agents"),
    must("browser.enabled", Flag(false), "agents need no browser"),
    must(
        "plugins.slots.memory",
        Text("none"),
        "the case file is the memory; a second one is out of date",
    ),
    never(
        "hooks.enabled",
        "whoever holds the hooks' token could start agents over HTTP",
    ),
    unless(
        "hooks.mappings",
        Nothing,
        "requests from outside would become messages to agents",
    ),
    unless(
        "hooks.transformsDir",
        Nothing,
        "programs in it would run in the gateway, beside the credentials",
    ),
    unless(
        "hooks.internal.load.extraDirs",
        Nothing,
        "programs in them would run in the gateway, beside the credentials",
    ),
    never("commands.bash", "chat messages could run a shell"),
    never(
        "commands.config",
        "chat messages could change this configuration",
    ),
    never("commands.mcp", "chat messages could add tools"),
    never("commands.plugins", "chat messages could switch plugins on"),
    never(
        "commands.debug",
        "chat messages could override this configuration",
    ),
    never(
        "skills.install.allowUploadedArchives",
        "skills come from nowhere but the operator",
    ),
    usually(
        "discovery.mdns.mode",
        Text("off"),
        "the gateway would announce itself in the network",
    ),
    usually(
        "telemetry.enabled",
        Flag(false),
        "the gateway would report to its maker",
    ),
];

/// Why models must not write programs.
pub(super) const CODE: &str = "models would write programs that call tools";

/// Why agents must not start others.
pub(super) const SWARM: &str = "agents could start other agents";

/// Groups of tools that no agent here may have, whatever its own list says.
pub(super) const DENIED: [&str; 5] = [
    "group:runtime",
    "group:fs",
    "group:nodes",
    "group:automation",
    "group:ui",
];

/// Writes every setting that has one right value.
pub(super) fn write(config: &mut Value) {
    for fixed in FIXED {
        if let Some(value) = fixed.right.value() {
            put(config, fixed.path, value);
        }
    }
    put(config, "tools.deny", json!(DENIED));
}

/// Finds the settings that have another.
pub(super) fn check(config: &Value, findings: &mut Vec<Finding>) {
    for fixed in FIXED {
        let is = at(config, fixed.path);
        if fixed.right.takes(is) || (fixed.or_absent && is.is_null()) {
            continue;
        }
        let is = if is.is_null() {
            "is not set".to_owned()
        } else {
            format!("is {is:.80}")
        };
        findings.push(Finding {
            path: fixed.path.to_owned(),
            weight: fixed.weight,
            why: format!("{is}: {}", fixed.why),
            set: fixed.right.words(),
        });
    }
    let denied = texts(at(config, "tools.deny"));
    let missing: Vec<&str> = DENIED
        .into_iter()
        .filter(|group| !denied.contains(group))
        .collect();
    if !missing.is_empty() {
        findings.push(Finding::breaks(
            "tools.deny",
            "shell, files, nodes, plans and browser are not denied to every agent",
            format!("add {}", json!(missing)),
        ));
    }
}
