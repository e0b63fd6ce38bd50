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

use crate::error::{LedgerError, is_lost};

/// Prepared on every lane: a statement of the simple protocol is planned anew each time.
const PREPARE: &str = "PREPARE hold(bigint) AS SELECT pg_advisory_xact_lock($1)";

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
            None => timeout(self.patience, self.connect())
                .await
                .map_err(busy)??,
        };
        Ok(Lane {
            connection,
            lanes: Arc::clone(self),
            _permit: permit,
        })
    }

    async fn connect(&self) -> Result<PgConnection, LedgerError> {
        let mut connection = self.options.connect().await?;
        sqlx::raw_sql(PREPARE).execute(&mut connection).await?;
        Ok(connection)
    }

    /// A lane on which `sql`, one simple exchange, has been run. Where it turns out
    /// that the lane was dead, once more on a new one: nothing had happened yet.
    pub(crate) async fn open(self: &Arc<Self>, sql: &str) -> Result<Lane, LedgerError> {
        let mut lane = self.acquire().await?;
        match lane.run(sql).await {
            Err(error) if is_lost(&error) => {
                self.forget();
                drop(lane);
                let mut lane = self.acquire().await?;
                lane.run(sql).await?;
                Ok(lane)
            }
            outcome => {
                outcome?;
                Ok(lane)
            }
        }
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
