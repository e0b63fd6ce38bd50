//! The end of an allowed call: everything written, all or nothing.

use chrono::{DateTime, Utc};
use dispatch_contract::Case;
use dispatch_contract::decision::DecisionRecord;
use dispatch_contract::event::Event;
use dispatch_contract::outbox::Topic;

use crate::begin::{Hold, Open, instant};
use crate::error::LedgerError;
use crate::rows::Rows;
use crate::stored::{self, json};
use crate::{words, write};

/// What an allowed call commits.
#[derive(Clone, Copy, Debug)]
pub struct Commit<'a> {
    /// The case after the events.
    pub case: &'a Case,
    /// The events, with their places in the chain ([`Open::chain`] went before).
    pub events: &'a [Event],
    /// The verdict and what it depended on.
    pub decision: &'a DecisionRecord,
    /// What is answered, now and whenever the key is seen again.
    pub answer: &'a [u8],
    /// What must go out later, by the place of its event in `events`.
    pub owed: &'a [(usize, Topic)],
}

/// The columns that every commit writes.
pub(crate) struct Columns<'a> {
    pub(crate) ticket_id: String,
    pub(crate) version: i64,
    pub(crate) state: &'static str,
    pub(crate) priority: Option<&'static str>,
    pub(crate) customer_id: String,
    pub(crate) technician_id: Option<String>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) snapshot: String,
    pub(crate) beside: String,
    pub(crate) chain_sequence: i64,
    pub(crate) chain_hash: &'a str,
    /// None where they are what they were.
    pub(crate) words: Option<Vec<String>>,
    pub(crate) event_ids: Vec<String>,
    pub(crate) kinds: Vec<String>,
    pub(crate) hashes: Vec<String>,
    pub(crate) bodies: Vec<String>,
    pub(crate) actor: String,
    pub(crate) actor_id: String,
    pub(crate) actor_role: &'static str,
    pub(crate) channel: Option<String>,
    pub(crate) decision_id: String,
    pub(crate) decided_at: DateTime<Utc>,
    pub(crate) request_id: &'a str,
    pub(crate) correlation_id: Option<&'a str>,
    pub(crate) tool: &'a str,
    pub(crate) policies: String,
    pub(crate) pack_name: &'a str,
    pub(crate) pack_version: &'a str,
    pub(crate) pack_digest: &'a str,
    pub(crate) judged_us: i64,
    pub(crate) question: Option<String>,
    pub(crate) verdict: Option<String>,
    pub(crate) key_digest: &'a [u8],
    pub(crate) content_digest: &'a [u8],
    pub(crate) answer: &'a [u8],
    pub(crate) owed_events: Vec<String>,
    pub(crate) owed_topics: Vec<String>,
}

impl Open {
    /// Write ticket, events, case file, decision, key and outbox: all, or nothing.
    ///
    /// # Errors
    /// [`LedgerError::Overtaken`] where another host was first. Where the events do not
    /// join the chain or belong to another ticket, and where
    /// the database cannot answer: nothing is committed, except where the connection broke
    /// while the commit was under way; then the same key tells.
    pub async fn commit(self, commit: Commit<'_>) -> Result<(), LedgerError> {
        self.check(&commit)?;
        let rows = Rows::of(commit.events)?;
        let Self {
            mut lane,
            hold,
            facts,
            key_digest,
            content_digest,
            ..
        } = self;
        let columns = columns(facts.case.as_ref(), &key_digest, &content_digest, &commit)?;
        // a statement outside of a transaction is one of its own, and commits itself
        let written = write::write(lane.connection(), &columns, &rows).await;
        if let Hold::Transaction = hold {
            let end = if written.is_ok() {
                "COMMIT"
            } else {
                "ROLLBACK"
            };
            lane.run(end).await?;
        }
        match written {
            Ok(_) => {}
            Err(error) if write::was_overtaken(&error) => {
                lane.done();
                return Err(LedgerError::Overtaken);
            }
            Err(error) => return Err(error.into()),
        }
        lane.done();
        Ok(())
    }

