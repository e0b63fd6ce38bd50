//! One tool invocation: what every call carries, and its input.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::canonical;
use crate::channel::Channel;
use crate::id::TicketId;
use crate::input::Input;
use crate::tool::Tool;

/// An operator's word that a gate may be passed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Why, for the audit trail.
    #[schemars(length(min = 10, max = 500))]
    pub reason: String,
}

/// What an idempotency key looks like.
pub(crate) const KEY_PATTERN: &str = r"^[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?$";

/// Whether a text may be an idempotency key, as [`KEY_PATTERN`] says.
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && !text.starts_with(' ')
        && !text.ends_with(' ')
}

/// What every call carries beside its input, as it stands in the body.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The idempotency key: 1 to 128 printable characters.
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub request_id: String,
    /// The ticket; every tool but `ticket.create` needs it.
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
    /// Where the word came in.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// Who the caller says it is; must match the credential.
    #[serde(default)]
    pub actor: Option<Actor>,
    /// Refuse unless the ticket is still at this version.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub expected_version: Option<u64>,
    /// Pass a gate; operators only.
    #[serde(default, rename = "override")]
    pub gate_override: Option<Override>,
}

impl Envelope {
    /// The keys of a body that belong to the envelope; all others are the tool's input.
    pub const KEYS: [&'static str; 6] = [
        "request_id",
        "ticket_id",
        "channel",
        "actor",
        "expected_version",
        "override",
    ];
}

/// A call that is in order by its schema. Who calls is kept beside it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Call {
    /// The idempotency key.
    pub request_id: String,
    /// The ticket; none for `ticket.create`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// Where the word came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Refuse unless the ticket is still at this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u64>,
    /// Pass a gate; operators only.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "override")]
    pub gate_override: Option<Override>,
    /// The tool and its input.
    pub input: Input,
}

/// What decides whether two calls with one key are the same call.
#[derive(Serialize)]
struct Content<'a> {
    actor: Actor,
    call: &'a Call,
}

/// Where an idempotency key counts.
#[derive(Serialize)]
struct Scope<'a> {
    tool: Tool,
    ticket_id: Option<TicketId>,
    actor: Option<Actor>,
    request_id: &'a str,
}

impl Call {
    /// The tool called.
    #[must_use]
    pub fn tool(&self) -> Tool {
        self.input.tool()
    }

    /// SHA-256 over the canonical content, the actor included, so that nobody
    /// is answered what another was.
    #[must_use]
    pub fn content_digest(&self, actor: Actor) -> [u8; 32] {
        canonical::sha256(&canonical::bytes(&Content { actor, call: self }))
    }

    /// SHA-256 over the key's scope: tool + ticket + request_id, and for
    /// `ticket.create` tool + actor + request_id.
    #[must_use]
    pub fn key_digest(&self, actor: Actor) -> [u8; 32] {
        canonical::sha256(&canonical::bytes(&Scope {
            tool: self.tool(),
            ticket_id: self.ticket_id,
            actor: self.ticket_id.is_none().then_some(actor),
            request_id: &self.request_id,
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema;

    #[test]
    fn a_key_is_one_by_itself_where_it_is_one_in_a_body() {
        let long = "k".repeat(129);
        for text in [
            "",
            " ",
            "k",
            "~",
            "a b",
            " a",
            "a ",
            "a\tb",
            "a\u{7f}",
            "kü",
            &long[1..],
            &long,
        ] {
            let body = json!({ "request_id": text, "ticket_id": "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N" });
            let body = serde_json::to_vec(&body).unwrap();
            let taken = schema::parse(Tool::BillingCompileCloseoutPacket, &body, None).is_ok();
            assert_eq!(is_key(text), taken, "{text:?}");
        }
    }
}
