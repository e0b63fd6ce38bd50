//! What we know of the protocol by name, to see where a gateway drifts from it.

use crate::hello::Hello;

/// The methods that this client calls with types of its own.
pub const CALLED: &[&str] = &[
    "agent",
    "agent.wait",
    "agents.create",
    "agents.delete",
    "agents.files.get",
    "agents.files.list",
    "agents.files.set",
    "agents.list",
    "agents.update",
    "channels.status",
    "chat.abort",
    "chat.history",
    "chat.send",
    "config.get",
    "config.patch",
    "device.pair.approve",
    "device.pair.list",
    "device.pair.reject",
    "device.pair.remove",
    "device.token.revoke",
    "device.token.rotate",
    "health",
    "logs.tail",
    "models.list",
    "send",
    "sessions.delete",
    "sessions.list",
    "sessions.patch",
    "sessions.reset",
    "status",
    "tools.invoke",
    "wake",
];

/// Document 003's other base methods that gateways still have.
pub const OTHERS: &[&str] = &[
    "agent.identity.get",
    "channels.logout",
    "config.apply",
    "config.schema",
    "config.set",
    "cron.add",
    "cron.list",
    "cron.remove",
    "cron.run",
    "cron.runs",
    "cron.status",
    "cron.update",
    "exec.approval.request",
    "exec.approval.resolve",
    "exec.approvals.get",
    "exec.approvals.node.get",
    "exec.approvals.node.set",
    "exec.approvals.set",
    "last-heartbeat",
    "node.describe",
    "node.event",
    "node.invoke",
    "node.invoke.result",
    "node.list",
    "node.pair.approve",
    "node.pair.list",
    "node.pair.reject",
    "node.rename",
    "sessions.compact",
    "sessions.preview",
    "set-heartbeats",
    "skills.bins",
    "skills.install",
    "skills.status",
    "skills.update",
    "system-event",
    "system-presence",
    "talk.mode",
    "tts.convert",
    "tts.disable",
    "tts.enable",
    "tts.providers",
    "tts.setProvider",
    "tts.status",
    "update.run",
    "usage.cost",
    "usage.status",
    "voicewake.get",
    "voicewake.set",
    "wizard.cancel",
    "wizard.next",
    "wizard.start",
    "wizard.status",
];

/// Document 003's base methods that gateways no longer have by themselves. A plugin may
/// bring one back, as the browser's does.
pub const GONE: &[&str] = &["browser.request", "node.pair.request", "node.pair.verify"];

/// Document 003's events.
pub const EVENTS: &[&str] = &[
    "agent",
    "chat",
    "connect.challenge",
    "cron",
    "device.pair.requested",
    "device.pair.resolved",
    "exec.approval.requested",
    "exec.approval.resolved",
    "health",
    "heartbeat",
    "node.invoke.request",
    "node.pair.requested",
    "node.pair.resolved",
    "presence",
    "shutdown",
    "talk.mode",
    "tick",
    "voicewake.changed",
];

/// Is the method one that we know by name? A gateway has more: see its hello.
#[must_use]
pub fn is_known_method(name: &str) -> bool {
    [CALLED, OTHERS, GONE]
        .iter()
        .any(|list| list.contains(&name))
}

/// Where a gateway differs from what we know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Methods that we call and it does not advertise.
    pub methods_missing: Vec<&'static str>,
    /// Events that we know and it does not advertise.
    pub events_missing: Vec<&'static str>,
}

impl Drift {
    /// Does it have all that we need?
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.methods_missing.is_empty() && self.events_missing.is_empty()
    }
}

/// Compares a gateway's hello with what we know.
#[must_use]
pub fn drift(hello: &Hello) -> Drift {
    let missing = |known: &'static [&'static str], has: &[String]| {
        known
            .iter()
            .copied()
            .filter(|name| !has.iter().any(|one| one == name))
            .collect()
    };
    Drift {
        methods_missing: missing(CALLED, &hello.methods),
        events_missing: missing(EVENTS, &hello.events),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_nothing_is_in_two_of_them() {
        let mut all: Vec<&str> = [CALLED, OTHERS, GONE].concat();
        for list in [CALLED, OTHERS, GONE, EVENTS] {
            assert!(list.is_sorted(), "{list:?}");
        }
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn document_003s_86_base_methods_are_known() {
        // ours beyond them: chat.abort is in 003's list too
        let ours = ["device.pair.remove", "tools.invoke"];
        assert_eq!(CALLED.len() + OTHERS.len() + GONE.len(), 86 + ours.len());
        assert_eq!(EVENTS.len(), 18);
        assert!(is_known_method("health") && is_known_method("browser.request"));
        assert!(!is_known_method("tickets.nope"));
    }
}
