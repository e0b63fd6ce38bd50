//! What becomes of packs: attempts to activate one, modes, and what would change.
//!
//! Payloads of the house's `policy.*` events, and what the pack routes answer.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::PackRef;
use crate::id::{DecisionId, TicketId};
use crate::time::Timestamp;
use crate::tool::Tool;
use crate::verdict::Verdict;

/// Where an attempt to activate a pack came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PackSource {
    /// The folder, as a host found it when it started.
    Start,
    /// The folder, changed while a host ran.
    Folder,
    /// An operator's candidate, or stored content that an operator enforces.
    Command,
    /// An operator's return to older content.
    Rollback,
    /// Another host's activation.
    Follow,
}

/// A step that a candidate passed, with its evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StepTaken {
    /// Which: `read`, `signature`, `manifest`, `cedar`, `components`, `settings`, `tests`,
    /// `revision`, `replay`, `store` or `swap`.
    pub step: String,
    /// Its time in microseconds.
    pub took_us: u64,
    /// What was found.
    pub evidence: String,
}

/// The step that a candidate did not pass.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StepFailed {
    /// Which, as in [`StepTaken::step`].
    pub step: String,
    /// What is wrong.
    pub reason: String,
    /// The file within the pack, where one is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Its column, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// The tool whose component is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Tool>,
    /// How to mend it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// It may pass when it is tried again: the database or this host was to blame, or another
    /// was first.
    #[serde(default)]
    pub may_pass: bool,
}

/// How a verdict changes from one pack to another.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FlipKind {
    /// It was allowed and would be refused.
    RefusedNow,
    /// It was refused and would be allowed.
    AllowedNow,
    /// It is allowed by both, and the ticket would move elsewhere.
    MovesElsewhere,
    /// It is allowed or refused as before, for another reason: other gates passed, another
    /// code or phase, other broken rules or missing gates.
    OtherReason,
    /// It was turned away for its role alone, before its ticket was read, and would be
    /// judged: whether it would be allowed, nobody knows.
    LetIn,
}

impl FlipKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::RefusedNow,
        Self::AllowedNow,
        Self::MovesElsewhere,
        Self::OtherReason,
        Self::LetIn,
    ];

    /// The kind's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RefusedNow => "refused_now",
            Self::AllowedNow => "allowed_now",
            Self::MovesElsewhere => "moves_elsewhere",
            Self::OtherReason => "other_reason",
            Self::LetIn => "let_in",
        }
    }
}

/// A recorded call that two packs judge differently.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FlippedCall {
    /// The decision that was recorded.
    pub decision_id: DecisionId,
    /// When it was judged.
    pub decided_at: Timestamp,
    /// The tool.
    pub tool: Tool,
    /// The ticket, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// How it changes.
    pub kind: FlipKind,
    /// The verdict that was given.
    pub before: Verdict,
    /// The candidate's.
    pub after: Verdict,
}

/// What a candidate would have judged differently.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Flips {
    /// Recorded calls that were judged again, those let in among them.
    pub judged: u64,
    /// How many of them flip.
    pub flipped: u64,
    /// Were allowed, would be refused.
    pub refused_now: u64,
    /// Were refused, would be allowed.
    pub allowed_now: u64,
    /// Would move the ticket elsewhere.
    pub moves_elsewhere: u64,
    /// Would be allowed or refused as before, for another reason.
    pub other_reason: u64,
    /// Were turned away for their role alone, would be judged.
    #[serde(default)]
    pub let_in: u64,
    /// Records that could not be read, and so were not judged.
    #[serde(default)]
    pub unreadable: u64,
    /// More than so many, flipped and unreadable together, stop the activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_flips: Option<u64>,
    /// The latest of them: 100 at most in an answer, 10 in an event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<FlippedCall>,
}

/// An attempt to activate a pack: the payload of `policy.pack_activated`,
/// `policy.pack_rolled_back` and `policy.pack_rejected`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackAttempt {
    /// The candidate, where it could be read that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackRef>,
    /// The revision it was activated under, or would have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Where it came from.
    pub source: PackSource,
    /// Why, in the operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The steps that it passed, in their order.
    pub steps: Vec<StepTaken>,
    /// What would flip, where it came that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flips: Option<Flips>,
    /// The step that it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<StepFailed>,
}

