//! From bytes to a call: the JSON Schema of each tool, and every violation at once.

use std::sync::LazyLock;

use jsonschema::Validator;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::actor::Actor;
use crate::body;
use crate::broken::{NUL, beyond_schema, find_nul, say, snake};
use crate::call::{Call, Envelope};
use crate::id::TicketId;
use crate::input::{self, Input};
use crate::refusal::{Code, Phase, Refusal, Violation};
use crate::time::{Timestamp, Zone};
use crate::tool::Tool;

/// The largest JSON body of a call, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Violations listed in one refusal; what is beyond is counted, not listed.
pub const MAX_VIOLATIONS: usize = 50;

static SCHEMAS: LazyLock<Vec<Value>> = LazyLock::new(|| Tool::ALL.map(build).into());

static VALIDATORS: LazyLock<Vec<Validator>> = LazyLock::new(|| {
    SCHEMAS
        .iter()
        .map(|schema| {
            jsonschema::options()
                .should_validate_formats(true)
                // what the schema lets through, the type takes
                .with_format("date-time", |text: &str| text.parse::<Timestamp>().is_ok())
                .with_format("iana-time-zone", |text: &str| text.parse::<Zone>().is_ok())
                .build(schema)
                .expect("the schemas are made from the types of this crate")
        })
        .collect()
});

fn index(tool: Tool) -> usize {
    Tool::ALL
        .iter()
        .position(|t| *t == tool)
        .expect("ALL holds every tool")
}

/// The JSON Schema (draft 2020-12) of a tool's body.
#[must_use]
pub fn of(tool: Tool) -> &'static Value {
    &SCHEMAS[index(tool)]
}

fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().into();
    name_choices(&mut schema);
    schema
}

