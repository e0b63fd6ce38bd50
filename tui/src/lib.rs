//! The console: live tickets in the terminal, over the host's HTTP API and event stream
//! only. It runs from any machine with an address and a token; it knows no database, no
//! rules, and keeps nothing. It reads, and calls no tool.
//!
//! [`app::App`] is the console as a value, [`view`] draws it, `net` speaks with the host,
//! and [`run`] ties them to a terminal.

pub mod app;
pub mod detail;
pub mod keys;
pub mod link;
mod net;
pub mod queue;
mod run;
mod terminal;
#[cfg(test)]
mod testing;
pub mod trouble;
pub mod view;

use std::fmt;
use std::io;

pub use run::run;

/// What the console needs.
#[derive(Clone)]
pub struct Config {
    /// Where the host listens: `http://` or `https://`.
    pub url: String,
    /// The bearer token.
    pub token: String,
    /// Colours; without them, weight and reversal alone.
    pub color: bool,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // never the token
        write!(f, "Config({}, color: {})", self.url, self.color)
    }
}

/// Why the console did not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none.
    #[error(
        "`{0}` is not an http:// or https:// address; set --url or DISPATCH_URL, \
         such as http://127.0.0.1:7711"
    )]
    Url(String),
    /// There is no terminal to show it on.
    #[error(
        "the console needs a terminal for its input and output; `dispatch ticket list` does not"
    )]
    NoTerminal,
    /// The HTTP client did not start.
    #[error("the HTTP client did not start")]
    Http(#[source] reqwest::Error),
    /// The terminal failed.
    #[error("the terminal does not answer")]
    Terminal(#[from] io::Error),
}
