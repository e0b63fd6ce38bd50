//! Verifying every chain: order, hashes, heads, and that decisions and events agree.
//!
//! Reads in pages, so that memory stays bounded and commits go on meanwhile: an event and
//! the head of its ticket come from one statement, and so from one moment.

use dispatch_contract::TicketId;
use dispatch_contract::event::{ChainHead, Event};
use serde::Serialize;

use crate::error::LedgerError;
use crate::house::HOUSE;
use crate::ledger::Ledger;
use crate::stored;

/// Events read at once.
const PAGE: i64 = 500;

/// How far a long reading is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Events looked at.
    pub done: u64,
    /// Events there were when it began; more may come meanwhile.
    pub total: u64,
}

/// A row that is not what it should be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fault {
    /// The ticket, or `house`.
    pub chain: String,
    /// The event's place in the chain, where it is about one.
    pub sequence: Option<u64>,
    /// The event, where it is about one.
    pub event_id: Option<String>,
    /// What is wrong, in words.
    pub what: String,
}

/// What a verification found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct VerifyReport {
    /// Chains read, the house's own included.
    pub chains: u64,
    /// Events read.
    pub events: u64,
    /// The first bad row; none: everything holds.
    pub fault: Option<Fault>,
}

struct Row {
    chain: String,
    sequence: i64,
    event_id: String,
    kind: String,
    actor_id: String,
    hash: String,
    body: String,
    head_sequence: Option<i64>,
    head_hash: Option<String>,
    decision: Option<Agreed>,
}

/// What a commit's decision says of its events.
struct Agreed {
    first: i64,
    request_id: Option<String>,
    actor_id: Option<String>,
    pack_digest: Option<String>,
    policies: String,
}

impl Ledger {
    /// Events there are now.
    pub(crate) async fn count_events(&self, only: Option<&str>) -> Result<u64, LedgerError> {
        let count = sqlx::query_scalar!(
            r#"SELECT count(*) AS "n!" FROM audit_events WHERE $1::text IS NULL OR chain = $1"#,
            only,
        )
        .fetch_one(&self.pool)
        .await?;
        stored::unsigned("count of events", count)
    }

    /// Read every chain from its beginning, or only this ticket's, and stop at the
    /// first bad row.
    ///
    /// # Errors
    /// Where the database cannot answer in time. A bad row is no error but the result.
    pub async fn verify(
        &self,
        only: Option<TicketId>,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<VerifyReport, LedgerError> {
        let only = only.map(|ticket| ticket.to_string());
        let only = only.as_deref();
        let total = self.count_events(only).await?;
        let mut report = VerifyReport::default();
        let mut at = (String::new(), 0);
        let mut walk = Walk::default();
        loop {
            let rows = self.page(only, &at.0, at.1).await?;
            let full = rows.len() as i64 == PAGE;
            for row in rows {
                at = (row.chain.clone(), row.sequence);
                report.events += 1;
                report.fault = walk.step(row);
                if report.fault.is_some() {
                    report.chains = walk.chains;
                    return Ok(report);
                }
            }
            progress(Progress {
                done: report.events,
                total: total.max(report.events),
            });
            if !full {
                break;
            }
        }
        report.chains = walk.chains;
        report.fault = match walk.end() {
            Some(fault) => Some(fault),
            None => self.without_events(only).await?,
        };
        Ok(report)
    }

    async fn page(
        &self,
        only: Option<&str>,
        chain: &str,
        sequence: i64,
    ) -> Result<Vec<Row>, LedgerError> {
        let rows = sqlx::query!(
            r#"SELECT e.chain, e.sequence, e.event_id, e.kind, e.actor_id, e.hash, e.body::text AS "body!",
                   coalesce(t.chain_sequence, h.sequence) AS head_sequence,
                   coalesce(t.chain_hash, h.hash) AS head_hash,
                   d.first_sequence AS "first?", d.request_id AS "request_id?",
                   d.actor_id AS "decision_actor?", d.pack_digest AS "pack_digest?",
                   d.policies AS "policies?"
               FROM audit_events e
               LEFT JOIN tickets t ON t.ticket_id = e.chain
               LEFT JOIN house_head h ON e.chain = $5
               LEFT JOIN LATERAL (
                   SELECT first_sequence, request_id, actor_id, pack_digest,
                       determining_policies::text AS policies
                   FROM decisions
                   WHERE ticket_id = e.chain AND allowed AND last_sequence >= e.sequence
                   ORDER BY last_sequence LIMIT 1) d ON true
               WHERE (e.chain, e.sequence) > ($1, $2) AND ($4::text IS NULL OR e.chain = $4)
               ORDER BY e.chain, e.sequence LIMIT $3"#,
            chain,
            sequence,
            PAGE,
            only,
            HOUSE,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Row {
                decision: match (row.first, row.policies) {
                    (Some(first), Some(policies)) => Some(Agreed {
                        first,
                        request_id: row.request_id,
                        actor_id: row.decision_actor,
                        pack_digest: row.pack_digest,
                        policies,
                    }),
                    _ => None,
                },
                chain: row.chain,
                sequence: row.sequence,
                event_id: row.event_id,
                kind: row.kind,
                actor_id: row.actor_id,
                hash: row.hash,
                body: row.body,
                head_sequence: row.head_sequence,
                head_hash: row.head_hash,
            })
            .collect())
    }

