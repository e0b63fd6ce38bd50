//! The end of an allowed call: everything written, all or nothing.

use dispatch_contract::Case;
use dispatch_contract::decision::DecisionRecord;
use dispatch_contract::event::Event;
use dispatch_contract::outbox::Topic;

use crate::begin::{Hold, Open};
use crate::entry::Entry;
use crate::error::LedgerError;
use crate::{batch, create};

/// What an allowed call commits.
#[derive(Clone, Copy, Debug)]
pub struct Commit<'a> {
    /// The case after the events.
    pub case: &'a Case,
    /// The events, with their places in the chain ([`Open::chain`] went before).
    pub events: &'a [Event],
    /// The verdict and what it depended on.
    pub decision: &'a DecisionRecord,
    /// What is answered, now and whenever the key is seen again.
    pub answer: &'a [u8],
    /// What must go out later, by the place of its event in `events`.
    pub owed: &'a [(usize, Topic)],
}

impl Open {
    /// Write ticket, events, case file, decision, key and outbox: all, or nothing.
    ///
    /// # Errors
    /// [`LedgerError::Overtaken`] where another host was first. Where the events do not
    /// join the chain or belong to another ticket, and where
    /// the database cannot answer: nothing is committed, except where the connection broke
    /// while the commit was under way; then the same key tells.
    pub async fn commit(self, commit: Commit<'_>) -> Result<(), LedgerError> {
        self.check(&commit)?;
        let entry = Entry::of(&self, &commit)?;
        match self.hold {
            Hold::Turn { turn, writers } => writers.write(entry, turn).await,
            Hold::Transaction { mut lane } => {
                let written = create::write(lane.connection(), &entry).await;
                let end = if written.is_ok() {
                    "COMMIT"
                } else {
                    "ROLLBACK"
                };
                lane.run(end).await?;
                lane.done();
                written.map_err(batch::told)
            }
        }
    }

    /// The events are this ticket's and join its chain.
    fn check(&self, commit: &Commit<'_>) -> Result<(), LedgerError> {
        let wrong = |what: &str| Err(LedgerError::Inconsistent(what.to_owned()));
        let ticket = &commit.case.ticket;
        let mut head = (self.chain.sequence, self.chain.hash.as_str());
        for event in commit.events {
            if event.ticket_id != Some(ticket.ticket_id) || event.ticket_version != ticket.version {
                return wrong("an event belongs to another ticket or version");
            }
            if event.sequence != head.0 + 1 || event.previous_hash != head.1 {
                return wrong("the events do not join the ticket's chain");
            }
            head = (event.sequence, &event.hash);
        }
        let Some(first) = commit.events.first() else {
            return wrong("there is no event");
        };
        if commit.events.iter().any(|event| event.actor != first.actor) {
            return wrong("the events have several actors");
        }
        if commit.owed.iter().any(|(at, _)| *at >= commit.events.len()) {
            return wrong("something is owed by an event that is not there");
        }
        if !commit.decision.decision.allowed {
            return wrong("the decision refuses");
        }
        Ok(())
    }
}
