//! Refusals: every way a call is turned away, and what lets the caller mend it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state::State;
use crate::tool::Tool;

/// Why a call was refused. The one place where a refusal gets its status code.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// 400: not JSON, or not sent as JSON.
    MalformedJson,
    /// 401: no, bad, expired or revoked credential.
    Unauthenticated,
    /// 403: this role may not.
    RoleForbidden,
    /// 403: this technician is not on the ticket.
    NotOwnTicket,
    /// 403: the body names another actor than the credential.
    ActorMismatch,
    /// 404: not one of the twelve.
    UnknownTool,
    /// 404: no such ticket, or none this actor may know of.
    TicketNotFound,
    /// 404: no such thing (route, attachment, technician).
    NotFound,
    /// 405: the route takes other methods.
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    RequestTimeout,
    /// 409: not legal where the ticket stands.
    IllegalTransition,
    /// 409: a condition on evidence, checklist or papers does not hold yet.
    GateBlocked,
    /// 409: this `request_id` was used for another call.
    IdempotencyConflict,
    /// 409: the ticket has moved on from `expected_version`.
    StaleVersion,
    /// 409: the name is taken, or there are as many as there may be.
    Conflict,
    /// 413: the body is over its limit.
    PayloadTooLarge,
    /// 415: an upload of a type that is not on the allow list.
    UnsupportedMediaType,
    /// 422: schema or validation, every violation at once.
    InvalidInput,
    /// 429: too many calls from this principal.
    RateLimited,
    /// 502: the gateway did not answer, or not as it should have.
    GatewayFailed,
    /// 503: a rule trapped, ran out of time or memory.
    PolicyUnavailable,
    /// 503: the database or the object store is away.
    StoreUnavailable,
}

impl Code {
    /// Every code, in the order of the contract's table.
    pub const ALL: [Self; 22] = [
        Self::MalformedJson,
        Self::Unauthenticated,
        Self::RoleForbidden,
        Self::NotOwnTicket,
        Self::ActorMismatch,
        Self::UnknownTool,
        Self::TicketNotFound,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::IllegalTransition,
        Self::GateBlocked,
        Self::IdempotencyConflict,
        Self::StaleVersion,
        Self::Conflict,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidInput,
        Self::RateLimited,
        Self::GatewayFailed,
        Self::PolicyUnavailable,
        Self::StoreUnavailable,
    ];

