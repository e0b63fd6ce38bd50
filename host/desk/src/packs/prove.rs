//! Reading, proving and loading packs on a thread of their own, at the pace that calls leave.

use std::time::Duration;

use dispatch_contract::event::PackRef;
use dispatch_engine::{Engine, Leisure, Pack, PackError, PackFiles, Proven, Rejected, Step};
use tokio::sync::oneshot::{Receiver, channel};
use tokio::time::timeout;

/// The machine's rest is not waited for longer. Proving takes a tenth of a second where
/// components are cached.
const PATIENCE: Duration = Duration::from_millis(500);

/// How much of the machine proving may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pace {
    /// All of it: nobody is served yet.
    AtOnce,
    /// What calls leave.
    BesideCalls,
}

/// What came of proving a candidate.
pub(super) struct Tried {
    /// What it says it is, and its revision, as far as that can be read.
    pub(super) claims: Option<(PackRef, u64)>,
    pub(super) proven: Result<Proven, Rejected>,
    /// How far what comes next should let others go first.
    pub(super) leisure: Leisure,
}

/// Prove a candidate.
pub(super) async fn prove(engine: &Engine, files: &PackFiles, pace: Pace) -> Tried {
    let (engine, files) = (engine.clone(), files.clone());
    let work = move || (files.claims(), engine.prove(&files));
    let (done, leisure) = at_pace(pace, work).await;
    let (claims, proven) = done.unwrap_or_else(|| (None, Err(cut_off().into())));
    Tried {
        claims,
        proven,
        leisure,
    }
}

/// Read a pack's files from wherever they were brought: hashing them takes time.
pub(super) async fn read(
    pace: Pace,
    work: impl Fn() -> Result<PackFiles, PackError> + Clone + Send + 'static,
) -> Result<PackFiles, PackError> {
    let (read, _) = at_pace(pace, work).await;
    read.unwrap_or_else(|| Err(PackError::new(Step::Read, "reading it was cut off")))
}

/// Load a pack that was proven before.
pub(super) async fn load(
    engine: &Engine,
    files: &PackFiles,
    pace: Pace,
) -> Result<Pack, PackError> {
    let (engine, files) = (engine.clone(), files.clone());
    let (loaded, _) = at_pace(pace, move || engine.load(&files)).await;
    loaded.unwrap_or_else(|| Err(cut_off()))
}

fn cut_off() -> PackError {
    PackError::new(Step::Components, "it was cut off; try again")
}

/// Beside calls, work is done while the machine rests; where it does not, as when a pack is
/// to be rolled back because it is too slow, a second attempt takes a share. None where the
/// work's thread died, or none was granted.
pub(super) async fn at_pace<T: Send + 'static>(
    pace: Pace,
    work: impl Fn() -> T + Clone + Send + 'static,
) -> (Option<T>, Leisure) {
    if pace == Pace::AtOnce {
        return (start(work, None).await.ok(), Leisure::Low);
    }
    let mut idle = start(work.clone(), Some(Leisure::Idle));
    if let Ok(done) = timeout(PATIENCE, &mut idle).await {
        return (done.ok(), Leisure::Idle);
    }
    let done = tokio::select! {
        done = idle => done,
        done = start(work, Some(Leisure::Low)) => done,
    };
    (done.ok(), Leisure::Low)
}

fn start<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    leisure: Option<Leisure>,
) -> Receiver<T> {
    let (tell, done) = channel();
    let spawned = std::thread::Builder::new()
        .name("pack-prover".into())
        .spawn(move || {
            if let Some(leisure) = leisure {
                leisure.begin();
            }
            // whoever asked may be gone
            let _told = tell.send(work());
        });
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread to prove a pack on was granted");
    }
    done
}
