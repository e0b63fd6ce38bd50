//! What may be tried again, when, and how long altogether. The rules are data: document
//! 003's markers, close codes, HTTP statuses, and what the gateway itself says.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::error::GatewayError;

/// A refusal whose words (in lower case) hold one of these may succeed later.
pub const TRANSIENT: &[&str] = &[
    "connect call failed",
    "connection refused",
    "errno 111",
    "econnrefused",
    "did not receive a valid http response",
    "no route to host",
    "network is unreachable",
    "host is down",
    "name or service not known",
    "received 1012",
    "service restart",
    "http 503",
    "http 502",
    "http 504",
    "temporar",
    "timeout",
    "timed out",
    "connection closed",
    "connection reset",
    // a gateway that takes up a configuration just written, whatever was asked of it
    "plugininstanceunavailableerror",
    "preparedmodelcatalogconfigreplacederror",
];

/// So may one whose words hold all of these.
pub const TRANSIENT_TOGETHER: &[&[&str]] = &[&["503", "websocket"]];

/// These words (in lower case) end it, whatever else is said
/// (`UNAVAILABLE` with `code=CONFIG_INCLUDE_OWNERSHIP` in its words: a patch that spans an
/// included file.)
pub const FINAL: &[&str] = &["unsupported file", "config_include_ownership"];

/// Close codes after which the same would happen again: protocol error, policy (which
/// is how a wrong token ends), a frame too large.
pub const FINAL_CLOSES: &[u16] = &[1002, 1008, 1009];

/// HTTP statuses of an upgrade that may succeed later.
pub const TRANSIENT_STATUSES: &[u16] = &[502, 503, 504];

/// Whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The same would happen.
    Never,
    /// After one's own backoff.
    Later,
    /// Not before this has passed: the gateway said so.
    After(Duration),
}

/// Whether the same call may succeed later.
#[must_use]
pub fn again(error: &GatewayError) -> Again {
    match error {
        GatewayError::Refused {
            message,
            retryable,
            retry_after,
            ..
        } => {
            let words = message.to_lowercase();
            let never = FINAL.iter().any(|marker| words.contains(marker));
            if never || *retryable == Some(false) {
                Again::Never
            } else if let Some(after) = retry_after {
                Again::After(*after)
            } else if *retryable == Some(true) || is_transient(&words) {
                Again::Later
            } else {
                Again::Never
            }
        }
        GatewayError::Unreachable { .. }
        | GatewayError::Timeout { .. }
        | GatewayError::Silent { .. } => Again::Later,
        GatewayError::Http { status, .. } if TRANSIENT_STATUSES.contains(status) => Again::Later,
        GatewayError::Closed { code, .. } if !FINAL_CLOSES.contains(code) => Again::Later,
        _ => Again::Never,
    }
}

/// Do the words (in lower case) sound as if it may succeed later?
fn is_transient(words: &str) -> bool {
    TRANSIENT.iter().any(|marker| words.contains(marker))
        || TRANSIENT_TOGETHER
            .iter()
            .any(|all| all.iter().all(|marker| words.contains(marker)))
}

/// How long to keep trying, and how fast.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// All attempts and pauses together.
    pub total: Duration,
    /// The first pause; each failure doubles it.
    pub base: Duration,
    /// The longest pause.
    pub max: Duration,
    /// A pause is longer or shorter by up to this share.
    pub jitter: f64,
}

/// Writing many agents' files to a gateway.
pub const SYNC: Budget = Budget {
    total: Duration::from_secs(600),
    base: Duration::from_millis(750),
    max: Duration::from_secs(30),
    jitter: 0.2,
};

/// Messages between agents, and what an operator waits for.
pub const COORDINATION: Budget = Budget {
    total: Duration::from_secs(45),
    base: Duration::from_millis(500),
    max: Duration::from_secs(5),
    jitter: 0.15,
};

/// Connecting again.
pub const RECONNECT: Budget = Budget {
    total: Duration::MAX,
    base: Duration::from_millis(500),
    max: Duration::from_secs(5),
    jitter: 0.2,
};

