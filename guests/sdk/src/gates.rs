//! Gates: conditions on intake, evidence and checklist that an operator may
//! pass with a reason. Money is not among them: `billing.*` gates always hold.

use crate::{Case, Proposal, State};

/// The gates of one move that do not hold, in the order in which they were asked.
#[derive(Debug, Default)]
#[must_use]
pub struct Gates(Vec<&'static str>);

impl Gates {
    /// No gate has been asked yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Asks for a gate, named `group.gate`.
    pub fn need(mut self, holds: bool, gate: &'static str) -> Self {
        if !holds {
            self.0.push(gate);
        }
        self
    }

    /// Does every gate hold?
    pub fn all_hold(&self) -> bool {
        self.0.is_empty()
    }

    /// The gates that do not hold.
    pub fn missing(&self) -> &[&'static str] {
        &self.0
    }

    /// Drives the ticket to `to` if all gates hold or the operator's override
    /// passes those that do not; else says which stand in the way.
    pub fn then<I>(self, case: &Case<'_, I>, to: State) -> Proposal {
        let standing: Vec<_> = self
            .0
            .iter()
            .copied()
            .filter(|gate| !case.overrides() || !may_be_overridden(gate))
            .collect();
        if standing.is_empty() {
            Proposal::overriding(to, &self.0)
        } else {
            Proposal::blocked(&standing)
        }
    }
}

fn may_be_overridden(gate: &str) -> bool {
    ["intake.", "evidence.", "checklist."]
        .iter()
        .any(|group| gate.starts_with(group))
}
