//! The register of gateways, for operators: entries, one look at each, its agents brought
//! up to date.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use dispatch_contract::gateway::{GatewayChange, NewGateway, NewOrganization, Organization};
use dispatch_contract::gateway_health::GatewayHealth;
use dispatch_contract::gateway_work::SyncWish;
use dispatch_contract::{Code, Phase, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tickets::query;
use crate::Api;
use crate::problem::Refusing;
use crate::reply::{Reply, json, read};
use crate::visitor::Operator;

/// Where a listing goes on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    pub(crate) cursor: Option<String>,
    pub(crate) limit: Option<u32>,
}

/// The organizations.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OrganizationList {
    /// By name.
    pub organizations: Vec<Organization>,
}

/// Something that is no longer there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Removed {
    /// Its id.
    pub id: String,
    /// Always true.
    pub removed: bool,
}

impl Removed {
    pub(crate) fn of(id: impl std::fmt::Display) -> Self {
        Self {
            id: id.to_string(),
            removed: true,
        }
    }
}

/// An id from a path; what is no id names nothing.
pub(crate) fn id<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Refusing> {
    text.parse().map_err(|_| {
        Refusal::new(
            Code::NotFound,
            Phase::Request,
            format!("`{text:.60}` names no {what}: an id is a ULID."),
        )
        .into()
    })
}

/// List organizations.
#[utoipa::path(get, path = "/v0/organizations", operation_id = "organizations", tag = "gateways",
    responses((status = 200, description = "The organizations that the caller may know of", body = ref("#/components/schemas/OrganizationList"), content_type = "application/json")))]
pub(crate) async fn organizations(State(api): State<Api>, operator: Operator) -> Reply {
    Ok(json(&OrganizationList {
        organizations: api.switchboard().organizations(&operator.0).await?,
    }))
}

/// Register an organization; an audited action.
#[utoipa::path(post, path = "/v0/organizations", operation_id = "add_organization", tag = "gateways",
    request_body(content = ref("#/components/schemas/NewOrganization"), content_type = "application/json"),
    responses((status = 201, description = "As registered", body = ref("#/components/schemas/Organization"), content_type = "application/json")))]
pub(crate) async fn add_organization(
    State(api): State<Api>,
    operator: Operator,
    entry: Result<Json<NewOrganization>, JsonRejection>,
) -> Reply {
    let entry = read(entry, "An organization is {name}")?;
    let made = api
        .switchboard()
        .add_organization(&operator.0, entry)
        .await?;
    Ok((StatusCode::CREATED, json(&made)).into_response())
}

/// List gateways, oldest first.
#[utoipa::path(get, path = "/v0/gateways", operation_id = "gateways", tag = "gateways",
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, description = "A page of the register", body = ref("#/components/schemas/GatewayPage"), content_type = "application/json")))]
pub(crate) async fn list(
    State(api): State<Api>,
    operator: Operator,
    given: Result<Query<PageQuery>, QueryRejection>,
) -> Reply {
    let given = query(given)?;
    let page = api
        .switchboard()
        .gateways(&operator.0, given.cursor, given.limit.unwrap_or(0));
    Ok(json(&page.await?))
}

/// Register a gateway, once it was connected to and is new enough; an audited action.
#[utoipa::path(post, path = "/v0/gateways", operation_id = "add_gateway", tag = "gateways",
    request_body(content = ref("#/components/schemas/NewGateway"), content_type = "application/json"),
    responses((status = 201, description = "As registered", body = ref("#/components/schemas/Gateway"), content_type = "application/json")))]
pub(crate) async fn add(
    State(api): State<Api>,
    operator: Operator,
    entry: Result<Json<NewGateway>, JsonRejection>,
) -> Reply {
    let entry = read(
        entry,
        "A gateway is {name, url, workspace_root, token_ref?, …}",
    )?;
    let made = api.switchboard().add_gateway(&operator.0, entry).await?;
    Ok((StatusCode::CREATED, json(&made)).into_response())
}

/// One gateway's entry.
#[utoipa::path(get, path = "/v0/gateways/{gateway_id}", operation_id = "gateway", tag = "gateways",
    params(("gateway_id" = String, Path)),
    responses((status = 200, description = "As registered", body = ref("#/components/schemas/Gateway"), content_type = "application/json")))]
pub(crate) async fn show(
    State(api): State<Api>,
    operator: Operator,
    Path(gateway): Path<String>,
) -> Reply {
    let found = api
        .switchboard()
        .gateway(&operator.0, id("gateway", &gateway)?);
    Ok(json(&found.await?))
}

/// Change a gateway's entry; tried again where how it is reached changed. An audited action.
#[utoipa::path(patch, path = "/v0/gateways/{gateway_id}", operation_id = "update_gateway", tag = "gateways",
    params(("gateway_id" = String, Path)),
    request_body(content = ref("#/components/schemas/GatewayChange"), content_type = "application/json"),
    responses((status = 200, description = "As registered", body = ref("#/components/schemas/Gateway"), content_type = "application/json")))]