    /// The HTTP status it answers with; never 500.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::MalformedJson => 400,
            Self::Unauthenticated => 401,
            Self::RoleForbidden | Self::NotOwnTicket | Self::ActorMismatch => 403,
            Self::UnknownTool | Self::TicketNotFound | Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::IllegalTransition
            | Self::GateBlocked
            | Self::IdempotencyConflict
            | Self::StaleVersion
            | Self::Conflict => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidInput => 422,
            Self::RateLimited => 429,
            Self::GatewayFailed => 502,
            Self::PolicyUnavailable | Self::StoreUnavailable => 503,
        }
    }

    /// The code's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MalformedJson => "malformed_json",
            Self::Unauthenticated => "unauthenticated",
            Self::RoleForbidden => "role_forbidden",
            Self::NotOwnTicket => "not_own_ticket",
            Self::ActorMismatch => "actor_mismatch",
            Self::UnknownTool => "unknown_tool",
            Self::TicketNotFound => "ticket_not_found",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::RequestTimeout => "request_timeout",
            Self::IllegalTransition => "illegal_transition",
            Self::GateBlocked => "gate_blocked",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::StaleVersion => "stale_version",
            Self::Conflict => "conflict",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::InvalidInput => "invalid_input",
            Self::RateLimited => "rate_limited",
            Self::GatewayFailed => "gateway_failed",
            Self::PolicyUnavailable => "policy_unavailable",
            Self::StoreUnavailable => "store_unavailable",
        }
    }

    /// A short human title, the same for every refusal of this code.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::MalformedJson => "The body is not JSON",
            Self::Unauthenticated => "No valid credential",
            Self::RoleForbidden => "Your role may not do this",
            Self::NotOwnTicket => "This is not your ticket",
            Self::ActorMismatch => "The body names another actor than the credential",
            Self::UnknownTool => "There is no such tool",
            Self::TicketNotFound => "There is no such ticket",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "This route takes other methods",
            Self::RequestTimeout => "The body took too long",
            Self::IllegalTransition => "Not legal in the ticket's state",
            Self::GateBlocked => "A gate does not hold yet",
            Self::IdempotencyConflict => "This request_id was used for another call",
            Self::StaleVersion => "The ticket has moved on",
            Self::Conflict => "It clashes with what is there",
            Self::PayloadTooLarge => "The body is too large",
            Self::UnsupportedMediaType => "This content type is not accepted",
            Self::InvalidInput => "The input breaks rules",
            Self::RateLimited => "Too many calls",
            Self::GatewayFailed => "The gateway did not do it",
            Self::PolicyUnavailable => "The rules cannot answer",
            Self::StoreUnavailable => "The store cannot answer",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The steps of judgement, in their order. The first that refuses ends it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Route, limits, body.
    Request,
    /// Who calls.
    Credential,
    /// JSON Schema of the tool.
    Schema,
    /// The key was seen before.
    Idempotency,
    /// Cedar: may this actor call this tool on this ticket?
    Authorization,
    /// The component's `validate`.
    Validate,
    /// The component's `role`.
    Role,
    /// The component's `transition`.
    Transition,
    /// Cedar: may this actor drive this transition?
    TransitionAuthorization,
    /// The host's own: the matrix, the closed toolset, the version.
    Invariant,
    /// Writing it down.
    Store,
    /// Speaking with an OpenClaw gateway.
    Gateway,
}

impl Phase {
    /// The phase's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Credential => "credential",
            Self::Schema => "schema",
            Self::Idempotency => "idempotency",
            Self::Authorization => "authorization",
            Self::Validate => "validate",
            Self::Role => "role",
            Self::Transition => "transition",
            Self::TransitionAuthorization => "transition_authorization",
            Self::Invariant => "invariant",
            Self::Store => "store",
            Self::Gateway => "gateway",
        }
    }
}

/// One broken rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// JSON Pointer into the call.
    pub path: String,
    /// A stable name: `not_proposed`, `max_length`.
    pub rule: String,
    /// What to do, in words.
    pub message: String,
}

/// A call turned away, with everything that lets its caller mend the next one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// At which step.
    pub phase: Phase,
    /// One sentence for this very call.
    pub detail: String,
    /// Every broken rule of the phase.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// Where the ticket stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_state: Option<State>,
    /// Where the tool would be legal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_from_states: Vec<State>,
    /// What this actor may call where the ticket stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_tools: Vec<Tool>,
    /// The gates that do not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_gates: Vec<String>,
    /// The Cedar policies that decided, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub determining_policies: Vec<String>,
    /// When to try again, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal with nothing but its reason.
    #[must_use]
    pub fn new(code: Code, phase: Phase, detail: impl Into<String>) -> Self {
        Self {
            code,
            phase,
            detail: detail.into(),
            violations: Vec::new(),
            current_state: None,
            allowed_from_states: Vec::new(),
            allowed_tools: Vec::new(),
            missing_gates: Vec::new(),
            determining_policies: Vec::new(),
            retry_after_s: None,
        }
    }

    /// The same, with the broken rules.
    #[must_use]
    pub fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        self.violations = violations;
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code, self.phase.name(), self.detail)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name_and_no_refusal_is_a_500() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
            assert_ne!(code.status(), 500);
        }
    }

    #[test]
    fn the_page_says_what_to_do_about_every_code() {
        let page = include_str!("../README.md");
        for code in Code::ALL {
            let row = format!("| {} | `{}` |", code.status(), code.name());
            assert!(
                page.contains(&row),
                "host/contract/README.md lacks the row {row}"
            );
        }
    }
}
