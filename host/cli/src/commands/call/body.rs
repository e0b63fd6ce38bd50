//! A call's body from flags. The tool's schema says whether a word is text.

use std::io::Read;

use dispatch_contract::{TicketId, Tool, schema};
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// Longer lists than any schema takes are a slip of the keyboard.
const MAX_INDEX: usize = 100;

/// What the flags say.
pub(super) struct Given<'a> {
    pub(super) data: Option<&'a str>,
    pub(super) ticket: Option<TicketId>,
    pub(super) sets: &'a [String],
    pub(super) request_id: Option<&'a str>,
    pub(super) expected_version: Option<u64>,
    pub(super) gate_override: Option<&'a str>,
}

/// The body; with a fresh key where none is given.
pub(super) fn of(
    tool: Tool,
    given: &Given<'_>,
    fresh: impl FnOnce() -> String,
) -> Result<Value, Failure> {
    let mut body = match given.data {
        Some(data) => parse(&read(data)?)?,
        None => json!({}),
    };
    for set in given.sets {
        apply(&mut body, schema::of(tool), set)?;
    }
    let fields = body
        .as_object_mut()
        .ok_or_else(|| Failure::usage("--data must be one JSON object"))?;
    if let Some(ticket) = given.ticket {
        put(fields, "ticket_id", ticket.to_string().into(), "--ticket")?;
    }
    if let Some(key) = given.request_id {
        put(fields, "request_id", key.into(), "--request-id")?;
    }
    if let Some(version) = given.expected_version {
        put(
            fields,
            "expected_version",
            version.into(),
            "--expected-version",
        )?;
    }
    if let Some(reason) = given.gate_override {
        put(
            fields,
            "override",
            json!({ "reason": reason }),
            "--override",
        )?;
    }
    fields.entry("request_id").or_insert_with(|| fresh().into());
    Ok(body)
}

fn put(
    fields: &mut Map<String, Value>,
    name: &str,
    value: Value,
    flag: &str,
) -> Result<(), Failure> {
    match fields.get(name) {
        Some(other) if *other != value => Err(Failure::usage(format!(
            "{flag} and the body disagree about `{name}`; give it once"
        ))),
        _ => {
            fields.insert(name.to_owned(), value);
            Ok(())
        }
    }
}

fn read(data: &str) -> Result<String, Failure> {
    let limit = schema::MAX_BODY_BYTES as u64 + 1;
    let mut text = String::new();
    let outcome = match data.strip_prefix('@') {
        _ if data == "-" => std::io::stdin().take(limit).read_to_string(&mut text),
        Some(path) => std::fs::File::open(path)
            .and_then(|file| file.take(limit).read_to_string(&mut text))
            .map_err(|error| std::io::Error::other(format!("{path}: {error}"))),
        None => return Ok(data.to_owned()),
    };
    outcome.map_err(|error| Failure::usage(format!("--data cannot be read: {error}")))?;
    if text.len() > schema::MAX_BODY_BYTES {
        return Err(Failure::usage(format!(
            "--data is over {} bytes, more than a host takes; photos go to `attachment upload`",
            schema::MAX_BODY_BYTES
        )));
    }
    Ok(text)
}

fn parse(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::usage(format!("--data is not JSON: {error}")))
}

/// Put one `path=value` into the body.
fn apply(body: &mut Value, schema: &Value, set: &str) -> Result<(), Failure> {
    let (path, word) = set
        .split_once('=')
        .filter(|(path, _)| path.split('.').all(|part| !part.is_empty()))
        .ok_or_else(|| {
            Failure::usage(format!(
                "`--set {set}` is not PATH=VALUE, such as --set eta_text=\"9 to 10\""
            ))
        })?;
    let parts: Vec<&str> = path.split('.').collect();
    let value = if takes_text(schema, &parts) {
        Value::from(word)
    } else {
        serde_json::from_str(word).unwrap_or_else(|_| word.into())
    };
    let mut slot = body;
    for part in &parts {
        slot = step(slot, part).ok_or_else(|| {
            Failure::usage(format!(
                "`--set {set}`: `{part}` does not fit into what is already there; lists are \
                 filled from 0 on, without a gap"
            ))
        })?;
    }
    *slot = value;
    Ok(())
}

