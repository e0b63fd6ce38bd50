//! What is wrong between us and a gateway, and what an operator does about it: the one
//! place where an error becomes words for people.

use std::fmt;

use crate::error::GatewayError;

/// What is wrong, for an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing answers there.
    Unreachable,
    /// There is a connection, but nothing comes over it.
    Silent,
    /// It is starting, or starting again.
    Starting,
    /// It does not take our token or key.
    AuthFailed,
    /// Too many wrong tokens: it takes nobody for a while.
    RateLimited,
    /// Somebody has to approve this device.
    PairingRequired {
        /// The request to approve, where the gateway named one.
        request_id: Option<String>,
    },
    /// It lets us in, but not do what we need.
    MissingScope {
        /// What we lack.
        scopes: Vec<String>,
    },
    /// It speaks another protocol, or is too old.
    Incompatible,
    /// TLS failed.
    Tls,
    /// What answers is no gateway, or does not speak as expected.
    Protocol,
    /// Our own side is wrong: a secret, a key or an option.
    Misconfigured,
    /// It answers, and said no to one call.
    Refused,
}

/// What a refusal with a finer code means.
type Meaning = fn(&GatewayError) -> Trouble;

/// Finer codes (`details.code`) of a refusal, and what they mean.
const DETAILS: &[(&str, Meaning)] = &[
    ("PAIRING_REQUIRED", pairing),
    ("DEVICE_IDENTITY_REQUIRED", |_| Trouble::AuthFailed),
    ("AUTH_RATE_LIMITED", |_| Trouble::RateLimited),
    ("AUTH_SCOPE_MISMATCH", missing_scope),
    ("MISSING_SCOPE", missing_scope),
    ("PROTOCOL_MISMATCH", |_| Trouble::Incompatible),
    ("startup-sidecars", |_| Trouble::Starting),
];

fn pairing(error: &GatewayError) -> Trouble {
    Trouble::PairingRequired {
        request_id: error.pairing_request().map(str::to_owned),
    }
}

fn missing_scope(error: &GatewayError) -> Trouble {
    let named = error
        .detail_text("missingScope")
        .or_else(|| after_missing_scope(error));
    Trouble::MissingScope {
        scopes: named.map(str::to_owned).into_iter().collect(),
    }
}

/// Older gateways say it in words alone: `missing scope: operator.read`.
fn after_missing_scope(error: &GatewayError) -> Option<&str> {
    let GatewayError::Refused { message, .. } = error else {
        return None;
    };
    let (_, after) = message.split_once("missing scope:")?;
    after.split_whitespace().next()
}

impl Trouble {
    /// What an error means.
    #[must_use]
    pub fn of(error: &GatewayError) -> Self {
        match error {
            GatewayError::Unreachable { .. } | GatewayError::Stopped => Self::Unreachable,
            GatewayError::Tls { .. } => Self::Tls,
            GatewayError::Timeout { .. } | GatewayError::Silent { .. } => Self::Silent,
            GatewayError::Http { status, .. } => match status {
                429 => Self::RateLimited,
                401 => Self::AuthFailed,
                502..=504 => Self::Starting,
                _ => Self::Protocol,
            },
            GatewayError::Closed { code, reason } => of_close(*code, reason),
            GatewayError::Scopes { missing, .. } => Self::MissingScope {
                scopes: missing.clone(),
            },
            GatewayError::Protocol(_) | GatewayError::Answer { .. } => Self::Protocol,
            GatewayError::TooLarge { .. } => Self::Refused,
            GatewayError::Secret(_) | GatewayError::Device(_) | GatewayError::Options(_) => {
                Self::Misconfigured
            }
            GatewayError::Spent { last, .. } => Self::of(last),
            GatewayError::Refused { code, .. } => of_refusal(error, code),
        }
    }

