//! Frames: requests out; answers and events in. Knows no socket.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::GatewayError;

/// A request.
#[derive(Serialize)]
pub(crate) struct Request<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    method: &'a str,
    params: &'a Value,
}

/// A request's text.
///
/// # Errors
/// Where the parameters are no JSON.
pub(crate) fn request(id: &str, method: &str, params: &Value) -> Result<String, GatewayError> {
    serde_json::to_string(&Request {
        kind: "req",
        id,
        method,
        params,
    })
    .map_err(|error| GatewayError::Protocol(error.to_string()))
}

/// Something a gateway tells without being asked.
#[derive(Clone, Debug)]
pub struct Event {
    /// What kind, such as `chat`.
    pub name: Arc<str>,
    /// What is in it.
    pub payload: Arc<Value>,
    /// Its number on this connection.
    pub seq: Option<u64>,
    /// So many events before this one were lost to this reader, who was too slow.
    pub missed: u64,
}

/// What came in.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// The answer to a request.
    Response {
        id: String,
        outcome: Result<Value, GatewayError>,
    },
    Event(Event),
    /// Neither; upstream adds kinds of frames now and then.
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<Value>,
    ok: Option<bool>,
    payload: Option<Value>,
    result: Option<Value>,
    error: Option<WireError>,
    event: Option<String>,
    seq: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireError {
    code: Option<Value>,
    message: Option<String>,
    details: Option<Value>,
    retryable: Option<bool>,
    retry_after_ms: Option<f64>,
}

/// Reads a frame.
///
/// # Errors
/// [`GatewayError::Protocol`] where it is no JSON object of a known build.
pub(crate) fn read(text: &str) -> Result<Incoming, GatewayError> {
    let wire: Wire = serde_json::from_str(text)
        .map_err(|error| GatewayError::Protocol(format!("no frame: {error}")))?;
    if wire.kind.as_deref() == Some("event") {
        let Some(name) = wire.event else {
            return Err(GatewayError::Protocol("an event without a name".into()));
        };
        return Ok(Incoming::Event(Event {
            name: name.into(),
            payload: Arc::new(wire.payload.unwrap_or(Value::Null)),
            seq: wire.seq,
            missed: 0,
        }));
    }
    let id = match wire.id {
        Some(Value::String(id)) => id,
        Some(Value::Number(id)) => id.to_string(),
        _ => return Ok(Incoming::Other),
    };
    // gateways before 2026 answered without a type: `{id, result}` or `{id, error}`
    let payload = wire.payload.or(wire.result);
    let outcome = match (wire.ok, wire.error) {
        (Some(true), _) | (None, None) => Ok(payload.unwrap_or(Value::Null)),
        (_, error) => Err(refused(error.unwrap_or_default())),
    };
    Ok(Incoming::Response { id, outcome })
}

fn refused(error: WireError) -> GatewayError {
    GatewayError::Refused {
        code: match error.code {
            Some(Value::String(code)) => code,
            Some(other) => other.to_string(),
            None => String::new(),
        },
        message: error
            .message
            .filter(|message| !message.is_empty())
            .unwrap_or_else(|| "Gateway error".into()),
        details: error
            .details
            .filter(|details| !details.is_null())
            .map(Box::new),
        retryable: error.retryable.unwrap_or(false),
        retry_after: error
            .retry_after_ms
            .and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(text: &str) -> (String, Result<Value, GatewayError>) {
        match read(text).expect("a frame") {
            Incoming::Response { id, outcome } => (id, outcome),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn answers_are_read_in_the_form_of_today_and_the_one_before() {
        let (id, outcome) = response(r#"{"type":"res","id":"a","ok":true,"payload":{"x":1}}"#);
        assert_eq!(
            (id.as_str(), outcome.expect("ok")["x"].as_i64()),
            ("a", Some(1))
        );
        assert!(
            response(r#"{"type":"res","id":"a","ok":true}"#)
                .1
                .expect("ok")
                .is_null()
        );
        let (id, outcome) = response(r#"{"id":7,"result":[1]}"#);
        assert_eq!(
            (id.as_str(), outcome.expect("ok")[0].as_i64()),
            ("7", Some(1))
        );
        let old = response(r#"{"id":"a","error":{"message":"nope","code":-32000}}"#).1;
        assert_eq!(old.expect_err("refused").code(), Some("-32000"));
    }

    #[test]
    fn a_refusal_keeps_what_the_gateway_said() {
        let text = r#"{"type":"res","id":"a","ok":false,"payload":{"runId":"r"},"error":
            {"code":"UNAVAILABLE","message":"gateway starting; retry shortly","retryable":true,
             "retryAfterMs":500,"details":{"reason":"startup-sidecars"}}}"#;
        let error = response(text).1.expect_err("refused");
        assert_eq!(error.code(), Some("UNAVAILABLE"));
        assert_eq!(error.detail(), Some("startup-sidecars"));
        let GatewayError::Refused {
            retryable,
            retry_after,
            ..
        } = &error
        else {
            panic!("{error:?}");
        };
        assert!(*retryable);
        assert_eq!(*retry_after, Some(Duration::from_millis(500)));
        let bare = response(r#"{"type":"res","id":"a","ok":false}"#)
            .1
            .expect_err("refused");
        assert_eq!(bare.message(), "Gateway error");
        let odd = r#"{"type":"res","id":"a","ok":false,"error":{"message":"","retryAfterMs":-1}}"#;
        assert!(response(odd).1.is_err());
    }

    #[test]
    fn events_and_unknown_kinds_are_told_apart_and_garbage_is_an_error() {
        let event = r#"{"type":"event","event":"tick","payload":{"ts":1},"seq":2}"#;
        assert!(
            matches!(read(event), Ok(Incoming::Event(event)) if &*event.name == "tick" && event.seq == Some(2))
        );
        assert!(matches!(read(r#"{"type":"news"}"#), Ok(Incoming::Other)));
        for garbage in ["", "x", "[]", "7", r#"{"type":"event"}"#, r#"{"type":7}"#] {
            assert!(
                matches!(read(garbage), Err(GatewayError::Protocol(_))),
                "{garbage}"
            );
        }
    }

    #[test]
    fn a_request_is_what_the_gateway_expects() {
        let text = request("r1", "health", &serde_json::json!({})).expect("text");
        assert_eq!(
            text,
            r#"{"type":"req","id":"r1","method":"health","params":{}}"#
        );
    }
}
