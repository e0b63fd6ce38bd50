//! `dispatch`: the one binary. It parses, asks and prints; what is decided is
//! decided elsewhere, by the host over HTTP or by the crates that `serve` puts together.

mod client;
mod commands;
mod failure;
mod global;
mod house;
mod out;
mod show;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::global::Global;

/// A call makes many small values on one thread and drops them on another. Measured: a
/// commit takes the host a fifth less time than with the system's allocator, for 40 MB more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Dispatch and closeout for field service: a host that judges every call, and the
/// commands to run it and to speak with it.
///
/// Exit status: 0 done, 1 refused or found wrong, 2 used wrongly, 3 not reachable.
#[derive(Parser)]
#[command(name = "dispatch", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let json = global.json;
    match command.run(global) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(json);
            ExitCode::from(failure.status())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_arguments_are_in_order() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_flag_takes_a_token_itself() {
        fn look(command: &clap::Command) {
            for argument in command.get_arguments() {
                assert_ne!(argument.get_long(), Some("token"), "{}", command.get_name());
            }
            command.get_subcommands().for_each(look);
        }
        look(&Cli::command());
    }
}
