//! A pack that judges beside the active one: differences are recorded, never applied.
//!
//! A call is judged, committed and answered as if there were no shadow. What it cost
//! is a clone of what was judged, put into a queue that nobody waits for: where the
//! queue is full, the call is counted as dropped. One thread judges again, at its leisure.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use dispatch_contract::decision::DecisionRecord;
use dispatch_contract::packs::FlippedCall;
use dispatch_contract::{Code, Role, Tool, Verdict};
use dispatch_engine::{Flip, Leisure, Pack};
use dispatch_ledger::Ledger;
use tokio::runtime::Handle;

use crate::metrics::DeskMetrics;
use crate::packs::let_go;

/// Calls that wait to be judged in shadow.
const QUEUE: usize = 4_096;
/// Differences written at once.
const BATCH: usize = 100;
/// What was judged is written down after so long.
const FLUSH: Duration = Duration::from_millis(250);
/// Differences that wait for a database that does not take them; what is over is given up.
const HELD: usize = 1_000;
/// What the database did not take is tried again after so long.
const AGAIN: Duration = Duration::from_secs(1);
/// What waits when the host stops is judged for so long at most: rules that are slow must
/// not keep it from ending.
const PATIENCE: Duration = Duration::from_secs(2);

/// The pack in shadow, and what it judges.
pub(crate) struct Seat {
    pack: Pack,
    tools: Option<Vec<Tool>>,
}

impl Seat {
    pub(crate) fn new(pack: Pack, tools: Option<Vec<Tool>>) -> Self {
        Self { pack, tools }
    }

    fn wants(&self, tool: Tool) -> bool {
        self.tools
            .as_ref()
            .is_none_or(|tools| tools.contains(&tool))
    }
}

enum Task {
    Judge(Box<DecisionRecord>),
    Finish,
}

/// Where calls are handed over.
pub(crate) struct Shadow {
    seat: Arc<ArcSwapOption<Seat>>,
    queue: SyncSender<Task>,
    thread: std::sync::Mutex<Option<std::thread::JoinHandle<()>>>,
    metrics: DeskMetrics,
    /// When its thread stops judging; not said before the host stops.
    ends: Arc<OnceLock<Instant>>,
    /// Verdicts that were never written down.
    lost: Arc<AtomicU64>,
}

impl Shadow {
    /// Start its thread, which writes through this ledger on the runtime that we are in.
    pub(crate) fn start(ledger: Ledger, metrics: DeskMetrics) -> Self {
        let (mut shadow, tasks) = Self::alone(metrics.clone());
        let judge = Judge {
            seat: Arc::clone(&shadow.seat),
            ends: Arc::clone(&shadow.ends),
            ledger,
            runtime: Handle::current(),
            metrics,
            lost: Arc::clone(&shadow.lost),
            tally: None,
        };
        let spawned = std::thread::Builder::new()
            .name("shadow".into())
            .spawn(move || {
                Leisure::Low.begin();
                judge.run(&tasks);
            });
        match spawned {
            Ok(thread) => shadow.thread = std::sync::Mutex::new(Some(thread)),
            Err(error) => {
                tracing::error!(%error, "no pack can judge in shadow; restart the host");
            }
        }
        shadow
    }

    /// A queue that nobody takes from yet.
    fn alone(metrics: DeskMetrics) -> (Self, Receiver<Task>) {
        let (queue, tasks) = sync_channel(QUEUE);
        let shadow = Self {
            seat: Arc::new(ArcSwapOption::empty()),
            queue,
            thread: std::sync::Mutex::new(None),
            metrics,
            ends: Arc::new(OnceLock::new()),
            lost: Arc::default(),
        };
        (shadow, tasks)
    }

    pub(crate) fn seat(&self, seat: Seat) {
        self.replace(Some(Arc::new(seat)));
    }

    pub(crate) fn vacate(&self) {
        self.replace(None);
    }

    fn replace(&self, seat: Option<Arc<Seat>>) {
        if let Some(before) = self.seat.swap(seat) {
            let_go(before);
        }
    }

    pub(crate) fn is_seated(&self, digest: &str, tools: Option<&[Tool]>) -> bool {
        let seat = self.seat.load();
        seat.as_ref().is_some_and(|seat| {
            seat.pack.reference().digest == digest && seat.tools.as_deref() == tools
        })
    }

