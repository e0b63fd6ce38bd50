//! Identifiers: ULIDs, 26 characters of Crockford base32, one type per thing named.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

/// The pattern every id matches; the first digit keeps it within 128 bits.
pub const PATTERN: &str = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$";

/// A text that is not an id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an id: an id is a ULID, 26 characters of 0-9 and A-Z without I, L, O and U")]
pub struct BadId;

fn parse(text: &str) -> Result<Ulid, BadId> {
    let canonical = text.len() == 26
        && text
            .bytes()
            .next()
            .is_some_and(|b| (b'0'..=b'7').contains(&b))
        && text.bytes().all(|b| {
            b.is_ascii_digit()
                || (b.is_ascii_uppercase() && !matches!(b, b'I' | b'L' | b'O' | b'U'))
        });
    if !canonical {
        return Err(BadId);
    }
    Ulid::from_string(text).map_err(|_| BadId)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Ulid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": PATTERN, "description": "ULID" })
            }
        }
    )*};
}

ids! {
    /// A ticket, the unit of work.
    TicketId,
    /// A customer, found again by phone or email.
    CustomerId,
    /// A technician in the host's register.
    TechnicianId,
    /// A message of the case file.
    MessageId,
    /// A technician's note.
    NoteId,
    /// A set of proposed windows.
    ProposalId,
    /// A photo, an invoice draft or a closeout packet.
    AttachmentId,
    /// A committed fact.
    EventId,
    /// The record of a verdict.
    DecisionId,
    /// Whoever a credential names, whatever the role.
    PrincipalId,
    /// An organization: whose gateways and boards are its own.
    OrganizationId,
    /// An OpenClaw gateway that this house knows.
    GatewayId,
    /// A board: one lead agent and its workers on a gateway.
    BoardId,
    /// An agent on a gateway, as this house keeps it; not the gateway's own id for it.
    AgentRecordId,
}

impl OrganizationId {
    /// The organization that every house has from the start.
    pub const HOUSE: Self = Self(Ulid::nil());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_an_id() {
        let text = "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N";
        assert_eq!(text.parse::<TicketId>().unwrap().to_string(), text);
        for bad in [
            "",
            "01j9zq4y7m8k6t5r4e3w2q1p0n",
            "81J9ZQ4Y7M8K6T5R4E3W2Q1P0N",
            "01J9ZQ4Y7M8K6T5R4E3W2Q1P0",
            "01J9ZQ4Y7M8K6T5R4E3W2Q1P0I",
        ] {
            assert_eq!(bad.parse::<TicketId>(), Err(BadId), "{bad}");
        }
    }
}
