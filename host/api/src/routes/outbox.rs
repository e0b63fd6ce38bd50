//! Messages that committed calls owe, for operators: what waits, what left, what was given up.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use dispatch_contract::outbox::{OutboxFilter, OutboxState};
use dispatch_contract::{Code, Phase, Refusal, TicketId};
use serde::Deserialize;

use super::tickets::query;
use crate::Api;
use crate::access::operators_only;
use crate::correlation::CorrelationId;
use crate::principal::Caller;
use crate::reply::{Reply, json};

/// What a listing of messages takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutboxQuery {
    state: Option<OutboxState>,
    ticket_id: Option<TicketId>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// List messages that committed calls owe, newest first.
#[utoipa::path(get, path = "/v0/outbox", operation_id = "outbox", tag = "outbox",
    params(("state" = Option<String>, Query, description = "waiting, sent, queued or dead"), ("ticket_id" = Option<String>, Query),
           ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of messages", body = ref("#/components/schemas/OutboxPage"), content_type = "application/json")))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    given: Result<Query<OutboxQuery>, QueryRejection>,
) -> Reply {
    operators_only(caller)?;
    let given = query(given)?;
    let filter = OutboxFilter {
        state: given.state,
        ticket_id: given.ticket_id,
        cursor: given.cursor,
        limit: given.limit.unwrap_or(0),
    };
    Ok(json(&api.outbox().list(&filter).await?))
}

/// Have a dead message tried again as if it were new; an audited action.
#[utoipa::path(post, path = "/v0/outbox/{outbox_id}/replay", operation_id = "replay", tag = "outbox", params(("outbox_id" = u64, Path)),
    responses((status = 200, description = "It waits to be sent", body = ref("#/components/schemas/OutboxEntry"), content_type = "application/json")))]
pub(crate) async fn replay(
    State(api): State<Api>,
    caller: Caller,
    Extension(correlation): Extension<CorrelationId>,
    Path(id): Path<String>,
) -> Reply {
    operators_only(caller)?;
    let outbox_id: u64 = id.parse().map_err(|_| {
        Refusal::new(
            Code::NotFound,
            Phase::Request,
            format!("`{id:.60}` names no message: `GET /v0/outbox` lists them by number."),
        )
    })?;
    let outbox = api.outbox();
    let entry = outbox
        .replay(caller.actor, outbox_id, Some(&correlation.0))
        .await?;
    Ok(json(&entry))
}