    /// Verdicts of this host's that were never written down, since it started.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Does the pack in shadow judge calls of this tool?
    pub(crate) fn wants(&self, tool: Tool) -> bool {
        self.seat
            .load()
            .as_ref()
            .is_some_and(|seat| seat.wants(tool))
    }

    /// Does it judge calls of this tool, and may this role ever make them by its policies?
    pub(crate) fn lets_in(&self, role: Role, tool: Tool) -> bool {
        let seat = self.seat.load();
        let seat = seat.as_ref().filter(|seat| seat.wants(tool));
        seat.is_some_and(|seat| seat.pack.may_ever_call(role, tool))
    }

    /// A call and its verdict, on the way to be forgotten: never waits.
    pub(crate) fn hand(&self, record: DecisionRecord) {
        let Some(tool) = record
            .question
            .as_ref()
            .map(|question| question.call.tool())
        else {
            return;
        };
        if self.wants(tool)
            && let Err(TrySendError::Full(_)) = self.queue.try_send(Task::Judge(Box::new(record)))
        {
            self.metrics.shadow_dropped(1);
        }
    }

    /// The same of a call that is still needed, copied only where it is wanted.
    pub(crate) fn hand_copy(&self, record: &DecisionRecord) {
        let tool = record
            .question
            .as_ref()
            .map(|question| question.call.tool());
        if tool.is_some_and(|tool| self.wants(tool)) {
            self.hand(record.clone());
        }
    }

    /// Judge what waits, as far as there is time, write it down, end.
    pub(crate) async fn finish(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        let Some(thread) = thread else {
            return;
        };
        self.ends.get_or_init(|| Instant::now() + PATIENCE);
        // it only wakes: where the queue is full, nobody sleeps
        let _woken = self.queue.try_send(Task::Finish);
        let ended = tokio::task::spawn_blocking(move || thread.join().is_ok());
        if !ended.await.unwrap_or(false) {
            tracing::error!("the shadow's thread did not end well");
        }
    }
}

/// What one pack judged and is not written down yet.
struct Tally {
    digest: String,
    judged: u64,
    differing: Vec<FlippedCall>,
    /// Not written before.
    due: Instant,
}

struct Judge {
    seat: Arc<ArcSwapOption<Seat>>,
    ends: Arc<OnceLock<Instant>>,
    ledger: Ledger,
    runtime: Handle,
    metrics: DeskMetrics,
    lost: Arc<AtomicU64>,
    tally: Option<Tally>,
}

