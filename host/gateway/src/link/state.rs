//! How a link stands, as others see it.

use std::sync::Arc;
use std::time::SystemTime;

use crate::diagnosis::Trouble;
use crate::error::GatewayError;
use crate::hello::Hello;
use crate::version::Verdict;

/// Where a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Dialling, or saying hello.
    Connecting,
    /// Connected.
    Online,
    /// Waiting to connect again.
    Waiting,
    /// Stopped by whoever started it.
    Stopped,
}

/// How a link stands. Sent on when it changes, not with every ping.
#[derive(Clone, Debug)]
pub struct LinkState {
    /// Where it stands.
    pub phase: Phase,
    /// Since when.
    pub since: SystemTime,
    /// What the gateway said when it let us in last; stays while it is away.
    pub hello: Option<Arc<Hello>>,
    /// Whether it is new enough, where a minimum was given.
    pub version: Option<Arc<Verdict>>,
    /// Why the last attempt or connection ended; none while connected.
    pub error: Option<GatewayError>,
    /// Failed attempts since the last connection.
    pub failures: u32,
    /// Connections made so far.
    pub connections: u64,
    /// When it will connect again.
    pub next_attempt: Option<SystemTime>,
}

impl LinkState {
    pub(super) fn new(now: SystemTime) -> Self {
        Self {
            phase: Phase::Connecting,
            since: now,
            hello: None,
            version: None,
            error: None,
            failures: 0,
            connections: 0,
            next_attempt: None,
        }
    }

    /// What is wrong, if anything is.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        if let Some(error) = &self.error {
            return Some(Trouble::of(error));
        }
        let old = self
            .version
            .as_ref()
            .is_some_and(|version| !version.compatible);
        (self.phase == Phase::Online && old).then_some(Trouble::Incompatible)
    }

    /// Is it connected?
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.phase == Phase::Online
    }
}
