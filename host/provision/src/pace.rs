//! How long a lifecycle waits for a gateway, and how often it looks.

use std::time::Duration;

/// How often the configuration is read again because somebody else wrote it in between.
pub(crate) const CONFIG_TRIES: u32 = 5;

/// The pauses between attempts: each doubles the one before, up to the longest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

/// How long a lifecycle waits for what it was told is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How long a created agent may take to show in `agents.list`.
    pub(crate) visible_within: Duration,
    /// Between two looks.
    pub(crate) look: Pauses,
    /// How often a just created agent is updated while the gateway does not know it yet.
    pub(crate) update_tries: u32,
    /// Between two updates.
    pub(crate) update: Pauses,
}

impl Pace {
    /// Gateways acknowledge an agent up to a second before it is there, and reload their
    /// configuration in between; a busy one takes several.
    pub(crate) const USUAL: Self = Self {
        visible_within: Duration::from_secs(20),
        look: Pauses {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(1),
        },
        update_tries: 5,
        update: Pauses {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(4),
        },
    };
}