/// What became of an operator's candidate.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackOutcome {
    /// It judges now.
    pub activated: bool,
    /// It judged already: nothing was done.
    pub unchanged: bool,
    /// Its content is in the database, so that it can be put into shadow.
    pub kept: bool,
    /// The revision it is active under, or would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The candidate, where it could be read that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackRef>,
    /// The steps that it passed, in their order.
    pub steps: Vec<StepTaken>,
    /// What would flip, where it came that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flips: Option<Flips>,
    /// The step that it did not pass; the active pack stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<StepFailed>,
}

/// What a pack is used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PackMode {
    /// It judges.
    Enforce,
    /// It judges beside the active one; differences are recorded, never applied.
    Shadow,
    /// It is kept, and used for nothing.
    Off,
}

impl PackMode {
    /// The mode's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
            Self::Off => "off",
        }
    }
}

/// The payload of `policy.mode_changed`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ModeChange {
    /// The pack.
    pub pack: PackRef,
    /// Its mode now.
    pub mode: PackMode,
    /// In shadow: the tools it judges; absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// Why, in the operator's words.
    pub reason: String,
    /// The pack that was in shadow before, and is off now: one is at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<PackRef>,
}

/// What became of a change of mode.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ModeOutcome {
    /// It was changed; else it was so already, or a step failed.
    pub changed: bool,
    /// The pack.
    pub pack: PackRef,
    /// Its mode now.
    pub mode: PackMode,
    /// In shadow: the tools it judges; absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// The pack that was in shadow before, and is off now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<PackRef>,
    /// Enforced: the revision it is active under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The steps that it passed, in their order.
    pub steps: Vec<StepTaken>,
    /// Enforced: what would flip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flips: Option<Flips>,
    /// The step that it did not pass; nothing was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<StepFailed>,
}

/// A pack that judges beside the active one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShadowStatus {
    /// The pack.
    pub pack: PackRef,
    /// The tools it judges; absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Tool>>,
    /// Since when.
    pub since: Timestamp,
    /// Calls it has judged in shadow, on all hosts, whenever it was.
    pub judged: u64,
    /// How many of them it judged differently; the first 10,000 are kept.
    pub differing: u64,
    /// Verdicts in shadow of this host's, since it started, that the database did not take:
    /// they are in neither number.
    #[serde(default)]
    pub lost: u64,
    /// Why this host does not judge with it, where it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// A pack that was activated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackEntry {
    /// Name, version, digest.
    pub pack: PackRef,
    /// The revision it was activated under.
    pub revision: u64,
    /// When it was activated.
    pub activated_at: Timestamp,
}

/// A candidate of the folder that was turned down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackRejection {
    /// When.
    pub at: Timestamp,
    /// At which step, as in [`StepTaken::step`].
    pub step: String,
    /// Why.
    pub reason: String,
    /// The file within the pack, where one is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

impl fmt::Display for PackRejection {
    /// `settings: pack.toml:12: what is wrong`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.step)?;
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, _) => {}
        }
        f.write_str(&self.reason)
    }
}

/// How the content of a host's pack folder stands to what judges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FolderStanding {
    /// It is what judges.
    Active,
    /// Other content was activated since: by a command, a rollback or another host.
    Superseded,
    /// It was turned down, see `rejected`: the last good pack judges.
    Refused,
}

/// A host whose pack is not, or may not be, the one that is active.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Staleness {
    /// Since when.
    pub since: Timestamp,
    /// The revision that is active and that this host does not judge by, where it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_revision: Option<u64>,
    /// Why.
    pub reason: String,
}

/// Which pack judges, and what came before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackStatus {
    /// The pack that judges on this host.
    pub active: PackRef,
    /// The revision it is active under.
    pub revision: u64,
    /// It runs because the folder's pack could not: the last good one.
    pub last_good: bool,
    /// How the folder's content stands to it.
    pub folder: FolderStanding,
    /// The latest candidate of the folder that was turned down, if its folder still holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<PackRejection>,
    /// This host's pack is not, or may not be, the active one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Staleness>,
    /// The pack that judges beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowStatus>,
    /// Activations, the latest first, 200 at most.
    pub history: Vec<PackEntry>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_wire_are_the_serde_names() {
        for kind in FlipKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        for mode in [PackMode::Enforce, PackMode::Shadow, PackMode::Off] {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.name());
        }
    }
}
