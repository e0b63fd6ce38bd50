//! `dispatch tools`: the closed toolset, from the contract; needs no host.

use dispatch_contract::{Role, State, Tool, schema};
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::list;
use crate::show::paint::Paint;
use crate::show::table::Table;

/// List the twelve tools; with --json also their schemas, as GET /v0/tools does
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One tool only, with its purpose
    #[arg(value_parser = super::call::tool_parser())]
    tool: Option<Tool>,
}

/// An entry, as `GET /v0/tools` has it.
#[derive(Serialize)]
struct Entry {
    name: Tool,
    purpose: &'static str,
    roles: &'static [Role],
    legal_states: &'static [State],
    schema: &'static Value,
}

#[derive(Serialize)]
struct List {
    tools: Vec<Entry>,
}

impl Args {
    pub(crate) fn run(self, global: &Global) -> Result<(), Failure> {
        let tools: Vec<Tool> = self
            .tool
            .map_or_else(|| Tool::ALL.to_vec(), |tool| vec![tool]);
        if global.json {
            let tools = tools.into_iter().map(|tool| Entry {
                name: tool,
                purpose: tool.purpose(),
                roles: tool.roles(),
                legal_states: tool.legal_states(),
                schema: schema::of(tool),
            });
            out::value(&List {
                tools: tools.collect(),
            });
            return Ok(());
        }
        let mut table = Table::new(&["TOOL", "ROLES", "LEGAL IN"]);
        for tool in &tools {
            let states = match (*tool, tool.legal_states()) {
                (Tool::TicketCreate, _) => "- (opens the ticket)".to_owned(),
                (_, all) if all.len() == State::ALL.len() => "any state".to_owned(),
                (_, some) => list(some),
            };
            table.row([tool.name().to_owned(), roles(*tool), states]);
        }
        let paint = Paint::of_stdout();
        let mut text = table.text(paint);
        if let Some(tool) = self.tool {
            text.push_str(&format!("\n{}\n", tool.purpose()));
        }
        text.push_str(
            &paint.faint("(own): on their own tickets only. --json prints the schemas.\n"),
        );
        out::text(&text);
        Ok(())
    }
}

fn roles(tool: Tool) -> String {
    let names: Vec<String> = tool
        .roles()
        .iter()
        .map(|role| match role {
            Role::Technician | Role::Customer => format!("{role} (own)"),
            Role::OperatorAdmin => role.to_string(),
            agent => agent
                .name()
                .trim_start_matches("system_")
                .trim_end_matches("_agent")
                .to_owned(),
        })
        .collect();
    list(&names)
}
