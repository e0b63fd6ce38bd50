//! Decisions of refused calls, written in batches: a refusal must cost little, and
//! must not be lost silently either.
//!
//! Callers wait while the queue is full. A batch whose connection broke is written
//! again; the decision's id keeps it from being written twice. Once a batch can be read,
//! every host on the database is told that there is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dispatch_contract::decision::DecisionRecord;
use sqlx::postgres::PgPool;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::stored::{json, signed, unsigned};

/// Refusals waiting at most; beyond that, callers wait.
const QUEUE: usize = 8192;

/// Refusals written by one statement at most.
const BATCH: usize = 512;

/// How long a batch that is not full waits for more.
const LINGER: Duration = Duration::from_millis(20);

/// How long a caller waits for room in the queue.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause between two tries while the database is away.
const PAUSE: Duration = Duration::from_millis(200);

/// How long a shutdown tries to write what is queued.
const LAST_TRIES: Duration = Duration::from_secs(10);

enum Order {
    Write(Box<DecisionRecord>),
    /// Tell once everything before is written.
    Flush(oneshot::Sender<()>),
}

/// What became of refusals so far.
#[derive(Debug, Default)]
struct Tally {
    /// Queued or being written.
    waiting: AtomicUsize,
    written: watch::Sender<u64>,
}

/// The way to the writer.
#[derive(Clone, Debug)]
pub(crate) struct RefusalWriter {
    orders: mpsc::Sender<Order>,
    tally: Arc<Tally>,
}

impl RefusalWriter {
    pub(crate) fn start(pool: PgPool) -> Self {
        let (orders, queue) = mpsc::channel(QUEUE);
        let tally = Arc::new(Tally::default());
        tokio::spawn(run(pool, queue, Arc::clone(&tally)));
        Self { orders, tally }
    }

    async fn write(&self, record: DecisionRecord) -> Result<(), LedgerError> {
        // counted before it is queued: the writer may be done with it at once
        self.tally.waiting.fetch_add(1, Ordering::Relaxed);
        let ordered = self.order(Order::Write(Box::new(record)), PATIENCE).await;
        if ordered.is_err() {
            self.tally.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        ordered
    }

    async fn order(&self, order: Order, patience: Duration) -> Result<(), LedgerError> {
        // the usual case costs no timer
        let order = match self.orders.try_send(order) {
            Ok(()) => return Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(LedgerError::ShuttingDown),
            Err(mpsc::error::TrySendError::Full(order)) => order,
        };
        match timeout(patience, self.orders.send(order)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(LedgerError::ShuttingDown),
            Err(_) => Err(LedgerError::Busy {
                waited_ms: patience.as_millis(),
            }),
        }
    }

    async fn flush(&self, patience: Duration) -> Result<(), LedgerError> {
        let (tell, told) = oneshot::channel();
        self.order(Order::Flush(tell), patience).await?;
        match timeout(patience, told).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(LedgerError::ShuttingDown),
            Err(_) => Err(LedgerError::Busy {
                waited_ms: patience.as_millis(),
            }),
        }
    }

    pub(crate) async fn shutdown(&self) -> Result<(), LedgerError> {
        let flushed = self.flush(LAST_TRIES).await;
        if flushed.is_err() {
            let lost = self.tally.waiting.load(Ordering::Relaxed);
            tracing::error!(lost, "refusals could not be written before the end");
        }
        flushed
    }
}

impl Ledger {
    /// Record that a call was refused. Returns once it is queued; waits while the
    /// queue of 8,192 is full, 5 seconds at most.
    ///
    /// # Errors
    /// [`LedgerError::Busy`] where the database is away for so long that the queue
    /// stayed full: answer 503, and do not claim that the refusal was recorded.
    pub async fn record_refusal(&self, record: DecisionRecord) -> Result<(), LedgerError> {
        debug_assert!(
            !record.decision.allowed,
            "allowed calls record their own decision"
        );
        self.refusals.write(record).await
    }

    /// Wait until every refusal recorded so far is in the database.
    ///
    /// # Errors
    /// Where the database stayed away for 5 seconds.
    pub async fn flush_refusals(&self) -> Result<(), LedgerError> {
        self.refusals.flush(PATIENCE).await
    }

    /// Refusals waiting to be written, and written since the start, for metrics.
    #[must_use]
    pub fn refusals_waiting_and_written(&self) -> (usize, u64) {
        let tally = &self.refusals.tally;
        (
            tally.waiting.load(Ordering::Relaxed),
            *tally.written.borrow(),
        )
    }

    /// Changes when this host wrote refusals: a hint to look, never the truth.
    #[must_use]
    pub fn refusal_hint(&self) -> watch::Receiver<u64> {
        self.refusals.tally.written.subscribe()
    }

    /// Changes once refusals can be read that could not be read before, of any host on the
    /// database: grows, and says no number.
    ///
    /// # Errors
    /// Where the database cannot answer in time.
    pub async fn refusals_told(&self) -> Result<u64, LedgerError> {
        let row = sqlx::query!(
            r#"SELECT last_value AS "last!", is_called AS "is_called!" FROM refusals_told"#
        )
        .fetch_one(&self.pool)
        .await?;
        // before the first one, too, its last value is 1
        let told = if row.is_called { row.last } else { 0 };
        unsigned("count of what was told", told)
    }
}

