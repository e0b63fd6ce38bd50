//! The handle to it all: connections, settings, migrations.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};

use crate::error::LedgerError;
use crate::lanes::{Lanes, on_a_lane};
use crate::refusals::RefusalWriter;
use crate::turns::Turns;
use crate::writers::Writers;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// Bring a database's schema up to date. Safe for several hosts at once.
///
/// # Errors
/// Where the database is away, or was migrated by a newer host.
pub async fn migrate(pool: &PgPool) -> Result<(), LedgerError> {
    MIGRATIONS.run(pool).await.map_err(LedgerError::Migration)
}

/// How the ledger behaves towards the database.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Connections at most; a fifth of them, two at least, are for listings and chores,
    /// the others for commits and single reads.
    pub max_connections: u32,
    /// How long a call waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long a call waits for a ticket that another call holds.
    pub lock_timeout: Duration,
    /// How long one statement may take; without end where it is zero.
    pub statement_timeout: Duration,
}

impl Default for Settings {
    /// Eight connections per core, 15 at least and 20 at most: commits that wait for the
    /// disk together share one write, and more backends than that take the cores
    /// from each other.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            max_connections: u32::try_from(cores * 8).unwrap_or(20).clamp(15, 20),
            acquire_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(4),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

/// The ledger. Cheap to clone; every clone is the same ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(crate) pool: PgPool,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) turns: Arc<Turns>,
    pub(crate) writers: Writers,
    pub(crate) refusals: RefusalWriter,
}

impl Ledger {
    /// Connect. `max_connections` 0 stands for the default of [`Settings`].
    ///
    /// # Errors
    /// Where the URL is wrong or the database away.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, LedgerError> {
        let mut settings = Settings::default();
        if max_connections > 0 {
            settings.max_connections = max_connections;
        }
        Self::connect_with(url, &settings).await
    }

    /// Connect, with everything said.
    ///
    /// # Errors
    /// Where the URL is wrong or the database away.
    pub async fn connect_with(url: &str, settings: &Settings) -> Result<Self, LedgerError> {
        let ms = |duration: Duration| duration.as_millis().to_string();
        let options = PgConnectOptions::from_str(url)?
            .application_name("dispatch")
            .options([
                ("lock_timeout", ms(settings.lock_timeout)),
                ("statement_timeout", ms(settings.statement_timeout)),
                // a host that froze in the middle of a call must not hold a ticket for ever
                ("idle_in_transaction_session_timeout", "30000".to_owned()),
            ]);
        let chores = (settings.max_connections / 5).max(2);
        let lanes = settings.max_connections.saturating_sub(chores).max(1);
        // listings: a plan made for the filters given; lanes: one plan, made once
        let listings = options
            .clone()
            .options([("plan_cache_mode", "force_custom_plan")]);
        let fixed = options.options([
            ("plan_cache_mode", "force_generic_plan"),
            // rows are found by their keys, in the order they are named: also where a plan
            // was made while the tables were small
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(chores)
            .acquire_timeout(settings.acquire_timeout)
            .connect_with(listings)
            .await?;
        let refusals = RefusalWriter::start(pool.clone());
        let lanes = Lanes::new(fixed, lanes as usize, settings.acquire_timeout);
        Ok(Self {
            writers: Writers::start(&lanes),
            lanes,
            turns: Arc::new(Turns::new(settings.lock_timeout)),
            pool,
            refusals,
        })
    }

    /// The pool of listings and chores, for migrations and for what other rooms
    /// must run beside, such as a health probe.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Does the database answer?
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ping(&self) -> Result<(), LedgerError> {
        on_a_lane!(self, ping);
        Ok(())
    }

    /// Write what is queued, then let go of every connection.
    ///
    /// # Errors
    /// Where refusals could not be written any more; how many is logged.
    pub async fn shutdown(&self) -> Result<(), LedgerError> {
        let flushed = self.refusals.shutdown().await;
        self.lanes.close();
        self.pool.close().await;
        flushed
    }
}

async fn ping(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("SELECT 1").execute(connection).await?;
    Ok(())
}
