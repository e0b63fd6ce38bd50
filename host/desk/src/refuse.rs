//! Every refusal is a decision, written in batches with back-pressure.

use std::error::Error;
use std::time::Duration;

use dispatch_contract::decision::{Decision, DecisionRecord};
use dispatch_contract::event::PackRef;
use dispatch_contract::question::Question;
use dispatch_contract::{Actor, Code, DecisionId, Phase, Refusal, TicketId, Tool, Verdict};
use dispatch_ledger::LedgerError;
use dispatch_objects::ObjectError;

use crate::incoming::{Incoming, Refused};
use crate::{Desk, Inner};

/// The longest tool name that is kept, in characters; names beyond are no tools.
const MAX_TOOL_NAME: usize = 100;

/// How far a refused call had come.
pub(crate) enum Reached {
    /// It was not judged, or by the pack's scopes alone, in so much time.
    Door(Option<TicketId>, Option<PackRef>, Duration),
    /// It was judged.
    Verdict(Box<(Question, Verdict)>, PackRef, Duration),
}

/// A call that was turned away before the desk saw it: at the door, for its
/// credential, its rate, its size or its form.
pub struct TurnedAway<'a> {
    /// The tool's name as it was asked for.
    pub tool: &'a str,
    /// Who called; none where the credential is the reason.
    pub actor: Option<Actor>,
    /// The call's idempotency key, where it was read that far.
    pub request_id: Option<&'a str>,
    /// What ties this call to others.
    pub correlation_id: Option<&'a str>,
    /// Why.
    pub refusal: &'a Refusal,
    /// Write it down; else only count it, as part of a flood.
    pub kept: bool,
}

impl Desk {
    /// Write down a call that was turned away at the door, as every other refusal.
    pub async fn turned_away(&self, call: TurnedAway<'_>) {
        let inner = &*self.inner;
        let tool: Option<Tool> = call.tool.parse().ok();
        inner.metrics.call(tool, Err(call.refusal.code));
        if call.kept {
            inner.record(inner.blank(&call)).await;
        }
    }
}

impl Inner {
    /// Write a refusal down; waits while the writer is behind, never drops. Answers which
    /// decision it is.
    pub(crate) async fn write_refusal(
        &self,
        incoming: &Incoming<'_>,
        refused: &Refused,
        reached: Reached,
    ) -> DecisionId {
        let mut record = self.blank(&TurnedAway {
            tool: incoming.tool,
            actor: Some(incoming.actor),
            request_id: refused.request_id.as_deref(),
            correlation_id: incoming.correlation_id,
            refusal: &refused.refusal,
            kept: true,
        });
        match reached {
            Reached::Door(ticket_id, pack, took) => {
                record.decision.ticket_id = ticket_id;
                record.decision.pack = pack;
                record.decision.judged_us = micros(took);
            }
            Reached::Verdict(judged, pack, took) => {
                let (question, verdict) = *judged;
                record.decision.ticket_id = question.call.ticket_id;
                record.decision.decided_at = question.now;
                record.decision.pack = Some(pack);
                record.decision.judged_us = micros(took);
                record.question = Some(question);
                record.verdict = Some(verdict);
                self.shadow.hand_copy(&record);
            }
        }
        let decision_id = record.decision.decision_id;
        self.record(record).await;
        decision_id
    }

    /// The decision of a call of which nothing but this is known.
    pub(crate) fn blank(&self, call: &TurnedAway<'_>) -> DecisionRecord {
        DecisionRecord {
            decision: Decision {
                decision_id: DecisionId(self.clock.fresh()),
                decided_at: self.clock.now(),
                request_id: call.request_id.map(str::to_owned),
                correlation_id: call.correlation_id.map(str::to_owned),
                tool: call.tool.chars().take(MAX_TOOL_NAME).collect(),
                ticket_id: None,
                actor: call.actor,
                allowed: false,
                code: Some(call.refusal.code),
                phase: Some(call.refusal.phase),
                determining_policies: call.refusal.determining_policies.clone(),
                pack: None,
                judged_us: 0,
            },
            question: None,
            verdict: None,
        }
    }

    async fn record(&self, record: DecisionRecord) {
        let code = record.decision.code.map_or("none", Code::name);
        if let Err(error) = self.ledger.record_refusal(record).await {
            // the writer has stopped: the refusal stands, its record is in the log
            tracing::error!(
                error = &error as &dyn Error,
                code,
                "a refusal was not written down"
            );
        }
    }
}

/// Whole microseconds.
pub(crate) fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

/// The database is away: fail closed.
pub(crate) fn ledger_away(error: LedgerError) -> Refusal {
    tracing::error!(error = &error as &dyn Error, "the ledger did not answer");
    away("The database did not answer; nothing was committed.")
}

/// The database failed over a write: fail closed. Where a connection was lost in the middle of
/// it, the write may have been committed.
pub(crate) fn write_away(error: LedgerError) -> Refusal {
    tracing::error!(error = &error as &dyn Error, "the ledger did not write");
    unwritten(error.leaves_doubt())
}

fn unwritten(doubt: bool) -> Refusal {
    away(if doubt {
        "The database was lost over this: it may be committed, once at most."
    } else {
        "The database did not write this; nothing was committed."
    })
}

/// The object store is away: fail closed.
pub(crate) fn objects_away(error: ObjectError) -> Refusal {
    tracing::error!(
        error = &error as &dyn Error,
        "the object store did not answer"
    );
    away("The object store did not answer; nothing was committed.")
}

fn away(what: &str) -> Refusal {
    let detail = format!("{what} Send the same call again, with the same request_id.");
    let mut refusal = Refusal::new(Code::StoreUnavailable, Phase::Store, detail);
    refusal.retry_after_s = Some(1);
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_was_lost_sight_of_is_not_said_to_be_undone() {
        let lost = unwritten(true).detail;
        assert!(lost.contains("may be committed"), "{lost}");
        assert!(!lost.contains("nothing"), "{lost}");
        let certain = write_away(LedgerError::Busy { waited_ms: 1 }).detail;
        assert!(certain.contains("nothing was committed"), "{certain}");
    }
}
