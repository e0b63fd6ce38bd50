//! Agents that the house keeps on gateways, for operators; and the one route that is the
//! agents' own, their check-in.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use dispatch_contract::gateway_agent::AgentKind;
use dispatch_contract::gateway_work::{AgentChange, NewAgent, Nudge, ProvisionWish};
use dispatch_contract::{BoardId, GatewayId};
use dispatch_switchboard::AgentFilter;
use serde::Deserialize;

use super::gateways::{Removed, id};
use super::tickets::query;
use crate::Api;
use crate::reply::{Reply, json, read};
use crate::visitor::{Operator, agent_token};

/// What a listing of agents takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentQuery {
    gateway_id: Option<GatewayId>,
    board_id: Option<BoardId>,
    kind: Option<AgentKind>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// List agents, oldest first.
#[utoipa::path(get, path = "/v0/agents", operation_id = "agents", tag = "agents",
    params(("gateway_id" = Option<String>, Query), ("board_id" = Option<String>, Query),
           ("kind" = Option<String>, Query, description = "main, lead or worker"),
           ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of the register", body = ref("#/components/schemas/AgentPage"), content_type = "application/json")))]
pub(crate) async fn list(
    State(api): State<Api>,
    operator: Operator,
    given: Result<Query<AgentQuery>, QueryRejection>,
) -> Reply {
    let given = query(given)?;
    let filter = AgentFilter {
        gateway_id: given.gateway_id,
        board_id: given.board_id,
        kind: given.kind,
        cursor: given.cursor,
        limit: given.limit.unwrap_or(0),
        ..AgentFilter::default()
    };
    Ok(json(&api.switchboard().agents(&operator.0, filter).await?))
}

/// Register an agent and make it on its gateway; its token is in this answer alone. Where
/// the gateway fails it stays registered. An audited action.
#[utoipa::path(post, path = "/v0/agents", operation_id = "add_agent", tag = "agents",
    request_body(content = ref("#/components/schemas/NewAgent"), content_type = "application/json"),
    responses((status = 201, description = "As it stands, with its token", body = ref("#/components/schemas/AgentProvisioned"), content_type = "application/json")))]
pub(crate) async fn add(
    State(api): State<Api>,
    operator: Operator,
    entry: Result<Json<NewAgent>, JsonRejection>,
) -> Reply {
    let entry = read(
        entry,
        "An agent is {kind, gateway_id | board_id, name?, profile?, …}",
    )?;
    let made = api.switchboard().add_agent(&operator.0, entry).await?;
    Ok((StatusCode::CREATED, json(&made)).into_response())
}

/// One agent.
#[utoipa::path(get, path = "/v0/agents/{agent_id}", operation_id = "agent", tag = "agents",
    params(("agent_id" = String, Path)),
    responses((status = 200, description = "As it stands", body = ref("#/components/schemas/GatewayAgent"), content_type = "application/json")))]
pub(crate) async fn show(
    State(api): State<Api>,
    operator: Operator,
    Path(agent): Path<String>,
) -> Reply {
    let found = api.switchboard().agent(&operator.0, id("agent", &agent)?);
    Ok(json(&found.await?))
}

/// Change an agent's name, profile or heartbeat, and bring it to that on its gateway. Where the
/// gateway fails the change stands. An audited action.
#[utoipa::path(patch, path = "/v0/agents/{agent_id}", operation_id = "change_agent", tag = "agents",
    params(("agent_id" = String, Path)),
    request_body(content = ref("#/components/schemas/AgentChange"), content_type = "application/json"),
    responses((status = 200, description = "As it stands; with a token where it needed another", body = ref("#/components/schemas/AgentProvisioned"), content_type = "application/json")))]
pub(crate) async fn change(
    State(api): State<Api>,
    operator: Operator,
    Path(agent): Path<String>,
    change: Result<Json<AgentChange>, JsonRejection>,
) -> Reply {
    let agent = id("agent", &agent)?;
    let change = read(change, "A change is {name?, profile?, heartbeat?}")?;
    let made = api.switchboard().change_agent(&operator.0, agent, change);
    Ok(json(&made.await?))
}

