//! What every command takes: where the host is, who asks, how to print.

use std::path::PathBuf;

use crate::client::Client;
use crate::client::token::{self, Token};
use crate::failure::Failure;

/// Options of every command.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Where the host listens
    #[arg(
        long,
        global = true,
        env = "DISPATCH_URL",
        default_value = "http://127.0.0.1:7711"
    )]
    pub(crate) url: String,
    /// A file that holds the bearer token; without it, DISPATCH_TOKEN
    #[arg(long, global = true, env = "DISPATCH_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Print JSON: the host's answer as it is, or its problem document
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Global {
    /// A client with the caller's token.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Client::new(&self.url, self.token()?)
    }

    /// The caller's token.
    pub(crate) fn token(&self) -> Result<Token, Failure> {
        token::find(
            self.token_file.as_deref(),
            std::env::var("DISPATCH_TOKEN").ok(),
        )
    }
}
