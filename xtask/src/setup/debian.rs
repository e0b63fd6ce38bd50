//! The distribution's packages, where we may install them.

use std::process::Command;

use anyhow::Result;

use crate::step::{on_path, quiet, says};

/// Installs a package; `false` where this machine has no such packages, or we may not.
pub(crate) fn install(package: &str) -> Result<bool> {
    if !on_path("apt-get") || !is_root() {
        return Ok(false);
    }
    println!("    installing the package `{package}`");
    if apt(&["install", package]).is_err() {
        // package lists may be old, or absent as in container images
        apt(&["update"])?;
        apt(&["install", package])?;
    }
    Ok(true)
}

fn is_root() -> bool {
    says(Command::new("id").arg("-u")).as_deref() == Some("0")
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
