//! The record of a verdict, allowed or refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::event::PackRef;
use crate::id::{DecisionId, TicketId};
use crate::question::Question;
use crate::refusal::{Code, Phase};
use crate::time::Timestamp;
use crate::verdict::Verdict;

/// A decision as it is listed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Which.
    pub decision_id: DecisionId,
    /// When it was judged.
    pub decided_at: Timestamp,
    /// The call's idempotency key, where one was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What the control plane ties together across calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The tool as it was asked for; a name outside the closed set where that was the reason.
    pub tool: String,
    /// The ticket, where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// Who asked; none where the credential was the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// Committed or turned away.
    pub allowed: bool,
    /// Why it was turned away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// At which step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The Cedar policies that decided, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub determining_policies: Vec<String>,
    /// The pack that judged, where it came that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackRef>,
    /// Time taken to judge, in microseconds.
    pub judged_us: u64,
}

/// A decision with what it depended on, so that it can be judged again.
#[derive(Clone, PartialEq, Debug)]
pub struct DecisionRecord {
    /// As it is listed.
    pub decision: Decision,
    /// The question, where the call was read that far.
    pub question: Option<Question>,
    /// The verdict of the pack, where it was asked.
    pub verdict: Option<Verdict>,
}
