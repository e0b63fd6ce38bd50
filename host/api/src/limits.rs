//! A limit on everything that a caller can make grow.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dispatch_contract::{Code, Phase, PrincipalId, Refusal};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota};

/// What the host takes from its callers.
#[derive(Clone, Debug)]
pub struct Limits {
    /// JSON body of a call, in bytes.
    pub body_bytes: usize,
    /// Upload, in bytes.
    pub upload_bytes: u64,
    /// Connections at once; more wait in the kernel's queue.
    pub connections: usize,
    /// Event streams at once.
    pub streams: usize,
    /// From connection to the end of the request's headers.
    pub header_timeout: Duration,
    /// From a call's headers to the end of its body.
    pub body_timeout: Duration,
    /// While an answer is written, until its reader takes more of it.
    pub write_timeout: Duration,
    /// From request to answer, but for uploads, downloads and event streams.
    pub request_timeout: Duration,
    /// An upload as a whole, or a pack's way through every step.
    pub upload_timeout: Duration,
    /// From the signal to stop until what is under way is cut off.
    pub drain_timeout: Duration,
    /// Requests a second of one principal, sustained.
    pub rate_per_s: u32,
    /// Requests of one principal at once.
    pub burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: dispatch_contract::schema::MAX_BODY_BYTES,
            upload_bytes: 25 * 1024 * 1024,
            connections: 1024,
            streams: 64,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(15),
            write_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            upload_timeout: Duration::from_secs(300),
            drain_timeout: Duration::from_secs(20),
            rate_per_s: 100,
            burst: 200,
        }
    }
}

/// Principals kept in the book of rates before those who have rested are dropped.
const BOOK: usize = 4096;

/// Requests between two looks at how large the book is.
const TIDY_EVERY: u32 = 1024;

/// Calls turned away at the door that are written down: a second, and at once. What
/// strangers and loops send beyond that is counted only, lest they fill the database.
const DOOR_PER_S: u32 = 50;
const DOOR_BURST: u32 = 500;

/// Requests with the same agent's token: a second, and at once.
const AGENT_PER_S: u32 = 2;
const AGENT_BURST: u32 = 30;

/// Agents' tokens that nobody has, altogether: who guesses must not keep the database busy, nor
/// keep those away who do not.
const UNKNOWN_PER_S: u32 = 50;
const UNKNOWN_BURST: u32 = 200;

/// Who has called how often.
pub(crate) struct Rates {
    book: DefaultKeyedRateLimiter<PrincipalId>,
    door: DefaultDirectRateLimiter,
    /// By how a token begins.
    agents: DefaultKeyedRateLimiter<String>,
    unknown_agents: DefaultDirectRateLimiter,
    /// How tokens begin that were found to hold.
    holding: Mutex<HashSet<String>>,
    clock: DefaultClock,
    taken: AtomicU32,
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(limits.rate_per_s))
            .allow_burst(at_least_one(limits.burst));
        Self {
            book: DefaultKeyedRateLimiter::keyed(quota),
            door: DefaultDirectRateLimiter::direct(
                Quota::per_second(at_least_one(DOOR_PER_S)).allow_burst(at_least_one(DOOR_BURST)),
            ),
            agents: DefaultKeyedRateLimiter::keyed(
                Quota::per_second(at_least_one(AGENT_PER_S)).allow_burst(at_least_one(AGENT_BURST)),
            ),
            unknown_agents: DefaultDirectRateLimiter::direct(
                Quota::per_second(at_least_one(UNKNOWN_PER_S))
                    .allow_burst(at_least_one(UNKNOWN_BURST)),
            ),
            holding: Mutex::default(),
            clock: DefaultClock::default(),
            taken: AtomicU32::new(0),
        }
    }

    /// Is a call turned away at the door for this to be written down?
    pub(crate) fn worth_a_row(&self, code: Code) -> bool {
        !matches!(code, Code::Unauthenticated | Code::RateLimited) || self.door.check().is_ok()
    }

    /// One more request with an agent's token, by how it begins. What guesses at one agent's
    /// costs the others nothing, and what guesses at random nothing those that held before.
    pub(crate) fn take_agent(&self, token: &str) -> Result<(), Refusal> {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        if taken.is_multiple_of(TIDY_EVERY) && self.agents.len() > BOOK {
            self.agents.retain_recent();
        }
        let prefix = beginning(token);
        let free = self.agents.check_key(&prefix).is_ok()
            && (self.holding().contains(&prefix) || self.unknown_agents.check().is_ok());
        if free {
            return Ok(());
        }
        let mut refusal = Refusal::new(
            Code::RateLimited,
            Phase::Request,
            "Too many requests with agents' tokens. Wait a second; check in once a heartbeat.",
        );
        refusal.retry_after_s = Some(1);
        Err(refusal)
    }

    /// The token was found to hold.
    pub(crate) fn held(&self, token: &str) {
        let mut holding = self.holding();
        if holding.len() >= BOOK {
            // whoever still holds one is found again
            holding.clear();
        }
        holding.insert(beginning(token));
    }

    fn holding(&self) -> MutexGuard<'_, HashSet<String>> {
        // nothing panics while it is held
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more request of this principal, or a refusal that says when to come back.
    pub(crate) fn take(&self, id: PrincipalId) -> Result<(), Refusal> {
        // now and then only: counting the book costs more than looking into it
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        if taken.is_multiple_of(TIDY_EVERY) && self.book.len() > BOOK {
            self.book.retain_recent();
        }
        let Err(not_until) = self.book.check_key(&id) else {
            return Ok(());
        };
        let wait_s = not_until.wait_time_from(self.clock.now()).as_secs() + 1;
        let mut refusal = Refusal::new(
            Code::RateLimited,
            Phase::Request,
            format!(
                "Too many requests from this credential. Wait {wait_s} s; if a call was refused \
                 before, change it rather than repeat it."
            ),
        );
        refusal.retry_after_s = Some(wait_s);
        Err(refusal)
    }
}