/// The place below, made where nothing is yet.
fn step<'a>(value: &'a mut Value, part: &str) -> Option<&'a mut Value> {
    let index = part.parse::<usize>().ok();
    if value.is_null() {
        *value = if index.is_some() {
            json!([])
        } else {
            json!({})
        };
    }
    match value {
        Value::Object(fields) => Some(fields.entry(part).or_insert(Value::Null)),
        Value::Array(items) => {
            let index = index.filter(|index| *index <= items.len() && *index < MAX_INDEX)?;
            if index == items.len() {
                items.push(Value::Null);
            }
            items.get_mut(index)
        }
        _ => None,
    }
}

/// Does the schema take text, and nothing else, at this path?
fn takes_text(schema: &Value, path: &[&str]) -> bool {
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().any(|one| takes_text(one, path));
    }
    let Some((part, rest)) = path.split_first() else {
        let types = &schema["type"];
        let is = |name: &str| {
            types == name
                || types
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one == name))
        };
        let words = schema["enum"]
            .as_array()
            .is_some_and(|all| all.iter().any(Value::is_string));
        return is("string") || words;
    };
    let below = if part.parse::<usize>().is_ok() && schema["items"].is_object() {
        &schema["items"]
    } else {
        &schema["properties"][*part]
    };
    takes_text(below, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N";

    fn given<'a>(data: Option<&'a str>, sets: &'a [String]) -> Given<'a> {
        Given {
            data,
            ticket: None,
            sets,
            request_id: None,
            expected_version: None,
            gate_override: None,
        }
    }

    fn sets(tool: Tool, words: &[&str]) -> Result<Value, Failure> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        of(tool, &given(None, &words), || "fresh".into())
    }

    #[test]
    fn flags_make_the_body_and_a_key_is_drawn_where_none_is_given() {
        let words = ["message.raw=hi".to_owned()];
        let mut given = given(Some(r#"{"message":{"direction":"inbound"}}"#), &words);
        given.ticket = Some(TICKET.parse().expect("an id"));
        given.expected_version = Some(3);
        given.gate_override = Some("the customer insists");
        let body = of(Tool::TicketAddMessage, &given, || "fresh".into()).expect("a body");
        assert_eq!(
            body,
            json!({
                "request_id": "fresh", "ticket_id": TICKET, "expected_version": 3,
                "override": {"reason": "the customer insists"},
                "message": {"direction": "inbound", "raw": "hi"},
            })
        );
    }

    #[test]
    fn the_schema_says_whether_digits_are_text() {
        let body = sets(
            Tool::TicketCreate,
            &[
                "service_location.postal_code=97201",
                "service_location.lat=45.5",
                "customer.phone=5035550142",
                "customer.site_name=true",
                "issue.photos_available=true",
                "priority=standard",
                "billing_account_type=cod",
            ],
        )
        .expect("a body");
        assert_eq!(
            body["service_location"],
            json!({"postal_code": "97201", "lat": 45.5})
        );
        assert_eq!(
            body["customer"],
            json!({"phone": "5035550142", "site_name": "true"})
        );
        assert_eq!(body["issue"], json!({"photos_available": true}));
        assert_eq!(body["priority"], "standard");
    }

    #[test]
    fn lists_are_filled_without_a_gap() {
        let body = sets(
            Tool::BillingGenerateInvoiceDraft,
            &[
                "line_items.0.description=2",
                "line_items.0.quantity=2",
                "line_items.1.unit_amount_cents=-5",
            ],
        )
        .expect("a body");
        assert_eq!(
            body["line_items"],
            json!([{"description": "2", "quantity": 2}, {"unit_amount_cents": -5}])
        );
        for wrong in [
            "line_items.1.quantity=2",
            "line_items.99999999=1",
            "x",
            "=1",
            "a..b=1",
        ] {
            let outcome = sets(Tool::BillingGenerateInvoiceDraft, &[wrong]);
            assert!(matches!(outcome, Err(Failure::Usage(_))), "{wrong}");
        }
    }

    #[test]
    fn a_value_given_twice_must_agree() {
        let data = format!(r#"{{"ticket_id":"{TICKET}","request_id":"a"}}"#);
        let mut same = given(Some(&data), &[]);
        same.ticket = Some(TICKET.parse().expect("an id"));
        assert!(of(Tool::DispatchSetEta, &same, String::new).is_ok());
        same.request_id = Some("b");
        let failure = of(Tool::DispatchSetEta, &same, String::new).expect_err("two keys");
        assert!(failure.to_string().contains("--request-id"), "{failure}");
    }

    #[test]
    fn data_is_json_and_an_object() {
        for wrong in ["{", "[]", "1", "@/nowhere/at/all"] {
            let outcome = of(Tool::DispatchSetEta, &given(Some(wrong), &[]), String::new);
            assert!(matches!(outcome, Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