/// A choice between documented words as one `enum`: a refusal then names the
/// words there are, where `oneOf` would only say that none fits.
fn name_choices(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let words: Option<Vec<Value>> = fields
                .get("oneOf")
                .and_then(Value::as_array)
                .and_then(|all| all.iter().map(|one| one.get("const").cloned()).collect());
            if let Some(words) = words {
                fields.remove("oneOf");
                fields.insert("enum".into(), words.into());
            }
            fields.values_mut().for_each(name_choices);
            // the same where the word may be left out
            let words = match fields
                .get("anyOf")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
            {
                Some([one, none]) if *none == json!({ "type": "null" }) => one.get("enum"),
                _ => None,
            };
            if let Some(mut words) = words.and_then(Value::as_array).cloned() {
                words.push(Value::Null);
                fields.remove("anyOf");
                fields.insert("enum".into(), words.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(name_choices),
        _ => {}
    }
}

fn input_schema(tool: Tool) -> Value {
    match tool {
        Tool::TicketCreate => schema_of::<input::TicketCreate>(),
        Tool::TicketAddMessage => schema_of::<input::TicketAddMessage>(),
        Tool::TicketSetPriority => schema_of::<input::TicketSetPriority>(),
        Tool::ScheduleProposeSlots => schema_of::<input::ScheduleProposeSlots>(),
        Tool::ScheduleConfirm => schema_of::<input::ScheduleConfirm>(),
        Tool::DispatchAssignTech => schema_of::<input::DispatchAssignTech>(),
        Tool::DispatchSetEta => schema_of::<input::DispatchSetEta>(),
        Tool::CloseoutAddNote => schema_of::<input::CloseoutAddNote>(),
        Tool::CloseoutAddPhoto => schema_of::<input::CloseoutAddPhoto>(),
        Tool::CloseoutChecklistComplete => schema_of::<input::CloseoutChecklistComplete>(),
        Tool::BillingGenerateInvoiceDraft => schema_of::<input::BillingGenerateInvoiceDraft>(),
        Tool::BillingCompileCloseoutPacket => schema_of::<input::BillingCompileCloseoutPacket>(),
    }
}

/// The envelope and the tool's input as one object, as it stands in a body.
fn build(tool: Tool) -> Value {
    let part = |schema: &Value, key: &str| schema.get(key).cloned().unwrap_or_default();
    let (envelope, input) = (schema_of::<Envelope>(), input_schema(tool));
    let mut properties = Map::new();
    let mut required: Vec<Value> = vec!["request_id".into()];
    for (schema, is_input) in [(&envelope, false), (&input, true)] {
        if let Value::Object(own) = part(schema, "properties") {
            properties.extend(own);
        }
        if let (true, Value::Array(own)) = (is_input, part(schema, "required")) {
            required.extend(own);
        }
    }
    if tool == Tool::TicketCreate {
        properties.remove("ticket_id");
        properties.remove("expected_version");
    } else {
        required.push("ticket_id".into());
        properties.insert("ticket_id".into(), schema_of::<TicketId>());
    }
    if tool == Tool::TicketAddMessage {
        required.push("channel".into());
        properties.insert("channel".into(), schema_of::<crate::channel::Channel>());
    }
    for property in properties.values_mut() {
        if let Value::Object(own) = property {
            own.remove("$schema");
            own.remove("title");
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": tool.name(),
        "description": tool.purpose(),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A body read as JSON and checked against its tool's schema.
#[derive(Debug)]
pub struct Parsed {
    /// The call.
    pub call: Call,
    /// Who the body says is calling, where it says so.
    pub claimed_actor: Option<Actor>,
}

/// Read a body.
///
/// `header_key` is the `Idempotency-Key` header, which may stand for
/// `request_id` and must agree where both are given.
///
/// # Errors
/// `malformed_json` where it is not a JSON object, `invalid_input` with every
/// violation where it breaks the schema.
pub fn parse(tool: Tool, body: &[u8], header_key: Option<&str>) -> Result<Parsed, Refusal> {
    let has_nul = body.windows(NUL.len()).any(|window| window == NUL);
    let mut body = body::read(body).map_err(|error| {
        Refusal::new(
            Code::MalformedJson,
            Phase::Request,
            format!("The body is not JSON: {error}. Send one JSON object."),
        )
    })?;
    if let (Some(key), Value::Object(fields)) = (header_key, &mut body) {
        let given = fields.entry("request_id").or_insert_with(|| key.into());
        if given != key {
            return Err(invalid(vec![Violation {
                path: "/request_id".into(),
                rule: "key_mismatch".into(),
                message: "request_id and the Idempotency-Key header differ; send one of them, \
                          or the same in both"
                    .into(),
            }]));
        }
    }
    let mut violations = violations(tool, &body);
    // only the escape puts one into a text, so that almost no body is walked
    if has_nul {
        find_nul(&body, &mut String::new(), &mut violations);
    }
    if violations.is_empty() {
        violations.extend(beyond_schema(&body));
    }
    if !violations.is_empty() {
        return Err(invalid(violations));
    }
    split(tool, body).map_err(|error| {
        invalid(vec![Violation {
            path: String::new(),
            rule: "schema".into(),
            message: error.to_string(),
        }])
    })
}

fn invalid(violations: Vec<Violation>) -> Refusal {
    let detail = match violations.as_slice() {
        [one] => format!("{}: {}", pointer(&one.path), one.message),
        many => format!("{} rules are broken; each is listed.", many.len()),
    };
    Refusal::new(Code::InvalidInput, Phase::Schema, detail).with_violations(violations)
}

fn pointer(path: &str) -> &str {
    if path.is_empty() { "the body" } else { path }
}

fn violations(tool: Tool, body: &Value) -> Vec<Violation> {
    let validator = &VALIDATORS[index(tool)];
    if validator.is_valid(body) {
        return Vec::new();
    }
    validator
        .iter_errors(body)
        .take(MAX_VIOLATIONS)
        .map(|error| Violation {
            path: error.instance_path().to_string(),
            rule: snake(error.kind().keyword()),
            message: say(&error),
        })
        .collect()
}

fn split(tool: Tool, body: Value) -> Result<Parsed, serde_json::Error> {
    let Value::Object(fields) = body else {
        return serde_json::from_value::<Envelope>(body).map(|_| unreachable!("not an object"));
    };
    let (envelope, input): (Map<_, _>, Map<_, _>) = fields
        .into_iter()
        .partition(|(key, _)| Envelope::KEYS.contains(&key.as_str()));
    let envelope: Envelope = serde_json::from_value(envelope.into())?;
    let input: Input = serde_json::from_value(json!({ "tool": tool, "input": input }))?;
    Ok(Parsed {
        call: Call {
            request_id: envelope.request_id,
            ticket_id: envelope.ticket_id,
            channel: envelope.channel,
            expected_version: envelope.expected_version,
            gate_override: envelope.gate_override,
            input,
        },
        claimed_actor: envelope.actor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N";

    fn parse_value(tool: Tool, body: &Value) -> Result<Parsed, Refusal> {
        parse(tool, &serde_json::to_vec(body).unwrap(), None)
    }

    #[test]
    fn null_in_an_optional_field_is_absence() {
        let body = json!({"request_id": "r", "ticket_id": TICKET, "eta_text": "9 to 10", "eta_at": null, "override": null});
        let bare = json!({"request_id": "r", "ticket_id": TICKET, "eta_text": "9 to 10"});
        let one = parse_value(Tool::DispatchSetEta, &body).unwrap().call;
        assert_eq!(one, parse_value(Tool::DispatchSetEta, &bare).unwrap().call);
    }

    #[test]
    fn a_violation_says_what_would_be_right() {
        let said = |tool, mut body: Value| {
            body["ticket_id"] = json!(TICKET);
            let refusal = parse_value(tool, &body).unwrap_err();
            let [one] = refusal.violations.as_slice() else {
                panic!("{:?}", refusal.violations)
            };
            format!("{} {}: {}", one.path, one.rule, one.message)
        };
        let message = |raw: &str, peer: &str| {
            json!({"request_id": "r", "channel": {"kind": "internal", "peer": peer},
                "message": {"raw": raw, "normalized": "n", "direction": "inbound"}})
        };
        for (tool, body, expected) in [
            (
                Tool::CloseoutChecklistComplete,
                json!({"request_id": "r", "item_key": "x"}),
                "/item_key enum: give \"work_performed\", \"parts_used_or_needed\", \
                 \"resolution_status\", \"onsite_photos_after\" or \"billing_authorization\"",
            ),
            (
                Tool::CloseoutChecklistComplete,
                json!({"request_id": " r", "item_key": "work_performed"}),
                "/request_id pattern: give 1 to 128 printable ASCII characters, with no blank at \
                 either end",
            ),
            (
                Tool::TicketAddMessage,
                message(&"a".repeat(40_000), "system"),
                "/message/raw max_length: value is longer than 32768 characters",
            ),
            (
                Tool::TicketAddMessage,
                message("a", "bob"),
                "/channel/peer internal_peer: the peer of the internal channel is `system`",
            ),
            (
                Tool::BillingCompileCloseoutPacket,
                json!({"request_id": "r", "actor": {"role": "customer", "agent_id": TICKET}}),
                "/actor actor: an actor of role customer carries exactly customer_id",
            ),
        ] {
            assert_eq!(said(tool, body), expected);
        }
    }

    #[test]
    fn every_violation_at_once_with_its_path() {
        let body = json!({"request_id": "", "ticket_id": "x", "surplus": 1,
            "windows": [{"window_start": "soon", "window_end": "2026-03-01T10:00:00Z", "timezone": "Mars/Olympus"}]});
        let refusal = parse_value(Tool::ScheduleProposeSlots, &body).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.phase),
            (Code::InvalidInput, Phase::Schema)
        );
        let mut found: Vec<_> = refusal
            .violations
            .iter()
            .map(|v| (v.path.as_str(), v.rule.as_str()))
            .collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("", "additional_properties"),
                ("/request_id", "pattern"),
                ("/ticket_id", "pattern"),
                ("/windows/0/timezone", "format"),
                ("/windows/0/window_start", "format"),
            ]
        );
    }

    #[test]
    fn the_header_may_carry_the_key_and_must_agree() {
        let body = serde_json::to_vec(&json!({"ticket_id": TICKET})).unwrap();
        let tool = Tool::BillingCompileCloseoutPacket;
        assert_eq!(parse(tool, &body, Some("k")).unwrap().call.request_id, "k");
        let both = serde_json::to_vec(&json!({"ticket_id": TICKET, "request_id": "a"})).unwrap();
        let refusal = parse(tool, &both, Some("b")).unwrap_err();
        assert_eq!(refusal.violations[0].rule, "key_mismatch");
    }

    #[test]
    fn what_is_not_an_object_is_refused_not_fatal() {
        for body in ["", "nul", "[1", "\u{feff}{}"] {
            let refusal = parse(Tool::TicketCreate, body.as_bytes(), Some("k")).unwrap_err();
            assert_eq!(refusal.code, Code::MalformedJson, "{body}");
        }
        for body in ["[]", "1", "null", "\"x\""] {
            let refusal = parse(Tool::TicketCreate, body.as_bytes(), Some("k")).unwrap_err();
            assert_eq!(refusal.code, Code::InvalidInput, "{body}");
        }
    }

    #[test]
    fn two_readers_of_one_body_read_the_same() {
        let twice = br#"{"request_id":"r","priority":"standard","priority":"emergency"}"#;
        let refusal = parse(Tool::TicketSetPriority, twice, None).unwrap_err();
        assert_eq!(refusal.code, Code::MalformedJson);
        assert!(
            refusal.detail.contains("`priority` stands twice"),
            "{}",
            refusal.detail
        );
        let body = json!({"request_id": "r", "ticket_id": TICKET, "line_items": [
            {"description": "work", "quantity": 2.0, "unit_amount_cents": 1e3}]});
        let parsed = parse_value(Tool::BillingGenerateInvoiceDraft, &body).unwrap();
        let Input::BillingGenerateInvoiceDraft(draft) = parsed.call.input else {
            panic!("a draft")
        };
        let items = draft.line_items.unwrap();
        assert_eq!((items[0].quantity, items[0].unit_amount_cents), (2, 1_000));
    }

    #[test]
    fn a_time_that_could_not_be_written_is_refused_where_it_stands() {
        for at in [
            "9999-12-31T12:00:00-12:00",
            "0000-01-01T00:00:00+12:00",
            "soon",
        ] {
            let body =
                json!({"request_id": "r", "ticket_id": TICKET, "eta_text": "then", "eta_at": at});
            let refusal = parse_value(Tool::DispatchSetEta, &body).unwrap_err();
            let found: Vec<_> = refusal.violations.iter().map(|v| v.path.as_str()).collect();
            assert_eq!(found, ["/eta_at"], "{at}: {:?}", refusal.violations);
        }
    }

    #[test]
    fn a_text_with_a_nul_is_refused_where_it_stands() {
        let body = json!({"request_id": "r", "ticket_id": TICKET, "line_items": [
            {"description": "work", "quantity": 1, "unit_amount_cents": 1},
            {"description": "a\u{0}b", "quantity": 1, "unit_amount_cents": 1}]});
        let refusal = parse_value(Tool::BillingGenerateInvoiceDraft, &body).unwrap_err();
        assert_eq!(refusal.violations.len(), 1);
        assert_eq!(refusal.violations[0].path, "/line_items/1/description");
        assert_eq!(refusal.violations[0].rule, "no_nul");
        // the six characters of the escape are a text like any other
        let spelt = json!({"request_id": "r", "ticket_id": TICKET, "eta_text": "\\u0000"});
        assert!(parse_value(Tool::DispatchSetEta, &spelt).is_ok());
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_words_there_are() {
        let body = json!({"request_id": "r", "ticket_id": TICKET, "priority": "urgent"});
        let refusal = parse_value(Tool::TicketSetPriority, &body).unwrap_err();
        let violation = &refusal.violations[0];
        assert_eq!(
            (violation.path.as_str(), violation.rule.as_str()),
            ("/priority", "enum")
        );
        assert!(
            violation.message.contains("\"standard\" or \"emergency\""),
            "{violation:?}"
        );
        // also where it may be left out
        let body = json!({"request_id": "r", "priority": "urgent"});
        let refusal = parse_value(Tool::TicketCreate, &body).unwrap_err();
        let optional = refusal.violations.iter().find(|v| v.path == "/priority");
        assert_eq!(optional.map(|v| v.rule.as_str()), Some("enum"));
    }

    #[test]
    fn a_message_needs_its_channel() {
        let body = json!({"request_id": "r", "ticket_id": TICKET,
            "message": {"raw": "hi", "normalized": "hi", "direction": "inbound"}});
        let refusal = parse_value(Tool::TicketAddMessage, &body).unwrap_err();
        assert_eq!(refusal.violations[0].rule, "required");
        assert!(refusal.violations[0].message.contains("channel"));
    }
}
