//! Work that can wait, on a machine whose processors serve calls.

use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_current_thread_priority, set_thread_priority_and_policy, thread_native_id,
};

/// Of a hundred, where 50 is what threads begin with: as `nice -n 10` or so.
const LOW: u8 = 25;

/// How far a thread lets others go first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leisure {
    /// Its share of a processor that others want too is a tenth. It keeps the processor
    /// for the rest of its slice, though, which a call notices: up to 4 ms each time the
    /// call's thread, or the database's, is woken (measured).
    Low,
    /// It runs where nobody else wants to, and is stopped the moment somebody does. On a
    /// machine that never rests it hardly gets on: whoever waits for it needs another way.
    Idle,
}

impl Leisure {
    /// From now on this thread, and every thread it starts, lets others go first. There is
    /// no way back. Where the system does not allow it, nothing changes.
    pub fn begin(self) {
        let begun = match self {
            Self::Low => ThreadPriorityValue::try_from(LOW)
                .map_err(|_| "out of range")
                .and_then(|value| {
                    set_current_thread_priority(ThreadPriority::Crossplatform(value))
                        .map_err(|_| "refused by the system")
                }),
            Self::Idle => set_thread_priority_and_policy(
                thread_native_id(),
                ThreadPriority::Min,
                ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle),
            )
            .map_err(|_| "refused by the system"),
        };
        if let Err(reason) = begun {
            tracing::debug!(reason, leisure = ?self, "a thread keeps its priority");
        }
    }
}
