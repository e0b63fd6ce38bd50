//! What operators do with packs: propose a candidate, return to older content, read.

use std::sync::Arc;

use dispatch_contract::event::PackRef;
use dispatch_contract::packs::{
    FlippedCall, PackEntry, PackOutcome, PackSource, PackStatus, ShadowStatus,
};
use dispatch_contract::reading::Page;
use dispatch_contract::{Actor, Code, Event, Phase, Refusal};
use dispatch_engine::{PackFiles, Step};

use super::attempt::{Attempt, Trial, Under, Until};
use super::open::stored_files;
use super::prove::{Pace, read};
use super::steps::{away, failed, refused};
use crate::read::unread;
use crate::refuse::ledger_away;
use crate::{Desk, Inner};

/// Hexadecimal digits that name a pack at least.
const MIN_PREFIX: usize = 8;
/// Recorded decisions that one attempt is compared on at most.
pub(super) const MAX_REPLAYED: u32 = 10_000;

/// A candidate of an operator's.
#[derive(Debug)]
pub struct Candidate {
    /// The pack's files, as `PackFiles::to_archive` lays them out.
    pub archive: Vec<u8>,
    /// More flips, and records that cannot be read, than this stop the activation.
    pub max_flips: Option<u64>,
    /// Recorded decisions to compare on, 10,000 at most; 0 for none.
    pub replay: u32,
    /// Let it judge; else this is a rehearsal.
    pub activate: bool,
    /// Where it is not activated: keep its content, so that it can be put into shadow.
    pub keep: bool,
    /// Why, in the operator's words.
    pub reason: Option<String>,
}

/// What to return to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RollBackTo {
    /// The content that was active under this revision.
    Revision(u64),
    /// The content of this digest, or of the only one that begins so.
    Digest(String),
}

impl Desk {
    /// Take an operator's candidate through every step. A candidate that fails is an
    /// outcome, not a refusal.
    ///
    /// # Errors
    /// `invalid_input` where flips are limited and none would be looked for; where the host is
    /// stopping.
    pub async fn propose(
        &self,
        actor: Actor,
        candidate: Candidate,
        correlation_id: Option<&str>,
    ) -> Result<PackOutcome, Refusal> {
        if candidate.max_flips.is_some() && candidate.replay == 0 {
            return Err(Refusal::new(
                Code::InvalidInput,
                Phase::Request,
                "`max_flips` limits what is found by judging recorded calls again, and `replay` 0 \
                 judges none: leave one of them out.",
            ));
        }
        let attempt = Attempt {
            source: PackSource::Command,
            actor,
            correlation_id: correlation_id.map(str::to_owned),
            reason: candidate.reason,
            under: Under::Manifest,
            until: match (candidate.activate, candidate.keep) {
                (true, _) => Until::Activated,
                (false, true) => Until::Kept,
                (false, false) => Until::Rehearsed,
            },
            max_flips: candidate.max_flips,
            replay: candidate.replay.min(MAX_REPLAYED),
        };
        let (archive, inner) = (Arc::new(candidate.archive), Arc::clone(&self.inner));
        to_the_end(async move {
            let work = move || PackFiles::from_archive(&archive);
            match read(Pace::BesideCalls, work).await {
                Ok(files) => inner.attempt(&attempt, files).await,
                Err(error) => {
                    let why = Err(refused(&error));
                    inner.end_attempt(&attempt, Trial::begin(), why).await
                }
            }
        })
        .await
    }

    /// Let older content judge again, under the next revision.
    ///
    /// # Errors
    /// `not_found` where no such content is stored, `invalid_input` where the name fits
    /// several, `store_unavailable`.
    pub async fn roll_back(
        &self,
        actor: Actor,
        to: &RollBackTo,
        reason: String,
        correlation_id: Option<&str>,
    ) -> Result<PackOutcome, Refusal> {
        let pack = match to {
            RollBackTo::Revision(revision) => {
                let found = self.inner.ledger.pack_of(*revision).await;
                found.map_err(ledger_away)?.ok_or_else(|| {
                    no_such(format!("No pack was ever active under revision {revision}"))
                })?
            }
            RollBackTo::Digest(digest) => self.inner.stored_pack(digest).await?,
        };
        self.enforce(actor, pack, PackSource::Rollback, reason, correlation_id)
            .await
    }

