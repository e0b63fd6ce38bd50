//! The machine that is compiled on, and what a private compiler borrows from it.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::Result;
use crate::command::{find, says};
use crate::error::WorkshopError;

/// The machine, as the user's rustc describes it.
pub(crate) struct Host {
    version: String,
    /// Such as `x86_64-unknown-linux-gnu`.
    pub(crate) triple: String,
    sysroot: PathBuf,
}

impl Host {
    pub(crate) fn of(rustc: &Path) -> Result<Self> {
        let version = says(Command::new(rustc).arg("-vV")).ok_or_else(|| {
            WorkshopError::refused(format!(
                "no Rust compiler: `{} -vV` failed; install one from https://rustup.rs",
                rustc.display()
            ))
        })?;
        let triple = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or_else(|| WorkshopError::refused("rustc -vV names no host"))?
            .to_owned();
        let sysroot = says(Command::new(rustc).args(["--print", "sysroot"]))
            .ok_or_else(|| WorkshopError::refused("rustc has no sysroot"))?
            .into();
        Ok(Self {
            version,
            triple,
            sysroot,
        })
    }

    /// The user's compiler is part of it: the linker is borrowed from there.
    pub(crate) fn key(&self, recipe: &str) -> String {
        let hash = Sha256::digest(format!(
            "{recipe}\n{}\n{}",
            self.version,
            self.sysroot.display()
        ));
        hex::encode(&hash[..8])
    }

    /// Debian's name for the folder of this machine's libraries: no vendor in it.
    pub(crate) fn multiarch(&self) -> String {
        self.triple.replacen("-unknown-", "-", 1)
    }

    /// A linker for Wasm: rustup ships one, else one on the PATH.
    pub(crate) fn linker(&self) -> Result<PathBuf> {
        let own = self
            .sysroot
            .join("lib/rustlib")
            .join(&self.triple)
            .join("bin/rust-lld");
        if own.is_file() {
            return Ok(own);
        }
        ["rust-lld", "wasm-ld", "lld"]
            .iter()
            .find_map(|name| find(name))
            .ok_or_else(|| WorkshopError::refused("no Wasm linker: install the package `lld`"))
    }
}
