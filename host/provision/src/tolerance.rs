//! Which of a gateway's errors are none here, as data: what is to be gone is gone, what is
//! to be there is there.
//!
//! The gateway has no codes for these; its words are all there is. Each table is what
//! gateways of different ages say.

use dispatch_gateway::GatewayError;

/// An agent of that id is there already.
const EXISTS: &[&str] = &["already", "exist", "duplicate", "conflict"];
/// No such agent. Besides: `agent` together with `not found`.
const NO_AGENT: &[&str] = &[
    "unknown agent",
    "no such agent",
    "agent does not exist",
    "no longer exists in configuration",
];
/// No such session.
const NO_SESSION: &[&str] = &[
    "not found",
    "unknown session",
    "no such session",
    "session does not exist",
];
/// A file that the gateway does not take.
const NO_SUCH_KIND_OF_FILE: &[&str] = &["unsupported file"];
/// A file that cannot be read or deleted: it is not there, the gateway takes no such file, or
/// knows no such call.
const NO_FILE: &[&str] = &["unsupported", "unknown method", "not found", "no such file"];
/// An agent's main session lives as long as the agent: a gateway of today deletes it with
/// the agent and refuses to delete it by itself, whether or not it is still there.
const NEVER_DELETED_ALONE: &[&str] = &["cannot delete the main session"];
/// The configuration moved on between read and write.
const MOVED_ON: &[&str] = &["config changed since last load"];

fn says(error: &GatewayError, markers: &[&str]) -> bool {
    // only what the gateway itself said: a broken connection proves nothing about its agents
    matches!(error, GatewayError::Refused { .. }) && {
        let text = error.message().to_lowercase();
        markers.iter().any(|marker| text.contains(marker))
    }
}

/// The agent to be made is there.
#[must_use]
pub fn already_exists(error: &GatewayError) -> bool {
    !missing_agent(error) && says(error, EXISTS)
}

/// The agent meant is not there.
#[must_use]
pub fn missing_agent(error: &GatewayError) -> bool {
    says(error, NO_AGENT) || (says(error, &["agent"]) && says(error, &["not found"]))
}

/// The session meant is not there.
#[must_use]
pub fn missing_session(error: &GatewayError) -> bool {
    says(error, NO_SESSION)
}

/// The session is one that goes only with its agent.
#[must_use]
pub fn goes_with_its_agent(error: &GatewayError) -> bool {
    says(error, NEVER_DELETED_ALONE)
}

/// The gateway takes no file of that name.
#[must_use]
pub fn unsupported_file(error: &GatewayError) -> bool {
    says(error, NO_SUCH_KIND_OF_FILE)
}

/// There is no such file, or no way to get at one.
#[must_use]
pub fn no_such_file(error: &GatewayError) -> bool {
    says(error, NO_FILE)
}

/// Somebody else changed the configuration in between: read it again.
#[must_use]
pub fn config_moved_on(error: &GatewayError) -> bool {
    says(error, MOVED_ON)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str) -> GatewayError {
        GatewayError::Refused {
            code: "INVALID_REQUEST".into(),
            message: message.into(),
            details: None,
            retryable: None,
            retry_after: None,
        }
    }

    type Rule = fn(&GatewayError) -> bool;

    #[test]
    fn what_gateways_say_is_understood() {
        let rules: [(&str, Rule); 7] = [
            ("exists", already_exists),
            ("no agent", missing_agent),
            ("no session", missing_session),
            ("with its agent", goes_with_its_agent),
            ("unsupported file", unsupported_file),
            ("no file", no_such_file),
            ("moved on", config_moved_on),
        ];
        // recorded from gateways, or 003's markers
        let table: &[(&str, &[&str])] = &[
            ("agent \"desk\" already exists", &["exists"]),
            ("duplicate agent id", &["exists"]),
            ("name conflict", &["exists"]),
            (
                "agent \"ghost\" not found",
                &["no agent", "no session", "no file"],
            ),
            ("unknown agent id \"x\"", &["no agent"]),
            ("no such agent", &["no agent"]),
            ("Agent does not exist", &["no agent"]),
            (
                "Agent \"nobody\" no longer exists in configuration",
                &["no agent"],
            ),
            ("unknown session", &["no session"]),
            ("No such session: x", &["no session"]),
            ("session does not exist", &["exists", "no session"]),
            (
                "Cannot delete the main session (agent:rd-1:main).",
                &["with its agent"],
            ),
            (
                "unsupported file \"TOOLS.md\"",
                &["unsupported file", "no file"],
            ),
            ("unknown method: agents.files.delete", &["no file"]),
            ("no such file", &["no file"]),
            (
                "config changed since last load; re-run config.get and retry",
                &["moved on"],
            ),
            ("missing scope: operator.admin", &[]),
            ("unsafe workspace file \"AGENTS.md\"", &[]),
            ("", &[]),
        ];
        for (message, expected) in table {
            let error = refused(message);
            let found: Vec<_> = rules
                .iter()
                .filter(|(_, rule)| rule(&error))
                .map(|(name, _)| *name)
                .collect();
            assert_eq!(&found, expected, "{message}");
        }
    }

    #[test]
    fn only_the_gateways_own_words_count() {
        let error = GatewayError::Unreachable {
            address: "ws://agent.not.found:1".into(),
            cause: "agent not found, already exists, unsupported file".into(),
        };
        assert!(!missing_agent(&error) && !already_exists(&error) && !unsupported_file(&error));
        assert!(!missing_session(&error) && !no_such_file(&error));
    }
}
