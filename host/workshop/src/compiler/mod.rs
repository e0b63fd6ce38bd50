//! A rustc that compiles for Wasm: the user's where it has the target, else with the
//! target added by rustup, else Debian's own, private to the target folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::command::{on_path, says};
use crate::error::WorkshopError;
use crate::{Result, Tell};

mod debian;
pub(crate) mod host;
pub(crate) mod private;

/// The guests' target.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler that has a standard library for [`TARGET`].
#[derive(Debug, Clone)]
pub struct Compiler {
    /// The program, or a wrapper of it.
    pub rustc: PathBuf,
    /// Differs when the compiler or its standard library does. Cargo does not notice a
    /// library that was built again, so target folders are named after this.
    pub key: String,
}

/// The compiler, made ready where it is not. Cheap when it is.
pub(crate) fn ensure(toolchains: &Path, tell: Tell<'_>) -> Result<Compiler> {
    let users = PathBuf::from(std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc")));
    if let Some(compiler) = compiler(&users) {
        return Ok(compiler);
    }
    if rustup_may_download() {
        tell(&format!("rustup target add {TARGET}"));
        let added = Command::new("rustup")
            .args(["target", "add", TARGET])
            .status();
        if added.is_ok_and(|status| status.success())
            && let Some(compiler) = compiler(&users)
        {
            return Ok(compiler);
        }
    }
    debian::ensure(&users, toolchains, tell)?.ok_or_else(|| {
        WorkshopError::refused(format!(
            "rustc cannot compile for Wasm here: run `rustup target add {TARGET}`, or install \
             the distribution's rust library for it, then try again"
        ))
    })
}

/// A machine set to `RUSTUP_AUTO_INSTALL=0` wants nothing downloaded by rustup.
fn rustup_may_download() -> bool {
    std::env::var_os("RUSTUP_AUTO_INSTALL").is_none_or(|value| value != "0") && on_path("rustup")
}

/// `rustc` as a compiler, if it has the target's standard library.
fn compiler(rustc: &Path) -> Option<Compiler> {
    let folder = says(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]))?;
    let library = standard_library(Path::new(&folder))?;
    let version = says(Command::new(rustc).arg("-vV"))?;
    let mut hash = Sha256::new();
    hash.update(version);
    hash.update(library);
    let key = hex::encode(&hash.finalize()[..8]);
    Some(Compiler {
        rustc: rustc.to_path_buf(),
        key,
    })
}

/// Names, sizes and times of the target's libraries, if `std` is among them.
fn standard_library(folder: &Path) -> Option<String> {
    let mut files: Vec<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let metadata = entry.metadata().ok()?;
            let time = metadata.modified().ok()?;
            let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
            name.ends_with(".rlib")
                .then(|| format!("{name} {} {}\n", metadata.len(), since.as_nanos()))
        })
        .collect();
    files.sort();
    files
        .iter()
        .any(|file| file.starts_with("libstd-"))
        .then(|| files.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_counts_only_with_std_in_it() {
        let folder = tempfile::tempdir().expect("temp folder");
        assert_eq!(standard_library(&folder.path().join("absent")), None);
        let write = |name: &str| fs::write(folder.path().join(name), name).expect("write");
        write("libcore-1.rlib");
        assert_eq!(standard_library(folder.path()), None);
        write("libstd-1.rlib");
        let one = standard_library(folder.path()).expect("std is there");
        write("notes.txt");
        assert_eq!(standard_library(folder.path()).as_ref(), Some(&one));
        write("liballoc-1.rlib");
        assert_ne!(standard_library(folder.path()), Some(one));
    }

    #[test]
    fn no_compiler_no_answer() {
        assert!(compiler(Path::new("/nowhere/rustc")).is_none());
    }
}
