//! The answers that a rule gives to "what becomes of the ticket?".

use crate::{Outcome, Proposal, State};

impl Proposal {
    /// Commit; the ticket stays where it is.
    pub fn stay() -> Self {
        Self::move_to(None)
    }

    /// Commit, and drive the ticket to `to`.
    pub fn advance(to: State) -> Self {
        Self::move_to(Some(to))
    }

    /// Commit, and drive the ticket where `to` says.
    pub fn move_to(to: Option<State>) -> Self {
        Self::Commit(Outcome {
            to,
            overridden: Vec::new(),
        })
    }

    /// Commit, and drive the ticket to `to` although these gates do not hold.
    pub fn overriding(to: State, gates: &[&str]) -> Self {
        Self::Commit(Outcome {
            to: Some(to),
            overridden: owned(gates),
        })
    }

    /// This is not legal in the ticket's state; `why` in a sentence.
    pub fn illegal(why: &str) -> Self {
        Self::Illegal(why.to_owned())
    }

    /// These gates do not hold yet.
    pub fn blocked(gates: &[&str]) -> Self {
        Self::Blocked(owned(gates))
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}
