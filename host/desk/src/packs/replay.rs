//! What would flip: the calls that were judged lately, judged again with a candidate.

use std::time::Duration;

use dispatch_contract::packs::{FlipKind, FlippedCall, Flips, StepFailed};
use dispatch_contract::reading::RecordedFilter;
use dispatch_contract::{Role, Tool};
use dispatch_engine::{
    Comparison, FlipReport, Leisure, Opened, Pack, PackError, RecordedCall, Step, opened,
    opened_in_words,
};
use tokio::time::timeout;

use super::attempt::{Attempt, Trial, away};
use super::steps::{failed, refused};
use crate::Inner;

/// Recorded calls read at once: few, so that neither the database nor the thread that reads
/// is busy with them for longer than a call takes.
const PAGE: u32 = 50;
/// The machine's rest is not waited for longer. The most that is compared, 10,000 calls,
/// takes about a second.
const PATIENCE: Duration = Duration::from_secs(5);
/// Flips listed in an answer.
const LISTED: usize = 100;

impl Inner {
    /// Compare a candidate with the pack that judges, and stop it where too much flips.
    pub(super) async fn replay(
        &self,
        attempt: &Attempt,
        trial: &mut Trial,
        pack: &Pack,
    ) -> Result<(), StepFailed> {
        if attempt.replay == 0 {
            trial.steps.done(Step::Replay, "not asked for");
            return Ok(());
        }
        let mut report = self.patiently(attempt.replay, trial.leisure, pack).await?;
        let opened = opened(&self.pack.current(), pack);
        let latest = RecordedFilter {
            limit: attempt.replay,
            ..RecordedFilter::default()
        };
        let turned_away = self.ledger.turned_away(&pairs(&opened), &latest).await;
        report.let_in(turned_away.map_err(|e| away(&e))?);
        let flips = in_brief(report, attempt.max_flips);
        let mut said = format!(
            "{} of {} recorded calls would flip",
            flips.flipped, flips.judged
        );
        if !opened.is_empty() {
            said += &format!("; opened to {}", opened_in_words(&opened));
        }
        let too_many = attempt.max_flips.filter(|max| flips.flipped > *max);
        trial.flips = Some(flips);
        if let Some(max) = too_many {
            return Err(StepFailed {
                help: Some("read which, and raise --max-flips where they are meant".into()),
                ..failed(Step::Replay, format!("{said}, and {max} may"))
            });
        }
        trial.steps.done(Step::Replay, said);
        Ok(())
    }
}

impl Inner {
    /// While the machine rests; where it does not for too long, once more at a share of it.
    async fn patiently(
        &self,
        replay: u32,
        leisure: Leisure,
        pack: &Pack,
    ) -> Result<FlipReport, StepFailed> {
        if leisure == Leisure::Idle
            && let Ok(done) = timeout(PATIENCE, self.compared(replay, leisure, pack)).await
        {
            return done;
        }
        self.compared(replay, Leisure::Low, pack).await
    }

    /// So many recorded decisions, judged again while they are read: on half the cores,
    /// since calls are served meanwhile.
    async fn compared(
        &self,
        replay: u32,
        leisure: Leisure,
        pack: &Pack,
    ) -> Result<FlipReport, StepFailed> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let comparison = Comparison::start(&self.pack.current(), pack, cores.div_ceil(2), leisure)
            .map_err(|error| refused(&error))?;
        let mut filter = RecordedFilter::default();
        let mut left = replay;
        while left > 0 {
            filter.limit = left.min(PAGE);
            let page = self.ledger.recorded(&filter).await.map_err(|e| away(&e))?;
            let Some(last) = page.last() else {
                break;
            };
            filter.before = Some(last.decision_id);
            left = left.saturating_sub(u32::try_from(page.len()).unwrap_or(left));
            let calls = page.into_iter().map(|recorded| RecordedCall {
                decision_id: recorded.decision_id,
                question: recorded.question,
                verdict: recorded.verdict,
                pack_digest: recorded.pack_digest,
            });
            comparison.put(calls.collect()).await;
        }
        tokio::task::spawn_blocking(move || comparison.finish())
            .await
            .unwrap_or_else(|_| Err(PackError::new(Step::Replay, "it was cut off; try again")))
            .map_err(|error| refused(&error))
    }
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
            .take(LISTED)
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
