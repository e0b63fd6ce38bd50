//! `dispatch policy check`: would a host take this pack? Every step that a host takes
//! before it asks about revision and history, with no host and no database.

use std::path::PathBuf;

use dispatch_engine::{Engine, EngineConfig, PackFiles, Rejected, Step, Taken};
use serde::Serialize;

use super::failed::Failed;
use super::house::{self, FolderArg};
use super::verify;
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
    /// Exit status 1 also for policies that can never apply, for what nobody is permitted, and
    /// for files that are no part of the pack
    #[arg(long)]
    deny_warnings: bool,
    /// A public key file whose signature counts, as a host is told; may be given more than once
    #[arg(long, value_name = "FILE")]
    trusted_key: Vec<PathBuf>,
    /// Refuse a pack that no trusted key has signed, as a host does that is told so
    #[arg(long, requires = "trusted_key")]
    require_signed: bool,
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

/// What was found, with `--json`.
#[derive(Serialize)]
struct Report {
    folder: PathBuf,
    digest: Option<String>,
    steps: Vec<StepShown>,
    failed: Vec<Failed>,
    /// Policies that can never apply, what no policy permits anybody, and files that are no
    /// part of the pack: no reason to refuse it.
    warnings: Vec<Wrong>,
    refused: Option<Wrong>,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        self.pack.check()?;
        let engine = house::engine(EngineConfig {
            trusted_keys: verify::trusted(&self.trusted_key)?,
            require_signed: self.require_signed,
            ..EngineConfig::default()
        })?;
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
                warnings.extend(PackFiles::left_out(&folder).iter().map(Wrong::from));
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
        for failed in self.failed.iter().take(SHOWN) {
            text.push_str(&failed.text(paint));
        }
        let more = self.failed.len().saturating_sub(SHOWN);
        if more > 0 {
            text.push_str(&format!("{}\n", paint.faint(&format!("and {more} more"))));
        }
        for warning in &self.warnings {
            text.push_str(&warning.text("warning", Some(&self.folder), paint));
        }
        match &self.refused {
            Some(wrong) => text.push_str(&wrong.text("refused", Some(&self.folder), paint)),
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
    let loaded = PackFiles::read(folder).and_then(|files| engine.load(&files));
    let failures = loaded.map(|pack| pack.run_tests().failures);
    let failures = failures.unwrap_or_default();
    failures.into_iter().map(Failed::from).collect()
}
