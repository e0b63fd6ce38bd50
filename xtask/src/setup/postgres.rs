//! A Postgres on this machine: the one that is there, else the distribution's package
//! where we may install it.

use anyhow::{Context, Result};
use dispatch_cluster::Binaries;

use super::debian;

/// The installation found, after installing the distribution's package where none was.
pub(crate) fn ensure() -> Result<Binaries> {
    if let Ok(binaries) = Binaries::find() {
        return Ok(binaries);
    }
    debian::install("postgresql").context(
        "the distribution's package `postgresql` could not be installed: install a Postgres \
         yourself",
    )?;
    // its message says what to install or to set
    Ok(Binaries::find()?)
}
