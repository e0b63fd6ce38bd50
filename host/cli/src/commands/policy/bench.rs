//! `dispatch policy bench`: what a verdict costs, per tool, over the pack's own cases.

use std::collections::BTreeMap;

use dispatch_contract::Tool;
use dispatch_contract::question::Question;
use dispatch_engine::{EngineConfig, Pack, PackFiles, SandboxConfig};
use serde::Serialize;

use super::house::{self, FolderArg};
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Measure verdicts per tool over the pack's own cases: p50, p99 and fuel
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pack: FolderArg,
    /// Times each case is put
    #[arg(long, default_value_t = 200, value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: u32,
}

/// One tool's figures.
#[derive(Serialize)]
struct ToolCost {
    tool: String,
    cases: usize,
    verdicts: usize,
    p50_us: f64,
    p99_us: f64,
    /// The median and the most over the cases.
    fuel_p50: u64,
    fuel_max: u64,
}

/// All of it, with `--json`.
#[derive(Serialize)]
struct Report {
    pack: String,
    digest: String,
    rounds: u32,
    tools: Vec<ToolCost>,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let folder = self.pack.check()?;
        let refused = |error: dispatch_engine::PackError| {
            house::refused(&error, "refused", Some(folder), global)
        };
        let load = |files: &PackFiles, metered| {
            let sandbox = SandboxConfig {
                metered,
                ..SandboxConfig::default()
            };
            let engine = house::engine(EngineConfig {
                sandbox,
                ..EngineConfig::default()
            })?;
            engine.load(files).map_err(refused)
        };
        let files = PackFiles::read(folder).map_err(refused)?;
        // counting fuel costs time: each is measured without the other
        let (pack, metered) = (load(&files, false)?, load(&files, true)?);
        let found = files.cases();
        let mut questions: BTreeMap<Tool, Vec<&Question>> = BTreeMap::new();
        for case in &found.cases {
            if let Ok(question) = case.question() {
                questions.entry(case.tool).or_default().push(question);
            }
        }
        if questions.is_empty() {
            return Err(Failure::usage(format!(
                "{} has no case that can be put: there is nothing to measure with",
                folder.display()
            )));
        }
        let reference = pack.reference();
        let report = Report {
            pack: format!("{} {}", reference.name, reference.version),
            digest: reference.digest.clone(),
            rounds: self.rounds,
            tools: questions
                .into_iter()
                .map(|(tool, questions)| cost(tool, &questions, self.rounds, &pack, &metered))
                .collect(),
        };
        if global.json {
            out::value(&report);
        } else {
            out::text(&report.text(Paint::of_stdout()));
        }
        Ok(())
    }
}

fn cost(tool: Tool, questions: &[&Question], rounds: u32, pack: &Pack, metered: &Pack) -> ToolCost {
    let fuel_of = |question: &&Question| {
        let phases = metered.judge(question).trace.phases;
        phases.iter().filter_map(|phase| phase.fuel).sum::<u64>()
    };
    let mut fuel: Vec<u64> = questions.iter().map(fuel_of).collect();
    fuel.sort_unstable();
    let mut times = Vec::with_capacity(questions.len() * rounds as usize);
    for _ in 0..rounds {
        for question in questions {
            times.push(pack.judge(question).trace.elapsed_ns);
        }
    }
    times.sort_unstable();
    ToolCost {
        tool: tool.to_string(),
        cases: questions.len(),
        verdicts: times.len(),
        p50_us: quantile(&times, 50) as f64 / 1000.0,
        p99_us: quantile(&times, 99) as f64 / 1000.0,
        fuel_p50: quantile(&fuel, 50),
        fuel_max: fuel.last().copied().unwrap_or(0),
    }
}

/// The value that so many percent do not pass.
fn quantile(sorted: &[u64], percent: usize) -> u64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or(0)
}

impl Report {
    fn text(&self, paint: Paint) -> String {
        let heading = [
            "TOOL", "CASES", "VERDICTS", "P50", "P99", "FUEL P50", "FUEL MAX",
        ];
        let mut table = Table::new(&heading);
        for cost in &self.tools {
            table.row([
                cost.tool.clone(),
                cost.cases.to_string(),
                cost.verdicts.to_string(),
                format!("{:.1} us", cost.p50_us),
                format!("{:.1} us", cost.p99_us),
                cost.fuel_p50.to_string(),
                cost.fuel_max.to_string(),
            ]);
        }
        let note = format!(
            "{} ({:.12}), one thread; fuel is counted in runs of its own",
            self.pack, self.digest
        );
        table.text(paint) + &format!("{}\n", paint.faint(&note))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let sorted: Vec<u64> = (1..=100).collect();
        assert_eq!((quantile(&sorted, 50), quantile(&sorted, 99)), (50, 99));
        assert_eq!((quantile(&[7], 99), quantile(&[], 50)), (7, 0));
    }
}
