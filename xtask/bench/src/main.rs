//! What the house can do, measured in one run on one Postgres: `cargo xtask bench`
//! builds this and starts it. It stands outside: it starts the host's own binary, speaks
//! HTTP to it, and runs pgbench beside it on a copy of its database.
#![expect(clippy::print_stdout, reason = "a command for a terminal")]

mod commits;
mod console;
mod figures;
mod floods;
mod gateways;
mod host;
mod house;
mod load;
mod mix;
mod native;
mod paced;
mod packs;
mod pgbench;
mod processor;
mod questions;
mod samples;
mod tickets;
mod tokens;
mod verdicts;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;

use crate::figures::Figures;

/// Measure the house.
#[derive(Parser)]
struct Args {
    /// The host's binary
    #[arg(long)]
    dispatch: PathBuf,
    /// The pack's folder
    #[arg(long)]
    pack: PathBuf,
    /// Write the figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Seconds of each timed turn
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Measure this part only
    #[arg(long)]
    only: Option<Part>,
    /// Tickets in the database before anything is timed
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(3..=10_000_000))]
    tickets: u32,
}

/// A part of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Part {
    /// What a verdict takes, and the same rules as plain Rust
    Verdicts,
    /// Committed calls by HTTP beside pgbench
    Commits,
    /// Calls refused for their role
    Refusals,
    /// Reads of a ticket's snapshot
    Reads,
    /// From start to ready
    Start,
    /// Activations, what would flip, shadow, and swaps under load
    Packs,
    /// What watching fifty gateways costs, and how soon it is known what is wrong with one
    Gateways,
    /// The console in a terminal: how soon it shows what, under load too, and its memory
    Console,
}

impl Args {
    fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let mut figures = Figures::default();
    if args.wants(Part::Verdicts) {
        verdicts::measure(&args.pack, args.seconds as f64, &mut figures)?;
    }
    if args.only != Some(Part::Verdicts) {
        // one thread: the load leaves the other processors to host and database
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(async {
                tokio::select! {
                    measured = house::measure(args, &mut figures) => measured,
                    _ = tokio::signal::ctrl_c() => bail!("interrupted"),
                }
            })?;
    }
    figures.print();
    if let Some(file) = &args.json {
        let text = serde_json::to_vec_pretty(&figures.json())?;
        std::fs::write(file, text).with_context(|| file.display().to_string())?;
        println!("\nwritten to {}", file.display());
    }
    Ok(())
}
