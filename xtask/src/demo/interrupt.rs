//! Ctrl-C and SIGTERM, taken up where it suits. Their default would end this process and
//! leave the host behind.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{SigSet, Signal};

/// Tells of an interrupt once.
pub(super) struct Interrupt(Receiver<Signal>);

impl Interrupt {
    /// From now on this process is not ended by SIGINT, SIGTERM or SIGHUP. Children inherit
    /// that; the host takes its signals up again by itself.
    pub(super) fn listen() -> Result<Self> {
        let mut signals = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            signals.add(signal);
        }
        signals.thread_block().context("blocking signals")?;
        let (tell, told) = channel();
        // this thread begins with the same signals blocked, so that it can wait for them
        std::thread::spawn(move || {
            while let Ok(signal) = signals.wait() {
                if tell.send(signal).is_err() {
                    break;
                }
            }
        });
        Ok(Self(told))
    }

    /// Fails where somebody interrupted.
    pub(super) fn check(&self) -> Result<()> {
        match self.0.try_recv() {
            Ok(signal) => bail!("interrupted by {signal}"),
            Err(_) => Ok(()),
        }
    }

    /// Waits; true when somebody interrupted.
    pub(super) fn wait(&self, at_most: Duration) -> bool {
        match self.0.recv_timeout(at_most) {
            Ok(_) => true,
            Err(RecvTimeoutError::Timeout) => false,
            // nobody listens any more: better stopped than waiting for ever
            Err(RecvTimeoutError::Disconnected) => true,
        }
    }
}
