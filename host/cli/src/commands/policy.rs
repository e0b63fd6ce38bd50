//! `dispatch policy check`: would a host take this pack? Loads and tests it as a host
//! does, with no host and no database.

use std::path::PathBuf;
use std::time::Instant;

use dispatch_engine::{Engine, EngineConfig, PackError, PackFiles};
use serde::Serialize;

use crate::failure::{Failure, chain};
use crate::global::Global;
use crate::out;
use crate::show::clean;
use crate::show::paint::Paint;

/// Failing cases listed for people; all are in the JSON.
const SHOWN: usize = 20;

/// Look after policy packs
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Load and test a pack as a host would; exit status 1 where it would be refused
    Check(CheckArgs),
}

#[derive(clap::Args)]
struct CheckArgs {
    /// The pack's folder
    folder: PathBuf,
}

/// A step that was taken.
#[derive(Serialize)]
struct Step {
    step: &'static str,
    what: String,
    took_ms: f64,
}

/// Why the pack would be refused.
#[derive(Serialize)]
struct Refused {
    step: &'static str,
    file: Option<String>,
    line: Option<usize>,
    tool: Option<String>,
    reason: String,
}

/// A decision case that does not hold.
#[derive(Serialize)]
struct Failed {
    file: String,
    line: Option<usize>,
    case: String,
    reason: String,
}

/// What was found, with `--json`.
#[derive(Serialize)]
struct Report {
    folder: PathBuf,
    digest: Option<String>,
    steps: Vec<Step>,
    failed: Vec<Failed>,
    refused: Option<Refused>,
}

impl Args {
    pub(crate) fn run(self, global: &Global) -> Result<(), Failure> {
        let Action::Check(args) = self.action;
        if !args.folder.is_dir() {
            return Err(Failure::usage(format!(
                "{} is no folder; a pack is a folder with pack.toml, cedar/, components/ and tests/",
                args.folder.display()
            )));
        }
        let mut report = Report {
            folder: args.folder,
            digest: None,
            steps: Vec::new(),
            failed: Vec::new(),
            refused: None,
        };
        report.refused = report.check()?.err().map(|error| Refused {
            step: error.step.name(),
            file: error.file.clone(),
            line: error.line,
            tool: error.component.map(|tool| tool.to_string()),
            reason: chain(&error),
        });
        if global.json {
            out::value(&report);
        } else {
            out::text(&report.text(Paint::of_stdout()));
        }
        match report.refused {
            None => Ok(()),
            Some(_) => Err(Failure::Found),
        }
    }
}

impl Report {
    fn check(&mut self) -> Result<Result<(), PackError>, Failure> {
        let engine =
            Engine::new(EngineConfig::default()).map_err(|error| Failure::Other(error.into()))?;
        Ok(self.check_with(&engine))
    }

    fn check_with(&mut self, engine: &Engine) -> Result<(), PackError> {
        let began = Instant::now();
        let files = PackFiles::read(&self.folder)?;
        self.digest = Some(files.digest_hex());
        self.done("read", format!("{} files", files.iter().count()), began);
        let began = Instant::now();
        let pack = engine.load(&files)?;
        let what = format!(
            "{} {}, revision {}: manifest, policies, components and settings fit",
            pack.reference().name,
            pack.reference().version,
            pack.revision()
        );
        self.done("load", what, began);
        let began = Instant::now();
        let tests = pack.run_tests();
        self.failed = tests
            .failures
            .iter()
            .map(|failure| Failed {
                file: failure.file.clone(),
                line: failure.line,
                case: failure.case.clone(),
                reason: failure.message.clone(),
            })
            .collect();
        let cases = tests.into_result()?;
        self.done("tests", format!("{cases} decision cases hold"), began);
        Ok(())
    }

    fn done(&mut self, step: &'static str, what: String, began: Instant) {
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        self.steps.push(Step {
            step,
            what,
            took_ms,
        });
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        for Step {
            step,
            what,
            took_ms,
        } in &self.steps
        {
            let mark = paint.good("ok");
            text.push_str(&format!(
                "{mark}  {step:6} {took_ms:>8.1} ms  {}\n",
                clean(what)
            ));
        }
        for Failed {
            file,
            line,
            case,
            reason,
        } in self.failed.iter().take(SHOWN)
        {
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            let told = clean(&format!("{file}{line}: \"{case}\": {reason}"));
            text.push_str(&format!("{}  {told}\n", paint.bad("no")));
        }
        match &self.refused {
            Some(refused) => {
                text.push_str(&format!("{} {}\n", paint.bad("refused:"), refused.reason));
            }
            None => text.push_str(&format!(
                "{} a host would take it {}\n",
                paint.good("in order:"),
                paint.faint(&format!("({})", self.digest.as_deref().unwrap_or("")))
            )),
        }
        text
    }
}
