//! `cargo xtask demo`: sets up what is missing, builds and starts the host, and takes
//! one ticket from new to closed through the binary that a user has.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::setup::{self, postgres};
use crate::step::{run as run_command, step};
use crate::{guests, house};

mod caller;
mod cast;
mod host;
mod interrupt;
mod job;
mod next;
mod papers;
mod story;

use caller::Caller;
use cast::Cast;
use host::Host;
use interrupt::Interrupt;

/// Start a host and take one ticket from new to closed.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Stop the host at the end instead of leaving it up until Ctrl-C
    #[arg(long)]
    exit: bool,
    /// Where the host listens on 127.0.0.1; 7711 where that is free, else any
    #[arg(long, value_name = "N")]
    port: Option<u16>,
}

pub(crate) fn run(args: Args) -> Result<()> {
    setup::wasm()?;
    guests::shipped()?;
    step("set up: Postgres", || postgres::ensure().map(drop))?;
    step("build the host", build)?;
    // from here on an interrupt is ours to handle: the host is stopped first
    let interrupt = Interrupt::listen()?;
    let mut host = step("start the host", || {
        Host::start(&binary(), &folder()?, args.port, &interrupt)
    })?;
    let told = tell(&host, &interrupt).and_then(|(cast, ticket)| {
        if args.exit {
            return Ok(());
        }
        next::print(&host, &cast, &ticket);
        host.wait(&interrupt)
    });
    if told.is_err() {
        host.print_log();
    }
    println!("stopping the host");
    let stopped = host.stop();
    // what went wrong first is what the reader wants to know
    told.and(stopped)?;
    println!("stopped");
    Ok(())
}

fn tell(host: &Host, interrupt: &Interrupt) -> Result<(Cast, String)> {
    let caller = Caller::new(&binary(), host.url(), interrupt);
    let cast = Cast::gather(&caller, host)?;
    println!("\none ticket, from new to closed ({})\n", host.url());
    let ticket = story::tell(&caller, &cast)?;
    papers::check(&caller, &cast, host, &ticket)?;
    Ok((cast, ticket))
}

fn build() -> Result<()> {
    run_command(
        house::cargo()
            .args(["build", "--locked", "--package", "dispatch-cli"])
            .env("SQLX_OFFLINE", "true"),
    )
}

fn binary() -> PathBuf {
    house::target().join("debug/dispatch")
}

/// What the demo leaves for its reader: tokens, papers, the host's log.
fn folder() -> Result<PathBuf> {
    let folder = house::target().join("demo");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}
