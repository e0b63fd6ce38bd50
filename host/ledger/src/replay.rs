//! Replaying: each ticket is rebuilt from its events alone and compared with what is
//! stored, and each committed call is judged again as it was recorded.

use dispatch_contract::TicketId;
use dispatch_contract::event::{Event, PackRef};
use dispatch_contract::question::Question;
use dispatch_contract::{Case, Verdict};
use serde::Serialize;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::stored;
use crate::verify::Progress;

/// Events read at once; the last one of a call comes with its question.
const PAGE: i64 = 200;

/// Differences kept; beyond that they are only counted.
const MAX_KEPT: usize = 1_000;

/// What became of judging a recorded question again.
#[derive(Clone, PartialEq, Debug)]
pub enum Rejudge {
    /// The pack said this.
    Verdict(Verdict),
    /// It could not be asked: the pack is not at hand, or it failed.
    Impossible(String),
}

/// Something that is not what the events add up to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Difference {
    /// The ticket.
    pub ticket_id: String,
    /// The last event of the call, by its place in the chain.
    pub sequence: u64,
    /// The same event's id.
    pub event_id: String,
    /// What differs, in words.
    pub what: String,
}

/// What a replay found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ReplayReport {
    /// Tickets rebuilt.
    pub tickets: u64,
    /// Events applied.
    pub events: u64,
    /// Committed calls judged again.
    pub calls: u64,
    /// Everything that differs, the first 1,000.
    pub differences: Vec<Difference>,
    /// How many differ.
    pub different: u64,
}

struct Row {
    chain: String,
    sequence: i64,
    event_id: String,
    body: String,
    /// Only beside the last event of a ticket.
    snapshot: Option<String>,
    beside: Option<String>,
    /// Only beside the last event of a call.
    decided: bool,
    question: Option<String>,
    verdict: Option<String>,
}

