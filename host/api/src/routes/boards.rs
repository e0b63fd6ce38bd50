//! The register of boards, for operators; and their leads, whom a gateway's main agent may
//! speak to as well.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use dispatch_contract::GatewayId;
use dispatch_contract::board::{BoardChange, NewBoard};
use dispatch_contract::gateway_work::{LeadBroadcast, LeadMessage, UserQuestion};
use serde::Deserialize;

use super::gateways::{Removed, id};
use super::tickets::query;
use crate::Api;
use crate::reply::{Reply, json, read};
use crate::visitor::{Operator, ToLeads};

/// What a listing of boards takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BoardQuery {
    gateway_id: Option<GatewayId>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// List boards, oldest first.
#[utoipa::path(get, path = "/v0/boards", operation_id = "boards", tag = "boards",
    params(("gateway_id" = Option<String>, Query), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of the register", body = ref("#/components/schemas/BoardPage"), content_type = "application/json")))]
pub(crate) async fn list(
    State(api): State<Api>,
    operator: Operator,
    given: Result<Query<BoardQuery>, QueryRejection>,
) -> Reply {
    let given = query(given)?;
    let limit = given.limit.unwrap_or(0);
    let page = api
        .switchboard()
        .boards(&operator.0, given.gateway_id, given.cursor, limit);
    Ok(json(&page.await?))
}

/// Register a board; an audited action.
#[utoipa::path(post, path = "/v0/boards", operation_id = "add_board", tag = "boards",
    request_body(content = ref("#/components/schemas/NewBoard"), content_type = "application/json"),
    responses((status = 201, description = "As registered", body = ref("#/components/schemas/Board"), content_type = "application/json")))]
pub(crate) async fn add(
    State(api): State<Api>,
    operator: Operator,
    entry: Result<Json<NewBoard>, JsonRejection>,
) -> Reply {
    let entry = read(
        entry,
        "A board is {name, gateway_id?, objective?, max_agents?}",
    )?;
    let made = api.switchboard().add_board(&operator.0, entry).await?;
    Ok((StatusCode::CREATED, json(&made)).into_response())
}

/// One board's entry.
#[utoipa::path(get, path = "/v0/boards/{board_id}", operation_id = "board", tag = "boards",
    params(("board_id" = String, Path)),
    responses((status = 200, description = "As registered", body = ref("#/components/schemas/Board"), content_type = "application/json")))]
pub(crate) async fn show(
    State(api): State<Api>,
    operator: Operator,
    Path(board): Path<String>,
) -> Reply {
    let found = api.switchboard().board(&operator.0, id("board", &board)?);
    Ok(json(&found.await?))
}

/// Change a board's entry; an audited action.
#[utoipa::path(patch, path = "/v0/boards/{board_id}", operation_id = "update_board", tag = "boards",
    params(("board_id" = String, Path)),
    request_body(content = ref("#/components/schemas/BoardChange"), content_type = "application/json"),
    responses((status = 200, description = "As registered", body = ref("#/components/schemas/Board"), content_type = "application/json")))]
pub(crate) async fn update(
    State(api): State<Api>,
    operator: Operator,
    Path(board): Path<String>,
    change: Result<Json<BoardChange>, JsonRejection>,
) -> Reply {
    let board = id("board", &board)?;
    let change = read(change, "A change has fields of a board's entry")?;
    let made = api.switchboard().update_board(&operator.0, board, change);
    Ok(json(&made.await?))
}

/// Strike a board off that has no agents; an audited action.
#[utoipa::path(delete, path = "/v0/boards/{board_id}", operation_id = "remove_board", tag = "boards",
    params(("board_id" = String, Path)),
    responses((status = 200, description = "It is gone", body = ref("#/components/schemas/Removed"), content_type = "application/json")))]
pub(crate) async fn remove(
    State(api): State<Api>,
    operator: Operator,
    Path(board): Path<String>,
) -> Reply {
    let board = id("board", &board)?;
    api.switchboard().remove_board(&operator.0, board).await?;
    Ok(json(&Removed::of(board)))
}

/// Ask a board's lead something, or hand something over to it; made first where it is not
/// there. For operators, and the main agent of the board's gateway (`X-Agent-Token`).
#[utoipa::path(post, path = "/v0/boards/{board_id}/lead/messages", operation_id = "message_lead", tag = "boards",
    params(("board_id" = String, Path), ("X-Agent-Token" = Option<String>, Header, description = "The main agent's token, in place of a bearer token")),
    request_body(content = ref("#/components/schemas/LeadMessage"), content_type = "application/json"),
    responses((status = 200, description = "The lead's session took it", body = ref("#/components/schemas/MessageSent"), content_type = "application/json")))]
pub(crate) async fn message_lead(
    State(api): State<Api>,
    ToLeads { visitor, speaker }: ToLeads,
    Path(board): Path<String>,
    message: Result<Json<LeadMessage>, JsonRejection>,
) -> Reply {
    let board = id("board", &board)?;
    let message = read(message, "A message to a lead is {kind, message}")?;
    let sent = api
        .switchboard()
        .message_lead(&visitor, &speaker, board, message);
    Ok(json(&sent.await?))
}

/// Have the main agent of a board's gateway ask the person it works for. For operators, and
/// that main agent itself.
#[utoipa::path(post, path = "/v0/boards/{board_id}/ask-user", operation_id = "ask_user", tag = "boards",
    params(("board_id" = String, Path), ("X-Agent-Token" = Option<String>, Header, description = "The main agent's token, in place of a bearer token")),
    request_body(content = ref("#/components/schemas/UserQuestion"), content_type = "application/json"),
    responses((status = 200, description = "The main agent's session took it", body = ref("#/components/schemas/MessageSent"), content_type = "application/json")))]
pub(crate) async fn ask_user(
    State(api): State<Api>,
    ToLeads { visitor, speaker }: ToLeads,
    Path(board): Path<String>,
    question: Result<Json<UserQuestion>, JsonRejection>,
) -> Reply {
    let board = id("board", &board)?;
    let question = read(question, "A question is {message, preferred_channel?}")?;
    let sent = api
        .switchboard()
        .ask_user(&visitor, &speaker, board, question);
    Ok(json(&sent.await?))
}

/// The same to the leads of a gateway's boards, with what became of each. For operators, and
/// the gateway's main agent.
#[utoipa::path(post, path = "/v0/gateways/{gateway_id}/leads/messages", operation_id = "broadcast_to_leads", tag = "boards",
    params(("gateway_id" = String, Path), ("X-Agent-Token" = Option<String>, Header, description = "The main agent's token, in place of a bearer token")),
    request_body(content = ref("#/components/schemas/LeadBroadcast"), content_type = "application/json"),
    responses((status = 200, description = "What became of each", body = ref("#/components/schemas/BroadcastOutcome"), content_type = "application/json")))]
pub(crate) async fn broadcast(
    State(api): State<Api>,
    ToLeads { visitor, speaker }: ToLeads,
    Path(gateway): Path<String>,
    message: Result<Json<LeadBroadcast>, JsonRejection>,
) -> Reply {
    let gateway = id("gateway", &gateway)?;
    let message = read(message, "A broadcast is {kind, message, board_ids?}")?;
    let outcome = api
        .switchboard()
        .broadcast(&visitor, &speaker, gateway, message);
    Ok(json(&outcome.await?))
}