/// Pauses that grow with each failure.
#[derive(Clone, Debug)]
pub struct Backoff {
    budget: Budget,
    delay: Duration,
}

impl Backoff {
    /// Begins with the budget's first pause.
    #[must_use]
    pub fn new(budget: Budget) -> Self {
        Self {
            delay: budget.base,
            budget,
        }
    }

    /// The next pause, with jitter.
    pub fn pause(&mut self) -> Duration {
        let shift = if self.budget.jitter > 0.0 {
            rand::random_range(-self.budget.jitter..=self.budget.jitter)
        } else {
            0.0
        };
        let pause = self.delay.mul_f64((1.0 + shift).max(0.0));
        self.delay = self.delay.saturating_mul(2).min(self.budget.max);
        pause
    }

    /// It went well: begin anew.
    pub fn reset(&mut self) {
        self.delay = self.budget.base;
    }
}

/// One budget for all the calls of one piece of work, so that many of them cannot
/// together take longer than it.
#[derive(Debug)]
pub struct Retries {
    context: String,
    total: Duration,
    ends: Instant,
    backoff: Backoff,
}

impl Retries {
    /// The budget begins to run now. The context is for the message when it is spent,
    /// such as `gateway coordination`.
    #[must_use]
    pub fn new(budget: Budget, context: impl Into<String>) -> Self {
        Self {
            context: context.into(),
            total: budget.total,
            ends: Instant::now() + budget.total,
            backoff: Backoff::new(budget),
        }
    }

    /// Has it been spent?
    #[must_use]
    pub fn spent(&self) -> bool {
        Instant::now() >= self.ends
    }