    /// Tickets and committed decisions whose events are not there.
    async fn without_events(&self, only: Option<&str>) -> Result<Option<Fault>, LedgerError> {
        let ticket = sqlx::query_scalar!(
            "SELECT ticket_id FROM tickets t
             WHERE NOT EXISTS (SELECT FROM audit_events e WHERE e.chain = t.ticket_id)
                 AND ($1::text IS NULL OR ticket_id = $1)
             ORDER BY ticket_id LIMIT 1",
            only,
        )
        .fetch_optional(&self.pool)
        .await?;
        if let Some(chain) = ticket {
            return Ok(Some(Fault {
                chain,
                sequence: None,
                event_id: None,
                what: "the ticket has no events".into(),
            }));
        }
        if only.is_none() && self.house_is_gone().await? {
            return Ok(Some(Fault {
                chain: HOUSE.to_owned(),
                sequence: None,
                event_id: None,
                what: "house_head says that there are events, and there is none".into(),
            }));
        }
        let decision = sqlx::query!(
            r#"SELECT decision_id, ticket_id AS "ticket_id!", last_sequence AS "last_sequence!"
               FROM decisions d
               WHERE allowed AND NOT EXISTS (SELECT FROM audit_events e
                       WHERE e.chain = d.ticket_id AND e.sequence = d.last_sequence)
                   AND ($1::text IS NULL OR ticket_id = $1)
               ORDER BY ticket_id, last_sequence LIMIT 1"#,
            only,
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(decision.map(|row| Fault {
            chain: row.ticket_id,
            sequence: u64::try_from(row.last_sequence).ok(),
            event_id: None,
            what: format!(
                "the event that decision {} names is not there",
                row.decision_id
            ),
        }))
    }

    /// The house's chain has an end and no events.
    async fn house_is_gone(&self) -> Result<bool, LedgerError> {
        let gone = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM house_head)
                   AND NOT EXISTS (SELECT FROM audit_events WHERE chain = $1) AS "gone!""#,
            HOUSE,
        );
        Ok(gone.fetch_one(&self.pool).await?)
    }
}

/// The place in the walk through the chains.
#[derive(Default)]
struct Walk {
    chains: u64,
    chain: String,
    head: ChainHead,
    /// The ticket's own word on where its chain ends, as of the last row.
    stated: Option<(Option<i64>, Option<String>)>,
    last_event: String,
}

impl Walk {
    fn step(&mut self, row: Row) -> Option<Fault> {
        if row.chain != self.chain {
            if let Some(fault) = self.end() {
                return Some(fault);
            }
            self.chains += 1;
            self.head = ChainHead::default();
            self.chain.clone_from(&row.chain);
        }
        let wrong = self.check(&row);
        self.stated = Some((row.head_sequence, row.head_hash));
        self.last_event = row.event_id;
        wrong.map(|what| Fault {
            chain: row.chain,
            sequence: u64::try_from(row.sequence).ok(),
            event_id: Some(self.last_event.clone()),
            what,
        })
    }

    fn check(&mut self, row: &Row) -> Option<String> {
        let event: Event = match serde_json::from_str(&row.body) {
            Ok(event) => event,
            Err(error) => return Some(format!("the event cannot be read: {error}")),
        };
        if let Err(what) = self.head.verify(&event) {
            return Some(what);
        }
        let chain = event
            .ticket_id
            .map_or_else(|| HOUSE.to_owned(), |id| id.to_string());
        let columns = [
            ("chain", chain == row.chain),
            (
                "sequence",
                i64::try_from(event.sequence) == Ok(row.sequence),
            ),
            ("event_id", event.event_id.to_string() == row.event_id),
            ("kind", event.kind.name() == row.kind),
            ("actor_id", event.actor.id.to_string() == row.actor_id),
            ("hash", event.hash == row.hash),
        ];
        if let Some((column, _)) = columns.iter().find(|(_, agrees)| !agrees) {
            return Some(format!("the column {column} is not what the event says"));
        }
        // the house's own chain has no decisions
        event.ticket_id?;
        let Some(decision) = row.decision.as_ref().filter(|d| d.first <= row.sequence) else {
            return Some("there is no decision for the event".into());
        };
        let policies: Option<Vec<String>> = serde_json::from_str(&decision.policies).ok();
        let agrees = [
            (
                "request_id",
                decision.request_id.as_deref() == Some(event.request_id.as_str()),
            ),
            (
                "actor",
                decision.actor_id.as_deref() == Some(row.actor_id.as_str()),
            ),
            (
                "pack",
                decision.pack_digest.as_deref() == Some(event.pack.digest.as_str()),
            ),
            (
                "determining policies",
                policies.as_ref() == Some(&event.determining_policies),
            ),
        ];
        agrees
            .iter()
            .find(|(_, agrees)| !agrees)
            .map(|(what, _)| format!("the decision has another {what} than the event"))
    }

    /// The chain must end where its ticket says.
    fn end(&mut self) -> Option<Fault> {
        let (sequence, hash) = self.stated.take()?;
        let what = match (sequence, hash) {
            (Some(sequence), Some(hash)) => {
                if i64::try_from(self.head.sequence) == Ok(sequence) && self.head.hash == hash {
                    return None;
                }
                format!(
                    "the chain ends at {}, {} says {sequence}{}",
                    self.head.sequence,
                    if self.chain == HOUSE {
                        "house_head"
                    } else {
                        "the ticket's row"
                    },
                    if hash == self.head.hash {
                        ""
                    } else {
                        " with another hash"
                    }
                )
            }
            _ => "the chain has no ticket".into(),
        };
        Some(Fault {
            chain: self.chain.clone(),
            sequence: Some(self.head.sequence),
            event_id: Some(self.last_event.clone()),
            what,
        })
    }
}
