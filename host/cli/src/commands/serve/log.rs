//! The log: to standard error, for people or for machines.

use std::io::IsTerminal;

use dispatch_gateway::LOG_LIMIT;
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// What is logged where RUST_LOG says nothing.
const DEFAULT: &str = "info,sqlx=warn,wasmtime=warn,cranelift_codegen=warn";

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Begin to log. Once per process.
pub(super) fn begin(format: Format) -> Result<(), Failure> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(&text).map_err(|error| {
            Failure::usage(format!(
                "RUST_LOG is not in order: {error}; try RUST_LOG=info"
            ))
        })?,
        _ => EnvFilter::new(DEFAULT),
    };
    let filter = filter.add_directive(LOG_LIMIT.parse().map_err(anyhow::Error::new)?);
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let begun = match format {
        Format::Pretty => log.with_ansi(colour).with_target(false).try_init(),
        Format::Json => log.json().flatten_event(true).try_init(),
    };
    begun.map_err(|error| Failure::Other(anyhow::anyhow!(error)))
}
