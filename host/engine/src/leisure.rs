//! Work that can wait, on a machine whose processors serve calls.

use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

/// Of a hundred, where 50 is what threads begin with: as `nice -n 10` or so.
const LEISURELY: u8 = 25;

/// From now on this thread, and every thread it starts, lets others go first: proving a
/// pack and judging recorded calls again take whole cores, which callers would notice.
/// There is no way back. Where the system does not allow it, nothing changes.
pub fn work_at_leisure() {
    let lower = ThreadPriorityValue::try_from(LEISURELY)
        .map_err(|_| "out of range")
        .and_then(|value| {
            set_current_thread_priority(ThreadPriority::Crossplatform(value))
                .map_err(|_| "refused by the system")
        });
    if let Err(reason) = lower {
        tracing::debug!(reason, "a thread keeps its priority");
    }
}
