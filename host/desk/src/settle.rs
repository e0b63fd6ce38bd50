//! From an allowed call to what is written: facts, events in their chain, the case after.

use dispatch_contract::event::Event;
use dispatch_contract::fact::Fact;
use dispatch_contract::settle::{self, Given, Papers};
use dispatch_contract::verdict::Outcome;
use dispatch_contract::{Case, Code, CustomerId, EventId, Phase, Refusal, TicketId};

use crate::Inner;
use crate::docket::{Docket, Read};

/// What an allowed call writes.
pub(crate) struct Settled {
    pub(crate) ticket_id: TicketId,
    pub(crate) case: Case,
    pub(crate) events: Vec<Event>,
    pub(crate) facts: Vec<Fact>,
}

impl Inner {
    /// Settle an allowed call: pure but for the ids it draws.
    pub(crate) fn settle(
        &self,
        read: &Read,
        docket: &Docket,
        outcome: &Outcome,
        papers: Option<Papers>,
    ) -> Result<Settled, Refusal> {
        let question = &docket.question;
        let before = question.facts.case.as_ref();
        let ticket_id = before.map_or_else(|| TicketId(self.clock.fresh()), |c| c.ticket.ticket_id);
        let given = Given {
            actor: read.actor,
            case: before,
            customer: docket
                .open
                .customer
                .or_else(|| Some((CustomerId(self.clock.fresh()), false))),
            object: question.facts.object.as_ref(),
            papers,
            fresh: &mut || self.clock.fresh(),
        };
        let facts = settle::facts(&read.call, outcome, given).map_err(|e| unsettled(&e))?;
        let version = before.map_or(0, |case| case.ticket.version) + 1;
        let request_sha256 = hex::encode(docket.content_digest);
        let mut chain = docket.open.chain.clone();
        let mut case = before.cloned();
        let mut events = Vec::with_capacity(facts.len());
        for fact in &facts {
            let (previous_state, next_state) = match fact {
                Fact::StateChanged(change) => (Some(change.from), Some(change.to)),
                _ => (None, None),
            };
            let mut event = Event {
                event_id: EventId(self.clock.fresh()),
                occurred_at: question.now,
                request_id: read.call.request_id.clone(),
                kind: fact.kind(),
                ticket_id: Some(ticket_id),
                ticket_version: version,
                actor: read.actor,
                channel: read.call.channel.clone(),
                previous_state,
                next_state,
                payload: fact.payload(),
                correlation_id: read.correlation_id.clone(),
                pack: read.pack.reference().clone(),
                determining_policies: outcome.determining_policies.clone(),
                request_sha256: request_sha256.clone(),
                sequence: 0,
                previous_hash: String::new(),
                hash: String::new(),
            };
            chain.append(&mut event);
            case = Some(Case::after(case, &event).map_err(|e| unsettled(&e))?);
            events.push(event);
        }
        Ok(Settled {
            ticket_id,
            case: case.ok_or_else(|| unsettled(&NoFact))?,
            events,
            facts,
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the call has no fact at all")]
struct NoFact;

/// The rules allowed what the house cannot commit: fail closed, say so loudly.
fn unsettled(error: &(dyn std::error::Error + 'static)) -> Refusal {
    tracing::error!(error, "an allowed call could not be settled");
    Refusal::new(
        Code::PolicyUnavailable,
        Phase::Invariant,
        "The rules allowed what cannot be committed; nothing was. Tell an operator.",
    )
}
