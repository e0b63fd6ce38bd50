//! What in a configuration breaks the rules: of a file, or as a running gateway tells it.

use dispatch_gateway::methods::config::Config;
use serde_json::Value;

use super::{Finding, agents, fixed, models, plugins, secrets};

/// Everything that is wrong, what breaks a rule first. Takes a configuration as a file has
/// it, or `config` of a gateway's `config.get`, where secrets are hidden.
#[must_use]
pub fn check(config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    fixed::check(config, &mut findings);
    plugins::check(config, &mut findings);
    agents::check(config, &mut findings);
    models::check_shared(config, &mut findings);
    secrets::check(config, &mut findings);
    // by weight only: what belongs together stays together
    findings.sort_by_key(|finding| finding.weight);
    findings
}

/// The same of a running gateway, whose file may be another than what it runs on.
#[must_use]
pub fn check_running(seen: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !seen.valid {
        let issues: Vec<String> = seen.issues.iter().map(ToString::to_string).collect();
        findings.push(Finding::breaks(
            seen.path.as_deref().unwrap_or("the configuration file"),
            format!(
                "it does not hold, and the gateway runs on what it read before: {:.400}",
                issues.join("; ")
            ),
            "what `openclaw doctor` says of it",
        ));
    }
    findings.extend(check(&seen.config));
    findings
}

#[cfg(test)]
mod tests;
