//! How a cluster's server is started. Knows parameter names, nothing else.

use std::time::Duration;

/// Parameters of one server start. The default is a durable server: fsync,
/// synchronous commit and full-page writes are left as Postgres has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `false` gives up durability for speed. For tests only: a crash of the machine
    /// then loses or corrupts the data folder.
    pub durable: bool,
    /// Upper limit of sessions at once, those of every host and command together.
    pub max_connections: u32,
    /// How long a start (with crash recovery) may take before it is an error.
    pub start_timeout: Duration,
    /// How long a fast shutdown may take before it is an error.
    pub stop_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durable: true,
            max_connections: 100,
            // crash recovery replays up to max_wal_size (1 GB)
            start_timeout: Duration::from_secs(120),
            stop_timeout: Duration::from_secs(60),
        }
    }
}

impl Settings {
    /// For tests: not durable, and with room for many pools at once.
    #[must_use]
    pub fn for_tests() -> Self {
        Self {
            durable: false,
            max_connections: 300,
            ..Self::default()
        }
    }

    /// Server parameters as `name=value`, given on the command line so that they hold
    /// whatever postgresql.conf says.
    pub(crate) fn parameters(&self) -> Vec<String> {
        let mut parameters = vec![
            "listen_addresses=".to_owned(),
            "unix_socket_permissions=0700".to_owned(),
            format!("max_connections={}", self.max_connections),
            "timezone=UTC".to_owned(),
            "log_timezone=UTC".to_owned(),
            // no DETAIL lines: they quote the values of rows
            "log_error_verbosity=terse".to_owned(),
        ];
        if !self.durable {
            parameters.extend(
                [
                    "fsync=off",
                    "synchronous_commit=off",
                    "full_page_writes=off",
                ]
                .map(str::to_owned),
            );
        }
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_leaves_durability_alone_and_listens_nowhere() {
        let parameters = Settings::default().parameters();
        assert!(parameters.contains(&"listen_addresses=".to_owned()));
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            assert!(!parameters.iter().any(|p| p.starts_with(name)), "{name}");
        }
        let test = Settings::for_tests().parameters();
        assert!(test.contains(&"fsync=off".to_owned()));
    }
}
