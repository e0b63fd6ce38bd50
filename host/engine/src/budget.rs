//! How much of a processor a step may use: rules that are slow must not keep a step, and
//! whoever waits behind it, for hours.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Processor time of one thread, counted from where it began.
pub(crate) struct Budget {
    limit: Duration,
    begun: Option<Duration>,
}

impl Budget {
    /// From now on this thread may use so much.
    pub(crate) fn begin(limit: Duration) -> Self {
        Self {
            limit,
            begun: spent(),
        }
    }

    /// Has this thread used it up? A clock that cannot be read stops nothing: each call has
    /// its deadline all the same.
    pub(crate) fn is_spent(&self) -> bool {
        let used = spent().zip(self.begun).map(|(now, begun)| now - begun);
        used.is_some_and(|used| used > self.limit)
    }
}

/// What this thread has used since it began: a thread that others go before uses none.
fn spent() -> Option<Duration> {
    let clock = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    clock.ok().map(Duration::from)
}
