//! Calls that are turned away for their role alone, and that the pack in shadow would let in.
//!
//! They are answered at the door as if nobody were in shadow. What the shadow would have
//! said of them depends on their ticket: it is read afterwards, without the ticket's turn,
//! since nothing is committed on it.

use std::error::Error;
use std::sync::Arc;

use dispatch_contract::question::Facts;
use dispatch_contract::{DecisionId, Refusal, Verdict};

use crate::Inner;
use crate::docket::Read;
use crate::refuse::TurnedAway;

/// Calls whose facts are read at once; beyond that they are counted as dropped.
pub(crate) const READING: usize = 4;

impl Inner {
    /// Have a call that was refused for its role judged in shadow. Never waits.
    pub(crate) fn judge_in_shadow(
        self: &Arc<Self>,
        read: Read,
        refusal: &Refusal,
        decision_id: DecisionId,
    ) {
        let Ok(permit) = Arc::clone(&self.reading_for_shadow).try_acquire_owned() else {
            return self.metrics.shadow_dropped(1);
        };
        let (inner, refusal) = (Arc::clone(self), refusal.clone());
        tokio::spawn(async move {
            let _one_of_few = permit;
            let Some(facts) = inner.facts_of(&read).await else {
                return inner.metrics.shadow_dropped(1);
            };
            let mut record = inner.blank(&TurnedAway {
                tool: read.call.tool().name(),
                actor: Some(read.actor),
                request_id: Some(&read.call.request_id),
                correlation_id: read.correlation_id.as_deref(),
                refusal: &refusal,
                kept: true,
            });
            let question = inner.question(&read, facts, record.decision.decided_at);
            record.decision.decision_id = decision_id;
            record.decision.ticket_id = read.call.ticket_id;
            record.decision.pack = Some(read.pack.reference().clone());
            record.question = Some(question);
            record.verdict = Some(Verdict::Refuse(Box::new(refusal)));
            inner.shadow.hand(record);
        });
    }

    /// What the call's verdict depends on; none where it cannot be read.
    async fn facts_of(&self, read: &Read) -> Option<Facts> {
        let Some(ticket_id) = read.call.ticket_id else {
            return Some(Facts::default());
        };
        let (lookup, away) = self.lookup(read).await;
        if away.is_some() {
            return None;
        }
        match self.ledger.facts(ticket_id, &lookup).await {
            Ok(facts) => facts,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "a call could not be read for the pack in shadow"
                );
                None
            }
        }
    }
}
