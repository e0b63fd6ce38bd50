//! What would flip: recorded calls judged by two packs, on threads of its own, as
//! they arrive, so that reading them and judging them overlap.
//!
//! Knows recorded calls as texts; knows nothing of where they are kept.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use dispatch_contract::packs::FlipKind;
use dispatch_contract::question::Question;
use dispatch_contract::{Actor, Code, DecisionId, Role, TicketId, Timestamp, Tool, Verdict};
use serde::Serialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::budget::Budget;
use crate::judge::Flip;
use crate::leisure::Leisure;
use crate::pack::{Pack, PackError, Step};
use crate::sandbox::{Fault, FaultKind};

/// Faults kept by each thread; beyond that they are only counted.
const MAX_FAULTS_KEPT: usize = 10;
/// Threads of one comparison at most: there are instances for so many.
pub(crate) const MAX_THREADS: usize = 16;
/// Pages waiting to be judged: reading is never far ahead.
const MAX_WAITING: usize = 4;

/// A call as it was recorded; its texts are parsed by the thread that judges it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedCall {
    /// Which decision.
    pub decision_id: DecisionId,
    /// The question's JSON text.
    pub question: String,
    /// The verdict's JSON text.
    pub verdict: String,
    /// The digest of the pack that gave it.
    pub pack_digest: String,
}

/// A recorded call that the two packs judge differently.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FlippedCall {
    /// Which decision.
    pub decision_id: DecisionId,
    /// When it was judged.
    pub at: Timestamp,
    /// The tool called.
    pub tool: Tool,
    /// Who called.
    pub actor: Actor,
    /// The ticket; none for `ticket.create`.
    pub ticket_id: Option<TicketId>,
    /// The two verdicts.
    pub flip: Flip,
}

/// A tool that nobody of a role could ever call, and now perhaps can.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Opened {
    /// Who is let in.
    pub role: Role,
    /// To what.
    pub tool: Tool,
}

/// What `after` lets in that `before` turned away by the policies' scopes alone, or, without
/// one, that anybody may have turned away. Such calls kept no question to be judged again:
/// they are counted, [`FlipReport::let_in`].
#[must_use]
pub fn opened(before: Option<&Pack>, after: &Pack) -> Vec<Opened> {
    let all = Role::ALL.into_iter();
    let all = all.flat_map(|role| Tool::ALL.map(|tool| Opened { role, tool }));
    all.filter(|Opened { role, tool }| {
        let before = before.is_some_and(|before| before.may_ever_call(*role, *tool));
        after.may_ever_call(*role, *tool) && !before
    })
    .collect()
}

/// `customer: ticket.create, ticket.add_message; technician: …`
#[must_use]
pub fn opened_in_words(opened: &[Opened]) -> String {
    let by_role = opened.chunk_by(|a, b| a.role == b.role).map(|of_role| {
        let tools: Vec<&str> = of_role.iter().map(|opened| opened.tool.name()).collect();
        format!("{}: {}", of_role[0].role, tools.join(", "))
    });
    by_role.collect::<Vec<_>>().join("; ")
}

/// What came of judging recorded calls with two packs.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct FlipReport {
    /// Calls that were judged.
    pub judged: u64,
    /// Those among them whose recorded verdict was the first pack's own, so that only
    /// the second had to be asked.
    pub recorded_verdicts: u64,
    /// Calls that flip.
    pub flipped: u64,
    /// The same by kind; kinds that do not occur are left out.
    pub by_kind: BTreeMap<FlipKind, u64>,
    /// The flips themselves, the newest first, as many as were wanted.
    pub flips: Vec<FlippedCall>,
    /// Records that could not be read, and so were not judged.
    pub unreadable: u64,
    /// Why the first of them could not.
    pub unreadable_reason: Option<String>,
    /// Calls on which the second pack faults and the first did not: the first few.
    pub faults: Vec<FaultedCall>,
    /// Not all that was handed over was judged: too many faults, or too much time.
    pub cut_short: bool,
}

/// A recorded call on which a pack's component faults.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FaultedCall {
    /// Which decision.
    pub decision_id: DecisionId,
    /// Whose component.
    pub tool: Tool,
    /// Kind and detail of the fault.
    pub fault: String,
}

/// How recorded calls are judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Manner {
    /// Threads that judge: 1 to 16.
    pub threads: usize,
    /// How far they let others go first.
    pub leisure: Leisure,
    /// Flips that are kept; beyond that they are only counted.
    pub listed: usize,
    /// Faults of the second pack after which the rest is not judged.
    pub faults: usize,
    /// Processor time of each thread after which the rest is not judged.
    pub processor: Duration,
}

/// Two packs, and the threads that judge with them.
pub struct Comparison {
    listed: usize,
    pages: Sender<Vec<RecordedCall>>,
    workers: Vec<JoinHandle<FlipReport>>,
}

impl std::fmt::Debug for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Comparison({} threads)", self.workers.len())
    }
}

