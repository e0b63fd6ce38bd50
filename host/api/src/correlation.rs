//! The id that ties a request to its log lines, its decision and its events.

use axum::extract::Request;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
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
    let has_body = has_body(request.headers());
    let span = tracing::info_span!("request", %method, route, correlation_id = %id);
    let response = async {
        let mut response = problem::complete(next.run(request).await, &path, &id);
        stamp(&mut response, &id);
        // an upload may be refused anywhere on its way
        let cut_short = route == "/v0/attachments" && response.status().is_client_error();
        if has_body && (cut_short || leaves_unread(response.status())) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
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

/// Does the request announce a body?
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    length.is_some_and(|length| length != "0") || headers.contains_key(header::TRANSFER_ENCODING)
}

/// Refusals at the door, given before the body was read. What is still on its way ends
/// the connection: a caller who is not told loses the next request on it.
fn leaves_unread(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::TOO_MANY_REQUESTS
    )
}

pub(crate) fn stamp(response: &mut Response, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(HEADER, value);
    }
}
