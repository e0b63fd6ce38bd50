//! Prints the plugin's `tools.json`: what `cargo xtask plugin` writes to `plugin/tools.json`.

use std::io::Write;

use dispatch_contract::agent_tools;
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let tools: Vec<Value> = agent_tools::all()
        .iter()
        .map(agent_tools::AgentTool::to_json)
        .collect();
    let text = serde_json::to_string_pretty(&sorted(json!({ "tools": tools })))?;
    writeln!(std::io::stdout(), "{text}")
}

/// Keys in one order, whichever way this build of the JSON library keeps them.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            fields.sort_by(|one, other| one.0.cmp(&other.0));
            let fields = fields.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(fields.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
