//! `dispatch policy build`: the components of a pack, made from its sources.

use std::path::PathBuf;
use std::time::Instant;

use dispatch_contract::Tool;
use dispatch_workshop::{Built, Job, Outcome, Plan, WorkshopError, build};
use serde::Serialize;

use super::toolchains;
use crate::commands::call::tool_parser;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;

/// Make the components of a pack whose sources have changed
#[derive(clap::Args)]
pub(super) struct Args {
    /// The pack's folder, with its build.toml
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Only the component of this tool; may be given again
    #[arg(long = "tool", value_name = "TOOL", value_parser = tool_parser())]
    tools: Vec<Tool>,
    /// Build even what did not change
    #[arg(long)]
    force: bool,
    /// Fail where the guests' Cargo.lock would have to change
    #[arg(long)]
    locked: bool,
    #[command(flatten)]
    toolchains: toolchains::Arg,
}

/// What was made, with `--json`.
#[derive(Serialize)]
struct Report {
    folder: PathBuf,
    components: Vec<Made>,
    took_ms: f64,
}

#[derive(Serialize)]
struct Made {
    file: String,
    tools: Vec<String>,
    outcome: &'static str,
    /// The crate, folder or file that it was made from, or why it was not made.
    from: Option<String>,
    bytes: usize,
    took_ms: f64,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let began = Instant::now();
        let plan = Plan::read(&self.folder).map_err(failure)?;
        let tools: Vec<String> = self.tools.iter().map(ToString::to_string).collect();
        let job = Job {
            toolchains: &self.toolchains.folder()?,
            target: None,
            tools: &tools,
            force: self.force,
            locked: self.locked,
            tell: &|line| out::error(&format!("{line}\n")),
        };
        let paint = Paint::of_stdout();
        let mut components = Vec::new();
        build(&plan, &job, &mut |built| {
            let made = Made::from(built);
            if !global.json && made.outcome != "fresh" {
                out::text(&made.line(paint));
            }
            components.push(made);
        })
        .map_err(failure)?;
        let report = Report {
            folder: self.folder,
            components,
            took_ms: began.elapsed().as_secs_f64() * 1000.0,
        };
        if global.json {
            out::value(&report);
        } else {
            out::text(&report.last_line(paint));
        }
        Ok(())
    }
}

/// A pack without its files, or a tool without a component, is wrong use.
pub(super) fn failure(error: WorkshopError) -> Failure {
    match error {
        WorkshopError::Refused(message) => Failure::Usage(message),
        other => Failure::Other(other.into()),
    }
}

impl From<&Built> for Made {
    fn from(built: &Built) -> Self {
        let (outcome, from) = match &built.outcome {
            Outcome::Built(from) => ("built", Some(from.clone())),
            Outcome::Copied(from) => ("copied", Some(from.display().to_string())),
            Outcome::Skipped(why) => ("skipped", Some(why.clone())),
            Outcome::Fresh => ("fresh", None),
        };
        Self {
            file: built.file.clone(),
            tools: built.tools.clone(),
            outcome,
            from,
            bytes: built.bytes,
            took_ms: built.took.as_secs_f64() * 1000.0,
        }
    }
}

impl Made {
    fn line(&self, paint: Paint) -> String {
        let from = self.from.as_deref().unwrap_or_default();
        match self.outcome {
            "skipped" => format!("{}  {}: {from}\n", paint.bad("skipped"), self.file),
            outcome => format!(
                "{:7}  {:48} {:>4} KB  {:>5.1} s  {}\n",
                outcome,
                self.file,
                self.bytes.div_ceil(1024),
                self.took_ms / 1000.0,
                paint.faint(&format!("from {from}"))
            ),
        }
    }
}

impl Report {
    fn last_line(&self, paint: Paint) -> String {
        let count = |outcome| {
            let all = self.components.iter();
            all.filter(|made| made.outcome == outcome).count()
        };
        format!(
            "{} {} built, {} copied, {} unchanged {}\n",
            paint.good("in order:"),
            count("built"),
            count("copied"),
            count("fresh"),
            paint.faint(&format!("({:.2} s)", self.took_ms / 1000.0))
        )
    }
}
