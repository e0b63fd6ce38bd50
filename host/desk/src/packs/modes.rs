//! Enforce, shadow, off: an operator's word on what a stored pack is used for.

use std::error::Error;

use dispatch_contract::event::{EventType, PackRef};
use dispatch_contract::packs::{ModeChange, ModeOutcome, PackMode, PackSource};
use dispatch_contract::{Actor, Code, Phase, Refusal, Tool};
use dispatch_engine::{PackError, Step};
use dispatch_ledger::Shadowed;
use serde_json::Value;

use super::attempt::Trial;
use super::open::{last_good, stored_files};
use super::prove::Pace;
use super::steps::{failed, refused};
use super::swap::let_go;
use crate::refuse::{ledger_away, write_away};
use crate::shadow::Seat;
use crate::{Desk, Inner};

/// What an operator wants of a stored pack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModeWish {
    /// Its digest, or the beginning of it.
    pub digest: String,
    /// What it is to be used for.
    pub mode: PackMode,
    /// Shadow: the tools it judges. Off: the tools it judges no longer. None: all.
    pub tools: Option<Vec<Tool>>,
    /// Why.
    pub reason: String,
}

impl Desk {
    /// Change what a stored pack is used for. A pack that fails a step is an outcome,
    /// not a refusal.
    ///
    /// # Errors
    /// `not_found` and `invalid_input` where the pack is not named well, or the wish makes no
    /// sense; `store_unavailable`.
    pub async fn set_pack_mode(
        &self,
        actor: Actor,
        wish: ModeWish,
        correlation_id: Option<&str>,
    ) -> Result<ModeOutcome, Refusal> {
        let pack = self.inner.stored_pack(&wish.digest).await?;
        self.makes_sense(&wish, &pack)?;
        if wish.mode == PackMode::Enforce {
            let source = PackSource::Command;
            let outcome = self
                .enforce(actor, pack.clone(), source, wish.reason, correlation_id)
                .await?;
            return Ok(ModeOutcome {
                changed: outcome.activated,
                mode: PackMode::Enforce,
                revision: outcome.revision,
                steps: outcome.steps,
                flips: outcome.flips,
                failed: outcome.failed,
                ..unchanged(pack, &wish.tools)
            });
        }
        let mut trial = Trial::begin();
        if wish.mode == PackMode::Shadow
            && let Err(error) = self.fit_for_shadow(&mut trial, &pack).await?
        {
            let why = error.as_ref().map_or_else(
                || failed(Step::Read, "its content is not in the database"),
                refused,
            );
            return Ok(ModeOutcome {
                steps: trial.steps.taken,
                failed: Some(why),
                ..unchanged(pack, &wish.tools)
            });
        }
        let mode = wish.mode;
        let change = ModeChange {
            pack: pack.clone(),
            mode,
            tools: wish.tools.clone(),
            reason: wish.reason,
            replaced: None,
        };
        let kind = EventType::PolicyModeChanged;
        let event = self
            .inner
            .house_event(kind, actor, Value::Null, correlation_id);
        let changed = self.inner.ledger.set_pack_mode(change, event).await;
        let changed = changed.map_err(write_away)?;
        // at once here; other hosts see it with their next look
        self.inner.follow_ledger().await;
        self.inner.committed.send_modify(|count| *count += 1);
        Ok(match changed {
            Some(change) => ModeOutcome {
                changed: true,
                mode: change.mode,
                tools: change.tools,
                replaced: change.replaced,
                steps: trial.steps.taken,
                ..unchanged(pack, &None)
            },
            None => ModeOutcome {
                mode,
                steps: trial.steps.taken,
                ..unchanged(pack, &wish.tools)
            },
        })
    }

    fn makes_sense(&self, wish: &ModeWish, pack: &PackRef) -> Result<(), Refusal> {
        let invalid = |detail: &str| Err(Refusal::new(Code::InvalidInput, Phase::Request, detail));
        if wish.tools.as_ref().is_some_and(Vec::is_empty) {
            return invalid("Name the tools, or leave `tools` out for all of them.");
        }
        if wish.mode == PackMode::Enforce && wish.tools.is_some() {
            return invalid(
                "A pack is enforced whole: every verdict names one pack, and a swap is one step. \
                 To change the rules of single tools, activate a pack that has them.",
            );
        }
        let active = self.inner.pack.current().reference() == pack;
        if wish.mode != PackMode::Enforce && active {
            return invalid(
                "This pack judges now. To take it out, activate another, or roll back; one that \
                 judges is in nobody's shadow.",
            );
        }
        Ok(())
    }

    async fn fit_for_shadow(
        &self,
        trial: &mut Trial,
        pack: &PackRef,
    ) -> Result<Result<(), Option<PackError>>, Refusal> {
        let pace = Pace::BesideCalls;
        let files = stored_files(&self.inner.ledger, &pack.digest, pace).await;
        match files.map_err(ledger_away)? {
            Ok(files) => {
                let proven = trial.prove(&self.inner.engine, files, pace).await;
                Ok(proven.map(let_go).map_err(Some))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}

fn unchanged(pack: PackRef, tools: &Option<Vec<Tool>>) -> ModeOutcome {
    ModeOutcome {
        changed: false,
        pack,
        mode: PackMode::Off,
        tools: tools.clone(),
        replaced: None,
        revision: None,
        steps: Vec::new(),
        flips: None,
        failed: None,
    }
}

impl Inner {
    /// Judge in shadow with what the ledger says, from now on.
    pub(super) async fn follow_shadow(&self, wanted: Option<Shadowed>) {
        let Some(wanted) = wanted else {
            self.packs.heard().shadow_trouble = None;
            return self.shadow.vacate();
        };
        if self
            .shadow
            .is_seated(&wanted.pack.digest, wanted.tools.as_deref())
        {
            return;
        }
        if self.shadow_trouble(&wanted.pack.digest).is_some() {
            return;
        }
        let digest = &wanted.pack.digest;
        match last_good(&self.engine, &self.ledger, digest, Pace::BesideCalls).await {
            Ok(Ok(pack)) => {
                tracing::info!(digest = %wanted.pack.digest, tools = ?wanted.tools, "a pack judges in shadow");
                self.packs.heard().shadow_trouble = None;
                self.shadow.seat(Seat::new(pack, wanted.tools));
            }
            Ok(Err(error)) => {
                let why = error.as_ref().map_or_else(
                    || "its content is not in the database".to_owned(),
                    ToString::to_string,
                );
                tracing::error!(digest = %wanted.pack.digest, why, "the pack in shadow cannot be loaded here");
                self.shadow.vacate();
                self.packs.heard().shadow_trouble = Some((wanted.pack.digest, why));
            }
            Err(error) => tracing::warn!(
                error = &error as &dyn Error,
                "the pack in shadow cannot be read"
            ),
        }
    }

    /// Why this pack cannot be loaded into the shadow here.
    pub(super) fn shadow_trouble(&self, digest: &str) -> Option<String> {
        let heard = self.packs.heard();
        let (of, why) = heard.shadow_trouble.as_ref()?;
        (of == digest).then(|| why.clone())
    }
}
