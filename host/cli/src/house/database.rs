//! The database: a server of one's own by its URL, or the private cluster below the
//! data folder. Opening it blocks, so a thread for such work does it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use dispatch_cluster::{Cluster, ClusterError, DATABASE};
use dispatch_ledger::{Ledger, LedgerError, Settings};

use crate::failure::{Failure, chain};

/// Which database, and where this host's own files are.
#[derive(clap::Args, Clone)]
pub(crate) struct DatabaseArgs {
    /// A Postgres of yours: postgres://user:password@host/database; without it, a private
    /// one below the data folder
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// The data folder: /var/lib/real-dispatch for root, else below your home
    #[arg(long, env = "DISPATCH_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

/// A database that answers.
pub(crate) struct Database {
    url: String,
    cluster: Option<Cluster>,
}

impl DatabaseArgs {
    /// The data folder.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.data_dir
            .clone()
            .unwrap_or_else(dispatch_cluster::default_folder)
    }

    /// Wrong use, where the URL cannot be one of Postgres. Does not show it: it may hold
    /// a password.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.database_url.as_deref() {
            Some(url) if !url.starts_with("postgres://") && !url.starts_with("postgresql://") => {
                Err(Failure::usage(
                    "the database URL is not one of Postgres: write --database-url (or \
                     DATABASE_URL) as postgres://user:password@host/database",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Is it a private cluster?
    pub(crate) fn is_private(&self) -> bool {
        self.database_url.is_none()
    }

    /// For the host that manages the data folder.
    pub(crate) async fn open(&self) -> Result<Database, Failure> {
        self.with_cluster(|folder| Cluster::open(&folder)).await
    }

    /// For a command beside a host or without one: the private cluster is used as it
    /// runs, or started for as long as the command takes.
    pub(crate) async fn reach(&self) -> Result<Database, Failure> {
        self.with_cluster(|folder| match Cluster::attach(&folder) {
            Err(ClusterError::NotRunning { .. }) if folder.join("postgres/data").exists() => {
                Cluster::open(&folder)
            }
            other => other,
        })
        .await
    }

    async fn with_cluster(
        &self,
        open: impl FnOnce(PathBuf) -> Result<Cluster, ClusterError> + Send + 'static,
    ) -> Result<Database, Failure> {
        self.check()?;
        if let Some(url) = &self.database_url {
            return Ok(Database {
                url: url.clone(),
                cluster: None,
            });
        }
        let folder = self.data_dir();
        let cluster = blocking(move || open(folder))
            .await?
            .map_err(|error| Failure::unreachable("no database", error))?;
        Ok(Database {
            url: cluster.url(DATABASE),
            cluster: Some(cluster),
        })
    }
}

fn kept_out(error: LedgerError) -> Failure {
    Failure::unreachable(
        "the database does not let us in: check --database-url or DATABASE_URL, and that the \
         server runs",
        error,
    )
}

impl Database {
    /// A ledger over it, its schema up to date.
    pub(crate) async fn ledger(&self, max_connections: u32) -> Result<Ledger, Failure> {
        let ledger = Ledger::connect(&self.url, max_connections).await;
        let ledger = ledger.map_err(kept_out)?;
        dispatch_ledger::migrate(ledger.pool())
            .await
            .map_err(|error| away(error, "the database could not be brought up to date"))?;
        Ok(ledger)
    }

    /// A ledger over it, its schema as it is, for commands that read from end to end: no
    /// statement is cut off, since whoever waits for it may end it.
    pub(crate) async fn connect(&self, max_connections: u32) -> Result<Ledger, Failure> {
        let settings = Settings {
            max_connections,
            statement_timeout: Duration::ZERO,
            ..Settings::default()
        };
        let ledger = Ledger::connect_with(&self.url, &settings).await;
        ledger.map_err(kept_out)
    }

    /// Stop what was started.
    pub(crate) async fn close(self) {
        let Some(cluster) = self.cluster else { return };
        let began = Instant::now();
        match blocking(move || cluster.stop()).await {
            Ok(Ok(())) => tracing::info!(took_ms = began.elapsed().as_millis(), "database closed"),
            Ok(Err(error)) => tracing::error!(error = chain(&error), "Postgres was not stopped"),
            Err(failure) => tracing::error!(error = chain(&failure), "Postgres was not stopped"),
        }
    }
}

/// A failure of the ledger: away, or wrong.
pub(crate) fn away(error: LedgerError, what: &str) -> Failure {
    if error.is_unavailable() {
        Failure::unreachable(what, error)
    } else {
        Failure::Other(anyhow::Error::from(error).context(what.to_owned()))
    }
}

/// Run what blocks on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Failure::Other(error.into()))
}
