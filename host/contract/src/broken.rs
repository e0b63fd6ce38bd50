//! What is wrong with a body, in words that let its caller mend it. Which fields there
//! are is the schemas' business.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde::Deserialize;
use serde_json::Value;

use crate::actor::Actor;
use crate::call::KEY_PATTERN;
use crate::id;
use crate::refusal::Violation;
use crate::schema::MAX_VIOLATIONS;

/// What the envelope asks for and a schema cannot say.
pub(crate) fn beyond_schema(body: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    if let Some(actor) = body.get("actor").filter(|actor| !actor.is_null())
        && let Err(error) = Actor::deserialize(actor)
    {
        found.push(Violation {
            path: "/actor".into(),
            rule: "actor".into(),
            message: error.to_string(),
        });
    }
    if let Some(channel) = body.get("channel")
        && channel["kind"] == "internal"
        && channel["peer"] != "system"
    {
        found.push(Violation {
            path: "/channel/peer".into(),
            rule: "internal_peer".into(),
            message: "the peer of the internal channel is `system`".into(),
        });
    }
    found
}

/// The one character that no text can hold where it is kept, as it stands in JSON.
pub(crate) const NUL: &[u8] = b"\\u0000";

/// Every text with a NUL in it.
pub(crate) fn find_nul(value: &Value, path: &mut String, found: &mut Vec<Violation>) {
    let length = path.len();
    let mut inside = |key: &str, value: &Value| {
        path.push('/');
        path.push_str(key);
        find_nul(value, path, found);
        path.truncate(length);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| inside(key, value)),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(n, value)| inside(&n.to_string(), value));
        }
        Value::String(text) if text.contains('\0') && found.len() < MAX_VIOLATIONS => {
            found.push(Violation {
                path: path.clone(),
                rule: "no_nul".into(),
                message: "leave the character U+0000 out: no text can hold it".into(),
            });
        }
        _ => {}
    }
}

/// Bytes of one violation's message at most.
const MAX_MESSAGE: usize = 300;

/// What is wrong, in words that let a caller mend it.
pub(crate) fn say(error: &ValidationError<'_>) -> String {
    let mut message = match error.kind() {
        ValidationErrorKind::Pattern { pattern } if pattern == id::PATTERN => {
            "not an id: an id is a ULID, 26 characters of 0-9 and A-Z without I, L, O and U".into()
        }
        ValidationErrorKind::Pattern { pattern } if pattern == KEY_PATTERN => {
            "give 1 to 128 printable ASCII characters, with no blank at either end".into()
        }
        ValidationErrorKind::Enum { options } => {
            let words = options.as_array().into_iter().flatten();
            let words = words.filter(|word| !word.is_null());
            let mut words: Vec<_> = words.map(ToString::to_string).collect();
            let last = words.pop().unwrap_or_default();
            format!("give {} or {last}", words.join(", "))
        }
        _ => error.to_string(),
    };
    if message.len() > MAX_MESSAGE {
        // the caller knows the value; what is wrong with it must not be cut off
        message = error.masked().to_string();
    }
    if message.len() > MAX_MESSAGE {
        let cut = (0..=MAX_MESSAGE)
            .rev()
            .find(|i| message.is_char_boundary(*i));
        message.truncate(cut.unwrap_or(0));
        message.push('…');
    }
    message
}

/// `minLength` as `min_length`: rules have one spelling.
pub(crate) fn snake(keyword: &str) -> String {
    let mut out = String::with_capacity(keyword.len() + 4);
    for c in keyword.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
