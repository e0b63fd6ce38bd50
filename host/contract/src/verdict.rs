//! The answer to a question: allow with an outcome, or refuse with reasons.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::state::State;

/// What an allowed call does to the ticket.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// Where the ticket moves; none: it stays. A reschedule moves `scheduled` to `scheduled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<State>,
    /// Gates that did not hold and that the operator's override passes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<String>,
    /// The Cedar policies that permitted it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub determining_policies: Vec<String>,
}

/// A pure function of pack, actor, call, facts and now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "of")]
pub enum Verdict {
    /// Commit it.
    Allow(Outcome),
    /// Turn it away.
    Refuse(Box<Refusal>),
}

impl Verdict {
    /// `allow` or `refuse`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allow",
            Self::Refuse(_) => "refuse",
        }
    }
}
