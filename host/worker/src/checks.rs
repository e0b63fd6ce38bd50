//! The loop that looks after what comes due on gateways: agents that did not check in.

use std::time::Duration;

use dispatch_switchboard::Switchboard;
use tokio_util::sync::CancellationToken;

use crate::running::Running;

/// The wait between two looks: deadlines are half a minute.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The wait after the database did not answer.
const DATABASE_AWAY: Duration = Duration::from_secs(30);

/// Looking after what comes due.
pub struct Checks;

impl Checks {
    /// Begin. Needs a Tokio runtime.
    #[must_use]
    pub fn start(switchboard: Switchboard) -> Running {
        Running::begin("checking on agents", |stopping| run(switchboard, stopping))
    }
}

async fn run(switchboard: Switchboard, stopping: CancellationToken) {
    let mut pause = LOOK_EVERY;
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        // the switchboard has logged why, where it cannot
        pause = match switchboard.reconcile().await {
            Ok(_) => LOOK_EVERY,
            Err(_) => DATABASE_AWAY,
        };
    }
}
