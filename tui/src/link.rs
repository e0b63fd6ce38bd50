//! How the event stream stands: what is on screen is live, or stale since when. Pure.

use dispatch_contract::{Event, Timestamp};

use crate::trouble::Trouble;

/// What the feed tells.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum News {
    /// The stream is open; `resumed` where it goes on after the last event seen.
    Open {
        /// Nothing was missed.
        resumed: bool,
    },
    /// Committed.
    Event(Box<Event>),
    /// There are refusals to read that were not there before.
    Refusals,
    /// The stream is gone; it is opened again in so many seconds.
    Lost {
        /// Why.
        trouble: Trouble,
        /// Seconds until the next try; none where there will be none.
        retry_in_s: Option<u64>,
    },
}

/// See the module.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) enum Link {
    /// Not open yet.
    #[default]
    Opening,
    /// Everything committed shows.
    Live,
    /// What is on screen may have changed.
    Stale {
        /// Since when; none where it never was live.
        since: Option<Timestamp>,
        /// Why.
        trouble: Trouble,
        /// When the next try is; none where there will be none.
        retry_at: Option<Timestamp>,
    },
}

impl Link {
    /// What is on screen may have changed unseen.
    #[must_use]
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, Self::Stale { .. })
    }

    /// It broke now; what was stale before stays stale since then.
    #[must_use]
    pub(crate) fn broken(&self, trouble: Trouble, retry_in_s: Option<u64>, now: Timestamp) -> Self {
        let since = match self {
            Self::Opening => None,
            Self::Live => Some(now),
            Self::Stale { since, .. } => *since,
        };
        Self::Stale {
            since,
            trouble,
            retry_at: retry_in_s.and_then(|s| {
                let later = i64::try_from(s).unwrap_or(0) * 1_000_000;
                Timestamp::from_micros(now.micros() + later)
            }),
        }
    }
}
