//! The console: live tickets in the terminal, over the host's HTTP API and event stream
//! only. It runs from any machine with an address and a token; it knows no database, no
//! rules, and keeps nothing. What it changes, it changes by calling the host's tools.
//!
//! [`app`] is the console as a value, [`views`] are its rooms, [`shell`] is what is around
//! them, [`draw`] shows it, [`net`] speaks with the host, and [`run`] ties them to a terminal.
#![expect(
    rustdoc::private_intra_doc_links,
    reason = "the map above is for whoever reads the source"
)]

mod app;
mod ask;
mod config;
mod doing;
mod draw;
mod effects;
mod fold;
mod form;
#[cfg(test)]
mod gallery;
mod grid;
pub mod keys;
mod launch;
mod link;
mod local;
mod net;
pub mod pilot;
mod run;
mod shell;
mod terminal;
#[cfg(test)]
mod testing;
mod text;
pub mod theme;
mod trouble;
mod views;
mod world;

use std::io;

pub use config::BadConfig;
pub use launch::Launch;
pub use run::run;

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
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// The HTTP client did not start.
    #[error("the HTTP client did not start")]
    Http(#[source] reqwest::Error),
    /// A part of the console panicked, and the terminal was given back for what it said.
    #[error("the console had to stop: a part of it panicked, as is said above")]
    Panicked,
    /// The terminal failed.
    #[error("the terminal does not answer")]
    Terminal(#[from] io::Error),
}
