//! `dispatch policy`: what a pack's author and its operator do, one file per command.
//! Here only the way to each.

mod activate;
mod bench;
mod build;
mod check;
mod choice;
mod diff;
mod differences;
mod explain;
mod failed;
mod house;
mod inspect;
mod junit;
mod keygen;
mod log;
mod mode;
mod new;
mod outcome;
mod password;
mod question;
mod rollback;
mod run;
mod sign;
mod since;
mod test;
mod toolchains;
mod verdict;
mod verify;
mod wrong;

use super::wait;
use crate::failure::Failure;
use crate::global::Global;

/// Write, prove and look after policy packs
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

/// Each variant is its module's arguments; their `run` does it.
#[derive(clap::Subcommand)]
enum Action {
    New(new::Args),
    Build(build::Args),
    Check(check::Args),
    Test(test::Args),
    Run(run::Args),
    Explain(explain::Args),
    Bench(bench::Args),
    Inspect(inspect::Args),
    Diff(diff::Args),
    Keygen(keygen::Args),
    Sign(sign::Args),
    Verify(verify::Args),
    Activate(activate::Args),
    Rollback(rollback::Args),
    Log(log::Args),
    Mode(mode::Args),
    Differences(differences::Args),
}

impl Args {
    pub(crate) fn run(self, global: &Global) -> Result<(), Failure> {
        match self.action {
            Action::New(args) => args.run(global),
            Action::Build(args) => args.run(global),
            Action::Check(args) => args.run(global),
            Action::Test(args) => args.run(global),
            Action::Run(args) => wait(args.run(global)),
            Action::Explain(args) => wait(args.run(global)),
            Action::Bench(args) => args.run(global),
            Action::Inspect(args) => args.run(global),
            Action::Diff(args) => wait(args.run(global)),
            Action::Keygen(args) => args.run(global),
            Action::Sign(args) => args.run(global),
            Action::Verify(args) => args.run(global),
            Action::Activate(args) => wait(args.run(global)),
            Action::Rollback(args) => wait(args.run(global)),
            Action::Log(args) => wait(args.run(global)),
            Action::Mode(args) => wait(args.run(global)),
            Action::Differences(args) => wait(args.run(global)),
        }
    }
}