    /// A short name, such as `auth_failed`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::Starting => "starting",
            Self::AuthFailed => "auth_failed",
            Self::RateLimited => "rate_limited",
            Self::PairingRequired { .. } => "pairing_required",
            Self::MissingScope { .. } => "missing_scope",
            Self::Incompatible => "incompatible",
            Self::Tls => "tls",
            Self::Protocol => "protocol",
            Self::Misconfigured => "misconfigured",
            Self::Refused => "refused",
        }
    }

    /// What an operator does about it.
    #[must_use]
    pub fn next_step(&self) -> String {
        match self {
            Self::Unreachable => {
                "Start the gateway (`openclaw gateway run`), and check its address, port and \
                 firewall."
            }
            Self::Silent => {
                "The gateway is there but does not answer: look at its load and its log, and \
                 restart it if it stays so."
            }
            Self::Starting => {
                "The gateway is starting: nothing to do; look at its log if it takes over a minute."
            }
            Self::AuthFailed => {
                "Set the token that the gateway has now (its OPENCLAW_GATEWAY_TOKEN), or give a \
                 device key that it has approved."
            }
            Self::RateLimited => {
                "Too many wrong tokens were tried: correct the token, then wait; the gateway \
                 takes nobody from here until its time is over."
            }
            Self::PairingRequired { request_id } => {
                return match request_id {
                    Some(id) => format!(
                        "Approve this device on the gateway: `openclaw devices approve {id}`, or \
                         `dispatch gateway devices approve {id}` with an admin's token."
                    ),
                    None => "Approve this device on the gateway: `openclaw devices list` shows \
                             its request, `openclaw devices approve` lets it in."
                        .into(),
                };
            }
            Self::MissingScope { scopes } => {
                let what = if scopes.is_empty() {
                    "the scopes that it lacks".to_owned()
                } else {
                    scopes.join(", ")
                };
                return format!(
                    "Give the token or device {what} on the gateway, or ask for less. A gateway \
                     that is not on this machine gives scopes only to an approved device key."
                );
            }
            Self::Incompatible => {
                "Update OpenClaw on the gateway: it is older than this client, or speaks another \
                 protocol."
            }
            Self::Tls => {
                "Check the gateway's certificate and that its address is wss://; allow unverified \
                 TLS only on a network that you trust."
            }
            Self::Protocol => {
                "Check the address: what answers there does not speak OpenClaw's protocol."
            }
            Self::Misconfigured => "Correct this side's settings as the message says.",
            Self::Refused => "Read the gateway's words: it said no to this one call.",
        }
        .into()
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn of_close(code: u16, reason: &str) -> Trouble {
    match code {
        1002 => Trouble::Incompatible,
        1012 | 1013 => Trouble::Starting,
        // the token was changed under us
        4001 => Trouble::AuthFailed,
        1008 if reason.contains("pairing required") => {
            Trouble::PairingRequired { request_id: None }
        }
        1008 => Trouble::AuthFailed,
        4000 => Trouble::Silent,
        _ => Trouble::Unreachable,
    }
}

fn of_refusal(error: &GatewayError, code: &str) -> Trouble {
    if let Some(detail) = error.detail() {
        if let Some((_, meaning)) = DETAILS.iter().find(|(known, _)| *known == detail) {
            return meaning(error);
        }
        if detail.starts_with("AUTH_") || detail.starts_with("DEVICE_AUTH_") {
            return Trouble::AuthFailed;
        }
        if detail == "CONTROL_UI_ORIGIN_NOT_ALLOWED" {
            return Trouble::AuthFailed;
        }
    }
    let words = error.message().to_lowercase();
    if words.contains("missing scope") {
        return missing_scope(error);
    }
    if code == "NOT_PAIRED" {
        return pairing(error);
    }
    if words.contains("unauthorized") || words.contains("forbidden") || code == "FORBIDDEN" {
        return Trouble::AuthFailed;
    }
    if words.contains("gateway starting") {
        return Trouble::Starting;
    }
    Trouble::Refused
}

/// A gateway's failure in document 003's words: scopes and authentication are said in one
/// way, everything else as the gateway said it.
#[must_use]
pub fn normalised(error: &GatewayError) -> String {
    let said = error.message();
    match Trouble::of(error) {
        Trouble::MissingScope { scopes } => match scopes.first() {
            Some(scope) => format!(
                "Gateway token is missing required scope `{scope}`. Update the gateway token \
                 scopes and retry."
            ),
            None => said,
        },
        Trouble::AuthFailed => {
            "Gateway authentication failed. Verify gateway token and operator scopes.".into()
        }
        _ if said.trim().is_empty() => {
            "Gateway authentication failed. Verify gateway token and operator scopes.".into()
        }
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refused(code: &str, message: &str, details: Value) -> GatewayError {
        GatewayError::Refused {
            code: code.into(),
            message: message.into(),
            details: Some(Box::new(details)),
            retryable: None,
            retry_after: None,
        }
    }

    #[test]
    fn what_a_gateway_of_today_answers_is_known_for_what_it_is() {
        for (error, trouble) in [
            (
                refused(
                    "INVALID_REQUEST",
                    "unauthorized: gateway token mismatch",
                    json!({"code": "AUTH_TOKEN_MISMATCH"}),
                ),
                Trouble::AuthFailed,
            ),
            (
                refused(
                    "NOT_PAIRED",
                    "device identity required",
                    json!({"code": "DEVICE_IDENTITY_REQUIRED"}),
                ),
                Trouble::AuthFailed,
            ),
            (
                refused(
                    "NOT_PAIRED",
                    "pairing required",
                    json!({"code": "PAIRING_REQUIRED", "requestId": "r-1"}),
                ),
                Trouble::PairingRequired {
                    request_id: Some("r-1".into()),
                },
            ),
            (
                refused(
                    "INVALID_REQUEST",
                    "unauthorized: too many",
                    json!({"code": "AUTH_RATE_LIMITED"}),
                ),
                Trouble::RateLimited,
            ),
            (
                refused(
                    "FORBIDDEN",
                    "missing scope: operator.admin",
                    json!({"code": "MISSING_SCOPE", "missingScope": "operator.admin"}),
                ),
                Trouble::MissingScope {
                    scopes: vec!["operator.admin".into()],
                },
            ),
            (
                refused(
                    "INVALID_REQUEST",
                    "missing scope: operator.read",
                    Value::Null,
                ),
                Trouble::MissingScope {
                    scopes: vec!["operator.read".into()],
                },
            ),
            (
                refused(
                    "INVALID_REQUEST",
                    "protocol mismatch",
                    json!({"code": "PROTOCOL_MISMATCH"}),
                ),
                Trouble::Incompatible,
            ),
            (
                refused(
                    "UNAVAILABLE",
                    "gateway starting; retry shortly",
                    json!({"reason": "startup-sidecars"}),
                ),
                Trouble::Starting,
            ),
            (
                refused("INVALID_REQUEST", "agent \"x\" not found", Value::Null),
                Trouble::Refused,
            ),
        ] {
            assert_eq!(Trouble::of(&error), trouble, "{error}");
            assert!(!trouble.next_step().is_empty());
        }
    }

    #[test]
    fn closes_are_known_by_their_code() {
        let closed = |code, reason: &str| {
            Trouble::of(&GatewayError::Closed {
                code,
                reason: reason.into(),
            })
        };
        assert_eq!(closed(1002, "protocol mismatch"), Trouble::Incompatible);
        assert_eq!(closed(1012, "service restart"), Trouble::Starting);
        assert_eq!(closed(1013, "gateway starting"), Trouble::Starting);
        assert_eq!(closed(4001, "token changed"), Trouble::AuthFailed);
        assert_eq!(closed(1008, "unauthorized"), Trouble::AuthFailed);
        assert_eq!(closed(1006, ""), Trouble::Unreachable);
    }

    #[test]
    fn words_are_those_of_document_003() {
        let scope = refused("FORBIDDEN", "missing scope: operator.write", Value::Null);
        assert_eq!(
            normalised(&scope),
            "Gateway token is missing required scope `operator.write`. Update the gateway token \
             scopes and retry."
        );
        let auth = refused("X", "Unauthorized", Value::Null);
        assert_eq!(
            normalised(&auth),
            "Gateway authentication failed. Verify gateway token and operator scopes."
        );
        assert_eq!(
            normalised(&refused("X", "agent not found", Value::Null)),
            "agent not found"
        );
    }
}
