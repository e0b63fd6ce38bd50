//! Sessions on a gateway, for operators: listed, read, spoken in.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use dispatch_contract::gateway_work::SessionMessage;
use serde::Deserialize;

use super::gateways::id;
use super::tickets::query;
use crate::Api;
use crate::reply::{Reply, json, read};
use crate::visitor::Operator;

/// How much of a history.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HistoryQuery {
    limit: Option<u32>,
}

/// The sessions of a gateway, the latest first.
#[utoipa::path(get, path = "/v0/gateways/{gateway_id}/sessions", operation_id = "sessions", tag = "gateways",
    params(("gateway_id" = String, Path)),
    responses((status = 200, description = "200 sessions at most", body = ref("#/components/schemas/SessionList"), content_type = "application/json")))]
pub(crate) async fn list(
    State(api): State<Api>,
    operator: Operator,
    Path(gateway): Path<String>,
) -> Reply {
    let list = api
        .switchboard()
        .sessions(&operator.0, id("gateway", &gateway)?);
    Ok(json(&list.await?))
}

/// One session; the main agent's is made where it is not there.
#[utoipa::path(get, path = "/v0/gateways/{gateway_id}/sessions/{session_key}", operation_id = "session", tag = "gateways",
    params(("gateway_id" = String, Path), ("session_key" = String, Path)),
    responses((status = 200, description = "The session", body = ref("#/components/schemas/SessionEntry"), content_type = "application/json")))]
pub(crate) async fn show(
    State(api): State<Api>,
    operator: Operator,
    Path((gateway, key)): Path<(String, String)>,
) -> Reply {
    let gateway = id("gateway", &gateway)?;
    Ok(json(
        &api.switchboard()
            .session(&operator.0, gateway, &key)
            .await?,
    ))
}

/// What was said in a session, the latest last.
#[utoipa::path(get, path = "/v0/gateways/{gateway_id}/sessions/{session_key}/history", operation_id = "session_history", tag = "gateways",
    params(("gateway_id" = String, Path), ("session_key" = String, Path),
           ("limit" = Option<u32>, Query, description = "1 to 500, 50 where absent")),
    responses((status = 200, description = "Messages as the gateway keeps them", body = ref("#/components/schemas/SessionHistory"), content_type = "application/json")))]
pub(crate) async fn history(
    State(api): State<Api>,
    operator: Operator,
    Path((gateway, key)): Path<(String, String)>,
    given: Result<Query<HistoryQuery>, QueryRejection>,
) -> Reply {
    let gateway = id("gateway", &gateway)?;
    let limit = query(given)?.limit;
    let said = api.switchboard().history(&operator.0, gateway, &key, limit);
    Ok(json(&said.await?))
}

/// Say something in a session.
#[utoipa::path(post, path = "/v0/gateways/{gateway_id}/sessions/{session_key}/messages", operation_id = "say_in_session", tag = "gateways",
    params(("gateway_id" = String, Path), ("session_key" = String, Path)),
    request_body(content = ref("#/components/schemas/SessionMessage"), content_type = "application/json"),
    responses((status = 200, description = "The session took it", body = ref("#/components/schemas/MessageSent"), content_type = "application/json")))]
pub(crate) async fn say(
    State(api): State<Api>,
    operator: Operator,
    Path((gateway, key)): Path<(String, String)>,
    message: Result<Json<SessionMessage>, JsonRejection>,
) -> Reply {
    let gateway = id("gateway", &gateway)?;
    let message = read(message, "A message is {message, deliver?}")?;
    let sent = api.switchboard().say(&operator.0, gateway, &key, message);
    Ok(json(&sent.await?))
}
