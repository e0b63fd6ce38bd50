//! Watching the gateways: one kept connection each, what is seen over it, and what of that
//! is written down.
//!
//! Every host watches every gateway, so that each can say how they are; only the one that
//! holds a gateway's watch in the ledger writes changes down and calls an operator. A gateway
//! that stops answering is known within [`KNOWN_WITHIN`]: a ping goes every 3 s and is waited
//! for 4 s, a connection that is taken and not answered is given up after 8 s.

mod board;
mod condition;
mod metrics;
mod one;
mod picture;
mod record;
mod ring;
mod supervisor;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use dispatch_contract::gateway_health::GatewayHealth;
use dispatch_contract::{GatewayId, Refusal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

pub(crate) use board::Board;
pub use metrics::WatchMetrics;

use crate::house::Visitor;
use crate::{Inner, Switchboard};

/// What is wrong with a gateway is known this soon, whatever it is.
pub const KNOWN_WITHIN: Duration = Duration::from_secs(10);

/// The register is looked at so often.
const LOOK_AT_REGISTER: Duration = Duration::from_secs(2);

/// What is seen is compared with what is written down so often.
const COMPARE: Duration = Duration::from_millis(500);

/// A condition that did not last so long is not written down.
const SETTLED: Duration = Duration::from_secs(1);

/// So many changes written down in [`RECENTLY`] make a gateway unstable: that is written down
/// once, and single changes no more, until one has lasted for [`CALM`] times what is steady.
const MANY: usize = 6;

/// See [`MANY`].
const RECENTLY: Duration = Duration::from_secs(600);

/// See [`MANY`].
const CALM: u32 = 4;

/// How long a host holds a gateway's watch; prolonged when half of it is over.
const HOLD: Duration = Duration::from_secs(30);

/// A ping's answer is taken down so often: pings go out as often.
const BEAT: Duration = Duration::from_secs(3);

/// Answers kept of one gateway: five minutes of them.
const BEATS: usize = 100;

/// A gateway is asked how it is so often.
const LOOK: Duration = Duration::from_secs(30);

/// How long it may take to answer that.
const LOOK_WITHIN: Duration = Duration::from_secs(6);

/// A gateway that said it restarts is starting, not gone, for so long.
const RESTART_WITHIN: Duration = Duration::from_secs(60);

/// Troubles kept of one gateway.
const TROUBLES: usize = 20;

/// Accounts of channels, and agents, kept of one gateway.
const MOST: usize = 500;

/// How gateways are watched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchSettings {
    /// An operator is called about a gateway that is not well for so long.
    pub lasting: Duration,
    /// It is well again only once it was online for so long without a break: one that comes and
    /// goes is not.
    pub steady: Duration,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            lasting: Duration::from_secs(60),
            steady: Duration::from_secs(30),
        }
    }
}

/// The watch while it runs; dropped, it ends where it stands.
pub struct Watching {
    inner: Arc<Inner>,
    stopping: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Watching {
    /// End it, and let go of the gateways, so that another host follows at once.
    pub async fn stop(self) {
        self.stopping.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(error = &error as &dyn Error, "watching ended badly");
        }
        self.inner.watch.clear();
    }
}

impl Switchboard {
    /// Begin to watch every registered gateway, and those that come.
    #[must_use]
    pub fn watch(&self, settings: WatchSettings) -> Watching {
        let stopping = CancellationToken::new();
        let inner = Arc::clone(&self.inner);
        let work = supervisor::run(Arc::clone(&inner), settings, stopping.clone());
        Watching {
            inner,
            stopping,
            task: AbortOnDropHandle::new(tokio::spawn(work)),
        }
    }

    /// How a gateway is, as this host sees it now.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn health(
        &self,
        who: &Visitor,
        gateway_id: GatewayId,
    ) -> Result<GatewayHealth, Refusal> {
        let gateway = self.gateway_for(who, gateway_id).await?;
        let seen = self.inner.watch.health(gateway_id);
        Ok(seen.unwrap_or_else(|| picture::unseen(&gateway, self.inner.house.now())))
    }

    /// How every gateway that this host watches, and the visitor may know of, is now, the
    /// oldest first; without the history of pings.
    #[must_use]
    pub fn healths(&self, who: &Visitor) -> Vec<GatewayHealth> {
        self.inner.watch.healths(who)
    }

    /// Counters and gauges of the watch.
    #[must_use]
    pub fn watch_metrics(&self) -> &WatchMetrics {
        self.inner.watch.metrics()
    }
}
