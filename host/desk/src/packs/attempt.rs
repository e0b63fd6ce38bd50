//! An attempt to activate a pack: every step, and what is told of it.

use std::error::Error;
use std::sync::Arc;

use dispatch_contract::Actor;
use dispatch_contract::event::{EventType, PackRef};
use dispatch_contract::packs::{Flips, PackAttempt, PackOutcome, PackSource, StepFailed};
use dispatch_engine::{Engine, Leisure, Pack, PackError, PackFiles, Proven, Rejected, Step};
use dispatch_ledger::{HouseEvent, LedgerError, StoredFile, StoredPack};

use super::prove::{Pace, prove};
use super::steps::{Steps, behind, failed, refused};
use crate::Inner;
use crate::registry::THE_HOST;

/// Flips listed in an event; an answer lists what the comparison listed.
const LISTED_IN_EVENT: usize = 10;

/// Packs kept that never were active: candidates for the shadow.
const KEPT: u32 = 20;

/// Under which revision a candidate is activated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Under {
    /// Its manifest's, which must grow.
    Manifest,
    /// The next one: older content, or what was kept meanwhile.
    Next,
}

/// How far an attempt goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Until {
    /// It is proven and compared; nothing is written.
    Rehearsed,
    /// Besides, its content is kept in the database.
    Kept,
    /// It judges.
    Activated,
}

/// What is wanted, and by whom.
pub(super) struct Attempt {
    pub(super) source: PackSource,
    pub(super) actor: Actor,
    pub(super) correlation_id: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) under: Under,
    pub(super) until: Until,
    pub(super) max_flips: Option<u64>,
    /// Recorded decisions to compare on.
    pub(super) replay: u32,
}

impl Attempt {
    /// The folder's, of the host's own accord.
    pub(super) fn of_the_folder(source: PackSource, max_flips: Option<u64>) -> Self {
        Self {
            source,
            actor: THE_HOST,
            correlation_id: None,
            reason: None,
            under: Under::Manifest,
            until: Until::Activated,
            max_flips,
            replay: super::REPLAYED,
        }
    }
}

/// A candidate on its way, and the evidence so far.
pub(super) struct Trial {
    pub(super) steps: Steps,
    pub(super) pack: Option<PackRef>,
    pub(super) revision: Option<u64>,
    pub(super) flips: Option<Flips>,
    /// How far judging recorded calls lets others go first.
    pub(super) leisure: Leisure,
    ended: Ended,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Nothing,
    Unchanged,
    Kept,
    Activated,
}

impl Trial {
    pub(super) fn begin() -> Self {
        Self {
            steps: Steps::begin(),
            pack: None,
            revision: None,
            flips: None,
            leisure: Leisure::Low,
            ended: Ended::Nothing,
        }
    }

    /// What the candidate says it is, as far as that can be read: whoever is told that it
    /// was turned down wants to know which.
    fn named(&mut self, attempt: &Attempt, files: &PackFiles) {
        if let Some((pack, revision)) = files.claims() {
            self.pack = Some(pack);
            self.revision = (attempt.under == Under::Manifest).then_some(revision);
        }
    }

    /// The engine's steps, on a thread of their own.
    pub(super) async fn prove(
        &mut self,
        engine: &Engine,
        files: PackFiles,
        pace: Pace,
    ) -> Result<Pack, PackError> {
        let (proven, leisure) = prove(engine, &files, pace).await;
        self.leisure = leisure;
        let proven = match proven {
            Ok(Proven { pack, passed }) => {
                self.pack = Some(pack.reference().clone());
                self.steps.passed(passed);
                Ok(pack)
            }
            Err(Rejected { error, passed }) => {
                self.steps.passed(passed);
                Err(error)
            }
        };
        self.steps.start();
        proven
    }

    pub(super) fn told(&self, attempt: &Attempt, failed: Option<StepFailed>) -> PackAttempt {
        let mut flips = self.flips.clone();
        if let Some(flips) = &mut flips {
            flips.listed.truncate(LISTED_IN_EVENT);
        }
        PackAttempt {
            pack: self.pack.clone(),
            revision: self.revision,
            source: attempt.source,
            reason: attempt.reason.clone(),
            steps: self.steps.taken.clone(),
            flips,
            failed,
        }
    }

