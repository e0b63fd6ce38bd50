//! Signals that ask the host to stop.

use nix::sys::signal::{SigSet, Signal as Kind};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// Whoever started us may have had these signals blocked, and a process inherits that:
/// then nothing would stop the host. Before any thread is started.
pub(super) fn unblock() -> Result<(), Failure> {
    let mut signals = SigSet::empty();
    signals.add(Kind::SIGINT);
    signals.add(Kind::SIGTERM);
    signals
        .thread_unblock()
        .map_err(|error| Failure::Other(error.into()))
}

/// SIGINT and SIGTERM.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on they do not end the process by themselves.
    pub(super) fn listen() -> Result<Self, Failure> {
        let of = |kind| signal(kind).map_err(|error| Failure::Other(error.into()));
        Ok(Self {
            interrupt: of(SignalKind::interrupt())?,
            terminate: of(SignalKind::terminate())?,
        })
    }

    /// Wait for one of them.
    pub(super) async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
