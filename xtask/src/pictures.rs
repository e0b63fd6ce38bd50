//! `cargo xtask pictures`: what the console shows, made again: the README's pictures and
//! key table, and the styled snapshots that its tests hold it to. Read the diff.

use anyhow::Result;

use crate::house;
use crate::step::run as run_command;

/// Draw the console's pictures and snapshots, and its key table, again
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: Args) -> Result<()> {
    // the tests that hold them fresh are what makes them
    run_command(
        house::cargo()
            .args(["test", "--locked", "-p", "dispatch-tui", "--lib", "--"])
            .args(["gallery::", "the_readme_has"])
            .envs([("UPDATE_GOLDEN", "1"), ("INSTA_UPDATE", "always")]),
    )
}