/// Bring an agent to what its entry says, whatever was done of it so far; an audited action.
#[utoipa::path(post, path = "/v0/agents/{agent_id}/provision", operation_id = "provision_agent", tag = "agents",
    params(("agent_id" = String, Path)),
    request_body(content = ref("#/components/schemas/ProvisionWish"), content_type = "application/json"),
    responses((status = 200, description = "As it stands; with a token where it needed another", body = ref("#/components/schemas/AgentProvisioned"), content_type = "application/json")))]
pub(crate) async fn provision(
    State(api): State<Api>,
    operator: Operator,
    Path(agent): Path<String>,
    wish: Result<Json<ProvisionWish>, JsonRejection>,
) -> Reply {
    let agent = id("agent", &agent)?;
    let wish = read(
        wish,
        "Provisioning takes {wake?, reset_session?, overwrite?, …}",
    )?;
    let made = api.switchboard().provision(&operator.0, agent, wish);
    Ok(json(&made.await?))
}

/// Give an agent another token: the one before holds no longer, the new one is in this
/// answer alone. An audited action.
#[utoipa::path(post, path = "/v0/agents/{agent_id}/rotate-token", operation_id = "rotate_agent_token", tag = "agents",
    params(("agent_id" = String, Path)),
    responses((status = 200, description = "As it stands, with its token", body = ref("#/components/schemas/AgentProvisioned"), content_type = "application/json")))]
pub(crate) async fn rotate_token(
    State(api): State<Api>,
    operator: Operator,
    Path(agent): Path<String>,
) -> Reply {
    let made = api
        .switchboard()
        .rotate_token(&operator.0, id("agent", &agent)?);
    Ok(json(&made.await?))
}

/// Remove an agent from its gateway, with its session and its files, and from the register;
/// an audited action.
#[utoipa::path(delete, path = "/v0/agents/{agent_id}", operation_id = "remove_agent", tag = "agents",
    params(("agent_id" = String, Path)),
    responses((status = 200, description = "It is gone", body = ref("#/components/schemas/Removed"), content_type = "application/json")))]
pub(crate) async fn remove(
    State(api): State<Api>,
    operator: Operator,
    Path(agent): Path<String>,
) -> Reply {
    let agent = id("agent", &agent)?;
    api.switchboard().remove_agent(&operator.0, agent).await?;
    Ok(json(&Removed::of(agent)))
}

/// Have an agent look at something before anything else.
#[utoipa::path(post, path = "/v0/agents/{agent_id}/nudge", operation_id = "nudge_agent", tag = "agents",
    params(("agent_id" = String, Path)),
    request_body(content = ref("#/components/schemas/Nudge"), content_type = "application/json"),
    responses((status = 200, description = "Its session took it", body = ref("#/components/schemas/MessageSent"), content_type = "application/json")))]
pub(crate) async fn nudge(
    State(api): State<Api>,
    operator: Operator,
    Path(agent): Path<String>,
    nudge: Result<Json<Nudge>, JsonRejection>,
) -> Reply {
    let agent = id("agent", &agent)?;
    let nudge = read(nudge, "A nudge is {message}")?;
    let sent = api.switchboard().nudge(&operator.0, agent, nudge);
    Ok(json(&sent.await?))
}

/// An agent says that it is there, by its own token.
#[utoipa::path(post, path = "/v0/agents/check-in", operation_id = "check_in", tag = "agents",
    params(("X-Agent-Token" = String, Header, description = "AUTH_TOKEN of the agent's TOOLS.md")),
    security(()),
    responses((status = 200, description = "Who it is", body = ref("#/components/schemas/GatewayAgent"), content_type = "application/json")))]
pub(crate) async fn check_in(State(api): State<Api>, headers: HeaderMap) -> Reply {
    let token = agent_token(&headers, &api)?;
    let agent = api.switchboard().check_in(token).await?;
    api.inner.rates.held(token);
    Ok(json(&agent))
}
