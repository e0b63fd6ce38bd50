//! The desk: the one place where a call is taken.
//!
//! Load, judge, commit, answer. It alone calls the ledger's `begin` and `commit`; it knows no
//! HTTP, no terminal and no OpenClaw.

mod call;
mod clock;
mod docket;
mod dry_run;
mod incoming;
mod let_in;
mod metrics;
mod packs;
mod papers;
mod read;
mod refuse;
mod registry;
mod settle;
mod shadow;
mod uploads;

use std::sync::Arc;

pub use clock::Clock;
pub use dispatch_ledger::FeedPosition;
pub use incoming::{DryRun, Incoming, PhaseTime, Refused, Taken};
pub use metrics::DeskMetrics;
pub use packs::{
    Candidate, Following, ModeWish, OpenError, PackAlarm, PackSettings, REPLAYED, RollBackTo,
};
pub use refuse::TurnedAway;

use dispatch_documents::Company;
use dispatch_engine::{ActivePack, Engine};
use dispatch_ledger::Ledger;
use dispatch_objects::Objects;

/// What a desk is made of.
pub struct Parts {
    /// Judges.
    pub engine: Engine,
    /// Keeps.
    pub ledger: Ledger,
    /// Holds blobs.
    pub objects: Objects,
    /// Whose name is on the papers.
    pub company: Company,
    /// Where `now` and ids come from.
    pub clock: Clock,
    /// How packs are taken up.
    pub packs: PackSettings,
}

/// Takes calls. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    pack: ActivePack,
    packs: packs::PackBook,
    shadow: shadow::Shadow,
    ledger: Ledger,
    objects: Objects,
    company: Company,
    clock: Clock,
    metrics: DeskMetrics,
    committed: tokio::sync::watch::Sender<u64>,
    drafting: papers::Drafting,
    /// Calls that are read for the pack in shadow alone, at once.
    reading_for_shadow: Arc<tokio::sync::Semaphore>,
}

impl Desk {
    /// Bring up to date what is measured only when somebody looks.
    pub fn measure(&self) {
        let (waiting, _) = self.inner.ledger.refusals_waiting_and_written();
        let revision = self.inner.pack.standing().revision;
        self.inner.metrics.now(waiting, revision);
        let alarm = self.pack_alarm();
        self.inner
            .metrics
            .alarm(alarm.stale.is_some(), alarm.last_good.is_some());
    }

    /// The counters and histograms of this desk.
    #[must_use]
    pub fn metrics(&self) -> &DeskMetrics {
        &self.inner.metrics
    }

    /// The time, from where everything here has it.
    #[must_use]
    pub fn now(&self) -> dispatch_contract::Timestamp {
        self.inner.clock.now()
    }

    /// Finish what was taken on: every refusal still queued is written down, and what
    /// was still to be judged in shadow.
    pub async fn close(&self) {
        self.inner.shadow.finish().await;
        if let Err(error) = self.inner.ledger.shutdown().await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "some refusals were not written down"
            );
        }
    }
}
