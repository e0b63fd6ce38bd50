//! Those who write: calls on different tickets that are ready at the same time share one
//! statement and one commit. Nobody waits for company: whoever comes while all writers
//! are at work is taken along by the next one that is done.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use crate::added::Added;
use crate::batch;
use crate::entry::Entry;
use crate::error::{LedgerError, is_lost};
use crate::lanes::Lanes;
use crate::turns::Turn;

/// Statements under way at once: one computes while another waits for the disk.
const WRITERS: usize = 2;

/// Calls written by one statement at most.
const BATCH: usize = 32;

/// How often everybody who can go on is let go on before a statement is sent: whoever is
/// ready by then is taken along. Where nobody can, it costs nothing. With none, 8 callers
/// committed 0.66 of what pgbench did, with 3 it was 0.76 and with 8 0.77.
const YIELDS: usize = 4;

/// Calls waiting at most; beyond that, callers wait. More than there are lanes to read by.
const QUEUE: usize = 256;

/// A call that is ready, whose ticket's turn lasts until it is written.
struct Ready {
    entry: Entry,
    _turn: Turn,
    tell: oneshot::Sender<Result<(), LedgerError>>,
}

/// The way to those who write.
#[derive(Clone, Debug)]
pub(crate) struct Writers(mpsc::Sender<Ready>);

impl Writers {
    pub(crate) fn start(lanes: &Arc<Lanes>) -> Self {
        let (way, ready) = mpsc::channel(QUEUE);
        let ready = Arc::new(Mutex::new(ready));
        for _ in 0..WRITERS {
            tokio::spawn(run(Arc::clone(lanes), Arc::clone(&ready)));
        }
        Self(way)
    }

    /// Have a call written; answers when it is committed, or nothing of it is.
    pub(crate) async fn write(&self, entry: Entry, turn: Turn) -> Result<(), LedgerError> {
        let (tell, told) = oneshot::channel();
        let ready = Ready {
            entry,
            _turn: turn,
            tell,
        };
        let sent = self.0.send(ready).await;
        sent.map_err(|_| LedgerError::ShuttingDown)?;
        told.await.map_err(|_| LedgerError::ShuttingDown)?
    }
}

/// Ends when the last handle to the ledger is gone and the queue is empty.
async fn run(lanes: Arc<Lanes>, ready: Arc<Mutex<mpsc::Receiver<Ready>>>) {
    let mut waiting = Vec::with_capacity(BATCH);
    loop {
        let mut ready = ready.lock().await;
        if ready.recv_many(&mut waiting, BATCH).await == 0 {
            return;
        }
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
            while waiting.len() < BATCH
                && let Ok(next) = ready.try_recv()
            {
                waiting.push(next);
            }
        }
        drop(ready);
        while !waiting.is_empty() {
            let later = part(&mut waiting);
            write(&lanes, std::mem::replace(&mut waiting, later)).await;
        }
    }
}

/// Takes out what cannot share a statement with the rest: a customer's row changes once.
fn part(waiting: &mut Vec<Ready>) -> Vec<Ready> {
    let mut told = false;
    waiting
        .extract_if(.., |ready| {
            let tells = Added::tells_contact(&ready.entry);
            let second = tells && told;
            told |= tells;
            second
        })
        .collect()
}

/// Writes them together; where that fails, each by itself, so that one call's
/// trouble is no other's.
async fn write(lanes: &Arc<Lanes>, together: Vec<Ready>) {
    let outcome = attempt(lanes, together.iter().map(|ready| &ready.entry)).await;
    let Err(error) = outcome else {
        return together.into_iter().for_each(|ready| ready.done(Ok(())));
    };
    match <[Ready; 1]>::try_from(together) {
        Ok([alone]) => alone.done(Err(error)),
        Err(together) if matches!(error, LedgerError::Overtaken) || !error.is_unavailable() => {
            for ready in together {
                let outcome = attempt(lanes, std::iter::once(&ready.entry)).await;
                ready.done(outcome);
            }
        }
        Err(together) => {
            let error = Arc::new(error);
            for ready in together {
                ready.done(Err(LedgerError::Together(Arc::clone(&error))));
            }
        }
    }
}

/// Writes on a lane, and once more on a new one where the first turned out to be dead.
/// Should the dead one have committed, the second try finds the tickets moved on, and
/// whoever looks again finds the key.
async fn attempt<'a>(
    lanes: &Arc<Lanes>,
    entries: impl Iterator<Item = &'a Entry> + Clone,
) -> Result<(), LedgerError> {
    let mut lane = lanes.acquire().await?;
    let mut written = batch::write(lane.connection(), entries.clone()).await;
    if written.as_ref().is_err_and(is_lost) {
        lane = lanes.replace(lane).await?;
        written = batch::write(lane.connection(), entries).await;
    }
    if matches!(written, Ok(()) | Err(sqlx::Error::Database(_))) {
        lane.done();
    }
    written.map_err(batch::told)
}

impl Ready {
    fn done(self, outcome: Result<(), LedgerError>) {
        // whoever called may be gone; what is written stays written
        let _told = self.tell.send(outcome);
    }
}
