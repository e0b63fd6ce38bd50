//! The handle: opens a data folder for the one host that manages it, or attaches to
//! one beside that host. Composes the crate's other modules and decides nothing else.

use std::fs::{self, File};
use std::path::Path;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::error::ClusterError;
use crate::folder::Layout;
use crate::initialise::initialise;
use crate::server::Server;
use crate::settings::Settings;
use crate::socket;

/// The database every new cluster has.
pub const DATABASE: &str = "dispatch";

/// The role that owns the cluster. A superuser: the socket's folder keeps others out.
pub const ROLE: &str = "dispatch";

/// A running private Postgres.
///
/// Opened, it is managed: dropping the handle stops the server. Attached, it is
/// somebody else's: dropping the handle does nothing.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    settings: Settings,
    server: Server,
    /// Present while managed.
    lock: Option<File>,
}

impl Cluster {
    /// Makes, starts or adopts the cluster below `folder` with the durable default
    /// settings, and waits until it accepts connections.
    ///
    /// # Errors
    /// See [`Cluster::open_with`].
    pub fn open(folder: &Path) -> Result<Self, ClusterError> {
        Self::open_with(folder, Settings::default())
    }

    /// As [`Cluster::open`] with other settings. A server that is adopted keeps the
    /// settings it was started with.
    ///
    /// # Errors
    /// [`ClusterError::InUse`] when another host holds the folder; else whatever kept
    /// the programs from being found, the folder from being made, or the server from
    /// accepting connections in time.
    pub fn open_with(folder: &Path, settings: Settings) -> Result<Self, ClusterError> {
        let account = Account::needed(&folder.join("postgres"))?;
        let account = account.as_ref();
        let layout = Layout::prepare(folder, account)?;
        let lock = layout.lock()?;
        let server = match Server::adopt(&layout, &settings)? {
            Some(server) => server,
            None => {
                let binaries = binaries_for(&layout, account)?;
                if !layout.data().exists() {
                    initialise(&binaries, &layout, account, settings.durable)?;
                }
                Server::start(&binaries, &layout, account, &settings)?
            }
        };
        tracing::info!(pid = server.pid, folder = %layout.root().display(), "Postgres accepts connections");
        Ok(Self {
            layout,
            settings,
            server,
            lock: Some(lock),
        })
    }

    /// Reaches the cluster that a live host (or a [detached](Cluster::detach) handle)
    /// left running below `folder`. Takes no lock and never stops it.
    ///
    /// # Errors
    /// [`ClusterError::NotRunning`] when none runs and answers there.
    pub fn attach(folder: &Path) -> Result<Self, ClusterError> {
        let not_running = || ClusterError::NotRunning {
            folder: folder.to_path_buf(),
        };
        let layout = Layout::existing(folder).map_err(|_| not_running())?;
        let server = Server::running(&layout.data()).ok_or_else(not_running)?;
        Ok(Self {
            layout,
            settings: Settings::default(),
            server,
            lock: None,
        })
    }

    /// The URL of `database` for sqlx and libpq: a unix socket, with the owning role.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        socket::url(&self.server.socket_folder, ROLE, database)
    }

    /// The data folder, its links resolved.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.layout.root()
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.server.pid
    }

    /// Stops the server cleanly and gives the folder free. An attached handle stops nothing.
    ///
    /// # Errors
    /// [`ClusterError::StopTimeout`] or [`ClusterError::Signal`]; the folder is then
    /// free all the same, and the next host adopts what still runs.
    pub fn stop(mut self) -> Result<(), ClusterError> {
        self.end()
    }

    /// Leaves the server running and gives the folder free: a later `open` adopts it.
    pub fn detach(mut self) {
        self.lock = None;
    }

    fn end(&mut self) -> Result<(), ClusterError> {
        match self.lock.take() {
            // the lock is held until the server has ended
            Some(_lock) => self.server.stop(&self.settings),
            None => Ok(()),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "Postgres was not stopped"
            );
        }
    }
}

/// The installation that fits the data: any for a new folder, else the one that made it.
fn binaries_for(layout: &Layout, account: Option<&Account>) -> Result<Binaries, ClusterError> {
    let data = layout.data();
    let Ok(version) = fs::read_to_string(data.join("PG_VERSION")) else {
        return Binaries::find_for(account);
    };
    // before version 10 a major version had two numbers; none of those is supported
    let Ok(major) = version.trim().parse() else {
        return Binaries::find_for(account);
    };
    Binaries::of_major(major, account).ok_or(ClusterError::NoBinariesOfVersion {
        folder: data,
        major,
    })
}
