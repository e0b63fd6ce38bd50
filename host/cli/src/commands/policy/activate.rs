//! `dispatch policy activate`: hands a pack to a host, which proves it and lets it judge.

use std::path::{Path, PathBuf};

use dispatch_contract::packs::PackOutcome;
use dispatch_engine::PackFiles;

use super::{house, outcome};
use crate::client::{Answer, Client};
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;

/// Hand a pack to the host, which proves it and lets it judge (operators)
///
/// Every step is told with its evidence. A pack that fails a step changes nothing, and the
/// exit status is 1; so it is where it would flip more recorded calls than --max-flips.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The pack's folder
    folder: PathBuf,
    /// Stop where more recorded calls would be judged otherwise than they were, or cannot be
    /// read
    #[arg(long, value_name = "N")]
    max_flips: Option<u64>,
    /// Recorded calls to judge again, 10000 at most; 0 for none
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    replay: Option<u32>,
    /// Every step but the last two: nothing is kept, nothing changes
    #[arg(long)]
    rehearse: bool,
    /// Why, for the log
    #[arg(long)]
    reason: Option<String>,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        if self.max_flips.is_some() && self.replay == Some(0) {
            return Err(Failure::usage(
                "--max-flips limits what --replay finds, and --replay 0 looks for nothing: leave \
                 one of them out",
            ));
        }
        let archive = archive(&self.folder, global)?;
        let client = global.client()?;
        let query = [
            ("max_flips", self.max_flips.map(|n| n.to_string())),
            ("replay", self.replay.map(|n| n.to_string())),
            ("activate", self.rehearse.then(|| "false".to_owned())),
            ("reason", self.reason),
        ];
        let answer = propose(&client, &query, archive).await?;
        let told: PackOutcome = answer.read()?;
        if global.json {
            out::json(&answer.bytes);
        } else {
            out::text(&text(&told, Paint::of_stdout()));
        }
        match told.failed {
            None => Ok(()),
            Some(_) => Err(Failure::Found),
        }
    }
}

/// A folder's pack as one run of bytes.
pub(super) fn archive(folder: &Path, global: &Global) -> Result<Vec<u8>, Failure> {
    let files = PackFiles::read(house::is_folder(folder)?)
        .map_err(|error| house::refused(&error, "not handed over", Some(folder), global))?;
    Ok(files.to_archive())
}

/// Hands a candidate to the host.
pub(super) async fn propose(
    client: &Client,
    query: &[(&str, Option<String>)],
    archive: Vec<u8>,
) -> Result<Answer, Failure> {
    let path = ["v0", "packs", "candidates"];
    client.post_bytes(&path, query, archive).await
}

/// Steps, what flips, and how it ended.
pub(super) fn text(told: &PackOutcome, paint: Paint) -> String {
    let mut text = outcome::steps(&told.steps, paint);
    if let Some(failed) = &told.failed {
        text.push_str(&outcome::failed(failed, paint));
    }
    if let Some(flips) = told
        .flips
        .as_ref()
        .filter(|flips| flips.flipped + flips.unreadable > 0)
    {
        text.push_str(&format!("\n{}\n", outcome::effect(flips)));
        text.push_str(&outcome::flips(flips, paint));
        text.push('\n');
    }
    let pack = told.pack.as_ref().map_or_else(String::new, outcome::named);
    let revision = told.revision.unwrap_or(0);
    text.push_str(&match (told.activated, told.unchanged, &told.failed) {
        (true, _, _) => format!(
            "{} {pack} judges, under revision {revision}\n",
            paint.good("activated:")
        ),
        (_, true, _) => format!(
            "{} {pack} judges already, under revision {revision}\n",
            paint.good("unchanged:")
        ),
        (_, _, Some(_)) => format!(
            "{} nothing changed, the active pack stays\n",
            paint.bad("refused:")
        ),
        _ => format!(
            "{} {pack} would judge, under revision {revision}; nothing changed\n",
            paint.good("in order:")
        ),
    });
    text
}
