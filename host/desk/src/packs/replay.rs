//! What would flip: the calls that were judged lately, judged again with a candidate.

use std::time::Duration;

use dispatch_contract::packs::{FlipKind, FlippedCall, Flips, PackSource, StepFailed};
use dispatch_contract::reading::RecordedFilter;
use dispatch_contract::{Role, Tool};
use dispatch_engine::{
    Comparison, FlipReport, Leisure, Manner, Opened, Pack, PackError, RecordedCall, Step, opened,
    opened_in_words,
};
use dispatch_ledger::LedgerError;
use tokio::time::timeout;

use super::attempt::{Attempt, Trial};
use super::steps::{away, failed, refused};
use crate::Inner;

/// Recorded calls read at once: few, so that neither the database nor the thread that reads
/// is busy with them for longer than a call takes.
const PAGE: u32 = 50;
/// The machine's rest is not waited for longer. The most that is compared, 10,000 calls,
/// takes about a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// Faults of a candidate after which no more is judged: each may take its whole deadline,
/// several times.
const MAX_FAULTS: usize = 3;
/// Processor time of each judging thread. What is compared takes a second.
const PROCESSOR: Duration = Duration::from_secs(20);
/// Flips listed in an answer.
const LISTED: usize = 100;

/// Why there is no comparison.
enum Stopped {
    /// What was recorded cannot be read.
    Unread(LedgerError),
    /// It cannot be judged.
    Unjudged(PackError),
}

impl From<LedgerError> for Stopped {
    fn from(error: LedgerError) -> Self {
        Self::Unread(error)
    }
}

impl From<PackError> for Stopped {
    fn from(error: PackError) -> Self {
        Self::Unjudged(error)
    }
}

/// Two packs to be compared, and how.
struct Compared<'a> {
    /// None: what was recorded stands.
    before: Option<&'a Pack>,
    after: &'a Pack,
    replay: u32,
}

impl Inner {
    /// Compare a candidate with the pack before, or with what was recorded where there is
    /// none that can be asked, and stop it where too much flips.
    pub(super) async fn replay(
        &self,
        attempt: &Attempt,
        trial: &mut Trial,
        before: Option<&Pack>,
        pack: &Pack,
    ) -> Result<(), StepFailed> {
        if attempt.replay == 0 {
            trial.steps.done(Step::Replay, "not asked for");
            return Ok(());
        }
        let compared = Compared {
            before,
            after: pack,
            replay: attempt.replay,
        };
        let report = match self.patiently(trial.leisure, &compared).await {
            Ok(report) => report,
            // nobody set a limit that it could be over
            Err(Stopped::Unread(error)) if attempt.max_flips.is_none() => {
                let why = away(Step::Replay, &error).reason;
                let said = format!("not judged again: recorded calls could not be read: {why}");
                trial.steps.done(Step::Replay, said);
                return Ok(());
            }
            Err(Stopped::Unread(error)) => return Err(away(Step::Replay, &error)),
            Err(Stopped::Unjudged(error)) => return Err(refused(&error)),
        };
        let faults = faults_of(&report);
        let said = in_words(&report, before, pack);
        let flips = in_brief(report, attempt.max_flips);
        let counted = flips.flipped + flips.unreadable;
        let too_many = attempt.max_flips.filter(|max| counted > *max);
        trial.flips = Some(flips);
        if let Some(max) = too_many {
            return Err(StepFailed {
                help: Some("read which, and raise --max-flips where they are meant".into()),
                ..failed(Step::Replay, format!("{said}, and {max} may"))
            });
        }
        match faults {
            // what is returned to has judged here before, and may be all that is left
            Some(faults) if attempt.source == PackSource::Rollback => {
                trial
                    .steps
                    .done(Step::Replay, format!("{said}; {}", faults.reason));
            }
            Some(faults) => return Err(faults),
            None => trial.steps.done(Step::Replay, said),
        }
        Ok(())
    }

    /// While the machine rests; where it does not for too long, once more at a share of it.
    async fn patiently(
        &self,
        leisure: Leisure,
        compared: &Compared<'_>,
    ) -> Result<FlipReport, Stopped> {
        if leisure == Leisure::Idle
            && let Ok(done) = timeout(PATIENCE, self.compared(leisure, compared)).await
        {
            return done;
        }
        self.compared(Leisure::Low, compared).await
    }

