//! The feed: everything committed, of every host on this database, in one order.
//!
//! Sequences are given out before commits happen, so a reader that follows one skips
//! what commits late. The order here is (transaction, sequence), read only below the
//! oldest transaction still open: nothing can appear below that any more. A long
//! transaction holds the feed up, and never lets it skip.

use std::fmt;
use std::str::FromStr;

use dispatch_contract::Event;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::stored;

/// Events of one look at most.
const MAX_LOOK: u32 = 1_000;

/// A place in the feed. As text `<transaction>-<sequence>`; the default is its beginning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FeedPosition {
    transaction: i64,
    sequence: i64,
}

/// A text that is not a place in the feed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a place in the feed: hand back the id of the last event received, unchanged")]
pub struct BadPosition;

impl FeedPosition {
    pub(crate) fn new(transaction: i64, sequence: i64) -> Self {
        Self {
            transaction,
            sequence,
        }
    }

    pub(crate) fn transaction(self) -> i64 {
        self.transaction
    }

    pub(crate) fn sequence(self) -> i64 {
        self.sequence
    }
}

impl fmt::Display for FeedPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.transaction, self.sequence)
    }
}

impl FromStr for FeedPosition {
    type Err = BadPosition;
    fn from_str(text: &str) -> Result<Self, BadPosition> {
        let (transaction, sequence) = text.split_once('-').ok_or(BadPosition)?;
        let number = |digits: &str| match digits.parse::<i64>() {
            Ok(number) if number >= 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(number),
            _ => Err(BadPosition),
        };
        Ok(Self {
            transaction: number(transaction)?,
            sequence: number(sequence)?,
        })
    }
}

impl Ledger {
    /// Events after a place, in the feed's order, 1,000 at most. Fewer than asked for
    /// means that the rest is not settled yet or not there: look again later.
    ///
    /// # Errors
    /// Where the database cannot answer in time, or an event cannot be read.
    pub async fn feed_after(
        &self,
        position: FeedPosition,
        limit: u32,
    ) -> Result<Vec<(FeedPosition, Event)>, LedgerError> {
        let rows = sqlx::query!(
            r#"SELECT tx_id::text::bigint AS "transaction!", feed_seq, body::text AS "body!"
               FROM audit_events
               WHERE (tx_id, feed_seq) > ($1::bigint::text::xid8, $2::bigint)
                 AND tx_id < pg_snapshot_xmin(pg_current_snapshot())
               ORDER BY tx_id, feed_seq LIMIT $3"#,
            position.transaction,
            position.sequence,
            i64::from(limit.clamp(1, MAX_LOOK)),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let position = FeedPosition {
                    transaction: row.transaction,
                    sequence: row.feed_seq,
                };
                Ok((position, stored::read("event", &row.body)?))
            })
            .collect()
    }

    /// Where the feed ends now: from here on, only what comes later.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn feed_head(&self) -> Result<FeedPosition, LedgerError> {
        let row = sqlx::query!(
            r#"SELECT tx_id::text::bigint AS "transaction!", feed_seq FROM audit_events
               WHERE tx_id < pg_snapshot_xmin(pg_current_snapshot())
               ORDER BY tx_id DESC, feed_seq DESC LIMIT 1"#
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map_or_else(FeedPosition::default, |row| FeedPosition {
            transaction: row.transaction,
            sequence: row.feed_seq,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_their_text_and_nothing_else_is_one() {
        let position = FeedPosition {
            transaction: 4_294_967_301,
            sequence: 17,
        };
        assert_eq!(position.to_string().parse(), Ok(position));
        for bad in [
            "",
            "7",
            "-1-2",
            "1-",
            "1-2-3",
            "+1-2",
            "1-x",
            "99999999999999999999-1",
        ] {
            assert_eq!(bad.parse::<FeedPosition>(), Err(BadPosition), "{bad}");
        }
    }
}