    /// The events are this ticket's and join its chain.
    fn check(&self, commit: &Commit<'_>) -> Result<(), LedgerError> {
        let wrong = |what: &str| Err(LedgerError::Inconsistent(what.to_owned()));
        let ticket = &commit.case.ticket;
        let mut head = (self.chain.sequence, self.chain.hash.as_str());
        for event in commit.events {
            if event.ticket_id != Some(ticket.ticket_id) || event.ticket_version != ticket.version {
                return wrong("an event belongs to another ticket or version");
            }
            if event.sequence != head.0 + 1 || event.previous_hash != head.1 {
                return wrong("the events do not join the ticket's chain");
            }
            head = (event.sequence, &event.hash);
        }
        let Some(first) = commit.events.first() else {
            return wrong("there is no event");
        };
        if commit.events.iter().any(|event| event.actor != first.actor) {
            return wrong("the events have several actors");
        }
        if commit.owed.iter().any(|(at, _)| *at >= commit.events.len()) {
            return wrong("something is owed by an event that is not there");
        }
        if !commit.decision.decision.allowed {
            return wrong("the decision refuses");
        }
        Ok(())
    }
}

fn columns<'a>(
    before: Option<&Case>,
    key_digest: &'a [u8],
    content_digest: &'a [u8],
    commit: &Commit<'a>,
) -> Result<Columns<'a>, LedgerError> {
    let ticket = &commit.case.ticket;
    let record = commit.decision;
    let decision = &record.decision;
    let (Some(last), Some(pack), Some(request_id)) =
        (commit.events.last(), &decision.pack, &decision.request_id)
    else {
        return Err(LedgerError::Inconsistent(
            "the decision lacks its pack or its request_id".into(),
        ));
    };
    let (snapshot, beside) = stored::columns(commit.case);
    let words = match before {
        // they come from these alone, and most calls leave these alone
        Some(before)
            if before.ticket.customer == ticket.customer
                && before.ticket.service_location == ticket.service_location
                && before.ticket.issue == ticket.issue =>
        {
            None
        }
        _ => Some(words::of(ticket)),
    };
    Ok(Columns {
        ticket_id: ticket.ticket_id.to_string(),
        version: stored::signed(ticket.version),
        state: ticket.state.name(),
        priority: ticket.priority.map(|priority| priority.name()),
        customer_id: ticket.customer_id.to_string(),
        technician_id: ticket.assigned_technician_id.map(|id| id.to_string()),
        at: instant(ticket.updated_at),
        snapshot,
        beside,
        chain_sequence: stored::signed(last.sequence),
        chain_hash: &last.hash,
        words,
        event_ids: commit
            .events
            .iter()
            .map(|e| e.event_id.to_string())
            .collect(),
        kinds: commit
            .events
            .iter()
            .map(|e| e.kind.name().to_owned())
            .collect(),
        hashes: commit.events.iter().map(|e| e.hash.clone()).collect(),
        bodies: commit.events.iter().map(json).collect(),
        actor: json(&last.actor),
        actor_id: last.actor.id.to_string(),
        actor_role: last.actor.role.name(),
        channel: last.channel.as_ref().map(json),
        decision_id: decision.decision_id.to_string(),
        decided_at: instant(decision.decided_at),
        request_id,
        correlation_id: decision.correlation_id.as_deref(),
        tool: &decision.tool,
        policies: json(&decision.determining_policies),
        pack_name: &pack.name,
        pack_version: &pack.version,
        pack_digest: &pack.digest,
        judged_us: stored::signed(decision.judged_us),
        question: record.question.as_ref().map(json),
        verdict: record.verdict.as_ref().map(json),
        key_digest,
        content_digest,
        answer: commit.answer,
        owed_events: commit
            .owed
            .iter()
            .filter_map(|(at, _)| commit.events.get(*at))
            .map(|event| event.event_id.to_string())
            .collect(),
        owed_topics: commit
            .owed
            .iter()
            .map(|(_, topic)| topic.name().to_owned())
            .collect(),
    })
}
