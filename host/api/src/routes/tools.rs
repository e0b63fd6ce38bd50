//! The closed toolset: listing and calling it.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Extension, FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use dispatch_contract::call::is_key;
use dispatch_contract::{Actor, Code, Phase, Refusal, Role, State as TicketState, Tool, schema};
use dispatch_desk::{Incoming, TurnedAway};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;

use crate::Api;
use crate::correlation::CorrelationId;
use crate::principal::{Caller, identify};
use crate::problem::Refusing;
use crate::reply::{Reply, json, raw};

/// A tool of the closed set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ToolEntry {
    /// Its name.
    pub name: Tool,
    /// What it is for.
    pub purpose: String,
    /// Who may call it; technician and customer only on their own tickets.
    pub roles: Vec<Role>,
    /// Where it is legal; empty for ticket.create, which has no ticket yet.
    pub legal_states: Vec<TicketState>,
    /// The JSON Schema of its body.
    pub schema: Value,
}

/// The closed toolset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ToolList {
    /// The twelve, in the contract's order.
    pub tools: Vec<ToolEntry>,
}

/// List the twelve tools.
#[utoipa::path(get, path = "/v0/tools", tag = "tools", responses((status = 200, description = "The twelve tools with schema, roles and legal states", body = ref("#/components/schemas/ToolList"), content_type = "application/json")))]
pub(crate) async fn list(_caller: Caller) -> Reply {
    Ok(json(&ToolList {
        tools: Tool::ALL
            .into_iter()
            .map(|tool| ToolEntry {
                name: tool,
                purpose: tool.purpose().to_owned(),
                roles: tool.roles().to_vec(),
                legal_states: tool.legal_states().to_vec(),
                schema: schema::of(tool).clone(),
            })
            .collect(),
    }))
}

/// How a call is to be taken. A misspelt `dry_run` must not commit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallQuery {
    #[serde(default)]
    dry_run: bool,
}

/// Call a tool.
#[utoipa::path(post, path = "/v0/tools/{tool}", tag = "tools",
    params(("tool" = String, Path, description = "One of the twelve"),
           ("dry_run" = Option<bool>, Query, description = "Judge and explain, commit nothing"),
           ("Idempotency-Key" = Option<String>, Header, description = "May stand for request_id; must agree where both are given")),
    request_body(content = ref("#/components/schemas/Answer"), content_type = "application/json"),
    responses((status = 200, description = "Committed; or, with dry_run, explained", body = ref("#/components/schemas/Answer"), content_type = "application/json")))]
pub(crate) async fn call(
    State(api): State<Api>,
    Extension(correlation): Extension<CorrelationId>,
    Path(tool): Path<String>,
    query: Result<Query<CallQuery>, QueryRejection>,
    request: Request,
) -> Reply {
    let is_dry_run = query.as_ref().is_ok_and(|query| query.dry_run);
    let key = key(request.headers());
    // one that is no key is neither kept nor told back
    let header_key = key.as_ref().ok().copied().flatten().map(str::to_owned);
    let key_refused = key.err();
    let mut identified = None;
    let admitted = admit(&api, query, key_refused, request, &mut identified).await;
    let (actor, body) = match admitted {
        Ok(admitted) => admitted,
        Err(refusal) => {
            if !is_dry_run {
                let turned_away = TurnedAway {
                    tool: &tool,
                    actor: identified,
                    request_id: header_key.as_deref(),
                    correlation_id: Some(&correlation.0),
                    refusal: &refusal,
                    kept: api.inner.rates.worth_a_row(refusal.code),
                };
                api.desk().turned_away(turned_away).await;
            }
            return Err(Refusing {
                refusal: Box::new(refusal),
                request_id: header_key,
            });
        }
    };
    let incoming = Incoming {
        tool: &tool,
        body: &body,
        header_key: header_key.as_deref(),
        actor,
        correlation_id: Some(&correlation.0),
    };
    if is_dry_run {
        return Ok(json(&api.desk().dry_run(incoming).await?));
    }
    let taken = api.desk().call(incoming).await?;
    let mut response = raw(taken.answer);
    if taken.replayed {
        response
            .headers_mut()
            .insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The door: credential, rate, form and size, in this order, so that nothing of a
/// stranger's body is read. `identified` is known also of a caller who is turned away.
async fn admit(
    api: &Api,
    query: Result<Query<CallQuery>, QueryRejection>,
    key_refused: Option<Refusal>,
    request: Request,
    identified: &mut Option<Actor>,
) -> Result<(Actor, Bytes), Refusal> {
    let actor = identify(request.headers(), api)?.actor;
    *identified = Some(actor);
    api.inner.rates.take(actor.id)?;
    api.desk().refuse_when_stale()?;
    query.map_err(|_| {
        Refusal::new(
            Code::InvalidInput,
            Phase::Request,
            "The query takes dry_run=true or dry_run=false, nothing else.",
        )
    })?;
    json_only(request.headers())?;
    if let Some(refusal) = key_refused {
        return Err(refusal);
    }
    let body = timeout(
        api.inner.limits.body_timeout,
        Bytes::from_request(request, api),
    );
    let body = body.await.map_err(|_| too_slow(api))?;
    let body = body.map_err(|rejection| too_large_or_cut(&rejection, api))?;
    Ok((actor, body))
}

/// The `Idempotency-Key` header, where there is one.
fn key(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(text) if is_key(text) => Ok(Some(text)),
        _ => Err(Refusal::new(
            Code::InvalidInput,
            Phase::Request,
            "The Idempotency-Key header takes 1 to 128 printable ASCII characters, with no blank \
             at either end.",
        )),
    }
}

fn too_slow(api: &Api) -> Refusal {
    Refusal::new(
        Code::RequestTimeout,
        Phase::Request,
        format!(
            "The body was not whole after {} s, so the call was not looked at. Send it again, \
             with the same request_id.",
            api.inner.limits.body_timeout.as_secs()
        ),
    )
}

fn json_only(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Refusal::new(
        Code::MalformedJson,
        Phase::Request,
        "Send the body as JSON, with `Content-Type: application/json`.",
    ))
}

fn too_large_or_cut(rejection: &BytesRejection, api: &Api) -> Refusal {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(
            Code::PayloadTooLarge,
            Phase::Request,
            format!(
                "The body is over {} bytes. Photos and documents go to PUT /v0/attachments.",
                api.inner.limits.body_bytes
            ),
        );
    }
    Refusal::new(
        Code::MalformedJson,
        Phase::Request,
        "The body ended before it was whole.",
    )
}
