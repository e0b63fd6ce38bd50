//! `dispatch policy diff`: which recorded calls two packs judge differently. Reads the
//! database, not the host, as `dispatch audit replay` does.

use std::time::{Duration, Instant};

use dispatch_contract::Tool;
use dispatch_contract::packs::FlipKind;
use dispatch_contract::reading::{Recorded, RecordedFilter};
use dispatch_engine::{
    Comparison, EngineConfig, FlipReport, Leisure, Manner, Opened, Pack, RecordedCall, opened,
    opened_in_words,
};
use dispatch_ledger::Ledger;
use serde::Serialize;

use super::choice::{Named, PackChoice};
use super::since::Since;
use super::{house, verdict};
use crate::failure::Failure;
use crate::global::Global;
use crate::house::database::{DatabaseArgs, away, blocking};
use crate::out;
use crate::show::cut;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Connections to the database: one reads, one is to spare.
const CONNECTIONS: u32 = 2;
/// Calls read at once: enough for each thread to be busy while the next are read.
const PAGE: u32 = 500;
/// Flips listed where nobody says how many: for people, and in the JSON.
const SHOWN: usize = 50;
const IN_JSON: usize = 1_000;
const UNREAD: &str = "the recorded calls could not be read";
/// Characters of a reason in the table.
const REASON: usize = 60;

/// List each recorded call that two packs judge differently; exit status 1 where there is one
#[derive(clap::Args)]
pub(super) struct Args {
    /// The pack before: a folder, `active`, `revision:N`, or 8 or more digits of a digest
    #[arg(value_name = "A")]
    a: PackChoice,
    /// The pack after, named in the same ways
    #[arg(value_name = "B")]
    b: PackChoice,
    /// Only calls judged since then: a time, or how long ago (90m, 12h, 7d)
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Only calls of this tool
    #[arg(long)]
    tool: Option<Tool>,
    /// The latest so many calls
    #[arg(long, default_value_t = 10_000, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    limit: u32,
    /// List so many of those that flip, the latest first; where not given, 50, and 1000 with
    /// --json
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    list: Option<u32>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// What was found, with `--json`.
#[derive(Serialize)]
struct Report {
    before: Named,
    after: Named,
    took_ms: f64,
    /// Whom the pack after lets in that the one before turned away for their role alone.
    opened: Vec<Opened>,
    #[serde(rename = "result")]
    found: FlipReport,
    /// Listed for people.
    #[serde(skip)]
    shown: usize,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> Result<(), Failure> {
        let database = self.database.reach().await?;
        let outcome = match database.connect(CONNECTIONS).await {
            Ok(ledger) => {
                let outcome = self.compare(&ledger, global).await;
                ledger.shutdown().await.ok();
                outcome
            }
            Err(failure) => Err(failure),
        };
        database.close().await;
        let report = outcome?;
        if global.json {
            out::value(&report);
        } else {
            out::text(&report.text(Paint::of_stdout()));
        }
        // what could not be read, and whoever is let in, may flip too
        let found = &report.found;
        if found.flipped == 0 && found.unreadable == 0 && report.opened.is_empty() {
            Ok(())
        } else {
            Err(Failure::Found)
        }
    }

    async fn compare(&self, ledger: &Ledger, global: &Global) -> Result<Report, Failure> {
        let engine = house::engine(EngineConfig::default())?;
        let a = self.a.load(&engine, Some(ledger), global).await?;
        let b = self.b.load(&engine, Some(ledger), global).await?;
        let began = Instant::now();
        let mut found = self.judge(ledger, &a, &b).await?;
        let opened = opened(Some(&a), &b);
        let pairs: Vec<_> = opened.iter().map(|one| (one.role, one.tool)).collect();
        let latest = RecordedFilter {
            limit: self.limit,
            ..self.filter()
        };
        let turned_away = ledger.turned_away(&pairs, &latest).await;
        found.let_in(turned_away.map_err(|error| away(error, UNREAD))?);
        Ok(Report {
            opened,
            before: Named::of(&self.a, &a),
            after: Named::of(&self.b, &b),
            took_ms: began.elapsed().as_secs_f64() * 1000.0,
            found,
            shown: self.listed(SHOWN),
        })
    }

    fn listed(&self, otherwise: usize) -> usize {
        self.list
            .and_then(|list| usize::try_from(list).ok())
            .unwrap_or(otherwise)
    }

