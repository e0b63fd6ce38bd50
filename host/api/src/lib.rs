//! HTTP: routes, identity, limits, events.
//!
//! Reads bytes and principal, hands them to the desk, and gives its answer a
//! status. It does not know how a verdict is reached, and it knows no SQL.

mod access;
mod correlation;
mod limits;
mod metrics;
mod openapi;
mod principal;
mod problem;
mod reply;
mod routes;
mod serve;
mod visitor;

use std::sync::Arc;

use dispatch_desk::Desk;
use dispatch_identity::Verifier;
use dispatch_switchboard::Switchboard;
use dispatch_worker::Outbox;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use limits::Limits;
pub use openapi::document as openapi_document;
pub use routes::router;
pub use serve::serve;

/// What every route stands on. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    desk: Desk,
    switchboard: Switchboard,
    outbox: Outbox,
    verifier: Arc<Verifier>,
    limits: Limits,
    rates: limits::Rates,
    metrics: metrics::HttpMetrics,
    stopping: CancellationToken,
    /// Candidates that are read or proven now.
    candidates: Semaphore,
    stores: routes::health::Stores,
}

/// Candidates at once: one is proven, another may be on its way.
const CANDIDATES: usize = 2;

impl Api {
    /// An API over a desk and a switchboard. `stopping` ends event streams when the host stops.
    #[must_use]
    pub fn new(
        desk: Desk,
        switchboard: Switchboard,
        verifier: Arc<Verifier>,
        limits: Limits,
        stopping: CancellationToken,
    ) -> Self {
        let outbox = Outbox::of(&switchboard);
        let metrics = metrics::HttpMetrics::new(&desk, &switchboard, &outbox);
        let rates = limits::Rates::new(&limits);
        Self {
            inner: Arc::new(Inner {
                desk,
                switchboard,
                outbox,
                verifier,
                limits,
                rates,
                metrics,
                stopping,
                candidates: Semaphore::new(CANDIDATES),
                stores: routes::health::Stores::default(),
            }),
        }
    }

    /// What committed calls owe, as it is listed here.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.inner.outbox
    }

    pub(crate) fn switchboard(&self) -> &Switchboard {
        &self.inner.switchboard
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.inner.desk
    }
}