/// Ends when the last handle to the ledger is gone and the queue is empty.
async fn run(pool: PgPool, mut queue: mpsc::Receiver<Order>, tally: Arc<Tally>) {
    let mut orders = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut orders, BATCH).await > 0 {
        let linger = Instant::now() + LINGER;
        let hurry = |orders: &[Order]| orders.iter().any(|o| matches!(o, Order::Flush(_)));
        while orders.len() < BATCH && !hurry(&orders) {
            let room = BATCH - orders.len();
            match timeout_at(linger, queue.recv_many(&mut orders, room)).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
        }
        let mut batch = Batch::default();
        let mut flushes = Vec::new();
        for order in orders.drain(..) {
            match order {
                Order::Write(record) => batch.push(&record),
                Order::Flush(tell) => flushes.push(tell),
            }
        }
        if !write_until_done(&pool, &batch).await {
            return;
        }
        tally.waiting.fetch_sub(batch.ids.len(), Ordering::Relaxed);
        if !batch.ids.is_empty() {
            tell(&pool).await;
            let written = batch.ids.len() as u64;
            tally.written.send_modify(|before| *before += written);
        }
        for tell in flushes {
            // whoever asked may have stopped waiting
            let _ = tell.send(());
        }
    }
}

/// After the batch is committed, and not in its statement: whoever is told can read it.
async fn tell(pool: &PgPool) {
    let told = sqlx::query_scalar!("SELECT nextval('refusals_told')");
    if let Err(error) = told.fetch_one(pool).await {
        // the next one tells of both
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "nobody was told of refusals that were written"
        );
    }
}

/// False where it makes no sense to go on.
async fn write_until_done(pool: &PgPool, batch: &Batch) -> bool {
    if batch.ids.is_empty() {
        return true;
    }
    loop {
        match batch.write(pool).await.map_err(LedgerError::from) {
            Ok(()) => return true,
            Err(error) if error.is_unavailable() && !pool.is_closed() => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    refusals = batch.ids.len(),
                    "refusals cannot be written yet"
                );
                sleep(PAUSE).await;
            }
            Err(error) => {
                // neither time nor another try can mend it: say so, keep writing the next
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    refusals = batch.ids.len(),
                    "refusals could not be written"
                );
                return !pool.is_closed();
            }
        }
    }
}

/// Columns of a batch.
#[derive(Default)]
struct Batch {
    ids: Vec<String>,
    decided_at: Vec<chrono::DateTime<chrono::Utc>>,
    request_ids: Vec<Option<String>>,
    correlation_ids: Vec<Option<String>>,
    tools: Vec<String>,
    tickets: Vec<Option<String>>,
    roles: Vec<Option<&'static str>>,
    actors: Vec<Option<String>>,
    codes: Vec<Option<&'static str>>,
    phases: Vec<Option<&'static str>>,
    policies: Vec<String>,
    pack_names: Vec<Option<String>>,
    pack_versions: Vec<Option<String>>,
    pack_digests: Vec<Option<String>>,
    judged_us: Vec<i64>,
    questions: Vec<Option<String>>,
    verdicts: Vec<Option<String>>,
}

/// Text of a caller may hold a NUL, which the database cannot keep.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

impl Batch {
    fn push(&mut self, record: &DecisionRecord) {
        let decision = &record.decision;
        let pack = decision.pack.as_ref();
        self.ids.push(decision.decision_id.to_string());
        self.decided_at.push(decision.decided_at.utc());
        self.request_ids
            .push(decision.request_id.as_deref().map(clean));
        self.correlation_ids
            .push(decision.correlation_id.as_deref().map(clean));
        self.tools.push(clean(&decision.tool));
        self.tickets
            .push(decision.ticket_id.map(|id| id.to_string()));
        self.roles
            .push(decision.actor.map(|actor| actor.role.name()));
        self.actors
            .push(decision.actor.map(|actor| actor.id.to_string()));
        self.codes.push(decision.code.map(|code| code.name()));
        self.phases.push(decision.phase.map(|phase| phase.name()));
        self.policies.push(json(&decision.determining_policies));
        self.pack_names.push(pack.map(|pack| pack.name.clone()));
        self.pack_versions
            .push(pack.map(|pack| pack.version.clone()));
        self.pack_digests.push(pack.map(|pack| pack.digest.clone()));
        self.judged_us.push(signed(decision.judged_us));
        self.questions.push(record.question.as_ref().map(json));
        self.verdicts.push(record.verdict.as_ref().map(json));
    }

    async fn write(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "INSERT INTO decisions (decision_id, decided_at, request_id, correlation_id, tool, ticket_id,
                 actor_role, actor_id, allowed, code, phase, determining_policies, pack_name, pack_version,
                 pack_digest, judged_us, question, verdict)
             SELECT r.decision_id, r.decided_at, r.request_id, r.correlation_id, r.tool, r.ticket_id,
                 r.actor_role, r.actor_id, false, r.code, r.phase, r.policies::json, r.pack_name,
                 r.pack_version, r.pack_digest, r.judged_us, r.question::json, r.verdict::json
             FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
                 $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
                 $14::text[], $15::bigint[], $16::text[], $17::text[])
                 AS r (decision_id, decided_at, request_id, correlation_id, tool, ticket_id, actor_role,
                     actor_id, code, phase, policies, pack_name, pack_version, pack_digest, judged_us,
                     question, verdict)
             ON CONFLICT (decision_id) DO NOTHING",
            &self.ids,
            &self.decided_at,
            &self.request_ids as &[Option<String>],
            &self.correlation_ids as &[Option<String>],
            &self.tools,
            &self.tickets as &[Option<String>],
            &self.roles as &[Option<&str>],
            &self.actors as &[Option<String>],
            &self.codes as &[Option<&str>],
            &self.phases as &[Option<&str>],
            &self.policies,
            &self.pack_names as &[Option<String>],
            &self.pack_versions as &[Option<String>],
            &self.pack_digests as &[Option<String>],
            &self.judged_us,
            &self.questions as &[Option<String>],
            &self.verdicts as &[Option<String>],
        )
        .execute(pool)
        .await?;
        Ok(())
    }
}
