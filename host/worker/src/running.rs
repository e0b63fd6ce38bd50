//! A loop of this room while it runs.

use std::error::Error;

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// A loop while it runs; dropped, it ends where it stands.
pub struct Running {
    what: &'static str,
    stopping: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Running {
    /// Begin a loop, which is handed what tells it to stop. `what` it does is for the log.
    /// Needs a Tokio runtime.
    pub(crate) fn begin<F>(what: &'static str, work: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stopping = CancellationToken::new();
        let task = AbortOnDropHandle::new(tokio::spawn(work(stopping.clone())));
        Self {
            what,
            stopping,
            task,
        }
    }

    /// Begin nothing new, finish what is under way.
    pub async fn stop(self) {
        self.stopping.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(error = &error as &dyn Error, "{} ended badly", self.what);
        }
    }
}
