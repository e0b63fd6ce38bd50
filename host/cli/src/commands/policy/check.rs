//! `dispatch policy check`: would a host take this pack? Every step that a host takes
//! before it asks about revision and history, with no host and no database.

use std::path::PathBuf;

use dispatch_engine::{Engine, EngineConfig, Rejected, Step, Taken};
use serde::Serialize;

use super::house::{self, FolderArg};
use super::wrong::Wrong;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::clean;
use crate::show::paint::Paint;

/// Failing cases listed for people; all are in the JSON.
const SHOWN: usize = 20;

/// Load and test a pack as a host would; exit status 1 where it would be refused
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pack: FolderArg,
    /// Exit status 1 also for policies that can never apply and for what nobody is permitted
    #[arg(long)]
    deny_warnings: bool,
}

/// A step that was passed.
#[derive(Serialize)]
pub(super) struct StepShown {
    step: &'static str,
    evidence: String,
    took_ms: f64,
}

impl From<&Taken> for StepShown {
    fn from(taken: &Taken) -> Self {
        Self {
            step: taken.step.name(),
            evidence: taken.evidence.clone(),
            took_ms: taken.took.as_secs_f64() * 1000.0,
        }
    }
}

/// A decision case that does not hold.
#[derive(Serialize)]
struct Failed {
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    case: String,
    reason: String,
}

/// What was found, with `--json`.
#[derive(Serialize)]
struct Report {
    folder: PathBuf,
    digest: Option<String>,
    steps: Vec<StepShown>,
    failed: Vec<Failed>,
    /// Policies that can never apply, and what no policy permits anybody: no reason to
    /// refuse the pack.
    warnings: Vec<Wrong>,
    refused: Option<Wrong>,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        self.pack.check()?;
        let engine = house::engine(EngineConfig::default())?;
        let report = Report::of(&engine, self.pack.folder);
        if global.json {
            out::value(&report);
        } else {
            out::text(&report.text(Paint::of_stdout()));
        }
        let warned = self.deny_warnings && !report.warnings.is_empty();
        if report.refused.is_some() || warned {
            Err(Failure::Found)
        } else {
            Ok(())
        }
    }
}

impl Report {
    fn of(engine: &Engine, folder: PathBuf) -> Self {
        let mut digest = None;
        let proven = house::read(&folder).and_then(|files| {
            digest = Some(files.digest_hex());
            engine.prove(&files)
        });
        let mut warnings = Vec::new();
        let (passed, error) = match proven {
            Ok(proven) => {
                warnings = proven.pack.never().iter().map(Wrong::from).collect();
                (proven.passed, None)
            }
            Err(Rejected { error, passed }) => (passed, Some(error)),
        };
        let failed = match &error {
            Some(error) if error.step == Step::Tests => failed(engine, &folder),
            _ => Vec::new(),
        };
        Self {
            folder,
            digest,
            steps: passed.iter().map(StepShown::from).collect(),
            failed,
            warnings,
            refused: error.as_ref().map(Wrong::from),
        }
    }

    fn text(&self, paint: Paint) -> String {
        let mut text: String = self.steps.iter().map(|step| step.line(paint)).collect();
        for Failed {
            file,
            line,
            case,
            reason,
            ..
        } in self.failed.iter().take(SHOWN)
        {
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            let told = clean(&format!("{file}{line}: \"{case}\": {reason}"));
            text.push_str(&format!("{}  {told}\n", paint.bad("no")));
        }
        for warning in &self.warnings {
            text.push_str(&warning.text("warning", &self.folder, paint));
        }
        match &self.refused {
            Some(wrong) => text.push_str(&wrong.text("refused", &self.folder, paint)),
            None => text.push_str(&format!(
                "{} a host would take it {}\n",
                paint.good("in order:"),
                paint.faint(&format!("({})", self.digest.as_deref().unwrap_or("")))
            )),
        }
        text
    }
}

impl StepShown {
    /// The step for people, on a line of its own.
    pub(super) fn line(&self, paint: Paint) -> String {
        format!(
            "{}  {:10} {:>8.1} ms  {}\n",
            paint.good("ok"),
            self.step,
            self.took_ms,
            clean(&self.evidence)
        )
    }
}

/// Every case that fails, where a candidate's refusal names only the first.
fn failed(engine: &Engine, folder: &std::path::Path) -> Vec<Failed> {
    let loaded = dispatch_engine::PackFiles::read(folder).and_then(|files| engine.load(&files));
    let failures = loaded.map(|pack| pack.run_tests().failures);
    failures
        .unwrap_or_default()
        .into_iter()
        .map(|failure| Failed {
            file: failure.file,
            line: failure.line,
            column: failure.column,
            case: failure.case,
            reason: failure.message,
        })
        .collect()
}
