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

/// What is looked at of a frame. What a gateway writes oddly beside it ends no connection.
#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<Value>,
    ok: Option<bool>,
    payload: Option<Value>,
    result: Option<Value>,
    error: Option<Value>,
    event: Option<String>,
    seq: Option<Value>,
}

/// Reads a frame.
///
/// # Errors
/// [`GatewayError::Protocol`] where it is no JSON object of a known build.
pub(crate) fn read(text: &str) -> Result<Incoming, GatewayError> {
    let wire: Wire = serde_json::from_str(text)
        .map_err(|error| GatewayError::Protocol(format!("no frame: {error}")))?;
    match wire.kind.as_deref() {
        Some("event") => {
            let Some(name) = wire.event else {
                return Err(GatewayError::Protocol("an event without a name".into()));
            };
            return Ok(Incoming::Event(Event {
                name: name.into(),
                payload: Arc::new(wire.payload.unwrap_or(Value::Null)),
                seq: wire.seq.as_ref().and_then(Value::as_u64),
                missed: 0,
            }));
        }
        // gateways before 2026 answered without a type: `{id, result}` or `{id, error}`
        Some("res") | None => {}
        // what it may be some day, it is no answer to a call
        Some(_) => return Ok(Incoming::Other),
    }
    let id = match wire.id {
        Some(Value::String(id)) => id,
        Some(Value::Number(id)) => id.to_string(),
        _ => return Ok(Incoming::Other),
    };
    let payload = wire.payload.or(wire.result);
    let outcome = match (wire.ok, wire.error) {
        (Some(true), _) | (None, None) => Ok(payload.unwrap_or(Value::Null)),
        (_, error) => Err(refused(error.unwrap_or(Value::Null))),
    };
    Ok(Incoming::Response { id, outcome })
}

/// A refusal: an object as a rule, a text from some.
fn refused(mut error: Value) -> GatewayError {
    let words = match &error {
        Value::String(text) => Some(text.as_str()),
        error => error["message"].as_str(),
    };
    let retry_after_ms = error["retryAfterMs"].as_f64();
    GatewayError::Refused {
        code: match &error["code"] {
            Value::Null => String::new(),
            Value::String(code) => code.clone(),
            other => other.to_string(),
        },
        message: words
            .filter(|message| !message.is_empty())
            .unwrap_or("Gateway error")
            .to_owned(),
        retryable: error["retryable"].as_bool(),
        retry_after: retry_after_ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok()),
        details: error
            .get_mut("details")
            .map(Value::take)
            .filter(|details| !details.is_null())
            .map(Box::new),
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
        assert_eq!(*retryable, Some(true));
        assert_eq!(*retry_after, Some(Duration::from_millis(500)));
        let bare = response(r#"{"type":"res","id":"a","ok":false}"#)
            .1
            .expect_err("refused");
        assert_eq!(bare.message(), "Gateway error");
        let odd = r#"{"type":"res","id":"a","ok":false,"error":{"message":"","retryAfterMs":-1}}"#;
        assert!(response(odd).1.is_err());
    }

    #[test]
    fn what_is_written_oddly_beside_what_matters_ends_nothing() {
        for (seq, read_as) in [
            ("2", Some(2)),
            (r#""2""#, None),
            ("-1", None),
            ("1.5", None),
        ] {
            let event = format!(r#"{{"type":"event","event":"tick","seq":{seq}}}"#);
            let Ok(Incoming::Event(event)) = read(&event) else {
                panic!("{seq}");
            };
            assert_eq!(event.seq, read_as, "{seq}");
        }
        for (error, code, message) in [
            (r#""nope""#, "", "nope"),
            ("7", "", "Gateway error"),
            (
                r#"{"code":"X","message":7,"retryable":"no"}"#,
                "X",
                "Gateway error",
            ),
        ] {
            let text = format!(r#"{{"type":"res","id":"a","ok":false,"error":{error}}}"#);
            let refused = response(&text).1.expect_err("refused");
            assert_eq!(
                (refused.code(), refused.message().as_str()),
                (Some(code), message)
            );
        }
        let said = r#"{"type":"res","id":"a","ok":false,"error":{"retryable":false}}"#;
        assert!(matches!(
            response(said).1,
            Err(GatewayError::Refused {
                retryable: Some(false),
                ..
            })
        ));
    }

    #[test]
    fn events_and_unknown_kinds_are_told_apart_and_garbage_is_an_error() {
        let event = r#"{"type":"event","event":"tick","payload":{"ts":1},"seq":2}"#;
        assert!(
            matches!(read(event), Ok(Incoming::Event(event)) if &*event.name == "tick" && event.seq == Some(2))
        );
        assert!(matches!(read(r#"{"type":"news"}"#), Ok(Incoming::Other)));
        // a frame of a kind that nobody knows answers no call, whatever its id
        let news = r#"{"type":"progress","id":"a","payload":{}}"#;
        assert!(matches!(read(news), Ok(Incoming::Other)));
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
