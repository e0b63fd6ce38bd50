//! A real S3 server for the object store's tests, from PyPI, where this machine has a
//! Python that can make a virtual environment.

use std::path::PathBuf;
use std::process::Command;

use super::debian;
use crate::house;
use crate::step::says;

/// Runs a command with the server beside it.
fn script() -> PathBuf {
    house::root().join("host/objects/tests/s3/with-moto.sh")
}

/// Whether there is one, made the first time; later it is a second.
pub(crate) fn ensure() -> bool {
    let starts = || says(Command::new("sh").arg(script()).arg("true")).is_some();
    let is_there = starts() || (debian::install("python3-venv").unwrap_or(false) && starts());
    if !is_there {
        println!(
            "    no S3 server: this machine's python3 cannot make a virtual environment with moto \
             in it (Debian: python3-venv); the bucket's tests say SKIPPED"
        );
    }
    is_there
}

/// The command as it runs beside the server.
pub(crate) fn beside(command: Command) -> Command {
    let mut beside = Command::new("sh");
    beside
        .arg(script())
        .arg(command.get_program())
        .args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        beside.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => beside.env(name, value),
            None => beside.env_remove(name),
        };
    }
    beside
}
