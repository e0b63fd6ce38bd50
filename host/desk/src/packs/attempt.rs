//! An attempt to activate a pack: every step, and what is told of it.

use std::error::Error;
use std::sync::Arc;

use dispatch_contract::Actor;
use dispatch_contract::event::{EventType, PackRef};
use dispatch_contract::packs::{Flips, PackAttempt, PackOutcome, PackSource, StepFailed};
use dispatch_engine::{Engine, Leisure, Pack, PackError, PackFiles, Proven, Rejected, Step};
use dispatch_ledger::{HouseEvent, LedgerError};

use super::prove::{Pace, prove};
use super::steps::{Steps, away, gave_way, refused};
use super::swap::let_go;
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
    /// The revision that its manifest says.
    claimed: Option<u64>,
    pub(super) flips: Option<Flips>,
    /// How far judging recorded calls lets others go first.
    pub(super) leisure: Leisure,
    /// The pack that judges here is the candidate itself, since none before it could be
    /// loaded: what was recorded is what it is compared with.
    pub(super) alone: bool,
    pub(super) ended: Ended,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
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
            claimed: None,
            flips: None,
            leisure: Leisure::Low,
            alone: false,
            ended: Ended::Nothing,
        }
    }

    /// The engine's steps, on a thread of their own. What the candidate says it is, is known
    /// then, as far as it can be read: whoever is told that it was turned down wants to know
    /// which.
    pub(super) async fn prove(
        &mut self,
        engine: &Engine,
        files: PackFiles,
        pace: Pace,
    ) -> Result<Pack, PackError> {
        let tried = prove(engine, &files, pace).await;
        self.leisure = tried.leisure;
        if let Some((pack, revision)) = tried.claims {
            self.pack = Some(pack);
            self.claimed = Some(revision);
        }
        let proven = match tried.proven {
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

impl Inner {
    /// Take a candidate through every step, as far as is wanted.
    pub(super) async fn attempt(
        self: &Arc<Self>,
        attempt: &Attempt,
        files: PackFiles,
    ) -> PackOutcome {
        let _one_at_a_time = self.packs.one_at_a_time(attempt.source).await;
        let mut trial = Trial::begin();
        let result = match self.is_active(&mut trial, &files).await {
            Ok(true) => Ok(()),
            Ok(false) => self.try_out(attempt, &mut trial, files).await,
            Err(error) => Err(away(Step::Revision, &error)),
        };
        let outcome = self.end_attempt(attempt, trial, result).await;
        if attempt.until != Until::Rehearsed
            && let Err(error) = self.ledger.tidy_packs(KEPT).await
        {
            tracing::warn!(error = &error as &dyn Error, "kept packs were not tidied");
        }
        outcome
    }

    async fn try_out(
        self: &Arc<Self>,
        attempt: &Attempt,
        trial: &mut Trial,
        files: PackFiles,
    ) -> Result<(), StepFailed> {
        let proving = trial.prove(&self.engine, files, Pace::BesideCalls);
        let proven = self
            .unless_called_off(attempt, Step::Tests, proving)
            .await?;
        if attempt.under == Under::Manifest {
            trial.revision = trial.claimed;
        }
        let pack = proven.map_err(|error| refused(&error))?;
        let result = self.take_up(attempt, trial, pack.clone()).await;
        let_go(pack);
        result
    }

    /// Work of an attempt, unless somebody wants to roll back meanwhile: that is not to wait
    /// for a candidate that takes long.
    pub(super) async fn unless_called_off<T>(
        &self,
        attempt: &Attempt,
        step: Step,
        work: impl Future<Output = T>,
    ) -> Result<T, StepFailed> {
        if attempt.source == PackSource::Rollback {
            return Ok(work.await);
        }
        tokio::select! {
            done = work => Ok(done),
            () = self.packs.rollback_waits() => {
                Err(gave_way(step, "it was called off: an operator rolls back"))
            }
        }
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

    /// The active pack stays. What the folder is tried for again and again is told once.
    pub(super) async fn turn_down(&self, attempt: &Attempt, trial: &Trial, why: &StepFailed) {
        let of_the_folder = matches!(attempt.source, PackSource::Start | PackSource::Folder);
        if of_the_folder && !self.note_rejected(trial.pack.as_ref(), why) {
            return;
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
            if of_the_folder {
                self.packs.folder().told = None;
            }
        }
        self.committed.send_modify(|count| *count += 1);
    }

    pub(super) fn attempt_event(
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
