//! `dispatch gateway config`: the configuration of a gateway that runs the dispatch agents.

mod check;
mod render;

use crate::failure::Failure;

/// Render a gateway's configuration for the dispatch agents, or check one
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Render(render::Args),
    Check(check::Args),
}

impl Args {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        match self.action {
            Action::Render(args) => args.run(),
            Action::Check(args) => args.run(json).await,
        }
    }
}
