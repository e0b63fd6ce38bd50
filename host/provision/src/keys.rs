//! Agent ids, session keys and workspaces: functions of ids alone, never of names.
//!
//! A name can be given twice and changed at will; what is derived from it would then mean
//! another agent's session. The shape `agent:<agent id>:main` is OpenClaw's; the prefixes
//! before the ULID are this house's.

use std::fmt;

use dispatch_contract::{AgentRecordId, BoardId, GatewayId};
use serde::{Deserialize, Serialize};

/// What an agent is on its gateway.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The gateway's own agent: speaks with people and with the leads.
    Main,
    /// The one lead of a board.
    Lead,
    /// A board's worker.
    Worker,
}

impl Kind {
    /// `main`, `lead` or `worker`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Lead => "lead",
            Self::Worker => "worker",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which agent is meant: the kind and the id that its names on the gateway come from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AgentKey {
    /// A gateway's main agent, by the gateway.
    Main(GatewayId),
    /// A board's lead, by the board.
    Lead(BoardId),
    /// A worker, by its own record.
    Worker(AgentRecordId),
}

impl AgentKey {
    /// The kind.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Main(_) => Kind::Main,
            Self::Lead(_) => Kind::Lead,
            Self::Worker(_) => Kind::Worker,
        }
    }

    /// The id the gateway knows the agent by, e.g. `lead-01j9zq4y7m8k6t5r4e3w2q1p0n`.
    /// In small letters: the gateway makes ids from what `agents.create` is told that way.
    #[must_use]
    pub fn agent_id(self) -> String {
        match self {
            Self::Main(id) => format!("rd-gateway-{id}"),
            Self::Lead(id) => format!("lead-{id}"),
            Self::Worker(id) => format!("rd-{id}"),
        }
        .to_ascii_lowercase()
    }

    /// The key of the agent's main session, `agent:<agent id>:main`.
    #[must_use]
    pub fn session_key(self) -> String {
        format!("agent:{}:main", self.agent_id())
    }

    /// The agent's workspace folder on the gateway's machine, below `root`. A `~` stays as
    /// it is: it means the gateway's home, not this machine's. The main agent's folder is
    /// `workspace-gateway-<id>`, without the prefix.
    #[must_use]
    pub fn workspace(self, root: &str) -> String {
        let id = self.agent_id();
        let folder = match self {
            Self::Main(_) => id.strip_prefix("rd-").unwrap_or(&id),
            _ => &id,
        };
        format!("{}/workspace-{folder}", root.trim_end_matches('/'))
    }
}

/// The agent id within a session key: the second part of `agent:<agent id>:…`.
#[must_use]
pub fn agent_id_of(session_key: &str) -> Option<&str> {
    let mut parts = session_key.split(':');
    match (parts.next(), parts.next()) {
        (Some("agent"), Some(id)) if !id.is_empty() => Some(id),
        _ => None,
    }
}

/// Whether an agent id on a gateway is one that this house gives: nothing else is ever
/// listed as left over or taken away.
#[must_use]
pub fn is_ours(agent_id: &str) -> bool {
    ["rd-gateway-", "lead-", "rd-"].iter().any(|prefix| {
        agent_id.strip_prefix(prefix).is_some_and(|id| {
            id.to_ascii_uppercase().parse::<AgentRecordId>().is_ok()
                && id == id.to_ascii_lowercase()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N";

    fn all() -> [AgentKey; 3] {
        [
            AgentKey::Main(ID.parse().unwrap()),
            AgentKey::Lead(ID.parse().unwrap()),
            AgentKey::Worker(ID.parse().unwrap()),
        ]
    }

    #[test]
    fn ids_and_session_keys_are_these_and_no_others() {
        let found: Vec<_> = all()
            .iter()
            .map(|key| (key.kind().name(), key.agent_id(), key.session_key()))
            .collect();
        let golden = [
            (
                "main",
                "rd-gateway-01j9zq4y7m8k6t5r4e3w2q1p0n",
                "agent:rd-gateway-01j9zq4y7m8k6t5r4e3w2q1p0n:main",
            ),
            (
                "lead",
                "lead-01j9zq4y7m8k6t5r4e3w2q1p0n",
                "agent:lead-01j9zq4y7m8k6t5r4e3w2q1p0n:main",
            ),
            (
                "worker",
                "rd-01j9zq4y7m8k6t5r4e3w2q1p0n",
                "agent:rd-01j9zq4y7m8k6t5r4e3w2q1p0n:main",
            ),
        ];
        assert_eq!(
            found,
            golden.map(|(kind, id, key)| (kind, id.to_owned(), key.to_owned()))
        );
    }

    #[test]
    fn a_lead_and_a_worker_of_one_id_are_two_agents() {
        let [main, lead, worker] = all().map(AgentKey::session_key);
        assert!(main != lead && lead != worker && main != worker);
    }

    #[test]
    fn workspaces_lie_below_the_root_and_keep_its_tilde() {
        for (root, expected) in [
            (
                "~/.openclaw",
                "~/.openclaw/workspace-gateway-01j9zq4y7m8k6t5r4e3w2q1p0n",
            ),
            (
                "/srv/oc//",
                "/srv/oc/workspace-gateway-01j9zq4y7m8k6t5r4e3w2q1p0n",
            ),
        ] {
            assert_eq!(all()[0].workspace(root), expected);
        }
        assert_eq!(
            all()[1].workspace("/srv/oc"),
            "/srv/oc/workspace-lead-01j9zq4y7m8k6t5r4e3w2q1p0n"
        );
        assert_eq!(
            all()[2].workspace("/srv/oc"),
            "/srv/oc/workspace-rd-01j9zq4y7m8k6t5r4e3w2q1p0n"
        );
    }

    #[test]
    fn the_agent_is_read_back_from_its_session_key() {
        for key in all() {
            assert_eq!(
                agent_id_of(&key.session_key()),
                Some(key.agent_id().as_str())
            );
        }
        for (text, expected) in [
            ("agent:desk", Some("desk")),
            ("agent:desk:job-42:x", Some("desk")),
            ("agent::main", None),
            ("agent:", None),
            ("main", None),
            ("", None),
            ("Agent:desk:main", None),
        ] {
            assert_eq!(agent_id_of(text), expected, "{text}");
        }
    }

    #[test]
    fn only_ids_that_this_house_gives_are_ours() {
        for key in all() {
            assert!(is_ours(&key.agent_id()));
        }
        for other in [
            "main",
            "rd-",
            "rd-intake",
            "lead-bookings",
            "desk",
            "rd-gateway-1",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
