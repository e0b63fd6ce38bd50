//! For operators: every event, every decision.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use dispatch_contract::event::EventType;
use dispatch_contract::reading::{AuditFilter, DecisionFilter};
use dispatch_contract::{Code, Phase, PrincipalId, Refusal, TicketId};
use serde::Deserialize;

use super::tickets::query;
use crate::Api;
use crate::access::operators_only;
use crate::principal::Caller;
use crate::reply::{Reply, json};

/// What a listing of events takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuery {
    ticket_id: Option<TicketId>,
    #[serde(rename = "type")]
    kind: Option<EventType>,
    actor_id: Option<PrincipalId>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// List events, newest first.
#[utoipa::path(get, path = "/v0/audit", tag = "audit",
    params(("ticket_id" = Option<String>, Query), ("type" = Option<String>, Query), ("actor_id" = Option<String>, Query),
           ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of events", body = ref("#/components/schemas/EventPage"), content_type = "application/json")))]
pub(crate) async fn events(
    State(api): State<Api>,
    caller: Caller,
    given: Result<Query<EventsQuery>, QueryRejection>,
) -> Reply {
    operators_only(caller)?;
    let given = query(given)?;
    let filter = AuditFilter {
        ticket_id: given.ticket_id,
        kind: given.kind,
        actor_id: given.actor_id,
        cursor: given.cursor,
        limit: given.limit.unwrap_or(0),
    };
    Ok(json(&api.desk().audit(filter).await?))
}

/// What a listing of decisions takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionsQuery {
    ticket_id: Option<TicketId>,
    tool: Option<String>,
    allowed: Option<bool>,
    code: Option<Code>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// List decisions, newest first.
#[utoipa::path(get, path = "/v0/decisions", tag = "audit",
    params(("ticket_id" = Option<String>, Query), ("tool" = Option<String>, Query), ("allowed" = Option<bool>, Query),
           ("code" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of decisions", body = ref("#/components/schemas/DecisionPage"), content_type = "application/json")))]
pub(crate) async fn decisions(
    State(api): State<Api>,
    caller: Caller,
    given: Result<Query<DecisionsQuery>, QueryRejection>,
) -> Reply {
    operators_only(caller)?;
    let given = query(given)?;
    if given.tool.as_ref().is_some_and(|tool| tool.contains('\0')) {
        return Err(Refusal::new(
            Code::InvalidInput,
            Phase::Request,
            "Leave the character U+0000 out of `tool`: no tool's name has it.",
        )
        .into());
    }
    let filter = DecisionFilter {
        ticket_id: given.ticket_id,
        tool: given.tool,
        allowed: given.allowed,
        code: given.code,
        cursor: given.cursor,
        limit: given.limit.unwrap_or(0),
    };
    Ok(json(&api.desk().decisions(filter).await?))
}
