//! One call's way: read, look, judge, settle, commit, answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch_contract::answer::{Answer, Data};
use dispatch_contract::decision::{Decision, DecisionRecord};
use dispatch_contract::verdict::Outcome;
use dispatch_contract::{DecisionId, Phase, Refusal, Tool, Verdict, outbox};
use dispatch_ledger::{Commit, LedgerError};

use crate::docket::{Docket, Found, Read, Stopped, let_go};
use crate::incoming::{Incoming, Refused, Taken};
use crate::refuse::{Reached, ledger_away, micros, write_away};
use crate::settle::Settled;
use crate::{Desk, Inner};

/// How often a call is judged while other hosts keep being first on its ticket.
const ATTEMPTS: usize = 16;

impl Desk {
    /// Take a call: judge it, and commit it where it is allowed.
    ///
    /// # Errors
    /// The refusal, already on its way into the decisions.
    pub async fn call(&self, incoming: Incoming<'_>) -> Result<Taken, Refused> {
        let taken = self.inner.take(&incoming).await;
        let outcome = match &taken {
            Ok(taken) => Ok(taken.replayed),
            Err(refused) => Err(refused.refusal.code),
        };
        let tool: Option<Tool> = incoming.tool.parse().ok();
        self.inner.metrics.call(tool, outcome);
        taken
    }
}

impl Inner {
    async fn take(self: &Arc<Self>, incoming: &Incoming<'_>) -> Result<Taken, Refused> {
        let read = match self.read(incoming) {
            Ok(read) => read,
            Err(Stopped {
                refused,
                ticket_id,
                pack,
                took,
                let_in,
            }) => {
                let reached = Reached::Door(ticket_id, pack, took);
                let decision_id = self.write_refusal(incoming, &refused, reached).await;
                if let Some(read) = let_in {
                    self.judge_in_shadow(*read, &refused.refusal, decision_id);
                }
                return Err(refused);
            }
        };
        for _ in 0..ATTEMPTS {
            let taken = match self.look(&read).await {
                Ok(Found::Replay(answer)) => Some(Taken {
                    answer,
                    replayed: true,
                }),
                Ok(Found::Judged(docket)) => self.conclude(incoming, &read, *docket).await?,
                Err(refusal) => return Err(self.turn_away(incoming, &read, refusal).await),
            };
            match taken {
                Some(taken) => return Ok(taken),
                None => self.metrics.overtaken(),
            }
        }
        let refusal = ledger_away(LedgerError::Overtaken);
        Err(self.turn_away(incoming, &read, refusal).await)
    }

    /// Write down what was judged: all at once, or only the decision. None where another
    /// host was first, so that the call must be judged again.
    async fn conclude(
        &self,
        incoming: &Incoming<'_>,
        read: &Read,
        docket: Docket,
    ) -> Result<Option<Taken>, Refused> {
        self.measure(read, &docket);
        let outcome = match &docket.judged.verdict {
            Verdict::Allow(outcome) => outcome.clone(),
            Verdict::Refuse(refusal) => {
                let refused = Refused {
                    refusal: (**refusal).clone(),
                    request_id: Some(read.call.request_id.clone()),
                };
                let took = docket.judged_for();
                let_go(docket.open).await;
                let judged = Box::new((docket.question, docket.judged.verdict));
                let reached = Reached::Verdict(judged, read.pack.reference().clone(), took);
                self.write_refusal(incoming, &refused, reached).await;
                return Err(refused);
            }
        };
        match self.prepare(read, &docket, &outcome).await {
            Ok(settled) => self.commit(incoming, read, docket, outcome, settled).await,
            Err(refusal) => {
                let_go(docket.open).await;
                Err(self.turn_away(incoming, read, refusal).await)
            }
        }
    }

    async fn prepare(
        &self,
        read: &Read,
        docket: &Docket,
        outcome: &Outcome,
    ) -> Result<Settled, Refusal> {
        let papers = self.papers(read, docket).await?;
        self.settle(read, docket, outcome, papers)
    }

    async fn commit(
        &self,
        incoming: &Incoming<'_>,
        read: &Read,
        docket: Docket,
        outcome: Outcome,
        settled: Settled,
    ) -> Result<Option<Taken>, Refused> {
        let tool = read.call.tool();
        let judged_us = micros(docket.judged_for());
        let answer = serde_json::to_vec(&Answer {
            request_id: read.call.request_id.clone(),
            ticket: settled.case.ticket.clone(),
            emitted_event_ids: settled.events.iter().map(|event| event.event_id).collect(),
            data: Data::of(settled.ticket_id, &settled.facts),
        })
        .expect("answers have text keys");
        let decision = DecisionRecord {
            decision: Decision {
                decision_id: DecisionId(self.clock.fresh()),
                decided_at: docket.question.now,
                request_id: Some(read.call.request_id.clone()),
                correlation_id: read.correlation_id.clone(),
                tool: tool.name().to_owned(),
                ticket_id: Some(settled.ticket_id),
                actor: Some(read.actor),
                allowed: true,
                code: None,
                phase: None,
                determining_policies: outcome.determining_policies,
                pack: Some(read.pack.reference().clone()),
                judged_us,
            },
            question: Some(docket.question),
            verdict: Some(docket.judged.verdict),
        };
        let began = Instant::now();
        let commit = Commit {
            case: &settled.case,
            events: &settled.events,
            decision: &decision,
            answer: &answer,
            owed: &outbox::owed(&settled.facts),
        };
        let written = docket.open.commit(commit).await;
        self.metrics
            .phase(tool, Phase::Store, written.is_ok(), began.elapsed());
        match written {
            Ok(()) => {
                self.committed.send_modify(|count| *count += 1);
                self.shadow.hand(decision);
                Ok(Some(Taken {
                    answer: answer.into(),
                    replayed: false,
                }))
            }
            Err(LedgerError::Overtaken) => Ok(None),
            Err(error) => Err(self.turn_away(incoming, read, write_away(error)).await),
        }
    }

    /// Refuse a call that was read but has no verdict to go with it.
    async fn turn_away(&self, incoming: &Incoming<'_>, read: &Read, refusal: Refusal) -> Refused {
        let refused = Refused {
            refusal,
            request_id: Some(read.call.request_id.clone()),
        };
        let reached = Reached::Door(read.call.ticket_id, None, read.schema_took);
        self.write_refusal(incoming, &refused, reached).await;
        refused
    }

    fn measure(&self, read: &Read, docket: &Docket) {
        let tool = read.call.tool();
        let allowed = matches!(docket.judged.verdict, Verdict::Allow(_));
        self.metrics
            .phase(tool, Phase::Schema, allowed, read.schema_took);
        for phase in &docket.judged.trace.phases {
            let took = Duration::from_nanos(phase.elapsed_ns);
            self.metrics.phase(tool, phase.phase, allowed, took);
        }
        if let Some(fault) = &docket.judged.fault {
            self.metrics.fault(fault.component, fault.kind.name());
            tracing::error!(
                component = %fault.component,
                kind = fault.kind.name(),
                detail = %fault.detail,
                "a rule failed; the call is refused"
            );
        }
    }
}
