//! How long a link waits before it connects again.

use std::time::Duration;

use crate::diagnosis::Trouble;
use crate::error::GatewayError;
use crate::retry::{Again, Backoff, Budget, RECONNECT, again};

/// What does not pass by itself is tried seldom: a gateway counts wrong tokens, and locks
/// everybody out after ten or so.
const SELDOM: Budget = Budget {
    total: Duration::MAX,
    base: Duration::from_secs(5),
    max: Duration::from_secs(60),
    jitter: 0.2,
};

/// No pause is longer, whatever a gateway asks for.
const LONGEST: Duration = Duration::from_secs(300);

/// A connection that lasted this long was a good one: pauses begin anew.
const STEADY: Duration = Duration::from_secs(30);

/// The pauses of one link.
pub(super) struct Pauses {
    often: Backoff,
    seldom: Backoff,
}

impl Pauses {
    pub(super) fn new() -> Self {
        Self {
            often: Backoff::new(RECONNECT),
            seldom: Backoff::new(SELDOM),
        }
    }

    /// A connection ended that had lasted so long.
    pub(super) fn had(&mut self, lasted: Duration) {
        // the token was good, and the gateway ours
        self.seldom.reset();
        if lasted >= STEADY {
            self.often.reset();
        }
    }

    /// How long to wait after this error.
    pub(super) fn after(&mut self, error: &GatewayError) -> Duration {
        let pause = match Trouble::of(error) {
            Trouble::Unreachable | Trouble::Silent | Trouble::Starting | Trouble::Refused => {
                match again(error) {
                    // it says when: no need to grow
                    Again::After(said) => said,
                    _ => self.often.pause(),
                }
            }
            // the token was changed under us: the new one may be there already
            Trouble::AuthFailed if matches!(error, GatewayError::Closed { code: 4001, .. }) => {
                self.often.pause()
            }
            Trouble::RateLimited => match again(error) {
                Again::After(said) => said + RECONNECT.base,
                _ => self.seldom.pause().max(SELDOM.base * 2),
            },
            _ => self.seldom.pause(),
        };
        pause.clamp(Duration::from_millis(100), LONGEST)
    }
}

/// Whether a changed token could help.
pub(super) fn token_could_help(error: &GatewayError) -> bool {
    matches!(
        Trouble::of(error),
        Trouble::AuthFailed | Trouble::MissingScope { .. } | Trouble::Misconfigured
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(code: u16) -> GatewayError {
        GatewayError::Closed {
            code,
            reason: String::new(),
        }
    }

    #[test]
    fn a_wrong_token_is_tried_seldom_and_a_vanished_gateway_often() {
        let mut pauses = Pauses::new();
        assert!(pauses.after(&closed(1006)) <= Duration::from_millis(600));
        assert!(pauses.after(&closed(1008)) >= Duration::from_secs(4));
        assert!(pauses.after(&closed(1008)) >= Duration::from_secs(8));
        for _ in 0..10 {
            assert!(pauses.after(&closed(1006)) <= Duration::from_secs(6));
        }
        pauses.had(Duration::from_secs(1));
        assert!(
            pauses.after(&closed(1006)) >= Duration::from_secs(4),
            "not steady"
        );
        assert!(
            pauses.after(&closed(1008)) <= Duration::from_secs(6),
            "anew"
        );
        pauses.had(STEADY);
        assert!(
            pauses.after(&closed(1006)) <= Duration::from_millis(600),
            "anew"
        );
    }

    #[test]
    fn what_the_gateway_says_is_kept_to_within_reason() {
        let mut pauses = Pauses::new();
        let mut refused = |code: &str, detail: &str, after| {
            pauses.after(&GatewayError::Refused {
                code: code.into(),
                message: "later".into(),
                details: Some(Box::new(serde_json::json!({"code": detail}))),
                retryable: Some(true),
                retry_after: Some(after),
            })
        };
        let half = Duration::from_millis(500);
        assert_eq!(refused("UNAVAILABLE", "startup-sidecars", half), half);
        let ten = Duration::from_secs(10);
        assert!(refused("INVALID_REQUEST", "AUTH_RATE_LIMITED", ten) > ten);
        assert_eq!(
            refused("UNAVAILABLE", "startup-sidecars", ten * 1000),
            LONGEST
        );
    }
}
