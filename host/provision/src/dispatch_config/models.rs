//! Models, and what runs an agent's turns: the gateway itself, and nothing else.

use serde_json::Value;

use super::path::{at, fields};
use super::{Finding, fixed};

/// Why nothing else may.
pub(super) const OTHER_PROGRAM: &str =
    "another program would do the agent's work, with tools of its own";

/// What may run a turn: the gateway, said or chosen by itself.
const RUNTIMES: [&str; 2] = ["openclaw", "auto"];

/// Finds what is wrong with the models of all agents and of providers. Each agent's own are
/// looked at with the agent.
pub(super) fn check_shared(config: &Value, findings: &mut Vec<Finding>) {
    let path = "agents.defaults.models";
    check(path, at(config, path), findings);
    for (name, provider) in fields(at(config, "models.providers")) {
        let path = format!("models.providers.{name}");
        runtime(&path, provider, findings);
        let models = provider["models"].as_array();
        for (index, model) in models.into_iter().flatten().enumerate() {
            runtime(&format!("{path}.models.{index}"), model, findings);
        }
    }
}

/// Finds what is wrong with settings of models, by their names.
pub(super) fn check(path: &str, models: &Value, findings: &mut Vec<Finding>) {
    for (name, model) in fields(models) {
        let path = format!("{path}.{name}");
        let code = &model["codeMode"];
        if !code.is_null() && code != false {
            let place = format!("{path}.codeMode");
            findings.push(Finding::breaks(place, fixed::CODE, "false"));
        }
        runtime(&path, model, findings);
    }
}

fn runtime(path: &str, settings: &Value, findings: &mut Vec<Finding>) {
    let id = &settings["agentRuntime"]["id"];
    if !id.is_null() && !RUNTIMES.iter().any(|runtime| id == runtime) {
        findings.push(Finding::breaks(
            format!("{path}.agentRuntime.id"),
            OTHER_PROGRAM,
            "\"openclaw\"",
        ));
    }
}
