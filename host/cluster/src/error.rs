//! What can go wrong with a cluster, each said so that the reader knows what to do.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a cluster could not be found, made, started, reached or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// No folder with `initdb` and `postgres` was found.
    #[error(
        "no Postgres server was found (looked for `initdb` and `postgres` in PATH, the \
         distribution's folders and `pg_config --bindir`): install it (Debian: \
         `apt-get install postgresql`), or use a server of your own with DATABASE_URL \
         or --database-url"
    )]
    NoBinaries,
    /// The data was made by a major version whose binaries are not here.
    #[error(
        "the data in {} was made by Postgres {major}, which was not found: install \
         Postgres {major}, or dump and load the data with the version you have", folder.display()
    )]
    NoBinariesOfVersion {
        /// The `PGDATA` folder.
        folder: PathBuf,
        /// The major version that made it.
        major: u32,
    },
    /// Another host holds the folder.
    #[error(
        "another host already runs on {}: stop it first, or give this one a data folder \
         of its own", folder.display()
    )]
    InUse {
        /// The data folder.
        folder: PathBuf,
    },
    /// `attach` found no server.
    #[error(
        "no Postgres runs on {}: start the host on this folder first (`dispatch serve`), or set \
         DATABASE_URL", folder.display()
    )]
    NotRunning {
        /// The data folder.
        folder: PathBuf,
    },
    /// Started by root, and no unprivileged user is there to run the server.
    #[error(
        "Postgres refuses to run as root and no unprivileged user was found (looked for {tried}): \
         create a user `postgres`, or start as another user"
    )]
    NoAccount {
        /// The names tried, with commas.
        tried: String,
    },
    /// Started by root, and the folder is behind one the server's user may not enter.
    #[error(
        "Postgres runs as user `{account}`, who may not enter {}: use a data folder that \
         user can reach, such as /var/lib/real-dispatch", blocked.display()
    )]
    Unreachable {
        /// The user's name.
        account: String,
        /// The first folder that user may not enter.
        blocked: PathBuf,
    },
    /// No folder short enough for a unix socket could be made.
    #[error(
        "{} is too long for a unix socket and no shorter private folder could be \
         made: use a data folder with a shorter path", folder.display()
    )]
    SocketPath {
        /// The socket folder below the data folder.
        folder: PathBuf,
        /// Why the last shorter folder could not be made.
        #[source]
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{program} failed: {said}")]
    Program {
        /// `initdb` or `postgres`.
        program: &'static str,
        /// The last lines it wrote.
        said: String,
    },
    /// The server did not accept connections in time.
    #[error("Postgres did not accept connections within {waited:?}; its log is {}", log.display())]
    StartTimeout {
        /// How long was waited.
        waited: Duration,
        /// The server's log.
        log: PathBuf,
    },
    /// The server did not end in time.
    #[error("Postgres (process {pid}) did not stop within {waited:?}; it may still be running")]
    StopTimeout {
        /// Its process id.
        pid: i32,
        /// How long was waited.
        waited: Duration,
    },
    /// A signal could not be sent.
    #[error("process {pid} could not be signalled")]
    Signal {
        /// The process id.
        pid: i32,
        /// The system's reason.
        #[source]
        source: nix::Error,
    },
    /// A file or folder could not be read, made or changed.
    #[error("could not {action} {}", path.display())]
    Io {
        /// A verb, such as `create`.
        action: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
}

impl ClusterError {
    /// For `map_err`: an [`ClusterError::Io`] that says what was done to what.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// The last `lines` lines of what a program wrote, joined for a message.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    if all.is_empty() {
        return "it said nothing".to_owned();
    }
    all[all.len().saturating_sub(lines)..].join("; ")
}
