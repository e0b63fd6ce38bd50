//! Listing decisions, and reading them with what they depended on.

use chrono::{DateTime, Utc};
use dispatch_contract::actor::Actor;
use dispatch_contract::decision::{Decision, DecisionRecord};
use dispatch_contract::event::PackRef;
use dispatch_contract::reading::{DecisionFilter, Page, Recorded, RecordedFilter};
use dispatch_contract::{DecisionId, Role, Tool};
use ulid::Ulid;

use crate::begin::instant;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::{cursor, stored};

/// Decisions read with their questions in one page at most.
const MAX_RECORDS: u32 = 1_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

struct Row {
    decision_id: String,
    decided_at: DateTime<Utc>,
    request_id: Option<String>,
    correlation_id: Option<String>,
    tool: String,
    ticket_id: Option<String>,
    actor_role: Option<String>,
    actor_id: Option<String>,
    allowed: bool,
    code: Option<String>,
    phase: Option<String>,
    policies: String,
    pack_name: Option<String>,
    pack_version: Option<String>,
    pack_digest: Option<String>,
    judged_us: i64,
    question: Option<String>,
    verdict: Option<String>,
}

impl Row {
    fn read(self) -> Result<DecisionRecord, LedgerError> {
        let actor = match (&self.actor_role, &self.actor_id) {
            (Some(role), Some(id)) => Some(Actor {
                role: stored::read_name("decision's role", role)?,
                id: stored::read_name("decision's actor", id)?,
            }),
            _ => None,
        };
        let pack = match (self.pack_name, self.pack_version, self.pack_digest) {
            (Some(name), Some(version), Some(digest)) => Some(PackRef {
                name,
                version,
                digest,
            }),
            _ => None,
        };
        let decision = Decision {
            decision_id: stored::read_name("decision's id", &self.decision_id)?,
            decided_at: self.decided_at.into(),
            request_id: self.request_id,
            correlation_id: self.correlation_id,
            tool: self.tool,
            ticket_id: self
                .ticket_id
                .map(|id| stored::read_name("decision's ticket", &id))
                .transpose()?,
            actor,
            allowed: self.allowed,
            code: self
                .code
                .map(|code| stored::read_name("decision's code", &code))
                .transpose()?,
            phase: self
                .phase
                .map(|phase| stored::read_name("decision's phase", &phase))
                .transpose()?,
            determining_policies: stored::read("decision's policies", &self.policies)?,
            pack,
            judged_us: stored::unsigned("decision's time", self.judged_us)?,
        };
        Ok(DecisionRecord {
            decision,
            question: self
                .question
                .map(|question| stored::read("decision's question", &question))
                .transpose()?,
            verdict: self
                .verdict
                .map(|verdict| stored::read("decision's verdict", &verdict))
                .transpose()?,
        })
    }
}

/// The first id that can be meant. Ids grow with time, but for clocks that were set: a day
/// leaves room for that, and keeps the rest of the table from being looked through.
fn first_id(filter: &RecordedFilter) -> String {
    let since = filter.since.map(|since| {
        let from = since.micros() / 1000 - DAY_MS;
        DecisionId(Ulid::from_parts(u64::try_from(from).unwrap_or(0), 0))
    });
    let first = since.into_iter().chain(filter.from).max();
    first.map(|id| id.to_string()).unwrap_or_default()
}

/// Behind every id.
const BEYOND: &str = "~";

