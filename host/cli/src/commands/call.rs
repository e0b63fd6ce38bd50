//! `dispatch call`: one tool call, from JSON or from flags.

mod body;
mod shown;

use std::time::Instant;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use dispatch_contract::{TicketId, Tool};
use reqwest::Method;
use ulid::Ulid;

use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;

/// Call a tool
///
/// The body is what --data says, with what the other flags say put into it:
/// `dispatch call dispatch.set_eta --ticket ID --set eta_text="9 to 10"`. The words after
/// `=` are text where the tool's schema takes text, else JSON.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One of the twelve; `dispatch tools` lists them
    #[arg(value_parser = tool_parser())]
    tool: Tool,
    /// The body as JSON, as @FILE, or - for standard input
    #[arg(long, short, value_name = "JSON|@FILE|-")]
    data: Option<String>,
    /// The ticket's id
    #[arg(long, value_name = "ID")]
    ticket: Option<TicketId>,
    /// One value of the body: message.raw=hello, windows.0.timezone=America/New_York
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// The idempotency key; a fresh one where not given
    #[arg(long, value_name = "KEY")]
    request_id: Option<String>,
    /// Refuse unless the ticket is still at this version
    #[arg(long, value_name = "VERSION")]
    expected_version: Option<u64>,
    /// Judge and explain, commit nothing
    #[arg(long)]
    dry_run: bool,
    /// Say on standard error how long the host took to answer
    #[arg(long)]
    timing: bool,
    /// Pass a gate, and say why (operators): 10 to 500 characters, audited
    #[arg(long = "override", value_name = "REASON")]
    gate_override: Option<String>,
}

/// A tool by its name, with all names in the help and the completions.
pub(crate) fn tool_parser() -> impl TypedValueParser<Value = Tool> {
    PossibleValuesParser::new(Tool::ALL.map(Tool::name))
        .map(|name| name.parse().expect("only names of tools are possible"))
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let given = body::Given {
            data: self.data.as_deref(),
            ticket: self.ticket,
            sets: &self.sets,
            request_id: self.request_id.as_deref(),
            expected_version: self.expected_version,
            gate_override: self.gate_override.as_deref(),
        };
        let body = body::of(self.tool, &given, || Ulid::generate().to_string())?;
        let client = global.client()?;
        let began = Instant::now();
        let path = ["v0", "tools", self.tool.name()];
        let answer = client
            .json(Method::POST, &path, self.dry_run, &body)
            .await
            .map_err(|failure| may_be_committed(failure, &body))?;
        let took = began.elapsed();
        if self.timing {
            out::error(&format!("answered in {} us\n", took.as_micros()));
        }
        if self.dry_run {
            return shown::dry_run(&answer, global.json);
        }
        if global.json {
            out::json(&answer.bytes);
            return Ok(());
        }
        let committed = answer.read()?;
        let paint = Paint::of_stdout();
        out::text(&shown::committed(
            self.tool,
            &committed,
            answer.replayed,
            took,
            paint,
        ));
        Ok(())
    }
}

/// A call without an answer may have been committed: its key finds out.
fn may_be_committed(failure: Failure, body: &serde_json::Value) -> Failure {
    match (failure, body["request_id"].as_str()) {
        (Failure::Unreachable { message, source }, Some(key)) => Failure::Unreachable {
            message: format!(
                "{message} (to send the very same call again: --request-id {key}; it is \
                 committed once at most)"
            ),
            source,
        },
        (other, _) => other,
    }
}
