//! Reading tickets: lists, snapshots, case files, summaries, timelines.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use dispatch_contract::reading::TicketFilter;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Code, CustomerId, Phase, Refusal, TechnicianId, TicketId, Timestamp};
use serde::Deserialize;

use crate::Api;
use crate::access::not_for_customers;
use crate::principal::Caller;
use crate::problem::Refusing;
use crate::reply::{Reply, json};

/// What a listing of tickets takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    state: Option<dispatch_contract::State>,
    priority: Option<Priority>,
    technician_id: Option<TechnicianId>,
    customer_id: Option<CustomerId>,
    text: Option<String>,
    due_before: Option<Timestamp>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The query as it is, or a refusal that names what it takes.
pub(crate) fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Refusing> {
    query.map(|Query(query)| query).map_err(|rejection| {
        Refusal::new(
            Code::InvalidInput,
            Phase::Request,
            format!("The query is not in order: {:.300}", rejection.body_text()),
        )
        .into()
    })
}

/// A ticket's id from a path; what is no id names no ticket.
pub(crate) fn ticket_id(text: &str) -> Result<TicketId, Refusing> {
    text.parse().map_err(|error| {
        Refusal::new(
            Code::TicketNotFound,
            Phase::Request,
            format!("`{text:.60}` names no ticket: {error}."),
        )
        .into()
    })
}

/// List tickets, the newest first; those due by a time, by when their windows end.
#[utoipa::path(get, path = "/v0/tickets", tag = "tickets",
    params(("state" = Option<String>, Query), ("priority" = Option<String>, Query),
           ("technician_id" = Option<String>, Query), ("customer_id" = Option<String>, Query),
           ("text" = Option<String>, Query, description = "Words in customer, address, summary or classification"),
           ("due_before" = Option<String>, Query, description = "RFC 3339. Scheduled or dispatched work whose agreed window ends before this, the earliest end first: with the time now, what is late and nobody on site, the longest late first"),
           ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query, description = "1 to 200, 50 where absent")),
    responses((status = 200, description = "A page of snapshots; technicians and customers see their own", body = ref("#/components/schemas/TicketPage"), content_type = "application/json")))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    given: Result<Query<ListQuery>, QueryRejection>,
) -> Reply {
    let given = query(given)?;
    let filter = TicketFilter {
        state: given.state,
        priority: given.priority,
        technician_id: given.technician_id,
        customer_id: given.customer_id,
        text: given.text,
        due_before: given.due_before,
        cursor: given.cursor,
        limit: given.limit.unwrap_or(0),
    };
    Ok(json(&api.desk().tickets(caller.actor, filter).await?))
}

/// The canonical snapshot.
#[utoipa::path(get, path = "/v0/tickets/{ticket_id}", tag = "tickets", params(("ticket_id" = String, Path)),
    responses((status = 200, description = "The canonical snapshot", body = ref("#/components/schemas/Ticket"), content_type = "application/json")))]
pub(crate) async fn snapshot(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Reply {
    let case = api.desk().case(caller.actor, ticket_id(&id)?).await?;
    Ok(json(&case.ticket))
}

/// The whole case file.
#[utoipa::path(get, path = "/v0/tickets/{ticket_id}/case", tag = "tickets", params(("ticket_id" = String, Path)),
    responses((status = 200, description = "Everything known of the ticket", body = ref("#/components/schemas/CaseFile"), content_type = "application/json")))]
pub(crate) async fn case_file(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Reply {
    not_for_customers(caller.actor)?;
    Ok(json(
        &api.desk().case_file(caller.actor, ticket_id(&id)?).await?,
    ))
}

/// A ticket in at most 2 KiB, with the tools the caller may call next.
#[utoipa::path(get, path = "/v0/tickets/{ticket_id}/summary", tag = "tickets", params(("ticket_id" = String, Path)),
    responses((status = 200, description = "Compact and deterministic, for a model's context", body = ref("#/components/schemas/Summary"), content_type = "application/json")))]
pub(crate) async fn summary(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Reply {
    Ok(json(
        &api.desk().summary(caller.actor, ticket_id(&id)?).await?,
    ))
}

/// What a timeline takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The ticket's events, oldest first.
#[utoipa::path(get, path = "/v0/tickets/{ticket_id}/timeline", tag = "tickets",
    params(("ticket_id" = String, Path), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of the ticket's chain", body = ref("#/components/schemas/EventPage"), content_type = "application/json")))]
pub(crate) async fn timeline(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    given: Result<Query<PageQuery>, QueryRejection>,
) -> Reply {
    not_for_customers(caller.actor)?;
    let given = query(given)?;
    let page = api
        .desk()
        .timeline(
            caller.actor,
            ticket_id(&id)?,
            given.cursor,
            given.limit.unwrap_or(0),
        )
        .await?;
    Ok(json(&page))
}
