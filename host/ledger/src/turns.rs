//! Turns: calls on one ticket follow one another on this host, in the order they came.
//!
//! Only fairness and thrift: what a ticket's chain is guarded by is the chain itself,
//! in the statement that writes. Without turns 32 calls on one ticket would all be
//! judged on what the first of them is about to change. Knows no database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch_contract::TicketId;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use crate::error::LedgerError;

/// Two tickets that share a place only wait for each other.
const PLACES: u64 = 1024;

/// Places to wait at.
#[derive(Debug)]
pub(crate) struct Turns {
    places: Box<[Arc<Mutex<()>>]>,
    patience: Duration,
}

/// One call's turn: the next one's begins when it is dropped.
pub(crate) type Turn = OwnedMutexGuard<()>;

impl Turns {
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            places: (0..PLACES).map(|_| Arc::default()).collect(),
            patience,
        }
    }

    /// The ticket's next turn, waiting for it as long as the patience lasts.
    pub(crate) async fn take(&self, ticket_id: TicketId) -> Result<Turn, LedgerError> {
        let began = Instant::now();
        // an id's lower bits are random
        let place = (ticket_id.0.random() as u64 % PLACES) as usize;
        timeout(self.patience, Arc::clone(&self.places[place]).lock_owned())
            .await
            .map_err(|_| LedgerError::Held {
                waited_ms: began.elapsed().as_millis(),
            })
    }
}
