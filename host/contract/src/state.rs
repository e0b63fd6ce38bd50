//! The lifecycle: nine states and the only moves between them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a ticket stands.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Taken in.
    New,
    /// Classified, with a priority.
    Triaged,
    /// Everything known that a visit needs.
    Schedulable,
    /// A window is confirmed.
    Scheduled,
    /// A technician is on the way, with an ETA.
    Dispatched,
    /// The technician is there.
    Onsite,
    /// Work done and evidenced; papers outstanding.
    CloseoutPending,
    /// Done. Nothing leads out.
    Closed,
    /// Called off. Nothing leads out.
    Canceled,
}

impl State {
    /// Every state, in the order of the lifecycle.
    pub const ALL: [Self; 9] = [
        Self::New,
        Self::Triaged,
        Self::Schedulable,
        Self::Scheduled,
        Self::Dispatched,
        Self::Onsite,
        Self::CloseoutPending,
        Self::Closed,
        Self::Canceled,
    ];

    /// The matrix: the states that this one may move to. Nobody passes it,
    /// `operator_admin` no more than a component.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::New => &[Self::Triaged, Self::Schedulable, Self::Canceled],
            Self::Triaged => &[Self::Schedulable, Self::Canceled],
            Self::Schedulable => &[Self::Scheduled, Self::Canceled],
            Self::Scheduled => &[Self::Scheduled, Self::Dispatched, Self::Canceled],
            Self::Dispatched => &[Self::Onsite],
            Self::Onsite => &[Self::CloseoutPending],
            Self::CloseoutPending => &[Self::Closed],
            Self::Closed | Self::Canceled => &[],
        }
    }

    /// May a ticket move from here to `to`?
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// The state's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Triaged => "triaged",
            Self::Schedulable => "schedulable",
            Self::Scheduled => "scheduled",
            Self::Dispatched => "dispatched",
            Self::Onsite => "onsite",
            Self::CloseoutPending => "closeout_pending",
            Self::Closed => "closed",
            Self::Canceled => "canceled",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is not a state.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "not a state: one of new, triaged, schedulable, scheduled, dispatched, onsite, \
     closeout_pending, closed, canceled"
)]
pub struct BadState;

impl FromStr for State {
    type Err = BadState;
    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL
            .into_iter()
            .find(|state| state.name() == text)
            .ok_or(BadState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirteen_moves_and_no_other() {
        let moves: Vec<String> = State::ALL
            .into_iter()
            .flat_map(|from| from.next().iter().map(move |to| format!("{from}->{to}")))
            .collect();
        assert_eq!(
            moves,
            [
                "new->triaged",
                "new->schedulable",
                "new->canceled",
                "triaged->schedulable",
                "triaged->canceled",
                "schedulable->scheduled",
                "schedulable->canceled",
                "scheduled->scheduled",
                "scheduled->dispatched",
                "scheduled->canceled",
                "dispatched->onsite",
                "onsite->closeout_pending",
                "closeout_pending->closed",
            ]
        );
    }
}
