//! What one call may use, and the watch over its memory.

use wasmtime::ResourceLimiter;

/// The most memory any guest may have, whatever its pack asks for.
pub(crate) const MAX_MEMORY_BYTES: usize = 16 << 20;

/// Bytes that may cross from a guest to the host in one call. The largest
/// answer that is not refused is 50 violations of three texts of 1 KiB.
pub(crate) const HOSTCALL_FUEL_BYTES: usize = 512 << 10;

/// What one call of one tool may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunLimits {
    /// Time from instantiation to the last answer, in milliseconds.
    pub deadline_ms: u64,
    /// Linear memory, in bytes.
    pub memory_bytes: usize,
    /// Wasm instructions, roughly; only in a metered sandbox.
    pub fuel: u64,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            // Rules take microseconds. A thread that is descheduled on a busy
            // machine must not become a refusal, so there is room.
            deadline_ms: 50,
            memory_bytes: 8 << 20,
            fuel: 10_000_000,
        }
    }
}

/// Refuses growth beyond the limit with a trap, and remembers that it did.
pub(super) struct Watch {
    memory_bytes: usize,
    pub(super) denied: bool,
}

impl Watch {
    pub(super) fn new(limits: &RunLimits) -> Self {
        Self {
            memory_bytes: limits.memory_bytes.min(MAX_MEMORY_BYTES),
            denied: false,
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
