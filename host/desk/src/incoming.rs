//! What is handed to the desk and what it hands back.

use bytes::Bytes;
use dispatch_contract::event::EventType;
use dispatch_contract::{Actor, Phase, Refusal, State, Ticket, TicketId, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A call as it arrived: the credential is checked, nothing else.
pub struct Incoming<'a> {
    /// The tool's name as it was asked for.
    pub tool: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// The `Idempotency-Key` header.
    pub header_key: Option<&'a str>,
    /// Who calls, as the credential says.
    pub actor: Actor,
    /// What ties this call to others, in logs and decisions.
    pub correlation_id: Option<&'a str>,
}

/// A call that was committed, now or before.
#[derive(Debug)]
pub struct Taken {
    /// The answer, byte for byte as it was first given.
    pub answer: Bytes,
    /// It was given before; nothing was committed now.
    pub replayed: bool,
}

/// A call that was turned away.
#[derive(Debug)]
pub struct Refused {
    /// Why, and what lets the caller mend it.
    pub refusal: Refusal,
    /// The call's idempotency key, where it was read that far.
    pub request_id: Option<String>,
}

/// How long a step took.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PhaseTime {
    /// Which step.
    pub phase: Phase,
    /// Its time in microseconds, rounded up.
    pub us: u64,
}

/// What would happen: the verdict explained, nothing committed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DryRun {
    /// Always true: a reader cannot take this for a commit.
    pub dry_run: bool,
    /// The tool.
    pub tool: Tool,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// It would be committed.
    pub allowed: bool,
    /// Where the ticket stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<State>,
    /// Where it would stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<State>,
    /// Gates that the override would pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<String>,
    /// The Cedar policies that decided, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub determining_policies: Vec<String>,
    /// Why it would be turned away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// The types of event it would write, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventType>,
    /// The snapshot as it would be; absent where papers would have to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Ticket>,
    /// The answer of this key is already there and would be given again.
    pub replay: bool,
    /// How long each step took.
    pub phases: Vec<PhaseTime>,
}
