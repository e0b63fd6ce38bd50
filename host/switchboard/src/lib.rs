//! The gateways this house knows: their register, boards and agents on them, a connection
//! each that everything shares, and what is said over it.
//!
//! The only room between the ledger and `dispatch-gateway`: whoever serves HTTP asks here.
//! Must not know HTTP, Wasm, nor how a verdict is reached. A gateway's secrets are named in
//! its entry and read when a connection is made; they are in no answer, log or event.

mod agents;
mod boards;
mod check_in;
mod coordination;
mod drift;
mod find;
mod house;
mod leads;
mod lifecycle;
mod links;
mod plan;
mod reconcile;
mod refuse;
mod register;
mod send;
mod sessions;
mod sync;
mod target;
mod text;
mod token;
pub mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use dispatch_contract::{GatewayId, Refusal};
use dispatch_gateway::Link;
use dispatch_ledger::Ledger;

pub use coordination::Speaker;
pub use dispatch_ledger::AgentFilter;
pub use dispatch_provision::{TemplateError, Templates};
pub use house::{House, Visitor};
pub use reconcile::MAX_WAKES;
pub use send::{Means, NotSent};

/// What a switchboard is made of.
pub struct Parts {
    /// Keeps.
    pub ledger: Ledger,
    /// The house's clock and pen.
    pub house: House,
    /// What agents' files are made from.
    pub templates: Templates,
    /// Where agents reach this house, such as `http://127.0.0.1:7711`.
    pub base_url: String,
}

/// Speaks with gateways. Cheap to clone.
#[derive(Clone)]
pub struct Switchboard {
    inner: Arc<Inner>,
}

struct Inner {
    ledger: Ledger,
    house: House,
    links: links::Links,
    templates: Templates,
    base_url: String,
    /// Work on a gateway, one piece at a time.
    turns: Mutex<HashMap<GatewayId, Arc<tokio::sync::Mutex<()>>>>,
    rounds: reconcile::Rounds,
    watch: watch::Board,
}

impl Switchboard {
    /// A switchboard with no connection yet: each is begun when it is first needed.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            inner: Arc::new(Inner {
                ledger: parts.ledger,
                house: parts.house,
                links: links::Links::default(),
                templates: parts.templates,
                base_url: parts.base_url,
                turns: Mutex::default(),
                rounds: reconcile::Rounds::default(),
                watch: watch::Board::default(),
            }),
        }
    }

    /// The connection to a registered gateway, the same for everybody who asks until its
    /// entry changes. It may not be connected yet, or any more: [`Link::state`] says.
    ///
    /// # Errors
    /// `not_found`, `invalid_input` where the entry contradicts itself, `store_unavailable`.
    pub async fn link(&self, gateway_id: GatewayId) -> Result<Link, Refusal> {
        let gateway = self.gateway_for(&Visitor::the_house(), gateway_id).await?;
        self.inner.links.link(&gateway)
    }

    /// What keeps, for rooms that stand on this one.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.inner.ledger
    }

    /// The house's clock and pen, for rooms that stand on this one.
    #[must_use]
    pub fn house(&self) -> &House {
        &self.inner.house
    }

    /// Let go of every connection.
    pub async fn stop(&self) {
        self.inner.links.stop().await;
    }
}
