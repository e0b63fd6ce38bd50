//! The log: to standard error, for people or for machines.

use std::io::IsTerminal;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, registry};

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
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        Format::Pretty => lines.with_ansi(colour).with_target(false).boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    let begun = registry()
        .with(filter)
        .with(filter_fn(dispatch_gateway::may_be_logged))
        .with(lines)
        .try_init();
    begun.map_err(|error| Failure::Other(anyhow::anyhow!(error)))
}
