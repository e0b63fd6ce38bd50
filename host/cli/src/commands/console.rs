//! `dispatch console`: live tickets in the terminal. All of it is in the console's own
//! crate; here is only what every command shares.

use dispatch_tui::{Config, Error};

use crate::failure::Failure;
use crate::global::Global;
use crate::show::paint::Paint;

/// Live tickets in the terminal, read-only; `?` shows the keys
///
/// Works from any machine over the host's HTTP API. Live updates need an operator's token.
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        if global.json {
            return Err(Failure::usage(
                "the console has no JSON; `dispatch ticket list --json` has",
            ));
        }
        let config = Config {
            url: global.url.clone(),
            token: global.token()?.expose().to_owned(),
            color: Paint::of_stdout().is_on(),
        };
        dispatch_tui::run(config)
            .await
            .map_err(|error| match error {
                Error::Url(_) | Error::NoTerminal => Failure::usage(error.to_string()),
                other => Failure::Other(other.into()),
            })
    }
}
