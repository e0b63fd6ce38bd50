//! Following the folder, and other hosts on the same database.
//!
//! Other hosts are followed by asking the ledger twice a second which revision is active.
//! Nothing is notified, so nothing can get lost: a host that slept, or was cut off from
//! the database, is told the truth by its next question.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch_contract::packs::{PackSource, Staleness};
use dispatch_engine::{FolderContent, FolderNews, PackFiles, PackWatcher, Step};
use dispatch_ledger::Activation;
use tokio::sync::mpsc::Receiver;

use super::attempt::{Attempt, Trial};
use super::book::Trouble;
use super::open::last_good;
use super::prove::Pace;
use super::steps::{failed, refused};
use crate::{Desk, Inner};

/// How often other hosts' activations are looked for. All hosts are to agree within two
/// seconds: half of that is for reading a pack and loading it.
const LOOK: Duration = Duration::from_millis(500);
const _: () = assert!(LOOK.as_millis() <= 1_000);
/// What may pass is tried again after so long.
const AGAIN: Duration = Duration::from_secs(5);
/// An activation that cannot be followed is tried again, at last so seldom.
const PAUSE: Duration = Duration::from_secs(30);

/// Keeps the pack followed.
pub struct Following {
    _watcher: PackWatcher,
    tasks: [tokio::task::JoinHandle<()>; 2],
}

impl Drop for Following {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Desk {
    /// Follow the folder and other hosts until the returned guard is dropped.
    #[must_use = "the pack is followed only as long as this is kept"]
    pub fn follow_packs(&self, folder: &Path) -> Following {
        let (news, arriving) = tokio::sync::mpsc::channel(4);
        let known = self.inner.packs.folder().content.clone();
        let active = self.clone();
        let watcher = PackWatcher::start(
            folder,
            known.unwrap_or_else(|| FolderContent::Unreadable(String::new())),
            self.inner.packs.settings.folder_rest,
            move || active.inner.pack.current().reference().digest.clone(),
            move |told| news.blocking_send(told).is_ok(),
        );
        let looking = Arc::clone(&self.inner);
        looking.heard_now(None);
        Following {
            _watcher: watcher,
            tasks: [
                tokio::spawn(Arc::clone(&self.inner).follow_folder(arriving)),
                tokio::spawn(async move {
                    let mut tick = tokio::time::interval(LOOK);
                    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                    loop {
                        tick.tick().await;
                        looking.follow_ledger().await;
                    }
                }),
            ],
        }
    }
}

impl Inner {
    async fn follow_folder(self: Arc<Self>, mut arriving: Receiver<FolderNews>) {
        let mut owed: Option<PackFiles> = None;
        loop {
            let told = tokio::select! {
                told = arriving.recv() => told,
                () = tokio::time::sleep(AGAIN), if owed.is_some() => {
                    owed.take().map(FolderNews::Candidate)
                }
            };
            let Some(told) = told else {
                return;
            };
            owed = self.take_news(told).await;
        }
    }

    /// What the folder holds now; answers the candidate where it must be tried again.
    async fn take_news(self: &Arc<Self>, told: FolderNews) -> Option<PackFiles> {
        let max_flips = self.packs.settings.max_flips;
        let attempt = Attempt::of_the_folder(PackSource::Folder, max_flips);
        match told {
            FolderNews::Active => {
                let digest = self.pack.current().reference().digest.clone();
                let mut folder = self.packs.folder();
                folder.content = Some(FolderContent::Files(digest));
                folder.rejected = None;
                None
            }
            FolderNews::Unreadable(error) => {
                self.packs.folder().content = Some(FolderContent::Unreadable(error.to_string()));
                self.turn_down(&attempt, &Trial::begin(), &refused(&error))
                    .await;
                None
            }
            FolderNews::Candidate(files) => {
                self.packs.folder().content = Some(FolderContent::Files(files.digest_hex()));
                let outcome = self.attempt(&attempt, files.clone()).await;
                let again = outcome.failed.is_some_and(|failed| failed.may_pass);
                again.then_some(files)
            }
        }
    }

    /// Remember that the ledger answered, and what.
    fn heard_now(&self, order: Option<dispatch_ledger::PackOrder>) {
        let mut heard = self.packs.heard();
        heard.last = Some((Instant::now(), self.clock.now()));
        heard.order = order.or(heard.order.take());
    }

    /// Ask the ledger what every host is to judge with, and do so.
    pub(super) async fn follow_ledger(&self) {
        let _turn = self.packs.turn.lock().await;
        let order = match self.ledger.pack_order().await {
            Ok(order) => order,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "cannot see whether the active pack changed"
                );
                return;
            }
        };
        self.heard_now(Some(order.clone()));
        if let Some(active) = order.active {
            self.follow(active).await;
        }
        self.follow_shadow(order.shadow).await;
    }

    async fn follow(&self, active: Activation) {
        let here = self.pack.standing();
        if active.pack.digest == here.pack.reference().digest {
            if active.revision != here.revision {
                self.pack.restand(active.revision);
            }
            self.packs.heard().trouble = None;
            return;
        }
        if let Some(trouble) = &self.packs.heard().trouble
            && trouble.digest == active.pack.digest
            && Instant::now() < trouble.again_at
        {
            return;
        }
        let digest = &active.pack.digest;
        let loaded = last_good(&self.engine, &self.ledger, digest, Pace::BesideCalls).await;
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "the active pack cannot be read"
                );
                return;
            }
        };
        match loaded {
            Ok(pack) => {
                tracing::info!(digest = %active.pack.digest, revision = active.revision, "following another host's activation");
                self.swap(pack, active.revision);
                self.packs.heard().trouble = None;
                self.packs.folder().rejected = None;
            }
            Err(error) => {
                let why = error.as_ref().map_or_else(
                    || failed(Step::Read, "its content is not in the database"),
                    refused,
                );
                self.cannot_follow(active, why).await;
            }
        }
    }

    /// Another pack is active than the one that judges here: an alarm, told once.
    async fn cannot_follow(&self, active: Activation, why: dispatch_contract::packs::StepFailed) {
        let reason = format!(
            "revision {} is active and cannot be loaded here: {}: {}",
            active.revision, why.step, why.reason
        );
        let again = {
            let mut heard = self.packs.heard();
            let before = heard
                .trouble
                .take()
                .filter(|before| before.digest == active.pack.digest);
            let pause = before.as_ref().map_or(LOOK, |before| before.pause * 2);
            let since = before
                .as_ref()
                .map_or_else(|| self.clock.now(), |before| before.stale.since);
            heard.trouble = Some(Trouble {
                digest: active.pack.digest.clone(),
                stale: Staleness {
                    since,
                    active_revision: Some(active.revision),
                    reason: reason.clone(),
                },
                again_at: Instant::now() + pause,
                pause: pause.min(PAUSE),
            });
            before.is_some()
        };
        if again {
            return;
        }
        tracing::error!(reason, "this host is stale");
        let attempt = Attempt::of_the_folder(PackSource::Follow, None);
        let mut trial = Trial::begin();
        trial.pack = Some(active.pack);
        trial.revision = Some(active.revision);
        self.turn_down(&attempt, &trial, &why).await;
    }
}