impl Comparison {
    /// Start threads that judge with pack `before` and pack `after`; without a pack before,
    /// what was recorded stands, whichever pack said it.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn start(before: Option<&Pack>, after: &Pack, manner: Manner) -> Result<Self, PackError> {
        let (pages, waiting) = channel(MAX_WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let faults = Arc::new(AtomicUsize::new(0));
        let mut workers = Vec::new();
        for number in 0..manner.threads.clamp(1, MAX_THREADS) {
            let judges = Judges {
                before: before.cloned(),
                after: after.clone(),
                manner,
                faults: Arc::clone(&faults),
            };
            let waiting = Arc::clone(&waiting);
            let spawned = std::thread::Builder::new()
                .name(format!("policy-compare-{number}"))
                .spawn(move || {
                    manner.leisure.begin();
                    judges.work(&waiting)
                });
            match spawned {
                Ok(worker) => workers.push(worker),
                Err(error) if workers.is_empty() => {
                    let stop = PackError::new(Step::Replay, "no thread to judge on was granted");
                    return Err(stop.because(error));
                }
                // fewer threads take longer, and come to the same
                Err(_) => break,
            }
        }
        Ok(Self {
            listed: manner.listed,
            pages,
            workers,
        })
    }

    /// Hand over a page; waits while the judging threads are behind. `false` where they have
    /// ended before: `finish` says why.
    pub async fn put(&self, page: Vec<RecordedCall>) -> bool {
        self.pages.send(page).await.is_ok()
    }

    /// Wait for the last judgement: not for a thread that serves calls.
    ///
    /// # Errors
    /// Where a judging thread died: then the count would not be whole.
    pub fn finish(self) -> Result<FlipReport, PackError> {
        drop(self.pages);
        let mut whole = FlipReport::default();
        for worker in self.workers {
            let part = worker.join().map_err(|_| {
                PackError::new(Step::Replay, "a judging thread died; compare again")
            })?;
            whole.add(part);
        }
        whole
            .flips
            .sort_unstable_by_key(|flipped| std::cmp::Reverse(flipped.decision_id));
        whole.flips.truncate(self.listed);
        Ok(whole)
    }
}

/// What one thread judges with.
struct Judges {
    before: Option<Pack>,
    after: Pack,
    manner: Manner,
    /// Of all threads.
    faults: Arc<AtomicUsize>,
}

impl Judges {
    fn work(&self, waiting: &Mutex<Receiver<Vec<RecordedCall>>>) -> FlipReport {
        let mut report = FlipReport::default();
        let budget = Budget::begin(self.manner.processor);
        loop {
            let page = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .blocking_recv();
            let Some(page) = page else { return report };
            for call in page {
                let faults = self.faults.load(Ordering::Relaxed);
                if faults >= self.manner.faults || budget.is_spent() {
                    report.cut_short = true;
                    return report;
                }
                if let Err(error) = self.judge(&call, &mut report) {
                    report.unreadable += 1;
                    report
                        .unreadable_reason
                        .get_or_insert_with(|| format!("{}: {error}", call.decision_id));
                }
            }
        }
    }

    fn judge(&self, call: &RecordedCall, report: &mut FlipReport) -> serde_json::Result<()> {
        let question: Question = serde_json::from_str(&call.question)?;
        let recorded: Verdict = serde_json::from_str(&call.verdict)?;
        // A component that faulted once says nothing of what its pack means.
        let faulted = |verdict: &Verdict| matches!(verdict, Verdict::Refuse(why) if why.code == Code::PolicyUnavailable);
        let before = match &self.before {
            Some(before) if faulted(&recorded) || call.pack_digest != before.reference().digest => {
                before.judge_patiently(&question).verdict
            }
            // nobody is there to be asked again
            None if faulted(&recorded) => return Ok(()),
            _ => {
                report.recorded_verdicts += 1;
                recorded
            }
        };
        report.judged += 1;
        let after = self.after.judge_patiently(&question);
        if let Some(fault) = &after.fault
            && !faulted(&before)
        {
            self.faulted(call.decision_id, fault, report);
        }
        let Some(flip) = Flip::between(&before, &after.verdict) else {
            return Ok(());
        };
        report.flipped += 1;
        *report.by_kind.entry(flip.kind).or_default() += 1;
        // The newest come first, so whatever is beyond the limit is older.
        if report.flips.len() < self.manner.listed {
            report.flips.push(FlippedCall {
                decision_id: call.decision_id,
                at: question.now,
                tool: question.call.tool(),
                actor: question.actor,
                ticket_id: question.call.ticket_id,
                flip,
            });
        }
        Ok(())
    }

    fn faulted(&self, decision_id: DecisionId, fault: &Fault, report: &mut FlipReport) {
        // every instance was in use: the machine's, never the rules'
        if fault.kind == FaultKind::Exhausted {
            return;
        }
        self.faults.fetch_add(1, Ordering::Relaxed);
        if report.faults.len() < MAX_FAULTS_KEPT {
            report.faults.push(FaultedCall {
                decision_id,
                tool: fault.component,
                fault: format!("{}: {}", fault.kind.name(), fault.detail),
            });
        }
    }
}

impl FlipReport {
    /// So many recorded calls were turned away by the first pack for their role alone, and
    /// are not by the second.
    pub fn let_in(&mut self, calls: u64) {
        if calls > 0 {
            self.judged += calls;
            self.flipped += calls;
            *self.by_kind.entry(FlipKind::LetIn).or_default() += calls;
        }
    }

    fn add(&mut self, part: Self) {
        self.judged += part.judged;
        self.recorded_verdicts += part.recorded_verdicts;
        self.flipped += part.flipped;
        for (kind, count) in part.by_kind {
            *self.by_kind.entry(kind).or_default() += count;
        }
        self.flips.extend(part.flips);
        self.unreadable += part.unreadable;
        self.cut_short |= part.cut_short;
        self.faults.extend(part.faults);
        self.unreadable_reason = self.unreadable_reason.take().or(part.unreadable_reason);
    }
}
