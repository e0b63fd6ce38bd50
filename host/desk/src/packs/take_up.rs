//! The last steps of a pack that is proven: revision, replay, store, swap.

use std::sync::Arc;

use dispatch_contract::event::EventType;
use dispatch_contract::packs::{PackSource, StepFailed};
use dispatch_engine::{Pack, Step};
use dispatch_ledger::{StoredFile, StoredPack};

use super::attempt::{Attempt, Ended, Trial, Under, Until};
use super::prove::{Pace, at_pace};
use super::steps::{away, behind, gave_way};
use crate::Inner;

/// Times a candidate is compared anew, where others activate packs meanwhile.
const TRIES: usize = 3;

/// How one try ended.
enum Taken {
    /// The attempt has come to its end.
    Up,
    /// Another pack is active than the one it was compared with, under this revision.
    Overtaken(u64),
}

/// As the ledger keeps them.
fn stored_files_of(pack: &Pack) -> Vec<StoredFile> {
    pack.files()
        .hashed()
        .map(|(path, content, sha256)| StoredFile {
            path: path.to_owned(),
            sha256,
            content: content.to_owned(),
        })
        .collect()
}

impl Inner {
    /// The steps of a pack that is proven. What it was compared with must still be active
    /// when it takes over: else it is compared with what is.
    pub(super) async fn take_up(
        self: &Arc<Self>,
        attempt: &Attempt,
        trial: &mut Trial,
        pack: Pack,
    ) -> Result<(), StepFailed> {
        let passed = trial.steps.taken.len();
        let mut tries = 0;
        loop {
            let revision = match self.try_to_take_up(attempt, trial, &pack).await? {
                Taken::Up => return Ok(()),
                Taken::Overtaken(revision) => revision,
            };
            tries += 1;
            // where it judges alone, it is open who is to be compared with whom
            if trial.alone || tries == TRIES {
                let meanwhile = format!("revision {revision} was activated meanwhile");
                return Err(gave_way(Step::Replay, meanwhile));
            }
            trial.steps.taken.truncate(passed);
            trial.steps.start();
        }
    }

    async fn try_to_take_up(
        self: &Arc<Self>,
        attempt: &Attempt,
        trial: &mut Trial,
        pack: &Pack,
    ) -> Result<Taken, StepFailed> {
        let active = self.ledger.active_pack().await;
        let active = active.map_err(|error| away(Step::Revision, &error))?;
        if let Some(active) = &active
            && active.pack.digest == pack.reference().digest
        {
            // another host took up the same content meanwhile
            return self.already(trial, active.revision).await;
        }
        let highest = active.map_or(0, |active| active.revision);
        let revision = match attempt.under {
            Under::Manifest if pack.revision() <= highest => {
                trial.revision = Some(pack.revision());
                return Err(behind(pack.revision(), highest));
            }
            Under::Manifest => pack.revision(),
            Under::Next => pack.revision().max(highest + 1),
        };
        trial.revision = Some(revision);
        let grows = format!("{revision} grows beyond {highest}");
        trial.steps.done(Step::Revision, grows);
        let before = self.to_compare_with(trial, highest).await;
        let replay = self.replay(attempt, trial, before.as_ref(), pack);
        self.unless_called_off(attempt, Step::Replay, replay)
            .await??;
        if attempt.until == Until::Rehearsed {
            return Ok(Taken::Up);
        }
        let kept = self.keep_pack(pack).await?;
        if attempt.until == Until::Kept {
            trial
                .steps
                .done(Step::Store, format!("{kept} files are kept"));
            trial.ended = Ended::Kept;
            return Ok(Taken::Up);
        }
        self.put_in_charge(attempt, trial, pack, (highest, revision))
            .await
    }

    /// The pack that is active under this revision; none where it cannot be loaded here.
    async fn to_compare_with(&self, trial: &Trial, highest: u64) -> Option<Pack> {
        if trial.alone {
            return None;
        }
        if self.pack.standing().revision != highest {
            self.follow_ledger().await;
        }
        let here = self.pack.standing();
        (here.revision == highest).then(|| Pack::clone(&here.pack))
    }

    /// Keep a pack's content; answers how many files. Its files are copied where that keeps
    /// nobody waiting.
    async fn keep_pack(&self, pack: &Pack) -> Result<usize, StepFailed> {
        let copied = pack.clone();
        let (files, _) = at_pace(Pace::BesideCalls, move || stored_files_of(&copied)).await;
        let files = files.ok_or_else(|| gave_way(Step::Store, "copying its files was cut off"))?;
        let stored = StoredPack {
            pack: pack.reference().clone(),
            files,
            stored_at: self.clock.now(),
        };
        let kept = self.ledger.store_pack(&stored).await;
        kept.map_err(|error| away(Step::Store, &error))?;
        Ok(stored.files.len())
    }

    /// The ledger first, then the swap: both in one turn, so that nobody who follows the
    /// ledger comes between.
    async fn put_in_charge(
        self: &Arc<Self>,
        attempt: &Attempt,
        trial: &mut Trial,
        pack: &Pack,
        (base, revision): (u64, u64),
    ) -> Result<Taken, StepFailed> {
        let turn = self.packs.turn.lock().await;
        let kind = match attempt.source {
            PackSource::Rollback => EventType::PolicyPackRolledBack,
            _ => EventType::PolicyPackActivated,
        };
        let mut event = self.attempt_event(kind, attempt, trial, None);
        event.pack = pack.reference().clone();
        let written = self
            .ledger
            .activate_pack(revision, base, &pack.reference().digest, event)
            .await
            .map_err(|error| away(Step::Store, &error))?;
        if written.is_none() {
            drop(turn);
            let active = self.ledger.active_pack().await;
            let active = active.map_err(|error| away(Step::Store, &error))?;
            return match active {
                Some(active) if active.pack.digest == pack.reference().digest => {
                    self.already(trial, active.revision).await
                }
                active => Ok(Taken::Overtaken(active.map_or(0, |active| active.revision))),
            };
        }
        let stored = format!("active under revision {revision} on every host of this database");
        trial.steps.done(Step::Store, stored);
        let before = self.swap(pack.clone(), revision);
        let swapped = format!("in the place of revision {before}");
        trial.steps.done(Step::Swap, swapped);
        trial.ended = Ended::Activated;
        Ok(Taken::Up)
    }

    /// What was to be activated is active: follow it, if it is not followed yet.
    async fn already(&self, trial: &mut Trial, revision: u64) -> Result<Taken, StepFailed> {
        self.follow_ledger().await;
        trial.revision = Some(revision);
        trial.ended = Ended::Unchanged;
        Ok(Taken::Up)
    }
}
