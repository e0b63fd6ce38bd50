//! The start: beside a folder that is in order, behind, broken, empty or missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dispatch_contract::packs::{PackSource, StepFailed};
use dispatch_engine::{ActivePack, Engine, FolderContent, Pack, PackError, PackFiles, Step};
use dispatch_ledger::{Activation, Ledger, LedgerError};

use super::attempt::{Attempt, Trial};
use super::prove::{Pace, load, read};
use super::steps::{behind, refused};
use super::{OpenError, PackBook};
use crate::metrics::DeskMetrics;
use crate::papers::Drafting;
use crate::shadow::Shadow;
use crate::{Desk, Inner, Parts};

/// What a folder was found to hold.
type Found = Result<PackFiles, PackError>;

impl Desk {
    /// Open a desk on the pack in `folder`, or, where that one is missing, broken or
    /// behind, on the last good one.
    ///
    /// # Errors
    /// Where no pack can judge, or the database is away.
    pub async fn open(parts: Parts, folder: &Path) -> Result<Self, OpenError> {
        let path = folder.to_owned();
        let found = tokio::task::spawn_blocking(move || PackFiles::read(&path))
            .await
            .unwrap_or_else(|_| Err(PackError::new(Step::Read, "reading it was cut off")));
        let content = FolderContent::of(&found);
        let inner = match parts.ledger.active_pack().await? {
            None => first(parts, folder, found, content).await?,
            Some(active) => beside(parts, found, content, active).await?,
        };
        let desk = Self { inner };
        desk.clear_unfinished_uploads();
        Ok(desk)
    }
}

fn inner(parts: Parts, pack: Pack, revision: u64, content: FolderContent) -> Arc<Inner> {
    let metrics = DeskMetrics::default();
    Arc::new(Inner {
        shadow: Shadow::start(parts.ledger.clone(), metrics.clone()),
        pack: ActivePack::new(pack, revision),
        packs: PackBook::new(parts.packs, content),
        engine: parts.engine,
        ledger: parts.ledger,
        objects: parts.objects,
        company: parts.company,
        clock: parts.clock,
        metrics,
        committed: tokio::sync::watch::Sender::new(0),
        drafting: Drafting::default(),
        reading_for_shadow: Arc::new(tokio::sync::Semaphore::new(crate::let_in::READING)),
    })
}

/// No pack was ever active: the folder's must do.
async fn first(
    parts: Parts,
    folder: &Path,
    found: Found,
    content: FolderContent,
) -> Result<Arc<Inner>, OpenError> {
    let no_pack = |source| OpenError::NoPack {
        folder: PathBuf::from(folder),
        source,
    };
    let files = found.map_err(no_pack)?;
    let mut trial = Trial::begin();
    let pack = trial
        .prove(&parts.engine, files, Pace::AtOnce)
        .await
        .map_err(no_pack)?;
    let opened = open_on(parts, trial, pack, content).await;
    opened.map_err(|StepFailed { step, reason, .. }| OpenError::NotTakenUp {
        folder: PathBuf::from(folder),
        step,
        reason,
    })
}

/// On a pack of the folder that is proven, and that takes over from the first call on. One
/// that does not is no pack to open on.
async fn open_on(
    parts: Parts,
    mut trial: Trial,
    pack: Pack,
    content: FolderContent,
) -> Result<Arc<Inner>, StepFailed> {
    let attempt = Attempt::of_the_folder(PackSource::Start, parts.packs.max_flips);
    let inner = inner(parts, pack.clone(), pack.revision(), content);
    trial.alone = true;
    let result = inner.take_up(&attempt, &mut trial, pack).await;
    match inner.end_attempt(&attempt, trial, result).await.failed {
        None => Ok(inner),
        Some(failed) => Err(failed),
    }
}

