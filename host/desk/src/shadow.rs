//! A pack that judges beside the active one: differences are recorded, never applied.
//!
//! A call is judged, committed and answered as if there were no shadow. What it cost
//! is a clone of what was judged, put into a queue that nobody waits for: where the
//! queue is full, the call is counted as dropped. One thread judges again, at its leisure.

use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use dispatch_contract::decision::DecisionRecord;
use dispatch_contract::packs::FlippedCall;
use dispatch_contract::{Code, Tool, Verdict};
use dispatch_engine::{Flip, Pack};
use dispatch_ledger::Ledger;
use tokio::runtime::Handle;

use crate::metrics::DeskMetrics;
use crate::packs::flip_kind;

/// Calls that wait to be judged in shadow.
const QUEUE: usize = 4_096;
/// Differences written at once.
const BATCH: usize = 100;
/// What was judged is written down after so long.
const FLUSH: Duration = Duration::from_millis(250);

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
}

impl Shadow {
    /// Start its thread, which writes through this ledger on the runtime that we are in.
    pub(crate) fn start(ledger: Ledger, metrics: DeskMetrics) -> Self {
        let seat = Arc::new(ArcSwapOption::empty());
        let (queue, tasks) = sync_channel(QUEUE);
        let judge = Judge {
            seat: Arc::clone(&seat),
            ledger,
            runtime: Handle::current(),
            metrics: metrics.clone(),
            tally: None,
        };
        let spawned = std::thread::Builder::new()
            .name("shadow".into())
            .spawn(move || {
                dispatch_engine::work_at_leisure();
                judge.run(&tasks);
            });
        if let Err(error) = &spawned {
            tracing::error!(%error, "no pack can judge in shadow; restart the host");
        }
        Self {
            seat,
            queue,
            thread: std::sync::Mutex::new(spawned.ok()),
            metrics,
        }
    }

    pub(crate) fn seat(&self, seat: Seat) {
        self.seat.store(Some(Arc::new(seat)));
    }

    pub(crate) fn vacate(&self) {
        self.seat.store(None);
    }

    pub(crate) fn is_seated(&self, digest: &str, tools: Option<&[Tool]>) -> bool {
        let seat = self.seat.load();
        seat.as_ref().is_some_and(|seat| {
            seat.pack.reference().digest == digest && seat.tools.as_deref() == tools
        })
    }

    /// Does the pack in shadow judge calls of this tool?
    pub(crate) fn wants(&self, tool: Tool) -> bool {
        self.seat
            .load()
            .as_ref()
            .is_some_and(|seat| seat.wants(tool))
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
            self.metrics.shadow_dropped();
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

    /// Judge what waits, write it down, end.
    pub(crate) async fn finish(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        let Some(thread) = thread else {
            return;
        };
        let queue = self.queue.clone();
        let ended = tokio::task::spawn_blocking(move || {
            // a thread that is gone already needs not be told
            let _told = queue.send(Task::Finish);
            thread.join().is_ok()
        });
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
    since: Instant,
}

struct Judge {
    seat: Arc<ArcSwapOption<Seat>>,
    ledger: Ledger,
    runtime: Handle,
    metrics: DeskMetrics,
    tally: Option<Tally>,
}

impl Judge {
    fn run(mut self, tasks: &Receiver<Task>) {
        loop {
            match tasks.recv_timeout(FLUSH) {
                Ok(Task::Judge(record)) => self.judge(*record),
                Err(RecvTimeoutError::Timeout) => self.write(),
                Ok(Task::Finish) | Err(RecvTimeoutError::Disconnected) => break,
            }
            let due = self.tally.as_ref().is_some_and(|tally| {
                tally.differing.len() >= BATCH || tally.since.elapsed() >= FLUSH
            });
            if due {
                self.write();
            }
        }
        self.write();
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
            self.write();
        }
        let after = seat.pack.judge_patiently(&question).verdict;
        let tally = self.tally.get_or_insert_with(|| Tally {
            digest: digest.clone(),
            judged: 0,
            differing: Vec::new(),
            since: Instant::now(),
        });
        tally.judged += 1;
        let flip = Flip::between(&before, &after);
        let outcome = flip.as_ref().map_or("same", |flip| flip.kind.name());
        self.metrics.shadow(tool, outcome);
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
                kind: flip_kind(kind),
                before,
                after,
            });
        }
    }

    fn write(&mut self) {
        let Some(tally) = self.tally.take() else {
            return;
        };
        let written = self
            .ledger
            .record_shadow(&tally.digest, tally.judged, &tally.differing);
        if let Err(error) = self.runtime.block_on(written) {
            tracing::warn!(
                error = &error as &dyn Error,
                judged = tally.judged,
                differing = tally.differing.len(),
                "verdicts in shadow were not written down"
            );
        }
    }
}
