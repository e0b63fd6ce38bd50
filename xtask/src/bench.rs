//! `cargo xtask bench`: the release binaries, the guests and a Postgres, then the
//! benchmark itself, which is a crate of its own so that this one stays small.

use std::path::PathBuf;

use anyhow::Result;

use crate::setup::{self, postgres};
use crate::step::{run as run_command, step};
use crate::{guests, house};

/// Measure verdicts, commits beside pgbench, refusals, reads, memory and start.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the figures to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Seconds of each timed turn
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Measure this part only: verdicts, commits, refusals, reads, start, packs, gateways or
    /// console
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    /// Tickets in the database before anything is timed, such as 100000
    #[arg(long, value_name = "N")]
    tickets: Option<u32>,
}

pub(crate) fn run(args: Args) -> Result<()> {
    setup::wasm()?;
    guests::shipped()?;
    step("set up: Postgres", || postgres::ensure().map(drop))?;
    step("build: release", || {
        run_command(
            house::cargo()
                .args(["build", "--release", "--locked"])
                .args(["-p", "dispatch-cli", "-p", "dispatch-bench"])
                .env("SQLX_OFFLINE", "true"),
        )
    })?;
    let built = house::target().join("release");
    let mut bench = std::process::Command::new(built.join("dispatch-bench"));
    bench
        .arg("--dispatch")
        .arg(built.join("dispatch"))
        .arg("--pack")
        .arg(house::pack(house::SHIPPED))
        // a real gateway is watched too, where set-up put one
        .env("DISPATCH_TEST_OPENCLAW", house::target().join("openclaw"));
    let given = [
        ("--json", args.json.map(|file| file.into_os_string())),
        ("--seconds", args.seconds.map(|n| n.to_string().into())),
        ("--only", args.only.map(Into::into)),
        ("--tickets", args.tickets.map(|n| n.to_string().into())),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            bench.arg(name).arg(value);
        }
    }
    run_command(&mut bench)
}
