//! The one place where `now` and fresh ids come from. Everything below is handed them.

use std::fmt;
use std::sync::Arc;

use chrono::Utc;
use dispatch_contract::Timestamp;
use ulid::Ulid;

/// A source of time and ids.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::of(|| Utc::now().into())
    }

    /// A clock of one's own, for tests that must be at a certain time.
    #[must_use]
    pub fn of(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now) }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// An id nobody has had.
    #[must_use]
    pub fn fresh(&self) -> Ulid {
        Ulid::generate()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
