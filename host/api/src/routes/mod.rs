//! Every route, by noun.

mod agents;
pub(crate) mod attachments;
mod audit;
mod boards;
pub(crate) mod credentials;
mod events;
pub(crate) mod gateways;
pub(crate) mod health;
mod outbox;
pub(crate) mod packs;
mod sessions;
pub(crate) mod technicians;
mod tickets;
pub(crate) mod tools;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::Request;
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use dispatch_contract::{Code, Phase, Refusal};

use crate::problem::Refusing;
use crate::{Api, correlation};

/// Paths for the OpenAPI document, beside the handlers they describe.
pub(crate) use openapi_paths::Paths;

mod openapi_paths {
    use utoipa::OpenApi;

    use super::{
        agents, attachments, audit, boards, credentials, events, gateways, health, outbox, packs,
        sessions, technicians, tickets, tools,
    };

    /// Every documented path.
    #[derive(OpenApi)]
    #[openapi(paths(
        tools::list,
        tools::call,
        tickets::list,
        tickets::snapshot,
        tickets::case_file,
        tickets::summary,
        tickets::timeline,
        audit::events,
        audit::decisions,
        packs::status,
        packs::propose,
        packs::roll_back,
        packs::set_mode,
        packs::differences,
        packs::log,
        technicians::list,
        technicians::put,
        attachments::upload,
        attachments::download,
        events::stream,
        credentials::revoke,
        gateways::organizations,
        gateways::add_organization,
        gateways::list,
        gateways::add,
        gateways::show,
        gateways::update,
        gateways::remove,
        gateways::status,
        gateways::health,
        gateways::healths,
        outbox::list,
        outbox::replay,
        gateways::sync,
        gateways::drift,
        sessions::list,
        sessions::show,
        sessions::history,
        sessions::say,
        boards::list,
        boards::add,
        boards::show,
        boards::update,
        boards::remove,
        boards::message_lead,
        boards::ask_user,
        boards::broadcast,
        agents::list,
        agents::add,
        agents::show,
        agents::change,
        agents::provision,
        agents::rotate_token,
        agents::remove,
        agents::nudge,
        agents::check_in,
        health::healthz,
        health::readyz,
        health::metrics,
        health::openapi,
    ))]
    pub(crate) struct Paths;
}

/// The whole API as one service.
pub fn router(api: Api) -> Router {
    let limits = &api.inner.limits;
    let timed = Router::new()
        .route("/v0/tools", get(tools::list))
        .route("/v0/tools/{tool}", post(tools::call))
        .route("/v0/tickets", get(tickets::list))
        .route("/v0/tickets/{ticket_id}", get(tickets::snapshot))
        .route("/v0/tickets/{ticket_id}/case", get(tickets::case_file))
        .route("/v0/tickets/{ticket_id}/summary", get(tickets::summary))
        .route("/v0/tickets/{ticket_id}/timeline", get(tickets::timeline))
        .route("/v0/audit", get(audit::events))
        .route("/v0/decisions", get(audit::decisions))
        .route("/v0/packs", get(packs::status))
        .route("/v0/packs/differences", get(packs::differences))
        .route("/v0/packs/log", get(packs::log))
        .route("/v0/technicians", get(technicians::list))
        .route("/v0/technicians/{technician_id}", put(technicians::put))
        .route(
            "/v0/credentials/{token_id}/revoke",
            post(credentials::revoke),
        )
        .route(
            "/v0/organizations",
            get(gateways::organizations).post(gateways::add_organization),
        )
        .route("/v0/boards", get(boards::list).post(boards::add))
        .route(
            "/v0/boards/{board_id}",
            get(boards::show)
                .patch(boards::update)
                .delete(boards::remove),
        )
        .route("/v0/agents/check-in", post(agents::check_in))
        .route("/v0/gateways/health", get(gateways::healths))
        .route("/v0/gateways/{gateway_id}/health", get(gateways::health))
        .route("/v0/outbox", get(outbox::list))
        .route("/v0/outbox/{outbox_id}/replay", post(outbox::replay))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(health::openapi))
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(from_fn_with_state(api.clone(), deadline));
    // proving a pack and judging recorded calls again takes as long as it takes
    let slow = Router::new()
        .route("/v0/packs/candidates", post(packs::propose))
        .layer(DefaultBodyLimit::max(packs::MAX_ARCHIVE_BYTES));
    let small_and_slow = Router::new()
        .route("/v0/packs/rollback", post(packs::roll_back))
        .route("/v0/packs/{digest}/mode", put(packs::set_mode))
        .layer(DefaultBodyLimit::max(limits.body_bytes));
    let slow = slow
        .merge(small_and_slow)
        .layer(from_fn_with_state(api.clone(), slow_deadline));
    // a gateway is waited for, and what was begun there goes on to its end
    let on_gateways = Router::new()
        .route("/v0/gateways", get(gateways::list).post(gateways::add))
        .route(
            "/v0/gateways/{gateway_id}",
            get(gateways::show)
                .patch(gateways::update)
                .delete(gateways::remove),
        )
        .route("/v0/gateways/{gateway_id}/status", get(gateways::status))
        .route("/v0/gateways/{gateway_id}/sync", post(gateways::sync))
        .route("/v0/gateways/{gateway_id}/drift", get(gateways::drift))
        .route("/v0/gateways/{gateway_id}/sessions", get(sessions::list))
        .route(
            "/v0/gateways/{gateway_id}/sessions/{session_key}",
            get(sessions::show),
        )
        .route(
            "/v0/gateways/{gateway_id}/sessions/{session_key}/history",
            get(sessions::history),
        )
        .route(
            "/v0/gateways/{gateway_id}/sessions/{session_key}/messages",
            post(sessions::say),
        )
        .route(
            "/v0/gateways/{gateway_id}/leads/messages",
            post(boards::broadcast),
        )
        .route(
            "/v0/boards/{board_id}/lead/messages",
            post(boards::message_lead),
        )
        .route("/v0/boards/{board_id}/ask-user", post(boards::ask_user))
        .route("/v0/agents", get(agents::list).post(agents::add))
        .route(
            "/v0/agents/{agent_id}",
            get(agents::show)
                .patch(agents::change)
                .delete(agents::remove),
        )
        .route("/v0/agents/{agent_id}/provision", post(agents::provision))
        .route(
            "/v0/agents/{agent_id}/rotate-token",
            post(agents::rotate_token),
        )
        .route("/v0/agents/{agent_id}/nudge", post(agents::nudge))
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(from_fn_with_state(api.clone(), gateway_deadline));
    let untimed = Router::new()
        .route("/v0/attachments", put(attachments::upload))
        .route(
            "/v0/attachments/{attachment_id}",
            get(attachments::download),
        )
        .route("/v0/events", get(events::stream))
        .layer(DefaultBodyLimit::disable());
    timed
        .merge(slow)
        .merge(on_gateways)
        .merge(untimed)
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn(text_only))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(api.clone(), correlation::layer))
        .with_state(api)
}

