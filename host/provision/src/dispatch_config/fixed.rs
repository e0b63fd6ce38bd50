//! Settings that have one right value: rendered so, and looked for by the check.

use serde_json::{Value, json};

use super::Finding;
use super::path::{at, put, texts};

/// A setting with one right value.
struct Fixed {
    path: &'static str,
    right: Right,
    /// A gateway does the same where nothing is said.
    or_absent: bool,
    why: &'static str,
}

#[derive(Clone, Copy)]
enum Right {
    Text(&'static str),
    Flag(bool),
    Empty,
}

impl Right {
    fn value(self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Flag(flag) => json!(flag),
            Self::Empty => json!([]),
        }
    }
}

use Right::{Empty, Flag, Text};

const fn must(path: &'static str, right: Right, why: &'static str) -> Fixed {
    Fixed {
        path,
        right,
        or_absent: false,
        why,
    }
}

const fn never(path: &'static str, why: &'static str) -> Fixed {
    Fixed {
        path,
        right: Flag(false),
        or_absent: true,
        why,
    }
}

/// Where the gateway's own defaults change with its version, the value is to be said.
const FIXED: [Fixed; 21] = [
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
    must(
        "gateway.terminal.enabled",
        Flag(false),
        "it is a shell on the gateway's machine",
    ),
    must(
        "agents.ownership",
        Text("explicit"),
        "work could fall to an agent that nobody named for it",
    ),
    must(
        "agents.defaults.skills",
        Empty,
        "agents without a list of their own may use every skill that is found",
    ),
    must(
        "skills.allowBundled",
        Empty,
        "skills that come with the gateway teach agents to use tools that they must not have",
    ),
    must(
        "tools.toolSearch",
        Flag(false),
        "models would see a search tool instead of the closed toolset, and call ids change shape",
    ),
    must(
        "tools.codeMode",
        Flag(false),
        "models would write programs that call tools",
    ),
    must(
        "tools.swarm",
        Flag(false),
        "agents could start other agents",
    ),
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
];

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
    for fixed in &FIXED {
        put(config, fixed.path, fixed.right.value());
    }
    put(config, "tools.deny", json!(DENIED));
}

/// Finds the settings that have another.
pub(super) fn check(config: &Value, findings: &mut Vec<Finding>) {
    for fixed in &FIXED {
        let (is, right) = (at(config, fixed.path), fixed.right.value());
        if *is == right || (fixed.or_absent && is.is_null()) {
            continue;
        }
        let is = if is.is_null() {
            "is not set".to_owned()
        } else {
            format!("is {is:.80}")
        };
        findings.push(Finding::breaks(
            fixed.path,
            format!("{is}: {}", fixed.why),
            right.to_string(),
        ));
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
