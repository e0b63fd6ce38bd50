//! What must go out once a call is committed. Rows only; sending is the worker's.

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::state::State;

/// What a row of the outbox is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Tell the customer which window stands.
    CustomerConfirmation,
    /// Tell the customer when somebody comes.
    CustomerEta,
    /// Tell the technician what they are on.
    TechnicianAssignment,
    /// Tell the customer that the job is done.
    CustomerClosure,
    /// Tell the customer that the job is called off.
    CustomerCancellation,
}

impl Topic {
    /// The topic's name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CustomerConfirmation => "customer_confirmation",
            Self::CustomerEta => "customer_eta",
            Self::TechnicianAssignment => "technician_assignment",
            Self::CustomerClosure => "customer_closure",
            Self::CustomerCancellation => "customer_cancellation",
        }
    }
}

/// What these facts owe to the outside, with the place of the fact that owes it.
#[must_use]
pub fn owed(facts: &[Fact]) -> Vec<(usize, Topic)> {
    facts
        .iter()
        .enumerate()
        .filter_map(|(at, fact)| {
            let topic = match fact {
                Fact::Confirmed(_) => Topic::CustomerConfirmation,
                Fact::EtaSet(_) => Topic::CustomerEta,
                Fact::TechAssigned(_) => Topic::TechnicianAssignment,
                Fact::StateChanged(change) if change.to == State::Closed => Topic::CustomerClosure,
                Fact::StateChanged(change) if change.to == State::Canceled => {
                    Topic::CustomerCancellation
                }
                _ => return None,
            };
            Some((at, topic))
        })
        .collect()
}
