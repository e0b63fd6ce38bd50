//! What a verdict depends on besides the pack: actor, call, facts, now.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::call::Call;
use crate::case::Case;
use crate::id::TechnicianId;
use crate::time::{Timestamp, Zone};

/// A technician as the register knows them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TechnicianFact {
    /// Who.
    pub technician_id: TechnicianId,
    /// May be assigned.
    pub active: bool,
    /// Where their day runs.
    pub timezone: Zone,
}

/// An uploaded object as the store knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObjectFact {
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// As uploaded.
    pub content_type: String,
}

/// What the ledger read, under the ticket's lock where there is a ticket.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// The ticket; none for `ticket.create`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
    /// The technician that the call names, where the register knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technician: Option<TechnicianFact>,
    /// The object that the call names, where the store holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectFact>,
}

/// The whole question put to a pack. Kept with every decision, so that the
/// verdict can be computed again later, bit for bit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Question {
    /// Who calls.
    pub actor: Actor,
    /// What is called.
    pub call: Call,
    /// What was so when it was judged.
    pub facts: Facts,
    /// When it was judged.
    pub now: Timestamp,
}
