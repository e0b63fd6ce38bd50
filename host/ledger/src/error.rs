//! What can go wrong with the store, and what is only its being away.

/// A failure of the ledger. Nothing was committed, except where a connection
/// broke during a commit: then the same key tells, by replaying or not.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database is away, overloaded or gave up waiting: try again later.
    #[error("the database cannot answer now")]
    Unavailable(#[source] sqlx::Error),
    /// No connection came free in time: try again later.
    #[error("no database connection came free within {waited_ms} ms")]
    Busy {
        /// How long was waited.
        waited_ms: u128,
    },
    /// Other calls on the ticket were not done in time: try again later.
    #[error("other calls held the ticket for {waited_ms} ms")]
    Held {
        /// How long was waited.
        waited_ms: u128,
    },
    /// Another host wrote to the ticket, or used the key, after it was read: nothing was
    /// committed; begin again, and judge what is so now.
    #[error("another host was first: begin again")]
    Overtaken,
    /// The calls that this one was to be written with could not be written.
    #[error(transparent)]
    Together(std::sync::Arc<LedgerError>),
    /// The database refused a statement: a fault of this house.
    #[error("the database refused a statement")]
    Database(#[source] sqlx::Error),
    /// The migrations could not be applied.
    #[error("the database could not be migrated")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// A stored row cannot be read back.
    #[error("the stored {what} cannot be read")]
    Stored {
        /// Which column of what.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A cursor that was not handed out here.
    #[error("not a cursor: hand back `next_cursor` of the page before, unchanged")]
    BadCursor,
    /// What was handed in contradicts itself: a fault of the caller's code.
    #[error("cannot commit: {0}")]
    Inconsistent(String),
    /// The refusal writer has been shut down.
    #[error("the ledger is shutting down")]
    ShuttingDown,
}

impl LedgerError {
    /// The store is away rather than wrong: answer 503 `store_unavailable`.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unavailable(_)
            | Self::Busy { .. }
            | Self::Held { .. }
            | Self::Overtaken
            | Self::ShuttingDown => true,
            Self::Together(shared) => shared.is_unavailable(),
            _ => false,
        }
    }

    /// A write that ended so may have been committed: its connection was lost over it.
    #[must_use]
    pub fn leaves_doubt(&self) -> bool {
        match self {
            Self::Unavailable(error) => {
                is_lost(error) || matches!(error, sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed)
            }
            Self::Together(shared) => shared.leaves_doubt(),
            _ => false,
        }
    }

    /// The connection itself is gone, so that another one may do.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Unavailable(error) if is_lost(error))
    }
}

/// SQLSTATE classes that pass by themselves: connection, transaction rollback
/// (deadlock, serialization), resources, operator intervention, system, lock.
const PASSING: [&str; 6] = ["08", "40", "53", "57", "58", "55"];

/// The session ended idle in a transaction; a standby is not written to; a key
/// that two raced for, where the loser will replay.
const PASSING_CODES: [&str; 3] = ["25P03", "25006", "23505"];

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        let passing = match &error {
            sqlx::Error::Database(database) => database.code().is_some_and(|code| {
                PASSING.iter().any(|class| code.starts_with(class))
                    || PASSING_CODES.contains(&code.as_ref())
            }),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => true,
            _ => false,
        };
        if passing {
            Self::Unavailable(error)
        } else {
            Self::Database(error)
        }
    }
}

/// The connection itself is gone, so that another one may do.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(database) => database
            .code()
            .is_some_and(|code| code.starts_with("57P0") || code.starts_with("08")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_away_is_told_from_being_wrong() {
        let gone = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(is_lost(&sqlx::Error::Io(gone)));
        assert!(LedgerError::from(sqlx::Error::PoolTimedOut).is_unavailable());
        assert!(LedgerError::Busy { waited_ms: 5_000 }.is_unavailable());
        assert!(!LedgerError::from(sqlx::Error::RowNotFound).is_unavailable());
        assert!(!LedgerError::BadCursor.is_unavailable());
    }

    #[test]
    fn only_a_connection_that_was_lost_leaves_doubt_about_a_write() {
        let gone = || sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(LedgerError::from(gone()).leaves_doubt());
        let together = LedgerError::Together(std::sync::Arc::new(gone().into()));
        assert!(together.leaves_doubt());
        for certain in [
            LedgerError::from(sqlx::Error::PoolTimedOut),
            LedgerError::from(sqlx::Error::BeginFailed),
            LedgerError::Overtaken,
            LedgerError::Busy { waited_ms: 1 },
            LedgerError::Held { waited_ms: 1 },
        ] {
            assert!(!certain.leaves_doubt(), "{certain}");
        }
    }
}