    /// Tries until it goes well, fails for good, or the budget is spent. What is tried
    /// must be safe to do twice.
    ///
    /// # Errors
    /// What cannot succeed later, as it is; else [`GatewayError::Spent`].
    pub async fn run<T, F, W>(&mut self, mut attempt: F) -> Result<T, GatewayError>
    where
        F: FnMut() -> W,
        W: Future<Output = Result<T, GatewayError>>,
    {
        loop {
            let tried = tokio::time::timeout_at(self.ends, attempt()).await;
            let error = match tried {
                Ok(Ok(done)) => {
                    self.backoff.reset();
                    return Ok(done);
                }
                Ok(Err(error)) => error,
                Err(_) => GatewayError::Timeout {
                    what: self.context.clone(),
                    after: self.total,
                },
            };
            let pause = match again(&error) {
                Again::Never => return Err(error),
                Again::Later => self.backoff.pause(),
                Again::After(said) => said.max(self.backoff.pause()),
            };
            let left = self.ends.saturating_duration_since(Instant::now());
            if pause >= left {
                return Err(GatewayError::Spent {
                    context: self.context.clone(),
                    after: self.total,
                    last: Box::new(error),
                });
            }
            tracing::debug!(context = %self.context, %error, ?pause, "gateway: trying again");
            sleep(pause).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;

    fn refused(message: &str) -> GatewayError {
        GatewayError::Refused {
            code: "UNAVAILABLE".into(),
            message: message.into(),
            details: None,
            retryable: None,
            retry_after: None,
        }
    }

    #[test]
    fn every_marker_says_later_and_the_final_ones_never() {
        for marker in TRANSIENT {
            assert_eq!(
                again(&refused(&format!("X {} y", marker.to_uppercase()))),
                Again::Later
            );
        }
        assert_eq!(again(&refused("WebSocket said 503")), Again::Later);
        let reloading = "PluginInstanceUnavailableError: Plugin openai was reloaded or disabled; use its current tools.";
        assert_eq!(again(&refused(reloading)), Again::Later);
        for text in [
            "",
            "503",
            "unsupported file \"X\": timeout",
            "agent not found",
        ] {
            assert_eq!(again(&refused(text)), Again::Never, "{text}");
        }
    }

    #[test]
    fn what_the_gateway_says_goes_before_its_words() {
        let mut error = refused("gateway starting; retry shortly");
        if let GatewayError::Refused {
            details,
            retryable,
            retry_after,
            ..
        } = &mut error
        {
            *retryable = Some(true);
            *retry_after = Some(Duration::from_millis(500));
            *details = Some(Box::new(json!({"reason": "startup-sidecars"})));
        }
        assert_eq!(again(&error), Again::After(Duration::from_millis(500)));
        if let GatewayError::Refused { retryable, .. } = &mut error {
            *retryable = Some(false);
        }
        assert_eq!(again(&error), Again::Never, "it says so itself");
        if let GatewayError::Refused {
            message, retryable, ..
        } = &mut error
        {
            *retryable = Some(true);
            *message = "Config write would flatten: code=CONFIG_INCLUDE_OWNERSHIP".into();
        }
        assert_eq!(again(&error), Again::Never);
    }

    #[test]
    fn transport_is_judged_by_kind_and_code() {
        let closed = |code| GatewayError::Closed {
            code,
            reason: String::new(),
        };
        for code in [1000, 1001, 1006, 1012, 1013, 4001] {
            assert_eq!(again(&closed(code)), Again::Later, "{code}");
        }
        for code in FINAL_CLOSES {
            assert_eq!(again(&closed(*code)), Again::Never, "{code}");
        }
        let http = |status| GatewayError::Http {
            address: "ws://h".into(),
            status,
        };
        assert_eq!(again(&http(503)), Again::Later);
        assert_eq!(again(&http(403)), Again::Never);
        assert_eq!(again(&GatewayError::Stopped), Again::Never);
        assert_eq!(again(&GatewayError::Protocol("x".into())), Again::Never);
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_stay_within_their_jitter() {
        let mut backoff = Backoff::new(SYNC);
        let mut expected = 0.75_f64;
        for _ in 0..10 {
            let pause = backoff.pause().as_secs_f64();
            assert!(
                (expected * 0.8..=expected * 1.2).contains(&pause),
                "{pause} {expected}"
            );
            expected = (expected * 2.0).min(30.0);
        }
        backoff.reset();
        assert!(backoff.pause() <= Duration::from_millis(900));
    }

    /// As long as said, with short pauses.
    fn short(total: Duration) -> Budget {
        Budget {
            total,
            base: Duration::from_millis(1),
            max: Duration::from_millis(20),
            jitter: 0.0,
        }
    }

    #[tokio::test]
    async fn a_budget_is_one_for_all_calls_and_its_end_says_why() {
        let mut retries = Retries::new(short(Duration::from_secs(1)), "gateway coordination");
        let tries = Cell::new(0);
        let done = retries
            .run(async || {
                tries.set(tries.get() + 1);
                if tries.get() < 3 {
                    Err(refused("connection refused"))
                } else {
                    Ok(7)
                }
            })
            .await;
        assert_eq!(done.expect("third time"), 7);
        let error = retries
            .run(async || Err::<(), _>(refused("service restart")))
            .await
            .expect_err("never");
        assert_eq!(
            error.to_string(),
            "Gateway unreachable after 1 seconds (gateway coordination timeout). \
             Last error: service restart (UNAVAILABLE)"
        );
        let error = retries.run(async || Err::<(), _>(refused("no"))).await;
        assert!(matches!(error, Err(GatewayError::Refused { .. })));
    }

    #[tokio::test]
    async fn an_attempt_that_hangs_ends_with_the_budget() {
        let mut retries = Retries::new(short(Duration::from_millis(30)), "template sync");
        let error = retries
            .run(std::future::pending::<Result<(), GatewayError>>)
            .await
            .expect_err("never");
        assert!(
            error.to_string().contains("template sync timed out"),
            "{error}"
        );
        assert!(retries.spent());
        let spent = GatewayError::Spent {
            context: "template sync".into(),
            after: SYNC.total,
            last: Box::new(error),
        };
        assert!(spent.to_string().contains("10 minutes"), "{spent}");
    }
}
