//! Which pack judges: found at the start, followed while the host runs.
//!
//! The folder proposes, the ledger remembers. A candidate takes over only once
//! it is loaded and its own tests pass, its revision has grown, and the ledger
//! has it; otherwise the active one stays, and the house's chain says why.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dispatch_contract::event::{EventType, PackRef};
use dispatch_contract::{Refusal, Timestamp};
use dispatch_engine::{ActivePack, Pack, PackError, PackFiles, PackWatcher, Proven, Rejected};
use dispatch_ledger::{LedgerError, StoredPack};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::metrics::DeskMetrics;
use crate::refuse::ledger_away;
use crate::registry::THE_HOST;
use crate::{Desk, Inner, Parts};

/// How often other hosts' activations are looked for.
const FOLLOW: Duration = Duration::from_secs(1);

/// A desk cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder holds no pack that can judge, and the ledger remembers none.
    #[error("no pack can judge: the one in {folder} was refused, and none was active before")]
    NoPack {
        /// The folder.
        folder: PathBuf,
        /// Why it was refused.
        source: PackError,
    },
    /// The pack that was active is not whole in the ledger.
    #[error("the pack that was active last, {digest:.12}, cannot be loaded from the database")]
    LastGood {
        /// Its digest.
        digest: String,
        /// Why.
        source: Option<PackError>,
    },
    /// The database did not answer.
    #[error("the database did not answer")]
    Ledger(#[from] LedgerError),
}

/// A pack that was activated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackEntry {
    /// Name, version, digest.
    pub pack: PackRef,
    /// Its revision.
    pub revision: u64,
    /// When it was activated.
    pub activated_at: Timestamp,
}

/// A candidate that was turned down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackRejection {
    /// When.
    pub at: Timestamp,
    /// At which step.
    pub step: String,
    /// Why, with file and line where there is one.
    pub reason: String,
}

/// Which pack judges, and what came before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackStatus {
    /// The pack that judges on this host.
    pub active: PackRef,
    /// Its revision.
    pub revision: u64,
    /// It runs because the folder's pack could not: the last good one.
    pub last_good: bool,
    /// The latest candidate of the folder that was turned down, if its folder still holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<PackRejection>,
    /// Activations, the latest first, 200 at most.
    pub history: Vec<PackEntry>,
}

/// What is remembered about candidates.
#[derive(Default)]
pub(crate) struct PackBook {
    rejected: Mutex<Option<PackRejection>>,
}

impl PackBook {
    fn rejected(&self) -> std::sync::MutexGuard<'_, Option<PackRejection>> {
        // a panic while it was held leaves one whole value or another
        self.rejected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a candidate was turned down.
struct TurnedDown {
    step: &'static str,
    reason: String,
}

impl From<&PackError> for TurnedDown {
    fn from(error: &PackError) -> Self {
        Self {
            step: error.step.name(),
            reason: error.to_string(),
        }
    }
}

impl Desk {
    /// Open a desk on the pack in `folder`, or, where that one is missing, broken or
    /// behind, on the last good one.
    ///
    /// # Errors
    /// Where no pack can judge, or the database is away.
    pub async fn open(parts: Parts, folder: &Path) -> Result<Self, OpenError> {
        let found = prove(&parts.engine, folder);
        let active = parts.ledger.active_pack().await?;
        let (pack, turned_down) = match (found, active) {
            (Err(rejected), None) => {
                return Err(OpenError::NoPack {
                    folder: folder.to_owned(),
                    source: rejected.error,
                });
            }
            (Ok(Proven { pack, .. }), None) => (pack, None),
            (Ok(Proven { pack, .. }), Some(active))
                if pack.reference().digest == active.pack.digest
                    || pack.revision() > active.revision =>
            {
                (pack, None)
            }
            (found, Some(active)) => {
                let turned_down = match &found {
                    Ok(proven) => behind(proven.pack.revision(), active.revision),
                    Err(rejected) => (&rejected.error).into(),
                };
                let pack = last_good(&parts, &active.pack.digest).await?;
                (pack, Some(turned_down))
            }
        };
        let desk = Self {
            inner: Arc::new(Inner {
                pack: ActivePack::new(pack),
                packs: PackBook::default(),
                engine: parts.engine,
                ledger: parts.ledger,
                objects: parts.objects,
                company: parts.company,
                clock: parts.clock,
                metrics: DeskMetrics::default(),
                committed: tokio::sync::watch::Sender::new(0),
            }),
        };
        match turned_down {
            Some(turned_down) => desk.inner.turn_down(folder, turned_down).await,
            None => {
                desk.inner.remember(&desk.inner.pack.current()).await?;
            }
        }
        desk.clear_unfinished_uploads();
        Ok(desk)
    }

