//! Answers that are JSON already, answers that become it, and bodies that are to be.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dispatch_contract::{Code, Phase, Refusal};
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

/// A JSON body as it is, or a refusal that says in these words what it takes.
pub(crate) fn read<T>(body: Result<Json<T>, JsonRejection>, takes: &str) -> Result<T, Refusal> {
    body.map(|Json(body)| body).map_err(|rejection| {
        let code = match &rejection {
            JsonRejection::JsonSyntaxError(_) | JsonRejection::MissingJsonContentType(_) => {
                Code::MalformedJson
            }
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
            _ => Code::InvalidInput,
        };
        let detail = format!("{takes}: {:.300}", rejection.body_text());
        Refusal::new(code, Phase::Schema, detail)
    })
}
