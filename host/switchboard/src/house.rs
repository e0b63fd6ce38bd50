//! What the switchboard has of the house: its clock, and how a fact of the house begins.

use std::fmt;
use std::sync::Arc;

use dispatch_contract::event::EventType;
use dispatch_contract::{Actor, OrganizationId, Timestamp};
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

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A fact of the house that begins now.
    #[must_use]
    pub fn event(&self, kind: EventType, who: &Visitor) -> HouseEvent {
        let mut event = (self.event)(kind, who.actor);
        event.correlation_id.clone_from(&who.correlation_id);
        event
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "House({})", self.now())
    }
}

/// Who stands at the switchboard.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Visitor {
    /// The operator; none for an agent, or for the house itself.
    pub actor: Option<Actor>,
    /// The one organization that they may know of; none for all of them.
    pub organization: Option<OrganizationId>,
    /// What ties this to others.
    pub correlation_id: Option<String>,
}

impl Visitor {
    /// The house acting of its own accord.
    #[must_use]
    pub fn the_house() -> Self {
        Self::default()
    }

    /// May they know of what is this organization's?
    pub(crate) fn knows(&self, organization: OrganizationId) -> bool {
        self.organization.is_none_or(|own| own == organization)
    }
}
