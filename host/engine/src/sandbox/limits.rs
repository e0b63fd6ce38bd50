//! What one call may use, and the watch over its memory and time.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use wasmtime::{ResourceLimiter, Trap, UpdateDeadline};

/// The most memory any guest may have, whatever its pack asks for.
pub(crate) const MAX_MEMORY_BYTES: usize = 16 << 20;

/// The most fuel a pack may ask for; the deadline stops a guest long before.
pub(crate) const MAX_FUEL: u64 = 1_000_000_000_000;

/// Bytes that may cross from a guest to the host in one call. The largest
/// answer that is not refused is 50 violations of three texts of 1 KiB.
pub(crate) const HOSTCALL_FUEL_BYTES: usize = 512 << 10;

/// What one call of one tool may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunLimits {
    /// Processor time from instantiation to the last answer, in milliseconds: a thread that
    /// waits for its turn on a busy machine is not the guest's doing.
    pub deadline_ms: u64,
    /// Linear memory, in bytes.
    pub memory_bytes: usize,
    /// Wasm instructions, roughly; only in a metered sandbox. Where no pack limits it, as much
    /// as any may: counting alone must not change a verdict.
    pub fuel: u64,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            // rules take microseconds
            deadline_ms: 50,
            memory_bytes: 8 << 20,
            fuel: MAX_FUEL,
        }
    }
}

/// Refuses growth beyond the limit with a trap, and remembers that it did; stops a
/// guest that has used up its time.
pub(super) struct Watch {
    memory_bytes: usize,
    pub(super) denied: bool,
    deadline: Duration,
    /// The thread's processor time at which the guest is stopped; known from the first
    /// tick that it meets on, which almost no call does.
    ends: Option<Duration>,
}

impl Watch {
    pub(super) fn new(limits: &RunLimits) -> Self {
        Self {
            memory_bytes: limits.memory_bytes.min(MAX_MEMORY_BYTES),
            denied: false,
            deadline: Duration::from_millis(limits.deadline_ms),
            ends: None,
        }
    }

    /// What a tick finds: time left, or a trap.
    pub(super) fn tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        let spent = Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?);
        let ends = *self.ends.get_or_insert(spent + self.deadline);
        if spent < ends {
            Ok(UpdateDeadline::Continue(1))
        } else {
            Err(Trap::Interrupt.into())
        }
    }

    fn check(&mut self, within: bool) -> wasmtime::Result<bool> {
        if within {
            return Ok(true);
        }
        self.denied = true;
        // An error here traps at once: a guest that is told "no" politely can
        // go on asking until its deadline.
        Err(wasmtime::Error::msg("grew beyond its memory limit"))
    }
}

impl ResourceLimiter for Watch {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let within = desired <= self.memory_bytes && maximum.is_none_or(|max| desired <= max);
        self.check(within)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let within = desired <= super::config::MAX_TABLE_ELEMENTS
            && maximum.is_none_or(|max| desired <= max);
        self.check(within)
    }
}
