//! Generated files that are committed, each with the check that it is fresh. Adding
//! one is a line in [`CHECKS`].

use anyhow::Result;

use crate::{bindings, plugin, sqlx_data};

/// Fails, with the command that makes the file fresh, if it is not.
type Check = fn() -> Result<()>;

/// What `cargo xtask test` checks, by name.
pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("guests' bindings", bindings::check),
    ("the ledger's queries", sqlx_data::check),
    ("the plugin's tools", plugin::check),
];