    /// So many recorded decisions, judged again while they are read: on half the cores,
    /// since calls are served meanwhile.
    async fn compared(
        &self,
        leisure: Leisure,
        compared: &Compared<'_>,
    ) -> Result<FlipReport, Stopped> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let manner = Manner {
            threads: cores.div_ceil(2),
            leisure,
            listed: LISTED,
            faults: MAX_FAULTS,
            processor: PROCESSOR,
        };
        let comparison = Comparison::start(compared.before, compared.after, manner)?;
        let mut filter = RecordedFilter::default();
        let mut left = compared.replay;
        // the oldest call read, where there are older ones
        let mut oldest = None;
        while left > 0 {
            filter.limit = left.min(PAGE);
            let page = self.ledger.recorded(&filter).await?;
            oldest = page.last().map(|last| last.decision_id);
            filter.before = oldest;
            left = left.saturating_sub(u32::try_from(page.len()).unwrap_or(left));
            let whole = page.len() == PAGE as usize || left == 0;
            let calls = page.into_iter().map(|recorded| RecordedCall {
                decision_id: recorded.decision_id,
                question: recorded.question,
                verdict: recorded.verdict,
                pack_digest: recorded.pack_digest,
            });
            if !comparison.put(calls.collect()).await {
                break;
            }
            if !whole {
                oldest = None;
                break;
            }
        }
        let mut report = tokio::task::spawn_blocking(move || comparison.finish())
            .await
            .unwrap_or_else(|_| Err(PackError::new(Step::Replay, "it was cut off; try again")))?;
        let latest = RecordedFilter {
            limit: compared.replay,
            from: oldest,
            ..RecordedFilter::default()
        };
        let pairs = pairs(&opened(compared.before, compared.after));
        report.let_in(self.ledger.turned_away(&pairs, &latest).await?);
        Ok(report)
    }
}

/// What would flip, and what could not be seen.
fn in_words(report: &FlipReport, before: Option<&Pack>, pack: &Pack) -> String {
    let mut said = format!(
        "{} of {} recorded calls would flip",
        report.flipped, report.judged
    );
    if before.is_none() {
        said += ", beside what was recorded: no pack before can be asked";
    }
    if report.unreadable > 0 {
        let first = report.unreadable_reason.as_deref().unwrap_or_default();
        let count = report.unreadable;
        said += &format!("; {count} could not be read, the first: {first}");
    }
    let opened = before.map_or_else(Vec::new, |before| opened(Some(before), pack));
    if !opened.is_empty() {
        said += &format!("; opened to {}", opened_in_words(&opened));
    }
    said
}

/// Rules that fault, or take too long, on calls that were judged before.
fn faults_of(report: &FlipReport) -> Option<StepFailed> {
    if let Some(first) = report.faults.first() {
        let (count, tool) = (report.faults.len(), first.tool);
        let reason = format!(
            "its component of {tool} faults on recorded calls: decision {}: {} ({count} or more, \
             of {} judged)",
            first.decision_id, first.fault, report.judged
        );
        return Some(StepFailed {
            tool: Some(tool),
            help: Some(format!(
                "`dispatch policy explain` on decision {} shows where",
                first.decision_id
            )),
            ..failed(Step::Replay, reason)
        });
    }
    report.cut_short.then(|| {
        let reason = format!(
            "judging recorded calls again took over {} s of processor time, after {}",
            PROCESSOR.as_secs(),
            report.judged
        );
        StepFailed {
            help: Some("`dispatch policy bench` shows which rules are slow".into()),
            ..failed(Step::Replay, reason)
        }
    })
}

/// As the ledger asks for them.
fn pairs(opened: &[Opened]) -> Vec<(Role, Tool)> {
    opened.iter().map(|one| (one.role, one.tool)).collect()
}

fn in_brief(report: FlipReport, max_flips: Option<u64>) -> Flips {
    let of = |kind| report.by_kind.get(&kind).copied().unwrap_or(0);
    Flips {
        judged: report.judged,
        flipped: report.flipped,
        refused_now: of(FlipKind::RefusedNow),
        allowed_now: of(FlipKind::AllowedNow),
        moves_elsewhere: of(FlipKind::MovesElsewhere),
        other_reason: of(FlipKind::OtherReason),
        let_in: of(FlipKind::LetIn),
        unreadable: report.unreadable,
        max_flips,
        listed: report
            .flips
            .into_iter()
            .map(|call| FlippedCall {
                decision_id: call.decision_id,
                decided_at: call.at,
                tool: call.tool,
                ticket_id: call.ticket_id,
                kind: call.flip.kind,
                before: call.flip.before,
                after: call.flip.after,
            })
            .collect(),
    }
}
