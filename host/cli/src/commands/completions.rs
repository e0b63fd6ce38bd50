//! `dispatch completions`: a script for the shell.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::failure::Failure;
use crate::{Cli, out};

/// Print the completions of a shell
///
/// For bash: `dispatch completions bash > ~/.local/share/bash-completion/completions/dispatch`
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

impl Args {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "dispatch", &mut script);
        out::text(&String::from_utf8_lossy(&script));
        Ok(())
    }
}
