//! The password of a secret key: from a file, from the environment, or asked for. Never
//! from the command line, which others on the machine can read.

use std::io::{IsTerminal, stdin};
use std::path::PathBuf;

use crate::failure::Failure;

/// The variable that holds the password.
const VARIABLE: &str = "DISPATCH_SIGNING_PASSWORD";

/// Where the password comes from.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct PasswordArgs {
    /// A file whose first line is the password; without it, DISPATCH_SIGNING_PASSWORD, else
    /// you are asked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// The password; `twice`: asked for again, since nobody can see what was typed.
    pub(super) fn find(&self, twice: bool) -> Result<String, Failure> {
        if let Some(file) = &self.password_file {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Failure::usage(format!("{} cannot be read: {error}", file.display()))
            })?;
            return some(text.lines().next().unwrap_or_default().to_owned());
        }
        if let Ok(password) = std::env::var(VARIABLE) {
            return some(password);
        }
        if !stdin().is_terminal() {
            return Err(Failure::usage(format!(
                "the secret key has a password: set {VARIABLE}, or name a file with --password-file"
            )));
        }
        let asked = |prompt: &str| {
            rpassword::prompt_password(prompt).map_err(|error| Failure::Other(error.into()))
        };
        let password = asked("Password of the secret key: ")?;
        if twice && asked("Once more: ")? != password {
            return Err(Failure::usage("the two passwords are not the same"));
        }
        some(password)
    }
}

fn some(password: String) -> Result<String, Failure> {
    if password.is_empty() {
        return Err(Failure::usage("the password is empty"));
    }
    Ok(password)
}
