//! Connections for the hot path: commits and reads of one row.
//!
//! A pool that asks the server after every use whether it is still there costs a
//! round trip per call. A lane is handed back only after an exchange that
//! ended well, and is closed otherwise (also when its future is dropped half-way),
//! so that no question is needed. Knows no tables.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::LedgerError;

/// A bounded set of connections.
#[derive(Debug)]
pub(crate) struct Lanes {
    options: PgConnectOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<PgConnection>>,
    patience: Duration,
}

/// One connection, borrowed.
#[derive(Debug)]
pub(crate) struct Lane {
    connection: PgConnection,
    lanes: Arc<Lanes>,
    _permit: OwnedSemaphorePermit,
}

impl Lanes {
    pub(crate) fn new(options: PgConnectOptions, lanes: usize, patience: Duration) -> Arc<Self> {
        Arc::new(Self {
            options,
            permits: Arc::new(Semaphore::new(lanes)),
            idle: Mutex::new(Vec::with_capacity(lanes)),
            patience,
        })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<PgConnection>> {
        // a panic between push and pop leaves the list whole
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A free lane, waiting for one as long as the patience lasts.
    pub(crate) async fn acquire(self: &Arc<Self>) -> Result<Lane, LedgerError> {
        let began = Instant::now();
        let busy = |_| LedgerError::Busy {
            waited_ms: began.elapsed().as_millis(),
        };
        let permit = timeout(self.patience, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(busy)?
            .map_err(|_| LedgerError::ShuttingDown)?;
        let popped = self.idle().pop();
        let connection = match popped {
            Some(connection) => connection,
            None => timeout(self.patience, self.options.connect())
                .await
                .map_err(busy)??,
        };
        Ok(Lane {
            connection,
            lanes: Arc::clone(self),
            _permit: permit,
        })
    }

    /// Another lane for one that turned out to be dead before anything had happened on it.
    pub(crate) async fn replace(self: &Arc<Self>, dead: Lane) -> Result<Lane, LedgerError> {
        self.forget();
        drop(dead);
        self.acquire().await
    }

    /// Closes what is idle: where one connection broke, its neighbours did too.
    pub(crate) fn forget(&self) {
        self.idle().clear();
    }

    /// Refuses from now on, and closes what is idle.
    pub(crate) fn close(&self) {
        self.permits.close();
        self.forget();
    }
}

impl Lane {
    /// The connection. A lane that is not handed back by [`Lane::done`] is closed.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// One exchange of the simple protocol, without rows.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        // INVARIANT: made of constants, checked ULIDs and integers, nothing else
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Hands it back: outside of a transaction, nothing outstanding.
    pub(crate) fn done(self) {
        if !self.lanes.permits.is_closed() {
            self.lanes.idle().push(self.connection);
        }
    }
}

/// The same again on a new lane where the first turned out to be dead: reading twice
/// harms nobody.
macro_rules! on_a_lane {
    ($ledger:expr, $fetch:expr) => {{
        let mut lane = $ledger.lanes.acquire().await?;
        match $fetch(lane.connection()).await {
            Err(error) if $crate::error::is_lost(&error) => {
                let mut lane = $ledger.lanes.replace(lane).await?;
                let found = $fetch(lane.connection()).await?;
                lane.done();
                found
            }
            outcome => {
                let found = outcome?;
                lane.done();
                found
            }
        }
    }};
}
pub(crate) use on_a_lane;