pub(crate) async fn update(
    State(api): State<Api>,
    operator: Operator,
    Path(gateway): Path<String>,
    change: Result<Json<GatewayChange>, JsonRejection>,
) -> Reply {
    let gateway = id("gateway", &gateway)?;
    let change = read(change, "A change has fields of a gateway's entry")?;
    let made = api
        .switchboard()
        .update_gateway(&operator.0, gateway, change);
    Ok(json(&made.await?))
}

/// Strike a gateway off the register; nothing is asked of it. An audited action.
#[utoipa::path(delete, path = "/v0/gateways/{gateway_id}", operation_id = "remove_gateway", tag = "gateways",
    params(("gateway_id" = String, Path)),
    responses((status = 200, description = "It is gone", body = ref("#/components/schemas/Removed"), content_type = "application/json")))]
pub(crate) async fn remove(
    State(api): State<Api>,
    operator: Operator,
    Path(gateway): Path<String>,
) -> Reply {
    let gateway = id("gateway", &gateway)?;
    api.switchboard()
        .remove_gateway(&operator.0, gateway)
        .await?;
    Ok(json(&Removed::of(gateway)))
}

/// How a gateway answers now; what fails is told in the answer.
#[utoipa::path(get, path = "/v0/gateways/{gateway_id}/status", operation_id = "gateway_status", tag = "gateways",
    params(("gateway_id" = String, Path)),
    responses((status = 200, description = "How it answers, or what is wrong and what to do", body = ref("#/components/schemas/GatewayLook"), content_type = "application/json")))]
pub(crate) async fn status(
    State(api): State<Api>,
    operator: Operator,
    Path(gateway): Path<String>,
) -> Reply {
    let look = api
        .switchboard()
        .look(&operator.0, id("gateway", &gateway)?);
    Ok(json(&look.await?))
}

/// Bring the files and heartbeats of a gateway's agents up to date, each with its own error;
/// an audited action.
#[utoipa::path(post, path = "/v0/gateways/{gateway_id}/sync", operation_id = "sync_gateway", tag = "gateways",
    params(("gateway_id" = String, Path)),
    request_body(content = ref("#/components/schemas/SyncWish"), content_type = "application/json"),
    responses((status = 200, description = "What became of each", body = ref("#/components/schemas/SyncOutcome"), content_type = "application/json")))]
pub(crate) async fn sync(
    State(api): State<Api>,
    operator: Operator,
    Path(gateway): Path<String>,
    wish: Result<Json<SyncWish>, JsonRejection>,
) -> Reply {
    let gateway = id("gateway", &gateway)?;
    let wish = read(
        wish,
        "A sync is {include_main?, lead_only?, rotate_tokens?, …}",
    )?;
    let outcome = api.switchboard().sync(&operator.0, gateway, wish);
    Ok(json(&outcome.await?))
}

/// What on a gateway is not as its agents' entries and templates say; nothing is changed.
#[utoipa::path(get, path = "/v0/gateways/{gateway_id}/drift", operation_id = "gateway_drift", tag = "gateways",
    params(("gateway_id" = String, Path)),
    responses((status = 200, description = "What differs, agent by agent; a sync mends it", body = ref("#/components/schemas/GatewayDrift"), content_type = "application/json")))]
pub(crate) async fn drift(
    State(api): State<Api>,
    operator: Operator,
    Path(gateway): Path<String>,
) -> Reply {
    let found = api
        .switchboard()
        .drift(&operator.0, id("gateway", &gateway)?);
    Ok(json(&found.await?))
}

/// How gateways are.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct GatewayHealthList {
    /// Each gateway that this host watches, the oldest first; without the history of pings.
    pub gateways: Vec<GatewayHealth>,
}

/// How every gateway is, as this host sees it now.
#[utoipa::path(get, path = "/v0/gateways/health", operation_id = "gateway_healths", tag = "gateways",
    responses((status = 200, description = "All that the caller may know of", body = ref("#/components/schemas/GatewayHealthList"), content_type = "application/json")))]
pub(crate) async fn healths(State(api): State<Api>, operator: Operator) -> Reply {
    let gateways = api.switchboard().healths(&operator.0);
    Ok(json(&GatewayHealthList { gateways }))
}

/// How a gateway is, as this host sees it now: condition, latency, channels, agents, errors.
#[utoipa::path(get, path = "/v0/gateways/{gateway_id}/health", operation_id = "gateway_health", tag = "gateways", params(("gateway_id" = String, Path)),
    responses((status = 200, description = "As its watched connection shows it", body = ref("#/components/schemas/GatewayHealth"), content_type = "application/json")))]
pub(crate) async fn health(
    State(api): State<Api>,
    operator: Operator,
    Path(gateway_id): Path<String>,
) -> Reply {
    let gateway_id = id("gateway", &gateway_id)?;
    let health = api.switchboard().health(&operator.0, gateway_id).await?;
    Ok(json(&health))
}
