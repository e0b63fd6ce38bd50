//! `dispatch gateway config check`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use dispatch_gateway::methods::config::Get;
use dispatch_provision::dispatch_config::{Finding, Weight, check, check_running};
use serde::Serialize;
use serde_json::Value;

use crate::commands::gateway::reach::Reach;
use crate::failure::Failure;
use crate::out;
use crate::show::clean;
use crate::show::paint::Paint;

/// The largest file that is read, in bytes; OpenClaw reads 2 MiB.
const MAX_FILE: u64 = 2 * 1024 * 1024;

/// Say what in a gateway's configuration breaks the rules for dispatch agents: where, why,
/// and what to set
///
/// Without a file, the running gateway is asked. Exit status 1 where a rule is broken.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A configuration in JSON
    file: Option<PathBuf>,
    #[command(flatten)]
    reach: Reach,
}

/// What was found, with `--json`.
#[derive(Serialize)]
struct Found {
    findings: Vec<Finding>,
}

impl Args {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let findings = match &self.file {
            Some(file) => check(&read(file)?),
            None => check_running(&self.reach.ask(&Get {}).await?.1),
        };
        let broken = findings.iter().any(|f| f.weight == Weight::Breaks);
        if json {
            out::value(&Found { findings });
        } else {
            out::text(&text(&findings, Paint::of_stdout()));
        }
        if broken { Err(Failure::Found) } else { Ok(()) }
    }
}

fn read(path: &Path) -> Result<Value, Failure> {
    let wrong = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let mut text = String::new();
    file.take(MAX_FILE)
        .read_to_string(&mut text)
        .map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| {
        wrong(format!(
            "not JSON ({error}); where it is written in OpenClaw's wider JSON5, check the running \
             gateway instead"
        ))
    })
}

fn text(findings: &[Finding], paint: Paint) -> String {
    if findings.is_empty() {
        return "nothing breaks the rules\n".to_owned();
    }
    let mut text = String::new();
    for finding in findings {
        let mark = match finding.weight {
            Weight::Breaks => "breaks",
            Weight::Look => "look  ",
        };
        text.push_str(&format!(
            "{mark}  {}\n",
            paint.strong(&clean(&finding.path))
        ));
        text.push_str(&format!("        {}\n", clean(&finding.why)));
        text.push_str(&paint.faint(&format!("        set: {}\n", finding.set)));
    }
    let broken = findings.iter().filter(|f| f.weight == Weight::Breaks);
    text.push_str(&format!(
        "{} rules broken, {} things to look at\n",
        broken.clone().count(),
        findings.len() - broken.count()
    ));
    text
}