async fn no_route(request: Request) -> Refusing {
    Refusal::new(
        Code::NotFound,
        Phase::Request,
        format!(
            "There is no {} {:.200}. `GET /openapi.json` lists every route.",
            request.method(),
            request.uri().path()
        ),
    )
    .into()
}

async fn wrong_method(request: Request) -> Refusing {
    Refusal::new(
        Code::MethodNotAllowed,
        Phase::Request,
        format!(
            "{:.200} does not take {}: the `Allow` header says what it takes.",
            request.uri().path(),
            request.method()
        ),
    )
    .into()
}

/// A path that is no text names nothing; left to the extractors, it would be answered
/// in their words and not as a problem.
async fn text_only(request: Request, next: Next) -> Response {
    if is_text(request.uri().path()) {
        next.run(request).await
    } else {
        no_route(request).await.into_response()
    }
}

fn is_text(path: &str) -> bool {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let (byte, after) = match escaped.filter(|_| first == b'%') {
            Some(byte) => (byte, &tail[2..]),
            None => (first, tail),
        };
        bytes.push(byte);
        rest = after;
    }
    std::str::from_utf8(&bytes).is_ok()
}

async fn deadline(State(api): State<Api>, request: Request, next: Next) -> Response {
    let late = "The host did not finish in time. Send the same call again, with the same \
                request_id: it is committed once at most.";
    within(api.inner.limits.request_timeout, late, request, next).await
}

async fn slow_deadline(State(api): State<Api>, request: Request, next: Next) -> Response {
    let late = "The host did not finish in time and goes on without you: `GET /v0/packs/log` says \
                what becomes of it.";
    within(api.inner.limits.upload_timeout, late, request, next).await
}

async fn gateway_deadline(State(api): State<Api>, request: Request, next: Next) -> Response {
    let late = "The gateway did not finish in time and the host goes on without you. What becomes \
                of it is in `GET /v0/audit`: `type=agent.provisioned` for agents and syncs, \
                `type=agent.messaged` for what was to be said; `GET /v0/agents` and `GET \
                /v0/gateways/{id}/drift` say how things stand.";
    within(api.inner.limits.upload_timeout, late, request, next).await
}

async fn within(time: Duration, late: &str, request: Request, next: Next) -> Response {
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let mut refusal = Refusal::new(Code::StoreUnavailable, Phase::Store, late);
            refusal.retry_after_s = Some(1);
            Refusing::from(refusal).into_response()
        }
    }
}

/// A fault of ours: fail closed, and keep the host up.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request panicked; it is refused");
    let mut refusal = Refusal::new(
        Code::PolicyUnavailable,
        Phase::Invariant,
        "The host met a fault of its own. Whether this was committed is not known: the same call \
         again, with the same request_id, is committed once at most. Tell an operator.",
    );
    refusal.retry_after_s = Some(1);
    Refusing::from(refusal).into_response()
}