impl Ledger {
    /// Decisions, the newest first. Refusals of the last moment may still be queued;
    /// see [`Ledger::flush_refusals`].
    ///
    /// # Errors
    /// [`LedgerError::BadCursor`], or where the database cannot answer in time.
    pub async fn decisions(&self, filter: &DecisionFilter) -> Result<Page<Decision>, LedgerError> {
        let before = cursor::id(filter.cursor.as_deref())?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT decision_id, decided_at, request_id, correlation_id, tool, ticket_id, actor_role,
                   actor_id, allowed, code, phase, determining_policies::text AS "policies!", pack_name,
                   pack_version, pack_digest, judged_us, NULL AS question, NULL AS verdict
               FROM decisions
               WHERE ($1::text IS NULL OR ticket_id = $1)
                 AND ($2::text IS NULL OR tool = $2)
                 AND ($3::boolean IS NULL OR ($3 AND allowed) OR (NOT $3 AND NOT allowed))
                 AND ($4::text IS NULL OR code = $4)
                 AND ($5::text IS NULL OR decision_id < $5)
               ORDER BY decision_id DESC LIMIT $6"#,
            filter.ticket_id.map(|id| id.to_string()),
            filter.tool,
            filter.allowed,
            filter.code.map(|code| code.name()),
            before,
            cursor::fetch(filter.limit),
        )
        .fetch_all(&self.pool)
        .await?;
        let items = rows
            .into_iter()
            .map(|row| Ok(row.read()?.decision))
            .collect::<Result<Vec<_>, LedgerError>>()?;
        Ok(cursor::page(items, filter.limit, |decision| {
            decision.decision_id.to_string()
        }))
    }

    /// One decision, with its question and verdict where it has them.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn decision(
        &self,
        decision: DecisionId,
    ) -> Result<Option<DecisionRecord>, LedgerError> {
        let row = sqlx::query_as!(
            Row,
            r#"SELECT decision_id, decided_at, request_id, correlation_id, tool, ticket_id, actor_role,
                   actor_id, allowed, code, phase, determining_policies::text AS "policies!", pack_name,
                   pack_version, pack_digest, judged_us, question::text, verdict::text
               FROM decisions WHERE decision_id = $1"#,
            decision.to_string(),
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(Row::read).transpose()
    }

    /// A page of the decisions that a pack was asked for, the newest first: what a new
    /// pack is compared on. The next page is the one before its last. Question and
    /// verdict come as texts, so that whoever judges them again can parse them on
    /// threads of its own.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn recorded(&self, filter: &RecordedFilter) -> Result<Vec<Recorded>, LedgerError> {
        let rows = sqlx::query!(
            r#"SELECT decision_id, pack_digest AS "pack_digest!", question::text AS "question!",
                   verdict::text AS "verdict!"
               FROM decisions
               WHERE question IS NOT NULL AND verdict IS NOT NULL AND pack_digest IS NOT NULL
                 AND decision_id >= $1
                 AND ($2::timestamptz IS NULL OR decided_at >= $2)
                 AND ($3::text IS NULL OR tool = $3)
                 AND decision_id < $4
               ORDER BY decision_id DESC LIMIT $5"#,
            first_id(filter),
            filter.since.map(instant),
            filter.tool.map(Tool::name),
            filter
                .before
                .map_or_else(|| BEYOND.to_owned(), |before| before.to_string()),
            i64::from(filter.limit.min(MAX_RECORDS)),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Recorded {
                    decision_id: stored::read_name("decision's id", &row.decision_id)?,
                    pack_digest: row.pack_digest,
                    question: row.question,
                    verdict: row.verdict,
                })
            })
            .collect()
    }

    /// How many of the latest calls were turned away for their role alone, where that role and
    /// tool are among these: what would be judged by a pack that lets them in. The filter's
    /// `limit` bounds what is counted; `before` counts for nothing.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn turned_away(
        &self,
        of: &[(Role, Tool)],
        filter: &RecordedFilter,
    ) -> Result<u64, LedgerError> {
        let wanted = of
            .iter()
            .filter(|(_, tool)| filter.tool.is_none_or(|wanted| wanted == *tool));
        let (roles, tools): (Vec<_>, Vec<_>) = wanted
            .map(|(role, tool)| (role.name().to_owned(), tool.name().to_owned()))
            .unzip();
        if roles.is_empty() {
            return Ok(0);
        }
        // for each role and tool along the index of just these: a flood of others is not met
        let count = sqlx::query_scalar!(
            r#"SELECT least(count(*), $5) AS "n!"
               FROM unnest($1::text[], $2::text[]) AS pair (role, tool), LATERAL (
                   SELECT FROM decisions
                   WHERE code = 'role_forbidden' AND question IS NULL AND pack_digest IS NOT NULL
                     AND actor_role = pair.role AND tool = pair.tool
                     AND decision_id >= $3
                     AND ($4::timestamptz IS NULL OR decided_at >= $4)
                   ORDER BY decision_id DESC LIMIT $5) AS latest"#,
            &roles,
            &tools,
            first_id(filter),
            filter.since.map(instant),
            i64::from(filter.limit),
        )
        .fetch_one(&self.pool)
        .await?;
        stored::unsigned("count of decisions", count)
    }

    /// Every pack that judged a committed call: what a replay needs to have at hand.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn packs_that_judged(&self) -> Result<Vec<PackRef>, LedgerError> {
        Ok(sqlx::query_as!(
            PackRef,
            r#"SELECT DISTINCT pack_name AS "name!", pack_version AS "version!", pack_digest AS "digest!"
               FROM decisions WHERE allowed AND pack_digest IS NOT NULL
               ORDER BY 1, 2, 3"#
        )
        .fetch_all(&self.pool)
        .await?)
    }
}