impl Ledger {
    /// Rebuild every ticket, or only this one, and judge every committed call again.
    ///
    /// `judge` is given the pack that judged and the recorded question; the packs to
    /// have at hand are [`Ledger::packs_that_judged`].
    ///
    /// # Errors
    /// Where the database cannot answer in time. A difference is no error but the result.
    pub async fn replay(
        &self,
        only: Option<TicketId>,
        mut judge: impl FnMut(&PackRef, &Question) -> Rejudge + Send,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<ReplayReport, LedgerError> {
        let only = only.map(|ticket| ticket.to_string());
        let only = only.as_deref();
        let total = self.count_events(only).await?;
        let mut report = ReplayReport::default();
        let mut at = (String::new(), 0);
        let mut fold = Fold::default();
        loop {
            let rows = self.replay_page(only, &at.0, at.1).await?;
            let full = rows.len() as i64 == PAGE;
            for row in rows {
                at = (row.chain.clone(), row.sequence);
                report.events += 1;
                fold.step(&row, &mut judge, &mut report);
            }
            progress(Progress {
                done: report.events,
                total: total.max(report.events),
            });
            if !full {
                return Ok(report);
            }
        }
    }

    async fn replay_page(
        &self,
        only: Option<&str>,
        chain: &str,
        sequence: i64,
    ) -> Result<Vec<Row>, LedgerError> {
        Ok(sqlx::query_as!(
            Row,
            r#"SELECT e.chain, e.sequence, e.event_id, e.body::text AS "body!",
                   CASE WHEN t.chain_sequence = e.sequence THEN t.snapshot::text END AS snapshot,
                   CASE WHEN t.chain_sequence = e.sequence THEN t.beside::text END AS beside,
                   d.decision_id IS NOT NULL AS "decided!",
                   d.question::text AS question, d.verdict::text AS verdict
               FROM audit_events e
               JOIN tickets t ON t.ticket_id = e.chain
               LEFT JOIN decisions d
                   ON d.ticket_id = e.chain AND d.allowed AND d.last_sequence = e.sequence
               WHERE (e.chain, e.sequence) > ($1, $2) AND ($4::text IS NULL OR e.chain = $4)
               ORDER BY e.chain, e.sequence LIMIT $3"#,
            chain,
            sequence,
            PAGE,
            only,
        )
        .fetch_all(&self.pool)
        .await?)
    }
}

/// A ticket on its way from its first event to its last.
#[derive(Default)]
struct Fold {
    chain: String,
    /// As the events add up; none before the first, or after one that does not fit.
    case: Option<Case>,
    /// As it was before the call under way.
    before: Option<Case>,
    /// An event did not fit: the rest of this ticket cannot be rebuilt.
    broken: bool,
}

impl Fold {
    fn step(
        &mut self,
        row: &Row,
        judge: &mut impl FnMut(&PackRef, &Question) -> Rejudge,
        report: &mut ReplayReport,
    ) {
        if row.chain != self.chain {
            *self = Self {
                chain: row.chain.clone(),
                ..Self::default()
            };
            report.tickets += 1;
        }
        if self.broken {
            return;
        }
        let mut differs = |what: String| {
            report.different += 1;
            if report.differences.len() < MAX_KEPT {
                report.differences.push(Difference {
                    ticket_id: row.chain.clone(),
                    sequence: u64::try_from(row.sequence).unwrap_or_default(),
                    event_id: row.event_id.clone(),
                    what,
                });
            }
        };
        let event: Event = match serde_json::from_str(&row.body) {
            Ok(event) => event,
            Err(error) => {
                self.broken = true;
                return differs(format!("the event cannot be read: {error}"));
            }
        };
        match Case::after(self.case.take(), &event) {
            Ok(case) => self.case = Some(case),
            Err(error) => {
                self.broken = true;
                return differs(error.to_string());
            }
        }
        if row.decided {
            if let Err(what) = rejudge(row, &event, self.before.as_ref(), judge) {
                differs(what);
            }
            report.calls += 1;
            self.before.clone_from(&self.case);
        }
        if let (Some(snapshot), Some(beside), Some(case)) = (&row.snapshot, &row.beside, &self.case)
        {
            match stored::case(snapshot, beside) {
                Ok(stored) if stored == *case => {}
                Ok(stored) => differs(format!(
                    "the stored ticket has another {}",
                    parts(&stored, case)
                )),
                Err(error) => differs(error.to_string()),
            }
        }
    }
}

/// Judges one committed call again.
fn rejudge(
    row: &Row,
    event: &Event,
    before: Option<&Case>,
    judge: &mut impl FnMut(&PackRef, &Question) -> Rejudge,
) -> Result<(), String> {
    let (Some(question), Some(verdict)) = (&row.question, &row.verdict) else {
        return Err("the decision has no question or no verdict".into());
    };
    let unreadable = |error| format!("the decision cannot be read: {error}");
    let question: Question = serde_json::from_str(question).map_err(unreadable)?;
    let recorded: Verdict = serde_json::from_str(verdict).map_err(unreadable)?;
    if question.facts.case.as_ref() != before {
        return Err("the call was judged on another case than its events add up to".into());
    }
    if hex::encode(question.call.content_digest(question.actor)) != event.request_sha256 {
        return Err(
            "the recorded call is not the one that the event's request_sha256 names".into(),
        );
    }
    match judge(&event.pack, &question) {
        Rejudge::Verdict(verdict) if verdict == recorded => Ok(()),
        Rejudge::Verdict(verdict) => Err(match verdict {
            Verdict::Refuse(refusal) => format!("the pack now refuses it: {refusal}"),
            Verdict::Allow(_) => "the pack now allows it with another outcome".into(),
        }),
        Rejudge::Impossible(why) => Err(format!("it cannot be judged again: {why}")),
    }
}

/// Which parts of two cases differ, by their names.
fn parts(one: &Case, other: &Case) -> String {
    let value = |case: &Case| serde_json::to_value(case).unwrap_or_default();
    let (one, other) = (value(one), value(other));
    let mut names: Vec<String> = Vec::new();
    for top in ["ticket", "evidence", "open_proposal"] {
        match (one[top].as_object(), other[top].as_object()) {
            (Some(a), Some(b)) if top == "ticket" => {
                let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                names.extend(keys.into_iter().filter(|k| a.get(*k) != b.get(*k)).cloned());
            }
            _ if one[top] != other[top] => names.push(top.to_owned()),
            _ => {}
        }
    }
    names.join(", ")
}