    /// Which recorded calls are meant.
    fn filter(&self) -> RecordedFilter {
        RecordedFilter {
            since: self.since.map(|since| since.0),
            tool: self.tool,
            ..RecordedFilter::default()
        }
    }

    /// Read page by page, while other threads judge what was read.
    async fn judge(&self, ledger: &Ledger, a: &Pack, b: &Pack) -> Result<FlipReport, Failure> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let wrong = |error| Failure::Other(anyhow::Error::new(error));
        // whoever asks waits for it, and may end it
        let manner = Manner {
            threads,
            leisure: Leisure::Low,
            listed: self.listed(IN_JSON),
            faults: usize::MAX,
            processor: Duration::MAX,
        };
        let comparison = Comparison::start(Some(a), b, manner).map_err(wrong)?;
        let mut filter = self.filter();
        let mut left = self.limit;
        while left > 0 {
            filter.limit = PAGE.min(left);
            let page = ledger
                .recorded(&filter)
                .await
                .map_err(|error| away(error, UNREAD))?;
            let Some(last) = page.last() else { break };
            filter.before = Some(last.decision_id);
            let read = u32::try_from(page.len()).unwrap_or(PAGE);
            left -= read.min(left);
            let more = comparison.put(page.into_iter().map(call).collect()).await;
            if !more || read < filter.limit {
                break;
            }
        }
        blocking(move || comparison.finish()).await?.map_err(wrong)
    }
}

fn call(recorded: Recorded) -> RecordedCall {
    RecordedCall {
        decision_id: recorded.decision_id,
        question: recorded.question,
        verdict: recorded.verdict,
        pack_digest: recorded.pack_digest,
    }
}

/// The kind in words.
fn kind(kind: FlipKind) -> &'static str {
    match kind {
        FlipKind::RefusedNow => "would be refused",
        FlipKind::AllowedNow => "would be allowed",
        FlipKind::MovesElsewhere => "would move elsewhere",
        FlipKind::OtherReason => "other reason",
        FlipKind::LetIn => "turned away for their role, would be judged",
    }
}

impl Report {
    fn text(&self, paint: Paint) -> String {
        let found = &self.found;
        let mut text = format!(
            "before  {}\nafter   {}\n\n",
            self.before.text(paint),
            self.after.text(paint)
        );
        let counted = format!(
            "{} recorded calls judged {}",
            found.judged,
            paint.faint(&format!("({:.2} s)", self.took_ms / 1000.0))
        );
        if found.flipped == 0 {
            text.push_str(&format!("{} {counted}\n", paint.good("nothing flips:")));
        } else {
            let flips = paint.bad(&format!("{} flip:", found.flipped));
            text.push_str(&format!("{flips} {counted}\n"));
            for (each, count) in &found.by_kind {
                text.push_str(&format!("  {count:>6}  {}\n", kind(*each)));
            }
            if !found.flips.is_empty() {
                text.push('\n');
                text.push_str(&self.table(paint));
            }
        }
        if !self.opened.is_empty() {
            text.push_str(&format!(
                "{} {} {}\n",
                paint.bad("opened:"),
                opened_in_words(&self.opened),
                paint.faint("(turned away for their role alone before)")
            ));
        }
        if let Some(why) = &found.unreadable_reason {
            text.push_str(&format!(
                "{} {} records could not be read and were not judged, such as {why}\n",
                paint.bad("not judged:"),
                found.unreadable
            ));
        }
        text
    }

    fn table(&self, paint: Paint) -> String {
        let mut table = Table::new(&["DECISION", "TOOL", "BY", "BEFORE", "AFTER"]);
        for flipped in self.found.flips.iter().take(self.shown) {
            table.row([
                flipped.decision_id.to_string(),
                flipped.tool.to_string(),
                flipped.actor.role.to_string(),
                cut(&verdict::short(&flipped.flip.before), REASON),
                cut(&verdict::short(&flipped.flip.after), REASON),
            ]);
        }
        let mut text = table.text(paint);
        let let_in = self.found.by_kind.get(&FlipKind::LetIn).copied();
        let listed = self.found.flipped - let_in.unwrap_or(0);
        let beyond = listed.saturating_sub(self.shown as u64);
        if beyond > 0 {
            text.push_str(&format!("  and {beyond} more: --list {listed} lists all\n"));
        }
        text
    }
}
