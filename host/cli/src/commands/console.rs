//! `dispatch console`: live tickets in the terminal. All of it is in the console's own
//! crate; here is only what every command shares.

use dispatch_tui::{Error, Launch};

use crate::failure::Failure;
use crate::global::Global;

/// Live tickets, audit, decisions and gateways in the terminal; `?` shows the keys
///
/// Works from any machine over the host's HTTP API. Live updates need an operator's token.
/// Hosts with names, where their tokens come from, colours and keys stand in
/// ~/.config/real-dispatch/console.toml, or where DISPATCH_CONSOLE_CONFIG says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A host of the configuration, by its name there
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Call no tool, whatever the token may
    #[arg(long)]
    read_only: bool,
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        if global.json {
            return Err(Failure::usage(
                "the console has no JSON; `dispatch ticket list --json` has",
            ));
        }
        let given = global.token_file.is_some() || std::env::var_os("DISPATCH_TOKEN").is_some();
        let token = match (&self.host, given) {
            // a named host has its own
            (None, true) => Some(global.token()?.expose().to_owned()),
            _ => None,
        };
        let launch = Launch {
            url: global.url.clone(),
            token,
            host: self.host,
            read_only: self.read_only,
        };
        dispatch_tui::run(launch)
            .await
            .map_err(|error| match error {
                Error::Url(_) | Error::NoTerminal => Failure::usage(error.to_string()),
                Error::Config(bad) => {
                    let why = std::error::Error::source(&bad).map(|why| format!(": {why}"));
                    Failure::usage(format!("{bad}{}", why.unwrap_or_default()))
                }
                other => Failure::Other(other.into()),
            })
    }
}