    /// Follow the folder and other hosts until the returned guard is dropped.
    #[must_use = "the pack is followed only as long as this is kept"]
    pub fn follow_packs(&self, folder: &Path) -> Following {
        let (candidates, mut arriving) = tokio::sync::mpsc::channel(4);
        let active = self.clone();
        let watcher = PackWatcher::start(
            self.inner.engine.clone(),
            folder,
            move || active.inner.pack.current().reference().digest.clone(),
            move |candidate| candidates.blocking_send(candidate).is_ok(),
        );
        let (desk, folder) = (self.clone(), folder.to_owned());
        let task = tokio::spawn(async move {
            let mut look = tokio::time::interval(FOLLOW);
            loop {
                tokio::select! {
                    candidate = arriving.recv() => match candidate {
                        Some(Ok(proven)) => desk.inner.activate(&folder, proven.pack).await,
                        Some(Err(rejected)) => {
                            desk.inner.turn_down(&folder, (&rejected.error).into()).await;
                        }
                        None => break,
                    },
                    _ = look.tick() => desk.inner.follow_others().await,
                }
            }
        });
        Following {
            _watcher: watcher,
            task,
        }
    }

    /// Which pack judges, and what came before.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn packs(&self) -> Result<PackStatus, Refusal> {
        let inner = &*self.inner;
        let history = inner.ledger.pack_activations().await.map_err(ledger_away)?;
        let pack = inner.pack.current();
        let rejected = inner.packs.rejected().clone();
        Ok(PackStatus {
            active: pack.reference().clone(),
            revision: pack.revision(),
            last_good: rejected.is_some(),
            rejected,
            history: history
                .into_iter()
                .map(|activation| PackEntry {
                    pack: activation.pack,
                    revision: activation.revision,
                    activated_at: activation.activated_at,
                })
                .collect(),
        })
    }
}

/// Keeps the pack followed.
pub struct Following {
    _watcher: PackWatcher,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Read, load and test the pack in a folder.
fn prove(engine: &dispatch_engine::Engine, folder: &Path) -> Result<Proven, Rejected> {
    engine.prove(&PackFiles::read(folder)?)
}

fn behind(candidate: u64, active: u64) -> TurnedDown {
    TurnedDown {
        step: "revision",
        reason: format!(
            "its revision {candidate} does not grow beyond the active {active}: set `revision` in \
             pack.toml to {} or more",
            active + 1
        ),
    }
}

async fn last_good(parts: &Parts, digest: &str) -> Result<Pack, OpenError> {
    let broken = |source| OpenError::LastGood {
        digest: digest.to_owned(),
        source,
    };
    let stored = parts
        .ledger
        .load_pack(digest)
        .await?
        .ok_or_else(|| broken(None))?;
    PackFiles::from_archive(&stored.archive)
        .and_then(|files| parts.engine.load(&files))
        .map_err(|error| broken(Some(error)))
}

impl Inner {
    /// Put a pack into the ledger as the active one; nothing where it is already.
    async fn remember(&self, pack: &Pack) -> Result<bool, LedgerError> {
        let reference = pack.reference();
        if let Some(active) = self.ledger.active_pack().await?
            && active.pack.digest == reference.digest
        {
            return Ok(true);
        }
        self.ledger
            .store_pack(&StoredPack {
                pack: reference.clone(),
                archive: pack.files().to_archive(),
                stored_at: self.clock.now(),
            })
            .await?;
        let payload = json!({ "pack": reference, "revision": pack.revision() });
        let mut event = self.house_event(EventType::PolicyPackActivated, THE_HOST, payload, None);
        event.pack = reference.clone();
        let written = self
            .ledger
            .activate_pack(pack.revision(), &reference.digest, event)
            .await?;
        Ok(written.is_some())
    }

