//! Where things are in this repository, and the commands that are run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use dispatch_workshop::command;

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    // at run time cargo says where this crate is; a binary started by hand remembers
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask
        .parent()
        .map_or_else(|| xtask.clone(), Path::to_path_buf)
}

/// Where cargo builds the host, and we keep what we make.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || root().join("target"),
        // a relative one is meant from the top of the repository
        |folder| root().join(folder),
    )
}

/// The guests' workspace.
pub(crate) fn guests() -> PathBuf {
    root().join("guests")
}

/// The pack that a host runs where nobody says otherwise.
pub(crate) const SHIPPED: &str = "real-dispatch";
/// A variant that an operator might want.
pub(crate) const STRICT: &str = "strict";
/// The packs whose components are built here, each after the one it copies from.
pub(crate) const PACKS: [&str; 2] = [SHIPPED, STRICT];

/// A pack's folder.
pub(crate) fn pack(name: &str) -> PathBuf {
    root().join("policies").join(name)
}

/// The workspaces of guests, each by its pack's name.
pub(crate) fn guest_workspaces() -> [(&'static str, PathBuf); 2] {
    [(SHIPPED, guests()), (STRICT, pack(STRICT).join("guests"))]
}

/// The contract between host and guests.
pub(crate) fn wit() -> PathBuf {
    root().join("wit")
}

/// The cargo that started us, run at the top of the repository.
pub(crate) fn cargo() -> Command {
    let mut command = command::cargo();
    command.current_dir(root());
    command
}

/// The lints, as strict as they are taken: every target, no warning.
pub(crate) fn lint(scope: &[&str]) -> Command {
    let mut command = cargo();
    command
        .args(["clippy", "--all-targets", "--locked"])
        .args(scope)
        .args(["--", "-D", "warnings"]);
    command
}
