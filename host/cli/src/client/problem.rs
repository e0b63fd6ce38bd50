//! A refusal as it arrives. Read leniently: a newer host may say more.

use dispatch_contract::{Refusal, Violation};
use serde::Deserialize;

/// What of a problem document is shown.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// The kind of problem in words.
    pub(crate) title: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// This very problem in words.
    pub(crate) detail: String,
    /// Why.
    pub(crate) code: String,
    /// At which step of judgement.
    pub(crate) phase: String,
    /// The call's idempotency key.
    pub(crate) request_id: Option<String>,
    /// What ties the request to the host's log.
    pub(crate) correlation_id: Option<String>,
    /// Every broken rule.
    pub(crate) violations: Vec<Violation>,
    /// Where the ticket stands.
    pub(crate) current_state: Option<String>,
    /// Where the tool would be legal.
    pub(crate) allowed_from_states: Vec<String>,
    /// What the actor may call now.
    pub(crate) allowed_tools: Vec<String>,
    /// The gates that do not hold.
    pub(crate) missing_gates: Vec<String>,
    /// The policies that decided.
    pub(crate) determining_policies: Vec<String>,
    /// When to try again, in seconds; in a header, not in the document.
    #[serde(skip)]
    pub(crate) retry_after_s: Option<u64>,
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let named =
            |all: &[dispatch_contract::State]| all.iter().map(ToString::to_string).collect();
        Self {
            title: refusal.code.title().into(),
            status: refusal.code.status(),
            detail: refusal.detail.clone(),
            code: refusal.code.name().into(),
            phase: refusal.phase.name().into(),
            request_id: None,
            correlation_id: None,
            violations: refusal.violations.clone(),
            current_state: refusal.current_state.map(|state| state.to_string()),
            allowed_from_states: named(&refusal.allowed_from_states),
            allowed_tools: refusal
                .allowed_tools
                .iter()
                .map(ToString::to_string)
                .collect(),
            missing_gates: refusal.missing_gates.clone(),
            determining_policies: refusal.determining_policies.clone(),
            retry_after_s: refusal.retry_after_s,
        }
    }
}

/// A refusal: what it says, and the document as it came.
#[derive(Debug)]
pub(crate) struct Refused {
    /// What it says.
    pub(crate) problem: Problem,
    /// As it came.
    pub(crate) raw: Vec<u8>,
}

impl Refused {
    /// `None` where the body is no problem document of ours.
    pub(crate) fn read(raw: Vec<u8>, retry_after_s: Option<u64>) -> Option<Self> {
        let mut problem: Problem = serde_json::from_slice(&raw).ok()?;
        problem.retry_after_s = retry_after_s;
        (!problem.code.is_empty()).then_some(Self { problem, raw })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_hosts_document_is_still_read() {
        let raw = br#"{"title":"T","status":409,"code":"not_yet_known","phase":"p","detail":"d",
            "surplus":[1],"missing_gates":["evidence.note"]}"#;
        let refused = Refused::read(raw.to_vec(), Some(3)).expect("a problem");
        assert_eq!(refused.problem.code, "not_yet_known");
        assert_eq!(refused.problem.missing_gates, ["evidence.note"]);
        assert_eq!(refused.problem.retry_after_s, Some(3));
        for other in ["<html>", "{}", "[]"] {
            assert!(
                Refused::read(other.as_bytes().to_vec(), None).is_none(),
                "{other}"
            );
        }
    }
}
