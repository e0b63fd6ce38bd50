//! Proving a candidate on a thread of its own, at the pace that calls leave.

use std::time::Duration;

use dispatch_engine::{Engine, Leisure, PackError, PackFiles, Proven, Rejected, Step};
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

/// Prove a candidate. Beside calls it is done while the machine rests; where it does not,
/// as when a pack is to be rolled back because it is too slow, a second attempt takes a
/// share. Also says how far what comes next should let others go first.
pub(super) async fn prove(
    engine: &Engine,
    files: &PackFiles,
    pace: Pace,
) -> (Result<Proven, Rejected>, Leisure) {
    if pace == Pace::AtOnce {
        return (whole(start(engine, files, None).await), Leisure::Low);
    }
    let mut idle = start(engine, files, Some(Leisure::Idle));
    if let Ok(proven) = timeout(PATIENCE, &mut idle).await {
        return (whole(proven), Leisure::Idle);
    }
    let proven = tokio::select! {
        proven = idle => proven,
        proven = start(engine, files, Some(Leisure::Low)) => proven,
    };
    (whole(proven), Leisure::Low)
}

type Told<E> = Result<Result<Proven, Rejected>, E>;

fn start(
    engine: &Engine,
    files: &PackFiles,
    leisure: Option<Leisure>,
) -> Receiver<Result<Proven, Rejected>> {
    let (engine, files) = (engine.clone(), files.clone());
    let (tell, proven) = channel();
    let spawned = std::thread::Builder::new()
        .name("pack-prover".into())
        .spawn(move || {
            if let Some(leisure) = leisure {
                leisure.begin();
            }
            // whoever asked may be gone
            let _told = tell.send(engine.prove(&files));
        });
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread to prove a pack on was granted");
    }
    proven
}

fn whole<E>(told: Told<E>) -> Result<Proven, Rejected> {
    told.unwrap_or_else(|_| {
        let cut_off = "proving it was cut off; try again";
        Err(PackError::new(Step::Components, cut_off).into())
    })
}
