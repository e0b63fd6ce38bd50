//! `cargo xtask`: the chores of this repository. The first thing a new user compiles,
//! so it depends on little; what needs the whole house starts the house's own binary.
//!
//! Adding a task: a module with `Args` (clap) and `run(Args)`, a `mod` line, and a
//! line in [`Task`].
#![expect(clippy::print_stdout, reason = "a command for a terminal")]

use std::process::ExitCode;

use clap::Parser;

mod bench;
mod bindings;
mod demo;
mod fresh;
mod guests;
mod house;
mod pg;
mod pictures;
mod plugin;
mod setup;
mod sqlx_data;
mod step;
mod test;

/// Chores of the Real Dispatch repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

/// Each variant is its module's `Args`; the module's `run` does it.
macro_rules! tasks {
    ($($task:ident => $module:ident),* $(,)?) => {
        #[derive(clap::Subcommand)]
        enum Task {
            $($task($module::Args),)*
        }

        impl Task {
            fn run(self) -> anyhow::Result<()> {
                match self {
                    $(Self::$task(args) => $module::run(args),)*
                }
            }
        }
    };
}

tasks! {
    Setup => setup,
    Demo => demo,
    Test => test,
    Guests => guests,
    Bindings => bindings,
    Plugin => plugin,
    SqlxData => sqlx_data,
    Bench => bench,
    Pg => pg,
    Pictures => pictures,
}

fn main() -> ExitCode {
    match Cli::parse().task.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