impl Judge {
    fn run(mut self, tasks: &Receiver<Task>) {
        loop {
            let ends = self.ends.get();
            if ends.is_some_and(|ends| Instant::now() >= *ends) {
                self.leave(tasks);
                break;
            }
            match tasks.recv_timeout(FLUSH) {
                Ok(Task::Judge(record)) => self.judge(*record),
                Err(RecvTimeoutError::Timeout) if ends.is_none() => {}
                Ok(Task::Finish)
                | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
            let due = self.tally.as_ref().is_some_and(|tally| tally.is_due());
            if due {
                self.write();
            }
        }
        self.write();
        self.give_up();
    }

    /// Judge nothing more.
    fn leave(&self, tasks: &Receiver<Task>) {
        let left = tasks
            .try_iter()
            .filter(|task| matches!(task, Task::Judge(_)));
        let left = left.count() as u64;
        if left > 0 {
            tracing::warn!(
                left,
                "the host stops before these calls were judged in shadow"
            );
            self.metrics.shadow_dropped(left);
        }
    }

    fn judge(&mut self, record: DecisionRecord) {
        let Some(seat) = self.seat.load_full() else {
            return;
        };
        let (Some(question), Some(before)) = (record.question, record.verdict) else {
            return;
        };
        let tool = question.call.tool();
        // a rule that faulted says nothing that could be compared
        let faulted =
            matches!(&before, Verdict::Refuse(why) if why.code == Code::PolicyUnavailable);
        if faulted || !seat.wants(tool) {
            return;
        }
        let digest = &seat.pack.reference().digest;
        if self
            .tally
            .as_ref()
            .is_some_and(|tally| tally.digest != *digest)
        {
            // another pack sits there now
            self.write();
            self.give_up();
        }
        let after = seat.pack.judge_patiently(&question).verdict;
        let tally = self.tally.get_or_insert_with(|| Tally {
            digest: digest.clone(),
            judged: 0,
            differing: Vec::new(),
            due: Instant::now() + FLUSH,
        });
        let flip = Flip::between(&before, &after);
        let outcome = flip.as_ref().map_or("same", |flip| flip.kind.name());
        self.metrics.shadow(tool, outcome);
        if flip.is_some() && tally.differing.len() >= HELD {
            return self.count_lost(1);
        }
        tally.judged += 1;
        if let Some(Flip {
            kind,
            before,
            after,
        }) = flip
        {
            tally.differing.push(FlippedCall {
                decision_id: record.decision.decision_id,
                decided_at: record.decision.decided_at,
                tool,
                ticket_id: record.decision.ticket_id,
                kind,
                before,
                after,
            });
        }
    }

    /// Write the tally down; one that the database does not take now is kept for later. One
    /// whose commit was taken though the connection broke meanwhile is counted twice then.
    fn write(&mut self) {
        let Some(mut tally) = self.tally.take() else {
            return;
        };
        let written = self
            .ledger
            .record_shadow(&tally.digest, tally.judged, &tally.differing);
        let Err(error) = self.runtime.block_on(written) else {
            return;
        };
        tracing::warn!(
            error = &error as &dyn Error,
            judged = tally.judged,
            differing = tally.differing.len(),
            "verdicts in shadow were not written down"
        );
        tally.due = Instant::now() + AGAIN;
        self.tally = Some(tally);
        if !error.is_unavailable() {
            self.give_up();
        }
    }

    /// What could not be written down never will be: say how much.
    fn give_up(&mut self) {
        if let Some(tally) = self.tally.take() {
            tracing::error!(verdicts = tally.judged, "verdicts in shadow are lost");
            self.count_lost(tally.judged);
        }
    }

    fn count_lost(&self, verdicts: u64) {
        self.lost.fetch_add(verdicts, Ordering::Relaxed);
        self.metrics.shadow_lost(verdicts);
    }
}

impl Tally {
    /// Many differences are not waited with, unless the database has just refused some.
    fn is_due(&self) -> bool {
        let now = Instant::now();
        now >= self.due || (self.differing.len() >= BATCH && now + FLUSH >= self.due)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use dispatch_contract::DecisionId;
    use dispatch_contract::decision::Decision;
    use dispatch_engine::{Engine, EngineConfig, PackFiles};
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use ulid::Ulid;

    use super::*;

    fn shipped() -> Pack {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/real-dispatch");
        let files = PackFiles::read(&folder).unwrap();
        let engine = Engine::new(EngineConfig::default()).unwrap();
        engine.load(&files).expect("run `cargo xtask guests` first")
    }

    /// A call of this tool, as one of the pack's own cases makes it.
    fn call(pack: &Pack, tool: Tool) -> DecisionRecord {
        let cases = pack.files().cases().cases;
        let question = cases
            .iter()
            .filter_map(|case| case.question().ok())
            .find(|question| question.call.tool() == tool)
            .expect("a case of every tool")
            .clone();
        DecisionRecord {
            decision: Decision {
                decision_id: DecisionId(Ulid::generate()),
                decided_at: question.now,
                request_id: None,
                correlation_id: None,
                tool: tool.to_string(),
                ticket_id: question.call.ticket_id,
                actor: Some(question.actor),
                allowed: true,
                code: None,
                phase: None,
                determining_policies: Vec::new(),
                pack: Some(pack.reference().clone()),
                judged_us: 0,
            },
            verdict: Some(pack.judge(&question).verdict),
            question: Some(question),
        }
    }

    #[test]
    fn whoever_calls_never_waits_for_a_queue_that_is_full() {
        let pack = shipped();
        let metrics = DeskMetrics::default();
        let (shadow, waiting) = Shadow::alone(metrics.clone());
        let message = call(&pack, Tool::TicketAddMessage);
        let other = call(&pack, Tool::TicketCreate);
        // nobody sits there: nothing is handed over
        shadow.hand(message.clone());
        shadow.seat(Seat::new(pack, Some(vec![Tool::TicketAddMessage])));
        shadow.hand(other);
        assert_eq!(waiting.try_iter().count(), 0);

        // nobody takes anything away, so whoever waited would wait for ever
        for _ in 0..QUEUE + 7 {
            shadow.hand_copy(&message);
        }
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut told = String::new();
        encode(&mut told, &registry).unwrap();
        assert!(told.contains("\nshadow_dropped_total 7\n"), "{told}");
        assert_eq!(waiting.try_iter().count(), QUEUE);

        // and as soon as there is room, calls are handed over again
        shadow.hand(message);
        assert_eq!(waiting.try_iter().count(), 1);
    }
}
