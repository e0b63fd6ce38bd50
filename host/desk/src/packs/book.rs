//! What a host remembers of packs besides the one that judges.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dispatch_contract::event::PackRef;
use dispatch_contract::packs::{FolderStanding, PackRejection, PackSource, Staleness, StepFailed};
use dispatch_contract::{Refusal, Timestamp};
use dispatch_engine::FolderContent;
use dispatch_ledger::PackOrder;

use super::PackSettings;
use crate::{Desk, Inner};

/// A host that could not ask for so long whether another pack is active is stale.
const UNHEARD: Duration = Duration::from_secs(5);

/// What the folder holds, and what became of it.
#[derive(Default)]
pub(super) struct Folder {
    pub(super) content: Option<FolderContent>,
    pub(super) rejected: Option<PackRejection>,
    /// The rejection that was written down last, by candidate, step and reason.
    pub(super) told: Option<(Option<PackRef>, StepFailed)>,
}

/// What was heard of other hosts.
#[derive(Default)]
pub(super) struct Heard {
    /// When the ledger answered last; none while nothing is followed.
    pub(super) last: Option<(Instant, Timestamp)>,
    /// What it said.
    pub(super) order: Option<PackOrder>,
    /// The activation that cannot be followed.
    pub(super) trouble: Option<Trouble>,
    /// Why the pack in shadow cannot be loaded, by its digest.
    pub(super) shadow_trouble: Option<(String, String)>,
}

/// An activation that this host cannot follow.
pub(super) struct Trouble {
    pub(super) digest: String,
    pub(super) stale: Staleness,
    /// Not tried again before.
    pub(super) again_at: Instant,
    pub(super) pause: Duration,
}

/// What is remembered about packs.
#[derive(Default)]
pub(crate) struct PackBook {
    pub(super) settings: PackSettings,
    folder: Mutex<Folder>,
    heard: Mutex<Heard>,
    /// Held by an attempt: one candidate at a time.
    attempt: tokio::sync::Mutex<()>,
    /// Rollbacks that wait for it.
    rollbacks: tokio::sync::watch::Sender<usize>,
    /// Held from writing or reading which pack is active until it judges here.
    pub(super) turn: tokio::sync::Mutex<()>,
}

// a panic while one of them was held leaves one whole value or another
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PackBook {
    pub(super) fn new(settings: PackSettings, content: FolderContent) -> Self {
        Self {
            settings,
            folder: Mutex::new(Folder {
                content: Some(content),
                ..Folder::default()
            }),
            ..Self::default()
        }
    }

    pub(super) fn folder(&self) -> MutexGuard<'_, Folder> {
        locked(&self.folder)
    }

    /// Wait until no other candidate is under way. A rollback does not wait for long: whatever
    /// is being proven or compared gives way to it.
    pub(super) async fn one_at_a_time(
        &self,
        source: PackSource,
    ) -> tokio::sync::MutexGuard<'_, ()> {
        if source != PackSource::Rollback {
            return self.attempt.lock().await;
        }
        self.rollbacks.send_modify(|waiting| *waiting += 1);
        let turn = self.attempt.lock().await;
        self.rollbacks.send_modify(|waiting| *waiting -= 1);
        turn
    }

    /// Comes back when a rollback waits.
    pub(super) async fn rollback_waits(&self) {
        let mut waiting = self.rollbacks.subscribe();
        // the sender stands beside us: it is not gone
        let _seen = waiting.wait_for(|waiting| *waiting > 0).await;
    }

    pub(super) fn heard(&self) -> MutexGuard<'_, Heard> {
        locked(&self.heard)
    }
}

impl Inner {
    /// How the folder stands to what judges, and why it was turned down.
    pub(super) fn folder_standing(&self) -> (FolderStanding, Option<PackRejection>) {
        let folder = self.packs.folder();
        if folder.rejected.is_some() {
            return (FolderStanding::Refused, folder.rejected.clone());
        }
        let here = self.pack.current();
        let standing = match &folder.content {
            Some(FolderContent::Files(digest)) if *digest == here.reference().digest => {
                FolderStanding::Active
            }
            _ => FolderStanding::Superseded,
        };
        (standing, None)
    }

    /// Turn the folder's candidate down in the book; `false` where that is no news.
    pub(super) fn note_rejected(&self, pack: Option<&PackRef>, failed: &StepFailed) -> bool {
        let mut folder = self.packs.folder();
        let told = Some((pack.cloned(), failed.clone()));
        if folder.rejected.is_some() && folder.told == told {
            return false;
        }
        folder.told = told;
        folder.rejected = Some(PackRejection {
            at: self.clock.now(),
            step: failed.step.clone(),
            reason: failed.reason.clone(),
            file: failed.file.clone(),
            line: failed.line,
        });
        true
    }

    pub(crate) fn staleness(&self) -> Option<Staleness> {
        let heard = self.packs.heard();
        if let Some(trouble) = &heard.trouble {
            return Some(trouble.stale.clone());
        }
        let (last, since) = heard.last?;
        (last.elapsed() > UNHEARD).then(|| Staleness {
            since,
            active_revision: None,
            reason: format!(
                "the database has not answered for {} s which pack is active",
                last.elapsed().as_secs()
            ),
        })
    }
}

/// What operators are told of this host's pack at a glance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackAlarm {
    /// The last good pack judges: why the folder's does not.
    pub last_good: Option<PackRejection>,
    /// The folder's content judged once and does not now.
    pub superseded: bool,
    /// This host's pack is not, or may not be, the active one.
    pub stale: Option<Staleness>,
}

impl Desk {
    /// What is not as it should be with this host's pack.
    #[must_use]
    pub fn pack_alarm(&self) -> PackAlarm {
        let (standing, last_good) = self.inner.folder_standing();
        PackAlarm {
            last_good,
            superseded: standing == FolderStanding::Superseded,
            stale: self.inner.staleness(),
        }
    }

    /// Why this host takes no calls now, where it was told to take none while stale.
    ///
    /// # Errors
    /// `policy_unavailable`.
    pub fn refuse_when_stale(&self) -> Result<(), Refusal> {
        if !self.inner.packs.settings.refuse_when_stale {
            return Ok(());
        }
        let Some(stale) = self.inner.staleness() else {
            return Ok(());
        };
        let mut refusal = Refusal::new(
            dispatch_contract::Code::PolicyUnavailable,
            dispatch_contract::Phase::Request,
            format!(
                "This host's rules may be out of date, and it was told to take no calls then: {}. \
                 Send the same call again, or to another host.",
                stale.reason
            ),
        );
        refusal.retry_after_s = Some(1);
        Err(refusal)
    }
}
