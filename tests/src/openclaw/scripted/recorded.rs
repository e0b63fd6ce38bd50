//! What a real gateway (OpenClaw 2026.9.6) said, as recorded.

use std::sync::LazyLock;

use serde_json::{Map, Value};

static HELLO: LazyLock<Value> =
    LazyLock::new(|| parsed(include_str!("../../../golden/openclaw/hello-ok.json")));
static ANSWERS: LazyLock<Map<String, Value>> =
    LazyLock::new(|| object(include_str!("../../../golden/openclaw/answers.json")));
static REFUSALS: LazyLock<Map<String, Value>> =
    LazyLock::new(|| object(include_str!("../../../golden/openclaw/refusals.json")));
static EVENTS: LazyLock<Map<String, Value>> =
    LazyLock::new(|| object(include_str!("../../../golden/openclaw/events.json")));

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("recorded frames are JSON")
}

fn object(text: &str) -> Map<String, Value> {
    match parsed(text) {
        Value::Object(map) => map,
        _ => unreachable!("recorded frames are kept by name"),
    }
}

/// A recorded refusal.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The error of the answer.
    pub error: Value,
    /// How the gateway closed after it, if it did.
    pub close: Option<(u16, String)>,
}

/// A recorded refusal by name: `wrong-token`, `device-identity-required`,
/// `auth-rate-limited`, `startup-sidecars`, `protocol-mismatch`, `missing-scope`,
/// `unknown-method`, `config-patch-rate-limit`, `include-owned`, `agent-exists`,
/// `agent-not-found`, `unsupported-file`, `channel-not-configured`,
/// `device-token-scope-mismatch`.
///
/// # Panics
/// Where none has the name.
#[must_use]
pub fn refusal(name: &str) -> Refusal {
    let kept = REFUSALS
        .get(name)
        .unwrap_or_else(|| panic!("no refusal {name} was recorded"));
    let close = &kept["close"];
    Refusal {
        error: kept["error"].clone(),
        close: close["code"].as_u64().map(|code| {
            (
                u16::try_from(code).expect("a close code"),
                close["reason"].as_str().unwrap_or_default().to_owned(),
            )
        }),
    }
}

/// A recorded answer of a method.
#[must_use]
pub fn answer(method: &str) -> Option<Value> {
    ANSWERS.get(method).cloned()
}

pub(super) fn hello() -> Value {
    HELLO.clone()
}

pub(super) fn event(name: &str) -> Value {
    EVENTS.get(name).cloned().unwrap_or_default()
}
