//! What would flip: recorded calls judged by two packs, on threads of its own, as
//! they arrive, so that reading them and judging them overlap.
//!
//! Knows recorded calls as texts; knows nothing of where they are kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use dispatch_contract::packs::FlipKind;
use dispatch_contract::question::Question;
use dispatch_contract::{Actor, Code, DecisionId, Role, TicketId, Timestamp, Tool, Verdict};
use serde::Serialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::judge::Flip;
use crate::leisure::Leisure;
use crate::pack::{Pack, PackError, Step};

/// Flips kept; beyond that they are only counted.
const MAX_KEPT: usize = 1_000;
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

/// What `after` lets in that `before` turned away by the policies' scopes alone. Such calls
/// kept no question to be judged again: they are counted, [`FlipReport::let_in`].
#[must_use]
pub fn opened(before: &Pack, after: &Pack) -> Vec<Opened> {
    let all = Role::ALL.into_iter();
    let all = all.flat_map(|role| Tool::ALL.map(|tool| Opened { role, tool }));
    all.filter(|Opened { role, tool }| {
        after.may_ever_call(*role, *tool) && !before.may_ever_call(*role, *tool)
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
    /// The flips themselves, the newest first, 1,000 at most.
    pub flips: Vec<FlippedCall>,
    /// Records that could not be read, and so were not judged.
    pub unreadable: u64,
    /// Why the first of them could not.
    pub unreadable_reason: Option<String>,
}

/// Two packs, and the threads that judge with them.
pub struct Comparison {
    pages: Sender<Vec<RecordedCall>>,
    workers: Vec<JoinHandle<FlipReport>>,
}

impl std::fmt::Debug for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Comparison({} threads)", self.workers.len())
    }
}

impl Comparison {
    /// Start so many threads, at least one, to judge with pack `a` and pack `b`, and to let
    /// others go first so far.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn start(a: &Pack, b: &Pack, threads: usize, leisure: Leisure) -> Result<Self, PackError> {
        let (pages, waiting) = channel(MAX_WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut workers = Vec::new();
        for number in 0..threads.max(1) {
            let (a, b, waiting) = (a.clone(), b.clone(), Arc::clone(&waiting));
            let spawned = std::thread::Builder::new()
                .name(format!("policy-compare-{number}"))
                .spawn(move || {
                    leisure.begin();
                    work(&a, &b, &waiting)
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
        Ok(Self { pages, workers })
    }

    /// Hand over a page; waits while the judging threads are behind.
    pub async fn put(&self, page: Vec<RecordedCall>) {
        // Whoever is not there to receive has died, and `finish` says so.
        let _received = self.pages.send(page).await;
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
        whole.flips.truncate(MAX_KEPT);
        Ok(whole)
    }
}

fn work(a: &Pack, b: &Pack, waiting: &Mutex<Receiver<Vec<RecordedCall>>>) -> FlipReport {
    let mut report = FlipReport::default();
    loop {
        let page = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv();
        let Some(page) = page else { return report };
        for call in page {
            if let Err(error) = report.judge(a, b, &call) {
                report.unreadable += 1;
                report
                    .unreadable_reason
                    .get_or_insert_with(|| format!("{}: {error}", call.decision_id));
            }
        }
    }
}

impl FlipReport {
    fn judge(&mut self, a: &Pack, b: &Pack, call: &RecordedCall) -> serde_json::Result<()> {
        let question: Question = serde_json::from_str(&call.question)?;
        let recorded: Verdict = serde_json::from_str(&call.verdict)?;
        // A component that faulted once says nothing of what its pack means.
        let stands = call.pack_digest == a.reference().digest
            && !matches!(&recorded, Verdict::Refuse(why) if why.code == Code::PolicyUnavailable);
        let before = if stands {
            self.recorded_verdicts += 1;
            recorded
        } else {
            a.judge_patiently(&question).verdict
        };
        self.judged += 1;
        let Some(flip) = Flip::between(&before, &b.judge_patiently(&question).verdict) else {
            return Ok(());
        };
        self.flipped += 1;
        *self.by_kind.entry(flip.kind).or_default() += 1;
        // The newest come first, so whatever is beyond the limit is older.
        if self.flips.len() < MAX_KEPT {
            self.flips.push(FlippedCall {
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
        self.unreadable_reason = self.unreadable_reason.take().or(part.unreadable_reason);
    }
}
