//! What operators do with the outbox: look at it, and have a dead message tried again.

use dispatch_contract::event::EventType;
use dispatch_contract::outbox::{OutboxEntry, OutboxFilter};
use dispatch_contract::reading::Page;
use dispatch_contract::{Actor, Code, Phase, Refusal};
use dispatch_ledger::{Ledger, LedgerError, Replaying};
use dispatch_switchboard::{House, Switchboard, Visitor};

use crate::metrics::OutboundMetrics;

/// The outbox, for operators. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbox {
    ledger: Ledger,
    house: House,
    metrics: OutboundMetrics,
}

impl Outbox {
    /// The outbox of this house.
    #[must_use]
    pub fn new(ledger: Ledger, house: House) -> Self {
        Self {
            ledger,
            house,
            metrics: OutboundMetrics::default(),
        }
    }

    /// The outbox of the house that a switchboard serves.
    #[must_use]
    pub fn of(switchboard: &Switchboard) -> Self {
        Self::new(switchboard.ledger().clone(), switchboard.house().clone())
    }

    /// Counters and gauges of what is sent from it on this host.
    #[must_use]
    pub fn metrics(&self) -> &OutboundMetrics {
        &self.metrics
    }

    /// What sending stands on.
    pub(crate) fn parts(&self) -> (Ledger, House, OutboundMetrics) {
        (
            self.ledger.clone(),
            self.house.clone(),
            self.metrics.clone(),
        )
    }

    /// Messages, the newest first.
    ///
    /// # Errors
    /// `invalid_input` for a cursor that is none, `store_unavailable`.
    pub async fn list(&self, filter: &OutboxFilter) -> Result<Page<OutboxEntry>, Refusal> {
        self.ledger.outbox(filter).await.map_err(refused)
    }

    /// Have a dead message tried again, as if it were new; says so in the house's chain.
    ///
    /// # Errors
    /// `not_found`, `conflict` where it is not dead, `store_unavailable`.
    pub async fn replay(
        &self,
        actor: Actor,
        outbox_id: u64,
        correlation_id: Option<&str>,
    ) -> Result<OutboxEntry, Refusal> {
        let who = Visitor {
            actor: Some(actor),
            correlation_id: correlation_id.map(str::to_owned),
            ..Visitor::default()
        };
        let event = self.house.event(EventType::OutboundReplayed, &who);
        let outcome = self.ledger.replay_outbox(outbox_id, event).await;
        match outcome.map_err(refused)? {
            Replaying::Replayed(done) => Ok(done.0),
            Replaying::NotDead(entry) => Err(Refusal::new(
                Code::Conflict,
                Phase::Store,
                format!(
                    "Message {outbox_id} is {}: only a dead one is replayed.",
                    entry.state.name()
                ),
            )),
            Replaying::Absent => Err(Refusal::new(
                Code::NotFound,
                Phase::Store,
                format!("There is no message {outbox_id} in the outbox."),
            )),
        }
    }
}

fn refused(error: LedgerError) -> Refusal {
    if matches!(error, LedgerError::BadCursor) {
        return Refusal::new(Code::InvalidInput, Phase::Request, error.to_string());
    }
    let mut refusal = Refusal::new(
        Code::StoreUnavailable,
        Phase::Store,
        "The database cannot answer now. Try again.",
    );
    refusal.retry_after_s = Some(1);
    tracing::warn!(
        error = &error as &dyn std::error::Error,
        "the outbox cannot be reached"
    );
    refusal
}
