//! `dispatch policy mode`: what a stored pack is used for.

use std::path::Path;

use dispatch_contract::Tool;
use dispatch_contract::packs::{ModeOutcome, PackMode, PackOutcome};
use reqwest::Method;
use serde_json::json;

use super::{activate, outcome};
use crate::client::Client;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::list;
use crate::show::paint::Paint;

/// Let a pack judge, judge in shadow, or no longer (operators)
///
/// In shadow a pack judges every call beside the active one. Where its verdict differs, the
/// difference is recorded and never applied; `dispatch policy differences` lists them. One
/// pack is in shadow at a time.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Its digest (the first 8 digits will do); for shadow also its folder, which is
    /// handed to the host then
    pack: String,
    /// What it is used for
    mode: Mode,
    /// Shadow: only calls of this tool. Off: no longer calls of this tool. Repeatable
    #[arg(long = "tool", value_name = "TOOL")]
    tools: Vec<Tool>,
    /// Why, for the log
    #[arg(long)]
    reason: String,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    /// It judges
    Enforce,
    /// It judges beside the active one; differences are recorded, never applied
    Shadow,
    /// It is used for nothing
    Off,
}

impl From<Mode> for PackMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Enforce => Self::Enforce,
            Mode::Shadow => Self::Shadow,
            Mode::Off => Self::Off,
        }
    }
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let client = global.client()?;
        let digest = match self.handed_over(&client, global).await? {
            Some(digest) => digest,
            None => self.pack.to_ascii_lowercase(),
        };
        let mut body = json!({ "mode": PackMode::from(self.mode), "reason": self.reason });
        if !self.tools.is_empty() {
            body["tools"] = json!(self.tools);
        }
        let path = ["v0", "packs", &digest, "mode"];
        let answer = client.slow_json(Method::PUT, &path, &body).await?;
        let told: ModeOutcome = answer.read()?;
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

    /// A folder's pack is handed to the host, which keeps it without letting it judge.
    async fn handed_over(
        &self,
        client: &Client,
        global: &Global,
    ) -> Result<Option<String>, Failure> {
        let folder = Path::new(&self.pack);
        if self.mode != Mode::Shadow || !folder.is_dir() {
            return Ok(None);
        }
        let query = [
            ("activate", Some("false".to_owned())),
            ("keep", Some("true".to_owned())),
        ];
        let archive = activate::archive(folder, global)?;
        let answer = activate::propose(client, &query, archive).await?;
        let told: PackOutcome = answer.read()?;
        match (&told.failed, told.pack) {
            (None, Some(pack)) => Ok(Some(pack.digest)),
            (failed, _) => {
                if global.json {
                    out::json(&answer.bytes);
                } else if let Some(failed) = failed {
                    let paint = Paint::of_stdout();
                    out::text(&outcome::steps(&told.steps, paint));
                    out::text(&outcome::failed(failed, paint));
                }
                Err(Failure::Found)
            }
        }
    }
}

fn text(told: &ModeOutcome, paint: Paint) -> String {
    let mut text = outcome::steps(&told.steps, paint);
    let pack = outcome::named(&told.pack);
    if let Some(failed) = &told.failed {
        text.push_str(&outcome::failed(failed, paint));
        text.push_str(&format!("{} nothing changed\n", paint.bad("refused:")));
        return text;
    }
    let so = if told.changed { "now" } else { "already" };
    text.push_str(&match told.mode {
        PackMode::Enforce => format!(
            "{} {pack} judges {so}, under revision {}\n",
            paint.good("enforced:"),
            told.revision.unwrap_or(0)
        ),
        PackMode::Shadow => format!(
            "{} {pack} judges {so} beside the active pack: {}\n",
            paint.good("in shadow:"),
            told.tools
                .as_ref()
                .map_or_else(|| "every tool".to_owned(), |tools| list(tools))
        ),
        PackMode::Off if told.changed => {
            format!("{} {pack} is in shadow no longer\n", paint.good("off:"))
        }
        PackMode::Off => format!(
            "{} {pack} was not in shadow, nothing changed\n",
            paint.good("off:")
        ),
    });
    if let Some(replaced) = &told.replaced {
        let replaced = outcome::named(replaced);
        text.push_str(&format!("{replaced} was in shadow before, and is off\n"));
    }
    text
}
