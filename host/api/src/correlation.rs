//! The id that ties a request to its log lines, its decision and its events.

use axum::extract::Request;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;
use ulid::Ulid;

use crate::{Api, problem};

/// Taken from the caller where it is in order, made up where it is not.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

/// The longest id taken from a caller, in characters.
const MAX: usize = 128;

/// The correlation id of the request at hand.
#[derive(Clone)]
pub(crate) struct CorrelationId(pub(crate) String);

/// The outermost layer: correlation, span, the body of a refusal, metrics.
pub(crate) async fn layer(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let given = request
        .headers()
        .get(HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|text| {
            (1..=MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
        });
    let id = given.map_or_else(|| Ulid::generate().to_string(), str::to_owned);
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<axum::extract::MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |route| route.as_str().to_owned());
    request.extensions_mut().insert(CorrelationId(id.clone()));
    let span = tracing::info_span!("request", %method, route, correlation_id = %id);
    let response = async {
        let mut response = problem::complete(next.run(request).await, &path, &id);
        stamp(&mut response, &id);
        let status = response.status().as_u16();
        let took_us = began.elapsed().as_micros();
        tracing::debug!(status, took_us, "answered");
        response
    }
    .instrument(span)
    .await;
    api.inner
        .metrics
        .answered(&route, response.status(), began.elapsed());
    response
}

pub(crate) fn stamp(response: &mut Response, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(HEADER, value);
    }
}
