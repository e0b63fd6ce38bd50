//! What one call commits, as the columns of its rows: made by the caller, written by
//! whoever has the connection.

use chrono::{DateTime, Utc};
use dispatch_contract::Case;

use crate::begin::{Open, instant};
use crate::commit::Commit;
use crate::error::LedgerError;
use crate::rows::Rows;
use crate::stored::{self, json};
use crate::words;

/// One call's rows.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) ticket_id: String,
    pub(crate) version: i64,
    pub(crate) state: &'static str,
    pub(crate) priority: Option<&'static str>,
    pub(crate) customer_id: String,
    pub(crate) technician_id: Option<String>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) snapshot: String,
    pub(crate) beside: String,
    /// The chain's length before and after.
    pub(crate) chain_before: i64,
    pub(crate) chain_sequence: i64,
    pub(crate) chain_hash: String,
    /// Joined by blanks; none where they are what they were.
    pub(crate) words: Option<String>,
    pub(crate) events: Vec<EventRow>,
    pub(crate) actor: String,
    pub(crate) actor_id: String,
    pub(crate) actor_role: &'static str,
    pub(crate) channel: Option<String>,
    pub(crate) decision_id: String,
    pub(crate) decided_at: DateTime<Utc>,
    pub(crate) request_id: String,
    pub(crate) correlation_id: Option<String>,
    pub(crate) tool: String,
    pub(crate) policies: String,
    pub(crate) pack_name: String,
    pub(crate) pack_version: String,
    pub(crate) pack_digest: String,
    pub(crate) judged_us: i64,
    pub(crate) question: Option<String>,
    pub(crate) verdict: Option<String>,
    pub(crate) key_digest: [u8; 32],
    pub(crate) content_digest: [u8; 32],
    pub(crate) answer: Vec<u8>,
    /// Event and topic of what must go out.
    pub(crate) owed: Vec<(String, &'static str)>,
    pub(crate) rows: Rows,
}

/// An event as a row.
#[derive(Debug)]
pub(crate) struct EventRow {
    pub(crate) event_id: String,
    pub(crate) kind: &'static str,
    pub(crate) hash: String,
    pub(crate) body: String,
}

impl Entry {
    /// The rows of a call that is in order.
    pub(crate) fn of(open: &Open, commit: &Commit<'_>) -> Result<Self, LedgerError> {
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
        let events = commit.events.iter().map(|event| EventRow {
            event_id: event.event_id.to_string(),
            kind: event.kind.name(),
            hash: event.hash.clone(),
            body: json(event),
        });
        let owed = commit.owed.iter().filter_map(|(at, topic)| {
            let event = commit.events.get(*at)?;
            Some((event.event_id.to_string(), topic.name()))
        });
        Ok(Self {
            ticket_id: ticket.ticket_id.to_string(),
            version: stored::signed(ticket.version),
            state: ticket.state.name(),
            priority: ticket.priority.map(|priority| priority.name()),
            customer_id: ticket.customer_id.to_string(),
            technician_id: ticket.assigned_technician_id.map(|id| id.to_string()),
            at: instant(ticket.updated_at),
            snapshot,
            beside,
            chain_before: stored::signed(open.chain.sequence),
            chain_sequence: stored::signed(last.sequence),
            chain_hash: last.hash.clone(),
            words: words_of(open.facts.case.as_ref(), commit.case),
            events: events.collect(),
            actor: json(&last.actor),
            actor_id: last.actor.id.to_string(),
            actor_role: last.actor.role.name(),
            channel: last.channel.as_ref().map(json),
            decision_id: decision.decision_id.to_string(),
            decided_at: instant(decision.decided_at),
            request_id: request_id.clone(),
            correlation_id: decision.correlation_id.clone(),
            tool: decision.tool.clone(),
            policies: json(&decision.determining_policies),
            pack_name: pack.name.clone(),
            pack_version: pack.version.clone(),
            pack_digest: pack.digest.clone(),
            judged_us: stored::signed(decision.judged_us),
            question: record.question.as_ref().map(json),
            verdict: record.verdict.as_ref().map(json),
            key_digest: open.key_digest,
            content_digest: open.content_digest,
            answer: commit.answer.to_vec(),
            owed: owed.collect(),
            rows: Rows::of(commit.events)?,
        })
    }

    /// The place of the call's first event in its chain.
    pub(crate) fn first_sequence(&self) -> i64 {
        self.chain_before + 1
    }
}

/// The words to find the ticket by. They come from these fields alone, and most calls
/// leave these alone.
fn words_of(before: Option<&Case>, after: &Case) -> Option<String> {
    let ticket = &after.ticket;
    let same = before.is_some_and(|before| {
        before.ticket.customer == ticket.customer
            && before.ticket.service_location == ticket.service_location
            && before.ticket.issue == ticket.issue
    });
    (!same).then(|| words::of(ticket).join(" "))
}
