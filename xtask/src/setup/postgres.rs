//! A Postgres on this machine: the one that is there, else the distribution's package
//! where we may install it.

use std::process::Command;

use anyhow::{Context, Result};
use dispatch_cluster::Binaries;

use crate::step::{on_path, quiet, says};

/// The installation found, after installing the distribution's package where none was.
pub(crate) fn ensure() -> Result<Binaries> {
    if let Ok(binaries) = Binaries::find() {
        return Ok(binaries);
    }
    if on_path("apt-get") && is_root() {
        install().context(
            "the distribution's package `postgresql` could not be installed: install a \
             Postgres yourself",
        )?;
    }
    // its message says what to install or to set
    Ok(Binaries::find()?)
}

fn is_root() -> bool {
    says(Command::new("id").arg("-u")).as_deref() == Some("0")
}

fn install() -> Result<()> {
    println!("    installing the package `postgresql`");
    if apt(&["install", "postgresql"]).is_err() {
        // package lists may be old, or absent as in container images
        apt(&["update"])?;
        apt(&["install", "postgresql"])?;
    }
    Ok(())
}

fn apt(arguments: &[&str]) -> Result<()> {
    quiet(
        Command::new("apt-get")
            .args(["-q", "-y", "--no-install-recommends"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    Ok(())
}
