//! A loop of this room while it runs.

use std::error::Error;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A loop while it runs; dropped, it ends where it stands.
pub struct Running {
    what: &'static str,
    stopping: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Running {
    /// Begin a loop, which is handed what tells it to stop. `what` it does is for the log.
    /// Needs a Tokio runtime.
    pub(crate) fn begin<F>(what: &'static str, work: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stopping = CancellationToken::new();
        let task = tokio::spawn(work(stopping.clone()));
        Self {
            what,
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
            tracing::error!(error = &error as &dyn Error, "{} ended badly", self.what);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
