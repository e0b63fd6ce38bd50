//! From what a connection shows to a condition: the one place where that is decided.

use dispatch_contract::gateway::GatewayStatus;
use dispatch_gateway::{LinkState, Phase, Trouble};

/// A gateway's condition, and what it means for an operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Condition {
    pub(super) status: GatewayStatus,
    /// What is wrong, such as `silent`.
    pub(super) trouble: Option<String>,
    /// The same in words.
    pub(super) reason: Option<String>,
    /// What an operator does about it.
    pub(super) next_step: Option<String>,
}

impl Condition {
    pub(super) fn well(status: GatewayStatus) -> Self {
        Self {
            status,
            trouble: None,
            reason: None,
            next_step: None,
        }
    }

    /// Its entry in the register makes no connection possible.
    pub(super) fn misconfigured(reason: String) -> Self {
        Self {
            status: GatewayStatus::Unreachable,
            trouble: Some(Trouble::Misconfigured.as_str().to_owned()),
            reason: Some(reason),
            next_step: Some("Correct the gateway's entry: `dispatch gateway update`.".into()),
        }
    }

    /// It comes and goes; this is how it is at the moment.
    pub(super) fn unstable(self, changes: usize, within_s: u64) -> Self {
        let now = self.reason.map(|reason| format!(": {reason}"));
        Self {
            status: GatewayStatus::Degraded,
            trouble: Some("unstable".into()),
            reason: Some(format!(
                "It comes and goes: {changes} changes within {} minutes. Single changes are not \
                 written down until it stays as it is. At the moment it is {}{}",
                within_s / 60,
                self.status.name(),
                now.unwrap_or_default()
            )),
            next_step: self.next_step.or_else(|| {
                let next = "Look at why it restarts or loses its network: its own log \
                            (`openclaw logs`), and that of its service.";
                Some(next.into())
            }),
        }
    }

    /// What a connection shows. `restarting`: it said so a moment ago; `unwell`: what it
    /// says of itself, in words, with what to do.
    pub(super) fn of(
        link: &LinkState,
        restarting: bool,
        unwell: Option<&(String, String)>,
    ) -> Self {
        let Some(trouble) = link.trouble() else {
            return match (link.phase, unwell) {
                (Phase::Online, None) => Self::well(GatewayStatus::Online),
                (Phase::Online, Some((reason, next_step))) => Self {
                    status: GatewayStatus::Degraded,
                    trouble: Some("degraded".into()),
                    reason: Some(reason.clone()),
                    next_step: Some(next_step.clone()),
                },
                _ => Self::well(GatewayStatus::Starting),
            };
        };
        let trouble = match trouble {
            // it is away because it starts again
            Trouble::Unreachable if restarting => Trouble::Starting,
            trouble => trouble,
        };
        let said = match (&link.error, &link.version) {
            (Some(error), _) => Some(error.to_string()),
            (None, Some(version)) => Some(version.message.clone()),
            (None, None) => None,
        };
        Self {
            status: status(&trouble),
            trouble: Some(trouble.as_str().to_owned()),
            reason: said,
            next_step: Some(trouble.next_step()),
        }
    }
}

fn status(trouble: &Trouble) -> GatewayStatus {
    match trouble {
        Trouble::Starting => GatewayStatus::Starting,
        Trouble::AuthFailed
        | Trouble::RateLimited
        | Trouble::PairingRequired { .. }
        | Trouble::MissingScope { .. }
        | Trouble::Misconfigured => GatewayStatus::AuthFailed,
        Trouble::Incompatible | Trouble::Protocol => GatewayStatus::Incompatible,
        Trouble::Unreachable | Trouble::Silent | Trouble::Tls | Trouble::Refused => {
            GatewayStatus::Unreachable
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use dispatch_gateway::GatewayError;
    use dispatch_gateway::version::{MINIMUM, judge};

    use super::*;

    fn link(phase: Phase, error: Option<GatewayError>) -> LinkState {
        LinkState {
            phase,
            since: SystemTime::UNIX_EPOCH,
            hello: None,
            version: None,
            error,
            failures: 0,
            connections: 0,
            next_attempt: None,
        }
    }

    fn closed(code: u16) -> GatewayError {
        GatewayError::Closed {
            code,
            reason: String::new(),
        }
    }

    #[test]
    fn each_trouble_is_a_condition_with_a_next_step() {
        let silent = GatewayError::Silent {
            after: Duration::from_secs(7),
        };
        for (error, status, trouble) in [
            (closed(1006), GatewayStatus::Unreachable, "unreachable"),
            (silent, GatewayStatus::Unreachable, "silent"),
            (closed(1012), GatewayStatus::Starting, "starting"),
            (closed(1008), GatewayStatus::AuthFailed, "auth_failed"),
            (closed(4001), GatewayStatus::AuthFailed, "auth_failed"),
            (closed(1002), GatewayStatus::Incompatible, "incompatible"),
        ] {
            let seen = Condition::of(&link(Phase::Waiting, Some(error)), false, None);
            assert_eq!(
                (seen.status, seen.trouble.as_deref()),
                (status, Some(trouble))
            );
            assert!(seen.reason.is_some() && seen.next_step.is_some());
        }
    }

    #[test]
    fn a_gateway_that_said_it_restarts_is_not_gone() {
        let away = link(Phase::Waiting, Some(closed(1006)));
        assert_eq!(
            Condition::of(&away, true, None).status,
            GatewayStatus::Starting
        );
        let refused = link(Phase::Waiting, Some(closed(1008)));
        let refused = Condition::of(&refused, true, None);
        assert_eq!(refused.status, GatewayStatus::AuthFailed);
    }

    #[test]
    fn connected_is_online_unless_it_is_old_or_unwell() {
        let online = link(Phase::Online, None);
        assert_eq!(
            Condition::of(&online, false, None).status,
            GatewayStatus::Online
        );
        let unwell = ("sms is down".to_owned(), "link it".to_owned());
        let seen = Condition::of(&online, false, Some(&unwell));
        assert_eq!(seen.status, GatewayStatus::Degraded);
        assert_eq!(seen.next_step.as_deref(), Some("link it"));
        let mut old = online;
        old.version = Some(Arc::new(judge(Some("2025.1.1"), MINIMUM)));
        let seen = Condition::of(&old, false, None);
        assert_eq!(seen.status, GatewayStatus::Incompatible);
        assert!(seen.reason.expect("words").contains("2025.1.1"));
        let first = link(Phase::Connecting, None);
        assert_eq!(
            Condition::of(&first, false, None).status,
            GatewayStatus::Starting
        );
    }
}
