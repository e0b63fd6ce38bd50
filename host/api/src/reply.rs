//! Answers that are JSON already, and answers that become it.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Refusing;

/// What a route answers.
pub(crate) type Reply = Result<Response, Refusing>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Bytes that are JSON already.
pub(crate) fn raw(body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, JSON)], body.into()).into_response()
}

/// A value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Response {
    raw(serde_json::to_vec(value).expect("answers have text keys"))
}