/// How a token begins: by that it is looked up.
fn beginning(token: &str) -> String {
    token.chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_at_the_door_is_counted_and_not_written_down() {
        let rates = Rates::new(&Limits::default());
        let kept = (0..10_000)
            .filter(|_| rates.worth_a_row(Code::Unauthenticated))
            .count();
        assert!((DOOR_BURST as usize..2_000).contains(&kept), "{kept}");
        let known_caller = rates.worth_a_row(Code::PayloadTooLarge);
        assert!(
            known_caller,
            "what a known caller sent is always written down"
        );
    }

    #[test]
    fn who_guesses_at_agents_tokens_keeps_no_agent_away() {
        let rates = Rates::new(&Limits::default());
        let guess = |token: &str| rates.take_agent(token);
        let refused = (0..1_000).filter(|_| guess("guessed-and-wrong").is_err());
        assert!(refused.count() > 900);
        assert_eq!(guess("an-agents-own"), Ok(()), "also one not seen here yet");
        rates.held("an-agents-own");
        let mut refused = (0..10_000).filter_map(|n| guess(&format!("{n:08}-at-random")).err());
        let last = refused.next_back().expect("nobody guesses for ever");
        assert_eq!(
            (last.code, last.retry_after_s),
            (Code::RateLimited, Some(1))
        );
        assert_eq!(guess("an-agents-own"), Ok(()));
        for _ in 0..2 * BOOK {
            rates.held(&ulid::Ulid::generate().to_string());
        }
        assert!(rates.holding().len() <= BOOK);
    }

    fn asking(rates: &Rates, who: u128) -> bool {
        rates.take(PrincipalId(ulid::Ulid(who))).is_ok()
    }

    #[test]
    fn the_book_forgets_those_who_rested_and_nobody_else() {
        let of = |rate_per_s, burst| {
            Rates::new(&Limits {
                rate_per_s,
                burst,
                ..Limits::default()
            })
        };
        // rested at once: the book never holds many more than a look apart
        let quick = of(1_000_000_000, 1);
        for who in 0..20_000 {
            assert!(asking(&quick, who));
            assert!(quick.book.len() <= BOOK + TIDY_EVERY as usize);
        }
        // a second's rest would be needed: a flood of others does not buy it
        let slow = of(1, 1);
        assert!(asking(&slow, 0) && !asking(&slow, 0));
        for who in 1..=u128::try_from(BOOK).expect("few") + 2 * u128::from(TIDY_EVERY) {
            asking(&slow, who);
        }
        assert!(!asking(&slow, 0));
    }
}
