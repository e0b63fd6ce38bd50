//! What the worker has of the house: its clock, and how a fact of the house begins.

use std::fmt;
use std::sync::Arc;

use dispatch_contract::event::EventType;
use dispatch_contract::{Actor, Timestamp};
use dispatch_ledger::HouseEvent;

/// The house's clock and its pen. Cheap to clone.
#[derive(Clone)]
pub struct House {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    event: Arc<dyn Fn(EventType, Option<Actor>) -> HouseEvent + Send + Sync>,
}

impl House {
    /// A house that tells the time by `now`, and begins facts by `event`: id, time, request
    /// and pack; without an actor the house itself is it.
    #[must_use]
    pub fn new(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        event: impl Fn(EventType, Option<Actor>) -> HouseEvent + Send + Sync + 'static,
    ) -> Self {
        Self {
            now: Arc::new(now),
            event: Arc::new(event),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    pub(crate) fn event(&self, kind: EventType, actor: Option<Actor>) -> HouseEvent {
        (self.event)(kind, actor)
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "House({})", self.now())
    }
}
