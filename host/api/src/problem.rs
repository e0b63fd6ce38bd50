//! A refusal as `application/problem+json` (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dispatch_contract::{Code, Phase, Refusal, State, Tool, Violation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::correlation;

/// The body of every refusal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Problem {
    /// A name for this kind of problem: `urn:real-dispatch:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This very problem in words, with what to do.
    pub detail: String,
    /// The request's path.
    pub instance: String,
    /// Why.
    pub code: Code,
    /// At which step of judgement.
    pub phase: Phase,
    /// The call's idempotency key, where it was read that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What ties this request to others, as in the `X-Correlation-Id` header.
    pub correlation_id: String,
    /// Every broken rule of the phase.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// Where the ticket stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_state: Option<State>,
    /// Where the tool would be legal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_from_states: Vec<State>,
    /// What this actor may call where the ticket stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_tools: Vec<Tool>,
    /// The gates that do not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_gates: Vec<String>,
    /// The Cedar policies that decided, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub determining_policies: Vec<String>,
}

/// A refusal on its way out.
#[derive(Debug)]
pub(crate) struct Refusing {
    pub(crate) refusal: Box<Refusal>,
    pub(crate) request_id: Option<String>,
}

impl From<Refusal> for Refusing {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal: Box::new(refusal),
            request_id: None,
        }
    }
}

impl From<dispatch_desk::Refused> for Refusing {
    fn from(refused: dispatch_desk::Refused) -> Self {
        Self {
            refusal: Box::new(refused.refusal),
            request_id: refused.request_id,
        }
    }
}

/// Kept with the answer until the outermost layer knows path and correlation id.
#[derive(Clone)]
struct Pending {
    refusal: Box<Refusal>,
    request_id: Option<String>,
}

impl IntoResponse for Refusing {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.refusal.code.status())
            .unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let mut response = status.into_response();
        response.extensions_mut().insert(Pending {
            refusal: self.refusal,
            request_id: self.request_id,
        });
        response
    }
}

/// Give a refusal its body. Anything else passes untouched.
pub(crate) fn complete(mut response: Response, path: &str, correlation_id: &str) -> Response {
    let Some(Pending {
        refusal,
        request_id,
    }) = response.extensions_mut().remove::<Pending>()
    else {
        return response;
    };
    let status = response.status();
    let allowed = response.headers_mut().remove(header::ALLOW);
    let retry_after_s = refusal.retry_after_s;
    let refusal = *refusal;
    let problem = Problem {
        kind: format!("urn:real-dispatch:problem:{}", refusal.code),
        title: refusal.code.title().to_owned(),
        status: status.as_u16(),
        detail: refusal.detail,
        instance: path.to_owned(),
        code: refusal.code,
        phase: refusal.phase,
        request_id,
        correlation_id: correlation_id.to_owned(),
        violations: refusal.violations,
        current_state: refusal.current_state,
        allowed_from_states: refusal.allowed_from_states,
        allowed_tools: refusal.allowed_tools,
        missing_gates: refusal.missing_gates,
        determining_policies: refusal.determining_policies,
    };
    let body = serde_json::to_vec(&problem).expect("problems have text keys");
    let kind = HeaderValue::from_static("application/problem+json");
    let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
    if let Some(wait_s) = retry_after_s {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
    }
    if let Some(methods) = allowed {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    correlation::stamp(&mut response, correlation_id);
    response
}
