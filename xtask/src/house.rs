//! Where things are in this repository, and the commands that are run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The twelve tools that have a guest each, by the names of their components.
pub(crate) const GUESTS: [&str; 12] = [
    "ticket-create",
    "ticket-add-message",
    "ticket-set-priority",
    "schedule-propose-slots",
    "schedule-confirm",
    "dispatch-assign-tech",
    "dispatch-set-eta",
    "closeout-add-note",
    "closeout-add-photo",
    "closeout-checklist-complete",
    "billing-generate-invoice-draft",
    "billing-compile-closeout-packet",
];

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

/// Where the shipped pack expects its components.
pub(crate) fn components() -> PathBuf {
    root().join("policies/real-dispatch/components")
}

/// The contract between host and guests.
pub(crate) fn wit() -> PathBuf {
    root().join("wit")
}

/// The cargo that started us, run at the top of the repository.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // what cargo set for this process is not meant for the next one
    for (name, _) in std::env::vars_os() {
        let name_bytes = name.as_encoded_bytes();
        if name_bytes.starts_with(b"CARGO_PKG_") || name_bytes.starts_with(b"CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
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