    /// A candidate that is proven: the ledger first, then the swap.
    async fn activate(&self, folder: &Path, pack: Pack) {
        let active = self.pack.current().revision();
        if pack.revision() <= active {
            return self
                .turn_down(folder, behind(pack.revision(), active))
                .await;
        }
        match self.remember(&pack).await {
            Ok(true) => {
                let reference = pack.reference().clone();
                tracing::info!(pack = %reference.name, version = %reference.version, digest = %reference.digest, revision = pack.revision(), "pack activated");
                self.pack.swap(pack);
                *self.packs.rejected() = None;
                self.metrics.activation(true);
                self.committed.send_modify(|count| *count += 1);
            }
            Ok(false) => {
                let reason = "another host activated a revision as high".to_owned();
                let turned_down = TurnedDown {
                    step: "revision",
                    reason,
                };
                self.turn_down(folder, turned_down).await;
            }
            Err(error) => {
                let turned_down = TurnedDown {
                    step: "store",
                    reason: format!("the database did not take it: {error}"),
                };
                self.turn_down(folder, turned_down).await;
            }
        }
    }

    /// The active pack stays; say so everywhere an operator looks.
    async fn turn_down(&self, folder: &Path, why: TurnedDown) {
        let TurnedDown { step, reason } = why;
        tracing::warn!(folder = %folder.display(), step, reason, "the pack in the folder was refused; the active one stays");
        self.metrics.activation(false);
        let reason: String = reason.chars().take(2000).collect();
        *self.packs.rejected() = Some(PackRejection {
            at: self.clock.now(),
            step: step.to_owned(),
            reason: reason.clone(),
        });
        let payload = json!({ "step": step, "reason": reason });
        let event = self.house_event(EventType::PolicyPackRejected, THE_HOST, payload, None);
        if let Err(error) = self.ledger.append_house_event(event).await {
            tracing::error!(
                error = &error as &dyn Error,
                "a refused pack was not written down"
            );
        }
        self.committed.send_modify(|count| *count += 1);
    }

    /// Another host on the same database may have activated a later revision.
    async fn follow_others(&self) {
        let active = match self.ledger.active_pack().await {
            Ok(Some(active)) => active,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "cannot see whether the active pack changed"
                );
                return;
            }
        };
        let here = self.pack.current();
        if active.pack.digest == here.reference().digest || active.revision <= here.revision() {
            return;
        }
        let loaded = match self.ledger.load_pack(&active.pack.digest).await {
            Ok(Some(stored)) => {
                let engine = self.engine.clone();
                tokio::task::spawn_blocking(move || {
                    PackFiles::from_archive(&stored.archive).and_then(|files| engine.load(&files))
                })
                .await
            }
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "the active pack cannot be read"
                );
                return;
            }
        };
        match loaded {
            Ok(Ok(pack)) => {
                tracing::info!(digest = %active.pack.digest, revision = active.revision, "following another host's activation");
                self.pack.swap(pack);
            }
            Ok(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn Error,
                    "the active pack cannot be loaded here"
                );
            }
            Err(_) => tracing::error!("loading the active pack was cut off"),
        }
    }
}
