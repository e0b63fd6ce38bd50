//! What can go wrong between us and a gateway. No text of it ever holds a token.

use std::time::Duration;

use serde_json::Value;

use crate::device::DeviceError;
use crate::secret::{Secret, SecretError};

/// Why a gateway did not do what it was asked to. Cheap to clone: when a connection
/// ends, every call that waited on it gets a copy.
#[derive(Clone, Debug, thiserror::Error)]
pub enum GatewayError {
    /// No connection could be made: no such host, refused, no route, TLS.
    #[error("{address} cannot be reached: {cause}")]
    Unreachable {
        /// Where, without a query.
        address: String,
        /// Why, in the system's words.
        cause: String,
    },
    /// Something answered, but did not become a WebSocket.
    #[error("{address} answered the upgrade with HTTP {status}")]
    Http {
        /// Where, without a query.
        address: String,
        /// Its status.
        status: u16,
    },
    /// TLS failed: a certificate that does not hold, or no TLS at the other end.
    #[error("{address}: TLS failed: {cause}")]
    Tls {
        /// Where, without a query.
        address: String,
        /// Why.
        cause: String,
    },
    /// No answer in time. What was asked may have happened.
    #[error("{what} timed out after {} ms", .after.as_millis())]
    Timeout {
        /// The method, or `connect`.
        what: String,
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended. A call that waited may have been done.
    #[error("connection closed: received {code}{}", colon(.reason))]
    Closed {
        /// WebSocket close code; 1006 where the peer vanished without one.
        code: u16,
        /// What the gateway said about it.
        reason: String,
    },
    /// The connection is there, but nothing comes over it any more.
    #[error("connection timed out: the gateway was silent for {} ms", .after.as_millis())]
    Silent {
        /// How long nothing was heard.
        after: Duration,
    },
    /// The gateway answered with an error.
    #[error("{message} ({code}{})", comma(.details))]
    Refused {
        /// Its code, such as `INVALID_REQUEST`.
        code: String,
        /// Its words.
        message: String,
        /// Its details as they came; `details.code` is the finer code.
        details: Option<Box<Value>>,
        /// Whether the same may succeed later, where it says so.
        retryable: Option<bool>,
        /// Says when.
        retry_after: Option<Duration>,
    },
    /// The gateway let us in without scopes that were asked for.
    #[error(
        "missing scope: {} (granted: {})",
        .missing.join(", "),
        or_none(.granted)
    )]
    Scopes {
        /// Asked for and not given.
        missing: Vec<String>,
        /// Given.
        granted: Vec<String>,
    },
    /// What came is not this protocol.
    #[error("the gateway does not speak as expected: {0}")]
    Protocol(String),
    /// An answer came whose shape is not the method's.
    #[error("the gateway's answer to {method} is not as expected: {cause}")]
    Answer {
        /// The method.
        method: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A frame over the limit, ours or theirs.
    #[error("a frame of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The token's reference gives no secret.
    #[error("the gateway's token: {0}")]
    Secret(#[from] SecretError),
    /// The device key cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// How the gateway was to be reached contradicts itself.
    #[error("{0}")]
    Options(String),
    /// It was tried again until the budget was spent.
    #[error(
        "Gateway unreachable after {} ({context} timeout). Last error: {last}",
        span(*.after)
    )]
    Spent {
        /// What for.
        context: String,
        /// The budget.
        after: Duration,
        /// How the last attempt ended.
        last: Box<GatewayError>,
    },
    /// The link was stopped by whoever started it.
    #[error("the link to the gateway was stopped")]
    Stopped,
}

impl GatewayError {
    /// The gateway's finer code (`details.code`, else `details.reason`), where it refused.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        let Self::Refused { details, .. } = self else {
            return None;
        };
        let details = details.as_deref()?;
        details
            .get("code")
            .or_else(|| details.get("reason"))
            .and_then(Value::as_str)
    }

    /// A text of the details, such as `requestId`.
    #[must_use]
    pub fn detail_text(&self, name: &str) -> Option<&str> {
        match self {
            Self::Refused { details, .. } => details.as_deref()?.get(name)?.as_str(),
            _ => None,
        }
    }

    /// The gateway's code, where it refused.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The gateway's words where it refused, else our own.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Refused { message, .. } => message.clone(),
            other => other.to_string(),
        }
    }

    /// The same, without the secret where the other side repeated it.
    #[must_use]
    pub(crate) fn scrubbed(self, secret: Option<&Secret>) -> Self {
        let Some(secret) = secret else {
            return self;
        };
        match self {
            Self::Refused {
                code,
                message,
                details,
                retryable,
                retry_after,
            } => Self::Refused {
                code: secret.scrub(&code),
                message: secret.scrub(&message),
                details: details.map(|details| {
                    let clean = secret.scrub(&details.to_string());
                    Box::new(serde_json::from_str(&clean).unwrap_or(Value::Null))
                }),
                retryable,
                retry_after,
            },
            Self::Closed { code, reason } => Self::Closed {
                code,
                reason: secret.scrub(&reason),
            },
            Self::Protocol(text) => Self::Protocol(secret.scrub(&text)),
            Self::Unreachable { address, cause } => Self::Unreachable {
                address,
                cause: secret.scrub(&cause),
            },
            other => other,
        }
    }

    /// The id of the pairing request that somebody has to approve.
    #[must_use]
    pub fn pairing_request(&self) -> Option<&str> {
        let pairing =
            self.code() == Some("NOT_PAIRED") || self.detail() == Some("PAIRING_REQUIRED");
        pairing.then(|| self.detail_text("requestId")).flatten()
    }
}

fn colon(reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    }
}

fn comma(details: &Option<Box<Value>>) -> String {
    details
        .as_deref()
        .and_then(|details| details.get("code"))
        .and_then(Value::as_str)
        .map(|code| format!(", {code}"))
        .unwrap_or_default()
}

/// In minutes from two of them on.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds >= 120 {
        format!("{} minutes", seconds / 60)
    } else {
        format!("{seconds} seconds")
    }
}

fn or_none(scopes: &[String]) -> String {
    if scopes.is_empty() {
        "none".into()
    } else {
        scopes.join(", ")
    }
}
