//! `dispatch policy run`: put calls to a pack, and say what it says.

use dispatch_contract::Verdict;
use dispatch_engine::{EngineConfig, Pack};
use serde::Serialize;

use super::question::{AskArgs, Asked};
use super::{house, verdict};
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// Put a call to a pack; exit status 1 where it is refused
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    ask: AskArgs,
}

/// One answer, with `--json`.
#[derive(Serialize)]
struct Answer {
    name: String,
    tool: String,
    verdict: Verdict,
    fault: Option<String>,
    took_us: f64,
}

impl Args {
    pub(super) async fn run(self, global: &Global) -> Result<(), Failure> {
        let engine = house::engine(EngineConfig::default())?;
        let (pack, asked) = self.ask.find(&engine, global).await?;
        let answers: Vec<Answer> = asked
            .into_iter()
            .map(|asked| answer(asked, &pack))
            .collect();
        if global.json {
            out::value(&answers);
        } else {
            out::text(&text(&answers, Paint::of_stdout()));
        }
        let refused = |answer: &Answer| matches!(answer.verdict, Verdict::Refuse(_));
        if answers.iter().any(refused) {
            Err(Failure::Found)
        } else {
            Ok(())
        }
    }
}

fn answer(asked: Asked, pack: &Pack) -> Answer {
    let (name, tool) = (asked.name, asked.tool.to_string());
    match asked.posed {
        Ok(question) => {
            let judged = pack.judge(&question);
            Answer {
                name,
                tool,
                verdict: judged.verdict,
                fault: judged.fault.map(|fault| fault.to_string()),
                took_us: judged.trace.elapsed_ns as f64 / 1000.0,
            }
        }
        Err(refusal) => Answer {
            name,
            tool,
            verdict: Verdict::Refuse(Box::new(refusal)),
            fault: None,
            took_us: 0.0,
        },
    }
}

fn text(answers: &[Answer], paint: Paint) -> String {
    let mut table = Table::new(&["CALL", "TOOL", "VERDICT"]);
    for answer in answers {
        let fault = answer.fault.as_ref().map(|fault| format!(" ({fault})"));
        let said = verdict::short(&answer.verdict) + &fault.unwrap_or_default();
        table.row([answer.name.clone(), answer.tool.clone(), said]);
    }
    table.text(paint)
}
