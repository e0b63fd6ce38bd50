//! How much, how often, how long.

use std::time::Duration;

/// The limits of sending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Messages under way at once, each of another ticket.
    pub at_once: u32,
    /// How long a host holds a message; well beyond `send_within`, so that nobody else
    /// sends while it does.
    pub lease: Duration,
    /// How long a gateway may take over one message.
    pub send_within: Duration,
    /// Tries at most; a gateway that is away is not tried.
    pub attempts: u32,
    /// The wait after the first failure; doubles with each.
    pub first_wait: Duration,
    /// The longest wait between two tries.
    pub longest_wait: Duration,
    /// The wait while the gateway is away.
    pub away_wait: Duration,
    /// How long a message may wait before it is given up.
    pub age: Duration,
    /// How often the outbox is looked at without a hint.
    pub look: Duration,
    /// How often at most, however many hints come.
    pub breath: Duration,
    /// How often waiting and dead messages are counted.
    pub count: Duration,
}

impl Default for Limits {
    /// Ten tries take some 36 minutes.
    fn default() -> Self {
        Self {
            at_once: 8,
            lease: Duration::from_secs(120),
            send_within: Duration::from_secs(45),
            attempts: 10,
            first_wait: Duration::from_secs(5),
            longest_wait: Duration::from_secs(15 * 60),
            away_wait: Duration::from_secs(15),
            age: Duration::from_secs(24 * 60 * 60),
            look: Duration::from_secs(1),
            breath: Duration::from_millis(200),
            count: Duration::from_secs(10),
        }
    }
}
