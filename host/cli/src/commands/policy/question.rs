//! The call that `run` and `explain` put to a pack: out of a case file, a question's JSON,
//! or what the database recorded.

use std::path::{Path, PathBuf};

use dispatch_contract::question::Question;
use dispatch_contract::{DecisionId, Refusal, Tool, Verdict};
use dispatch_engine::{Engine, Pack, PackCases};
use dispatch_ledger::Ledger;

use super::choice::PackChoice;
use crate::failure::Failure;
use crate::global::Global;
use crate::house::database::{DatabaseArgs, away};

/// Connections to the database.
const CONNECTIONS: u32 = 2;
/// The largest file of a question, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// Which call, and which pack.
#[derive(clap::Args)]
pub(super) struct AskArgs {
    /// The pack: a folder, `active`, `revision:N`, or 8 or more digits of a digest
    #[arg(value_name = "PACK")]
    pub(super) pack: PackChoice,
    /// A file of decision cases (.toml), or a question as JSON
    #[arg(
        value_name = "FILE",
        required_unless_present = "decision",
        conflicts_with = "decision"
    )]
    file: Option<PathBuf>,
    /// The case of the file with this name, where it has more than one
    #[arg(long, value_name = "NAME", requires = "file")]
    case: Option<String>,
    /// A call that the database recorded, by its decision's id
    #[arg(long, value_name = "ID")]
    decision: Option<DecisionId>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// A call, and what was said to it before.
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) tool: Tool,
    /// The question, or the refusal with which the schema ends the matter before any pack
    /// is asked.
    pub(super) posed: Result<Question, Refusal>,
    /// The verdict on record.
    pub(super) recorded: Option<Verdict>,
}

impl Asked {
    fn of(name: String, question: Question) -> Self {
        Self {
            name,
            tool: question.call.tool(),
            posed: Ok(question),
            recorded: None,
        }
    }
}

impl AskArgs {
    /// The pack, and the calls: one, but for a file of cases without `--case`.
    pub(super) async fn find(
        &self,
        engine: &Engine,
        global: &Global,
    ) -> Result<(Pack, Vec<Asked>), Failure> {
        if self.decision.is_none() && !self.pack.needs_ledger() {
            let asked = self.of_file()?;
            return Ok((self.pack.load(engine, None, global).await?, asked));
        }
        let database = self.database.reach().await?;
        let outcome = match database.connect(CONNECTIONS).await {
            Ok(ledger) => {
                let outcome = self.of_ledger(engine, &ledger, global).await;
                ledger.shutdown().await.ok();
                outcome
            }
            Err(failure) => Err(failure),
        };
        database.close().await;
        outcome
    }

    async fn of_ledger(
        &self,
        engine: &Engine,
        ledger: &Ledger,
        global: &Global,
    ) -> Result<(Pack, Vec<Asked>), Failure> {
        let asked = match self.decision {
            None => self.of_file()?,
            Some(id) => vec![recorded(ledger, id).await?],
        };
        Ok((self.pack.load(engine, Some(ledger), global).await?, asked))
    }

    fn of_file(&self) -> Result<Vec<Asked>, Failure> {
        let file = self.file.as_deref().unwrap_or(Path::new(""));
        let shown = file.display();
        let unread = |why: String| Failure::usage(format!("{shown} {why}"));
        let size =
            std::fs::metadata(file).map_err(|error| unread(format!("cannot be read: {error}")))?;
        if size.len() > MAX_BYTES {
            return Err(unread("is too large: at most 4 MiB are read".into()));
        }
        let text = std::fs::read_to_string(file)
            .map_err(|error| unread(format!("cannot be read: {error}")))?;
        if file.extension().is_some_and(|ending| ending == "toml") {
            return self.of_cases(&text);
        }
        let question = serde_json::from_str(&text).map_err(|error| {
            unread(format!("is no question (actor, call, facts, now): {error}"))
        })?;
        Ok(vec![Asked::of(shown.to_string(), question)])
    }

    fn of_cases(&self, text: &str) -> Result<Vec<Asked>, Failure> {
        let file = self
            .file
            .as_deref()
            .unwrap_or(Path::new(""))
            .display()
            .to_string();
        let found = PackCases::parse(&file, text);
        if let Some(broken) = found.broken.first() {
            return Err(Failure::usage(broken.to_string()));
        }
        let wanted = |name: &str| self.case.as_deref().is_none_or(|case| case == name);
        let asked: Vec<Asked> = found
            .cases
            .iter()
            .filter(|case| wanted(&case.name))
            .map(|case| Asked {
                name: case.name.clone(),
                tool: case.tool,
                posed: case.question().cloned().map_err(Clone::clone),
                recorded: None,
            })
            .collect();
        if asked.is_empty() {
            let names: Vec<&str> = found.cases.iter().map(|case| case.name.as_str()).collect();
            return Err(Failure::usage(format!(
                "{file} has no such case; it has: {}",
                names.join("; ")
            )));
        }
        Ok(asked)
    }
}

async fn recorded(ledger: &Ledger, id: DecisionId) -> Result<Asked, Failure> {
    let record = ledger
        .decision(id)
        .await
        .map_err(|error| away(error, "the decision could not be read"))?
        .ok_or_else(|| {
            Failure::Other(anyhow::anyhow!(
                "there is no decision {id} in this database"
            ))
        })?;
    let question = record.question.ok_or_else(|| {
        Failure::Other(anyhow::anyhow!(
            "decision {id} was made before any pack was asked: it has no question to put"
        ))
    })?;
    Ok(Asked {
        recorded: record.verdict,
        ..Asked::of(format!("decision {id}"), question)
    })
}
