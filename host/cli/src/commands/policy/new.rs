//! `dispatch policy new`: a pack and a guest workspace to begin with.

use std::path::{Path, PathBuf};

use dispatch_contract::Tool;
use dispatch_workshop::{Draft, lay_out};
use serde::Serialize;

use super::build::failure;
use crate::commands::call::tool_parser;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;

/// Write a new pack that builds and passes its tests as it stands, into a folder of its name
#[derive(clap::Args)]
pub(super) struct Args {
    /// The pack's name: a-z, 0-9 and dashes
    name: String,
    /// Begin as a variant of the pack in this folder: its policies, cases and settings; and
    /// its components, but for those of --tool
    #[arg(long, value_name = "FOLDER")]
    base: Option<PathBuf>,
    /// With --base: write the sources of this tool's rules; may be given again
    #[arg(long = "tool", value_name = "TOOL", requires = "base", value_parser = tool_parser())]
    tools: Vec<Tool>,
    /// Use the guests' SDK in this folder instead of writing a copy of it
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

/// What was written, with `--json`.
#[derive(Serialize)]
struct Report {
    folder: PathBuf,
    files: Vec<String>,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let tools: Vec<String> = self.tools.iter().map(ToString::to_string).collect();
        let laid = lay_out(&Draft {
            name: &self.name,
            within: Path::new("."),
            base: self.base.as_deref(),
            tools: &tools,
            sdk: self.sdk.as_deref(),
        })
        .map_err(failure)?;
        let report = Report {
            folder: laid.folder,
            files: laid.files,
        };
        if global.json {
            out::value(&report);
        } else {
            out::text(&report.text(&self.name, Paint::of_stdout()));
        }
        Ok(())
    }
}

impl Report {
    fn text(&self, name: &str, paint: Paint) -> String {
        let mut text = format!(
            "{} {}, {} files\n",
            paint.good("written:"),
            self.folder.display(),
            self.files.len()
        );
        for (command, what) in [
            ("build", "make its components"),
            ("check", "would a host take it?"),
            ("test ", "its decision cases, one by one"),
        ] {
            text.push_str(&format!(
                "  dispatch policy {command} {name}  {}\n",
                paint.faint(&format!("# {what}"))
            ));
        }
        text
    }
}
