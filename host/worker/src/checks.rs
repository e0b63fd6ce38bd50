//! The loop that looks after what comes due on gateways: agents that did not check in.

use std::time::Duration;

use dispatch_switchboard::Switchboard;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The wait between two looks: deadlines are half a minute.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The wait after the database did not answer.
const DATABASE_AWAY: Duration = Duration::from_secs(30);

/// The loop while it runs; dropped, it ends where it stands.
pub struct Checks {
    stopping: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Checks {
    /// Begin. Needs a Tokio runtime.
    #[must_use]
    pub fn start(switchboard: Switchboard) -> Self {
        let stopping = CancellationToken::new();
        let task = tokio::spawn(run(switchboard, stopping.clone()));
        Self {
            stopping,
            task: Some(task),
        }
    }

    /// Begin nothing new, finish what is under way.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if let Some(task) = self.task.take()
            && let Err(error) = task.await
        {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "checking on agents ended badly"
            );
        }
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
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