/// A pack is active: the folder holds it, or it is loaded from the ledger and the folder's
/// is a candidate like any other.
async fn beside(
    parts: Parts,
    found: Found,
    content: FolderContent,
    active: Activation,
) -> Result<Arc<Inner>, OpenError> {
    let mut trial = Trial::begin();
    let proven = match &found {
        Ok(files) if files.digest_hex() == active.pack.digest => Some(
            trial
                .prove(&parts.engine, files.clone(), Pace::AtOnce)
                .await,
        ),
        _ => None,
    };
    if let Some(Ok(pack)) = proven {
        return Ok(inner(parts, pack, active.revision, content));
    }
    let digest = &active.pack.digest;
    let good = match last_good(&parts.engine, &parts.ledger, digest, Pace::AtOnce).await? {
        Ok(good) => good,
        Err(source) => return instead(parts, found, content, active, source).await,
    };
    let max_flips = parts.packs.max_flips;
    let inner = inner(parts, good, active.revision, content);
    let attempt = Attempt::of_the_folder(PackSource::Start, max_flips);
    match (proven, found) {
        (Some(Err(error)), _) | (_, Err(error)) => {
            inner.turn_down(&attempt, &trial, &refused(&error)).await;
        }
        (_, Ok(files)) => match inner.ledger.activated_as(&files.digest_hex()).await? {
            Some(revision) => tracing::error!(
                folder_revision = revision,
                active_revision = active.revision,
                "the folder holds a pack that was active once; the one activated since judges"
            ),
            None => {
                inner.attempt(&attempt, files).await;
            }
        },
    }
    Ok(inner)
}

/// The pack that is active cannot be loaded here: the folder's, where it may follow it.
async fn instead(
    parts: Parts,
    found: Found,
    content: FolderContent,
    active: Activation,
    source: Option<PackError>,
) -> Result<Arc<Inner>, OpenError> {
    let cannot = |folder: String, source| OpenError::LastGood {
        digest: active.pack.digest.clone(),
        folder,
        source,
    };
    let mut trial = Trial::begin();
    let proven = match found {
        Ok(files) => trial.prove(&parts.engine, files, Pace::AtOnce).await,
        Err(error) => Err(error),
    };
    match proven {
        Ok(pack) if pack.revision() > active.revision => {
            let opened = open_on(parts, trial, pack, content).await;
            opened.map_err(|StepFailed { step, reason, .. }| {
                cannot(format!("{step}: {reason}"), source)
            })
        }
        Ok(pack) => {
            let why = behind(pack.revision(), active.revision);
            Err(cannot(why.reason, source))
        }
        Err(error) => Err(cannot(error.to_string(), source)),
    }
}

/// A stored pack, loaded: it was proven when it was activated.
pub(super) async fn last_good(
    engine: &Engine,
    ledger: &Ledger,
    digest: &str,
    pace: Pace,
) -> Result<Result<Pack, Option<PackError>>, LedgerError> {
    let files = match stored_files(ledger, digest, pace).await? {
        Ok(files) => files,
        Err(error) => return Ok(Err(error)),
    };
    Ok(load(engine, &files, pace).await.map_err(Some))
}

/// A stored pack's files, which must be what their digest says; none where it is not stored.
pub(super) async fn stored_files(
    ledger: &Ledger,
    digest: &str,
    pace: Pace,
) -> Result<Result<PackFiles, Option<PackError>>, LedgerError> {
    let Some(stored) = ledger.load_pack(digest).await? else {
        return Ok(Err(None));
    };
    let contents = Arc::new(stored.into_contents());
    let files = read(pace, move || PackFiles::of(BTreeMap::clone(&contents))).await;
    Ok(match files {
        Ok(files) if files.digest_hex() == digest => Ok(files),
        Ok(files) => Err(Some(PackError::new(
            Step::Read,
            format!(
                "what is stored in the database under this digest is something else: its digest is \
                 {:.12}",
                files.digest_hex()
            ),
        ))),
        Err(error) => Err(Some(error)),
    })
}