    /// Let stored content judge, under the next revision.
    pub(super) async fn enforce(
        &self,
        actor: Actor,
        pack: PackRef,
        source: PackSource,
        reason: String,
        correlation_id: Option<&str>,
    ) -> Result<PackOutcome, Refusal> {
        let attempt = Attempt {
            source,
            actor,
            correlation_id: correlation_id.map(str::to_owned),
            reason: Some(reason),
            under: Under::Next,
            until: Until::Activated,
            max_flips: None,
            replay: super::REPLAYED,
        };
        let inner = Arc::clone(&self.inner);
        to_the_end(async move {
            let mut trial = Trial::begin();
            trial.pack = Some(pack.clone());
            let pace = Pace::BesideCalls;
            let why = match stored_files(&inner.ledger, &pack.digest, pace).await {
                Ok(Ok(files)) => return inner.attempt(&attempt, files).await,
                Ok(Err(Some(error))) => refused(&error),
                Ok(Err(None)) => failed(Step::Read, "its content is not in the database"),
                Err(error) => away(Step::Read, &error),
            };
            inner.end_attempt(&attempt, trial, Err(why)).await
        })
        .await
    }

    /// Which pack judges, and what came before.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn packs(&self) -> Result<PackStatus, Refusal> {
        let inner = &*self.inner;
        let history = inner.ledger.pack_activations().await.map_err(ledger_away)?;
        let order = inner.ledger.pack_order().await.map_err(ledger_away)?;
        let here = inner.pack.standing();
        let (folder, rejected) = inner.folder_standing();
        Ok(PackStatus {
            active: here.pack.reference().clone(),
            revision: here.revision,
            last_good: rejected.is_some(),
            folder,
            rejected,
            stale: inner.staleness(),
            shadow: order.shadow.map(|shadow| ShadowStatus {
                failed: inner.shadow_trouble(&shadow.pack.digest),
                pack: shadow.pack,
                tools: shadow.tools,
                since: shadow.since,
                judged: shadow.judged,
                differing: shadow.differing,
                lost: inner.shadow.lost(),
            }),
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

    /// What became of packs, the latest first: events of the house's chain.
    ///
    /// # Errors
    /// `invalid_input` for a cursor that is none, `store_unavailable`.
    pub async fn pack_log(&self, cursor: Option<&str>, limit: u32) -> Result<Page<Event>, Refusal> {
        let page = self.inner.ledger.pack_log(cursor, limit).await;
        page.map_err(unread)
    }

    /// What a pack judged differently in shadow, the latest first; without a digest, the
    /// one that is in shadow or was last.
    ///
    /// # Errors
    /// As [`Desk::pack_log`], and as [`Desk::roll_back`] for a digest.
    pub async fn shadow_differences(
        &self,
        digest: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<FlippedCall>, Refusal> {
        let pack = match digest {
            Some(digest) => Some(self.inner.stored_pack(digest).await?),
            None => None,
        };
        let digest = pack.as_ref().map(|pack| pack.digest.as_str());
        let page = self.inner.ledger.shadow_differences(digest, cursor, limit);
        page.await.map_err(unread)
    }
}

impl Inner {
    /// The stored pack that a digest, or the beginning of one, names.
    pub(super) async fn stored_pack(&self, digest: &str) -> Result<PackRef, Refusal> {
        let hexadecimal = digest
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hexadecimal || !(MIN_PREFIX..=64).contains(&digest.len()) {
            return Err(Refusal::new(
                Code::InvalidInput,
                Phase::Request,
                format!(
                    "`{digest:.80}` names no pack: a digest has 64 digits of 0-9 and a-f, and its \
                     first {MIN_PREFIX} or more will do."
                ),
            ));
        }
        let found = self.ledger.packs_called(digest).await;
        let mut found = found.map_err(ledger_away)?.into_iter();
        match (found.next(), found.next()) {
            (Some(pack), None) => Ok(pack),
            (Some(_), Some(_)) => Err(Refusal::new(
                Code::InvalidInput,
                Phase::Request,
                format!("More than one pack's digest begins with {digest}: give more of it."),
            )),
            (None, _) => Err(no_such(format!("No pack is stored under {digest}"))),
        }
    }
}

/// Do something that must not end in the middle because its caller went away.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::spawn(work).await.map_err(|_| stopping())
}

fn no_such(what: String) -> Refusal {
    Refusal::new(
        Code::NotFound,
        Phase::Request,
        format!("{what}. `GET /v0/packs` lists what was active."),
    )
}

fn stopping() -> Refusal {
    let mut refusal = Refusal::new(
        Code::StoreUnavailable,
        Phase::Store,
        "The host is stopping; see `GET /v0/packs` on another for what became of the pack.",
    );
    refusal.retry_after_s = Some(1);
    refusal
}
