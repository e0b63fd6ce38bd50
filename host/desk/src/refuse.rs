//! Every refusal is a decision, written in batches with back-pressure.

use std::error::Error;
use std::time::Duration;

use dispatch_contract::decision::{Decision, DecisionRecord};
use dispatch_contract::event::PackRef;
use dispatch_contract::question::Question;
use dispatch_contract::{Call, Code, DecisionId, Phase, Refusal, Verdict};
use dispatch_ledger::LedgerError;
use dispatch_objects::ObjectError;

use crate::Inner;
use crate::incoming::{Incoming, Refused};

/// The longest tool name that is kept, in characters; names beyond are no tools.
const MAX_TOOL_NAME: usize = 100;

/// How far a refused call had come.
pub(crate) enum Reached {
    /// Not even its call could be read.
    Body,
    /// It was read, but not judged.
    Call(Box<Call>),
    /// It was judged.
    Verdict(Box<(Question, Verdict)>, PackRef, Duration),
}

impl Inner {
    /// Write a refusal down; waits while the writer is behind, never drops.
    pub(crate) async fn write_refusal(
        &self,
        incoming: &Incoming<'_>,
        refused: &Refused,
        reached: Reached,
    ) {
        let refusal = &refused.refusal;
        let mut record = DecisionRecord {
            decision: Decision {
                decision_id: DecisionId(self.clock.fresh()),
                decided_at: self.clock.now(),
                request_id: refused.request_id.clone(),
                correlation_id: incoming.correlation_id.map(str::to_owned),
                tool: incoming.tool.chars().take(MAX_TOOL_NAME).collect(),
                ticket_id: None,
                actor: Some(incoming.actor),
                allowed: false,
                code: Some(refusal.code),
                phase: Some(refusal.phase),
                determining_policies: refusal.determining_policies.clone(),
                pack: None,
                judged_us: 0,
            },
            question: None,
            verdict: None,
        };
        match reached {
            Reached::Body => {}
            Reached::Call(call) => record.decision.ticket_id = call.ticket_id,
            Reached::Verdict(judged, pack, took) => {
                let (question, verdict) = *judged;
                record.decision.ticket_id = question.call.ticket_id;
                record.decision.decided_at = question.now;
                record.decision.pack = Some(pack);
                record.decision.judged_us = micros(took);
                record.question = Some(question);
                record.verdict = Some(verdict);
            }
        }
        if let Err(error) = self.ledger.record_refusal(record).await {
            // the writer has stopped: the refusal stands, its record is in the log
            tracing::error!(
                error = &error as &dyn Error,
                code = refusal.code.name(),
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
