//! Is it up, is it ready, how does it do, what does it offer. No credential needed.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use dispatch_desk::Desk;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::reply::{json, raw};
use crate::{Api, openapi};

/// Whether the host takes calls, and by which rules.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Readiness {
    /// It takes calls.
    pub ready: bool,
    /// The database answers.
    pub database: bool,
    /// The object store answers.
    pub objects: bool,
    /// The active pack, `name version (digest)`.
    pub pack: String,
    /// The revision it is active under.
    pub pack_revision: u64,
    /// This host's pack is not, or may not be, the active one.
    pub stale: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_reason: Option<String>,
    /// The last good pack judges, because the folder's was refused.
    pub last_good: bool,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good_reason: Option<String>,
    /// The host is about to stop.
    pub stopping: bool,
}

/// How long what the stores answered is told again: anybody may ask, as often as they like.
const TOLD_AGAIN: Duration = Duration::from_millis(250);

/// Whether the stores answer; one look at a time, however many ask.
#[derive(Default)]
pub(crate) struct Stores(Mutex<Option<(Instant, (bool, bool))>>);

impl Stores {
    async fn answer(&self, desk: &Desk) -> (bool, bool) {
        let mut told = self.0.lock().await;
        match *told {
            Some((at, answer)) if at.elapsed() < TOLD_AGAIN => answer,
            _ => {
                let answer = desk.stores_answer().await;
                *told = Some((Instant::now(), answer));
                answer
            }
        }
    }
}

/// The process is up.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "`ok`", content_type = "text/plain")))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The host takes calls.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "Ready", body = ref("#/components/schemas/Readiness"), content_type = "application/json"),
    (status = 503, description = "Not ready, and why", body = ref("#/components/schemas/Readiness"), content_type = "application/json")))]
pub(crate) async fn readyz(State(api): State<Api>) -> Response {
    let (database, objects) = api.inner.stores.answer(api.desk()).await;
    let (pack, pack_revision) = api.desk().active_pack();
    let stopping = api.inner.stopping.is_cancelled();
    let alarm = api.desk().pack_alarm();
    let takes_calls = api.desk().refuse_when_stale().is_ok();
    let readiness = Readiness {
        ready: database && objects && takes_calls && !stopping,
        database,
        objects,
        pack: format!("{} {} ({:.12})", pack.name, pack.version, pack.digest),
        pack_revision,
        stale: alarm.stale.is_some(),
        stale_reason: alarm.stale.map(|stale| stale.reason),
        last_good: alarm.last_good.is_some(),
        last_good_reason: alarm.last_good.as_ref().map(ToString::to_string),
        stopping,
    };
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, json(&readiness)).into_response()
}

/// Counters and histograms.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, description = "OpenMetrics text", content_type = "text/plain")))]
pub(crate) async fn metrics(State(api): State<Api>) -> Response {
    api.desk().measure();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], api.inner.metrics.text()).into_response()
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub(crate) async fn openapi() -> Response {
    raw(openapi::text())
}