    fn outcome(self, failed: Option<StepFailed>) -> PackOutcome {
        PackOutcome {
            activated: self.ended == Ended::Activated,
            unchanged: self.ended == Ended::Unchanged,
            kept: self.ended != Ended::Nothing,
            revision: self.revision,
            pack: self.pack,
            steps: self.steps.taken,
            flips: self.flips,
            failed,
        }
    }
}

/// As the ledger keeps them.
fn stored_files_of(files: &PackFiles) -> Vec<StoredFile> {
    files
        .hashed()
        .map(|(path, content, sha256)| StoredFile {
            path: path.to_owned(),
            sha256,
            content: content.to_owned(),
        })
        .collect()
}

pub(super) fn away(error: &LedgerError) -> StepFailed {
    tracing::error!(error = error as &dyn Error, "the ledger did not answer");
    failed(Step::Store, format!("the database did not answer: {error}"))
}

impl Inner {
    /// Take a candidate through every step, as far as is wanted.
    pub(super) async fn attempt(
        self: &Arc<Self>,
        attempt: &Attempt,
        files: PackFiles,
    ) -> PackOutcome {
        let _one_at_a_time = self.packs.attempt.lock().await;
        let mut trial = Trial::begin();
        let result = match self.is_active(&mut trial, &files).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                trial.named(attempt, &files);
                match trial.prove(&self.engine, files, Pace::BesideCalls).await {
                    Ok(pack) => self.take_up(attempt, &mut trial, pack).await,
                    Err(error) => Err(refused(&error)),
                }
            }
            Err(error) => Err(away(&error)),
        };
        self.end_attempt(attempt, trial, result).await
    }

    /// The same content again: there is nothing to do.
    async fn is_active(&self, trial: &mut Trial, files: &PackFiles) -> Result<bool, LedgerError> {
        let here = self.pack.standing();
        let active = self.ledger.active_pack().await?;
        let digest = files.digest_hex();
        if here.pack.reference().digest != digest
            || active.is_none_or(|active| active.pack.digest != digest)
        {
            return Ok(false);
        }
        trial.pack = Some(here.pack.reference().clone());
        trial.revision = Some(here.revision);
        trial.ended = Ended::Unchanged;
        Ok(true)
    }

    /// The steps of a pack that is proven: revision, replay, store, swap.
    pub(super) async fn take_up(
        self: &Arc<Self>,
        attempt: &Attempt,
        trial: &mut Trial,
        pack: Pack,
    ) -> Result<(), StepFailed> {
        let active = self.ledger.active_pack().await.map_err(|e| away(&e))?;
        let reference = pack.reference().clone();
        if let Some(active) = &active
            && active.pack.digest == reference.digest
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
        self.replay(attempt, trial, &pack).await?;
        if attempt.until == Until::Rehearsed {
            return Ok(());
        }
        let stored = StoredPack {
            pack: reference,
            files: stored_files_of(pack.files()),
            stored_at: self.clock.now(),
        };
        self.ledger
            .store_pack(&stored)
            .await
            .map_err(|e| away(&e))?;
        if attempt.until == Until::Kept {
            let kept = format!("{} files are kept", stored.files.len());
            trial.steps.done(Step::Store, kept);
            trial.ended = Ended::Kept;
            if let Err(error) = self.ledger.tidy_packs(KEPT).await {
                tracing::warn!(error = &error as &dyn Error, "kept packs were not tidied");
            }
            return Ok(());
        }
        self.put_in_charge(attempt, trial, pack, revision).await
    }

    /// The ledger first, then the swap: both in one turn, so that nobody who follows the
    /// ledger comes between.
    async fn put_in_charge(
        self: &Arc<Self>,
        attempt: &Attempt,
        trial: &mut Trial,
        pack: Pack,
        revision: u64,
    ) -> Result<(), StepFailed> {
        let turn = self.packs.turn.lock().await;
        let kind = match attempt.source {
            PackSource::Rollback => EventType::PolicyPackRolledBack,
            _ => EventType::PolicyPackActivated,
        };
        let mut event = self.attempt_event(kind, attempt, trial, None);
        event.pack = pack.reference().clone();
        let written = self
            .ledger
            .activate_pack(revision, &pack.reference().digest, event)
            .await
            .map_err(|e| away(&e))?;
        if written.is_none() {
            drop(turn);
            let active = self.ledger.active_pack().await.map_err(|e| away(&e))?;
            return match active {
                Some(active) if active.pack.digest == pack.reference().digest => {
                    self.already(trial, active.revision).await
                }
                active => {
                    let highest = active.map_or(revision, |active| active.revision);
                    Err(behind(revision, highest))
                }
            };
        }
        let stored = format!("active under revision {revision} on every host of this database");
        trial.steps.done(Step::Store, stored);
        let before = self.swap(pack, revision);
        let swapped = format!("in the place of revision {before}");
        trial.steps.done(Step::Swap, swapped);
        trial.ended = Ended::Activated;
        Ok(())
    }

    /// What was to be activated is active: follow it, if it is not followed yet.
    async fn already(&self, trial: &mut Trial, revision: u64) -> Result<(), StepFailed> {
        self.follow_ledger().await;
        trial.revision = Some(revision);
        trial.ended = Ended::Unchanged;
        Ok(())
    }

    /// Say what became of an attempt, everywhere an operator looks.
    pub(super) async fn end_attempt(
        &self,
        attempt: &Attempt,
        trial: Trial,
        result: Result<(), StepFailed>,
    ) -> PackOutcome {
        match result {
            Ok(()) => {
                if trial.ended == Ended::Activated {
                    self.told_activated(&trial);
                }
                if trial.ended == Ended::Unchanged {
                    self.packs.folder().rejected = None;
                }
                trial.outcome(None)
            }
            Err(failed) => {
                if attempt.until == Until::Activated {
                    self.turn_down(attempt, &trial, &failed).await;
                }
                trial.outcome(Some(failed))
            }
        }
    }

    fn told_activated(&self, trial: &Trial) {
        if let Some(pack) = &trial.pack {
            tracing::info!(name = %pack.name, version = %pack.version, digest = %pack.digest, revision = trial.revision, "pack activated");
        }
        self.packs.folder().rejected = None;
        self.metrics.activation(true);
        self.committed.send_modify(|count| *count += 1);
    }

    /// The active pack stays.
    pub(super) async fn turn_down(&self, attempt: &Attempt, trial: &Trial, why: &StepFailed) {
        let of_the_folder = matches!(attempt.source, PackSource::Start | PackSource::Folder);
        if of_the_folder {
            self.note_rejected(why);
        }
        let (step, reason) = (why.step.as_str(), why.reason.as_str());
        let (file, line) = (why.file.as_deref(), why.line);
        if attempt.source == PackSource::Start {
            tracing::error!(
                step,
                file,
                line,
                reason,
                "the folder's pack was refused; the last good one judges"
            );
        } else {
            tracing::warn!(
                step,
                file,
                line,
                reason,
                "a pack was refused; the active one stays"
            );
        }
        self.metrics.activation(false);
        let kind = EventType::PolicyPackRejected;
        let event = self.attempt_event(kind, attempt, trial, Some(why.clone()));
        if let Err(error) = self.ledger.append_house_event(event).await {
            tracing::error!(
                error = &error as &dyn Error,
                "a refused pack was not written down"
            );
        }
        self.committed.send_modify(|count| *count += 1);
    }

    fn attempt_event(
        &self,
        kind: EventType,
        attempt: &Attempt,
        trial: &Trial,
        failed: Option<StepFailed>,
    ) -> HouseEvent {
        let told = trial.told(attempt, failed);
        let payload = serde_json::to_value(&told).expect("attempts have text keys");
        let correlation = attempt.correlation_id.as_deref();
        self.house_event(kind, attempt.actor, payload, correlation)
    }
}
