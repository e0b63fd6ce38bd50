//! What is known of the chains' hashes, and so whether an event verifies: its own hash
//! belongs to its content, and the hash before it is the one that the event before has.

use std::collections::HashMap;

use dispatch_contract::event::{ChainHead, GENESIS};
use dispatch_contract::{Event, TicketId};

use crate::theme::Role;

/// Places remembered at most; then the memory begins anew.
const MOST: usize = 20_000;

/// How an event stands in its chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// Its hash is its content's, and it joins the event before.
    Verified,
    /// Its hash is its content's; the event before it was not seen.
    Alone,
    /// Its hash is not its content's.
    Forged,
    /// It does not join the event before it.
    Torn,
}

impl Standing {
    pub(crate) fn mark(self) -> char {
        match self {
            Self::Verified => '✓',
            Self::Alone => '·',
            Self::Forged | Self::Torn => '✗',
        }
    }

    pub(crate) fn role(self) -> Role {
        match self {
            Self::Verified => Role::Good,
            Self::Alone => Role::Faint,
            Self::Forged | Self::Torn => Role::Alarm,
        }
    }

    pub(crate) fn says(self) -> &'static str {
        match self {
            Self::Verified => "yes: the hash is the content's, and it joins the event before it",
            Self::Alone => {
                "its own hash does; the event before it is not loaded (v reads the whole chain)"
            }
            Self::Forged => "NO: the hash does not belong to the content",
            Self::Torn => "NO: it does not join the event before it in its chain",
        }
    }

    pub(crate) fn is_broken(self) -> bool {
        matches!(self, Self::Forged | Self::Torn)
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Chains {
    hashes: HashMap<(Option<TicketId>, u64), String>,
    walked: ChainHead,
}

impl Chains {
    /// Remember an event, and say how it stands.
    pub(crate) fn keep(&mut self, event: &Event) -> Standing {
        if self.hashes.len() >= MOST {
            self.hashes.clear();
        }
        let forged = event.compute_hash() != event.hash;
        let place = (event.ticket_id, event.sequence);
        // what others join is the hash that is stated; an empty one is joined by nobody
        let stated = if forged {
            String::new()
        } else {
            event.hash.clone()
        };
        self.hashes.insert(place, stated);
        self.stand(event)
    }

    /// How an event that was kept stands by what is known now.
    pub(crate) fn stand(&self, event: &Event) -> Standing {
        let kept = self.hashes.get(&(event.ticket_id, event.sequence));
        if kept.is_some_and(String::is_empty) {
            return Standing::Forged;
        }
        if event.sequence == 1 {
            return if event.previous_hash == GENESIS {
                Standing::Verified
            } else {
                Standing::Torn
            };
        }
        match self
            .hashes
            .get(&(event.ticket_id, event.sequence.wrapping_sub(1)))
        {
            Some(before) if *before == event.previous_hash => Standing::Verified,
            Some(_) => Standing::Torn,
            None => Standing::Alone,
        }
    }

    /// Walk a part of a chain, from its beginning or on from the part before.
    ///
    /// # Errors
    /// What does not verify, and where.
    pub(crate) fn walk(&mut self, events: &[Event], from_start: bool) -> Result<u64, String> {
        if from_start {
            self.walked = ChainHead::default();
        }
        for event in events {
            self.keep(event);
            self.walked
                .verify(event)
                .map_err(|wrong| format!("event {} does not verify: {wrong}", event.sequence))?;
        }
        Ok(self.walked.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::chain;

    #[test]
    fn each_event_verifies_once_the_one_before_it_is_known() {
        let events = chain(1, 3);
        let mut chains = Chains::default();
        assert_eq!(chains.keep(&events[2]), Standing::Alone);
        assert_eq!(chains.keep(&events[1]), Standing::Alone);
        assert_eq!(chains.stand(&events[2]), Standing::Verified);
        assert_eq!(chains.keep(&events[0]), Standing::Verified);
        assert_eq!(chains.walk(&events, true), Ok(3));
    }

    #[test]
    fn what_was_changed_does_not_verify() {
        let mut events = chain(1, 3);
        events[1].request_id = "another".into();
        let mut chains = Chains::default();
        for event in &events {
            chains.keep(event);
        }
        assert_eq!(chains.stand(&events[1]), Standing::Forged);
        assert_eq!(chains.stand(&events[2]), Standing::Torn);
        assert!(chains.walk(&events, true).unwrap_err().contains("event 2"));
        // sealed again with a hash of its own, it no longer joins
        events[1].hash = events[1].compute_hash();
        let mut chains = Chains::default();
        for event in &events {
            chains.keep(event);
        }
        assert_eq!(chains.stand(&events[1]), Standing::Verified);
        assert_eq!(chains.stand(&events[2]), Standing::Torn);
    }
}
