//! `dispatch gateway config render`.

use std::path::{Path, PathBuf};

use dispatch_contract::Role;
use dispatch_gateway::SecretRef;
use dispatch_provision::dispatch_config::{AgentPlan, Plan, render};

use crate::failure::Failure;
use crate::out;

/// Print a gateway's configuration: the four dispatch agents, each with the tools of its
/// role and a credential of its own, and nothing else
///
/// It holds references to secrets, never secrets: env:NAME is a variable of the gateway's
/// environment, file:/path a file that the gateway's user alone may read. Write it to the
/// gateway's OPENCLAW_CONFIG_PATH, and add channels and a model there.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The gateway's name, unlike that of every other gateway of the house
    #[arg(long, default_value = "dispatch")]
    name: String,
    /// The port it listens on, on this machine alone
    #[arg(long, default_value_t = 18789)]
    port: u16,
    /// Where the host listens, as the gateway reaches it
    #[arg(long, default_value = "http://127.0.0.1:7711", value_name = "URL")]
    host: String,
    /// The plugin's folder
    #[arg(long, default_value = "plugin", value_name = "FOLDER")]
    plugin: PathBuf,
    /// Each agent has a workspace below this folder
    #[arg(long, default_value = "openclaw-workspaces", value_name = "FOLDER")]
    workspaces: PathBuf,
    /// The model of all four, as the gateway knows it: provider/model
    #[arg(long)]
    model: Option<String>,
    /// Where the gateway's own token is
    #[arg(long, default_value = "env:OPENCLAW_GATEWAY_TOKEN", value_name = "REF")]
    token_ref: SecretRef,
    /// Where the intake agent's credential is
    #[arg(long, default_value = "env:DISPATCH_INTAKE_TOKEN", value_name = "REF")]
    intake: SecretRef,
    /// Where the scheduling agent's credential is
    #[arg(
        long,
        default_value = "env:DISPATCH_SCHEDULING_TOKEN",
        value_name = "REF"
    )]
    scheduling: SecretRef,
    /// Where the technician liaison agent's credential is
    #[arg(long, default_value = "env:DISPATCH_LIAISON_TOKEN", value_name = "REF")]
    liaison: SecretRef,
    /// Where the closeout agent's credential is
    #[arg(
        long,
        default_value = "env:DISPATCH_CLOSEOUT_TOKEN",
        value_name = "REF"
    )]
    closeout: SecretRef,
}

impl Args {
    pub(super) fn run(self) -> Result<(), Failure> {
        let plugin = absolute(&self.plugin)?;
        if !plugin.join("openclaw.plugin.json").is_file() {
            return Err(Failure::usage(format!(
                "{} is not the plugin's folder: give it with --plugin",
                plugin.display()
            )));
        }
        let mut agents = AgentPlan::four();
        for agent in &mut agents {
            agent.credential = match agent.role {
                Role::SystemSchedulingAgent => self.scheduling.clone(),
                Role::SystemTechnicianLiaisonAgent => self.liaison.clone(),
                Role::SystemCloseoutAgent => self.closeout.clone(),
                _ => self.intake.clone(),
            };
        }
        let plan = Plan {
            name: self.name,
            port: self.port,
            token: self.token_ref,
            host: self.host,
            plugin,
            workspaces: absolute(&self.workspaces)?,
            model: self.model,
            agents,
        };
        let config = render(&plan).map_err(|error| Failure::usage(error.to_string()))?;
        out::value(&config);
        Ok(())
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}
