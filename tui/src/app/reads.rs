//! What was asked and is not answered yet, and how much may be asked: a host takes so many
//! requests a second from one caller, and an ill one is left alone for a while. Where the
//! same is asked again before it is answered, the later answer counts: the earlier one may
//! be of before what made it be asked again.

use std::collections::HashMap;

use dispatch_contract::Timestamp;

use super::{Effect, To};
use crate::ask::Ask;
use crate::trouble::Trouble;

/// Reads a second, over a while; a host's own limit is 100.
const PER_SECOND: i64 = 40;
/// Reads at once.
const BURST: i64 = 40;
/// Reads not answered yet, at most.
const IN_FLIGHT: usize = 16;
/// After a failed read, nothing is read unasked for so long, in microseconds.
const REST_US: i64 = 2_000_000;

struct Asked {
    to: To,
    ask: Ask,
    /// It was asked again since.
    is_past: bool,
}

/// See the module.
pub(super) struct Reads {
    number: u64,
    asked: HashMap<u64, Asked>,
    left: i64,
    counted: Timestamp,
    now: Timestamp,
    rest_until: Option<Timestamp>,
}

impl Reads {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            number: 0,
            asked: HashMap::new(),
            left: BURST,
            counted: now,
            now,
            rest_until: None,
        }
    }

    pub(super) fn tick(&mut self, now: Timestamp) {
        self.now = now;
        let more = (now.micros() - self.counted.micros()) * PER_SECOND / 1_000_000;
        if more > 0 {
            self.left = (self.left + more).min(BURST);
            self.counted = now;
        } else if now < self.counted {
            self.counted = now;
        }
    }

    /// How many may be asked now.
    pub(super) fn room(&self) -> usize {
        if self.rest_until.is_some_and(|until| self.now < until) {
            return 0;
        }
        let free = IN_FLIGHT.saturating_sub(self.asked.len());
        usize::try_from(self.left).unwrap_or(0).min(free)
    }

    /// The host is well again, or somebody asks.
    pub(super) fn go_on(&mut self) {
        self.rest_until = None;
    }

    pub(super) fn send(&mut self, to: To, ask: Ask) -> Effect {
        self.number += 1;
        self.left -= 1;
        for known in self.asked.values_mut() {
            known.is_past |= known.to == to && known.ask == ask;
        }
        let asked = Asked {
            to,
            ask: ask.clone(),
            is_past: false,
        };
        self.asked.insert(self.number, asked);
        Effect::Ask(self.number, ask)
    }

    pub(super) fn asked(&self, to: To) -> bool {
        self.asked.values().any(|known| known.to == to)
    }

    /// Whom the answer under this number is for, and what it answers; none where nobody
    /// waits for it any more.
    pub(super) fn answered(&mut self, number: u64, trouble: Option<&Trouble>) -> Option<(To, Ask)> {
        // what is not there, or not for this token, is no illness
        if trouble.is_some_and(|trouble| !trouble.is_not_found() && !trouble.is_final()) {
            self.rest_until = Timestamp::from_micros(self.now.micros() + REST_US);
        }
        let known = self.asked.remove(&number)?;
        (!known.is_past).then_some((known.to, known.ask))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn no_more_is_asked_than_a_host_takes() {
        let mut reads = Reads::new(at(0));
        let mut sent = 0;
        for second in 0..100 {
            for _ in 0..10 {
                while reads.room() > 0 {
                    let Effect::Ask(number, _) = reads.send(To::Tools, Ask::Packs) else {
                        panic!("an ask");
                    };
                    sent += 1;
                    reads.answered(number, None);
                }
            }
            reads.tick(at(second + 1));
        }
        assert!(sent <= 100 * PER_SECOND + BURST, "{sent}");
    }

    #[test]
    fn of_two_equal_asks_the_later_ones_answer_counts() {
        let mut reads = Reads::new(at(0));
        let view = To::View(crate::views::Tab::Packs);
        for to in [view, view, To::Tools] {
            reads.send(to, Ask::Packs);
        }
        assert_eq!(reads.answered(1, None), None);
        assert_eq!(reads.answered(2, None), Some((view, Ask::Packs)));
        assert_eq!(reads.answered(3, None), Some((To::Tools, Ask::Packs)));
    }

    #[test]
    fn an_ill_host_is_left_alone_for_a_while() {
        let mut reads = Reads::new(at(0));
        reads.send(To::Tools, Ask::Packs);
        let trouble = Trouble::Unreachable {
            url: String::new(),
            why: String::new(),
        };
        assert_eq!(
            reads.answered(1, Some(&trouble)),
            Some((To::Tools, Ask::Packs))
        );
        assert_eq!(reads.answered(1, None), None);
        reads.tick(at(1));
        assert_eq!(reads.room(), 0);
        reads.tick(at(3));
        assert!(reads.room() > 0);
    }
}
