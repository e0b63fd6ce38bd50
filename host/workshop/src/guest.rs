//! A crate of a guest workspace becomes a core module.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::command::{self, said};
use crate::compiler::{Compiler, TARGET};
use crate::error::WorkshopError;
use crate::folder::{read, read_text, tidy};

/// Page faults are most of a fresh call: the stack is as small as rules need.
const STACK: &str = "-Clink-arg=-zstack-size=65536";

/// A guest workspace, and how it is compiled.
pub(crate) struct Workspace<'a> {
    /// With the workspace's Cargo.toml.
    pub(crate) folder: &'a Path,
    /// Its place is no part of what is built below it.
    pub(crate) root: &'a Path,
    /// Cargo's target folder, of this compiler alone.
    pub(crate) target: &'a Path,
    pub(crate) compiler: &'a Compiler,
    /// Fail where Cargo.lock would change.
    pub(crate) locked: bool,
}

impl Workspace<'_> {
    /// What a module depends on besides its sources.
    pub(crate) fn made_with(&self) -> String {
        format!("{} {}", self.compiler.key, self.flags().join(" "))
    }

    /// One crate as a module, and every file that it was made from. One cargo call per
    /// guest: in one call for all, their features would be unified.
    pub(crate) fn module(&self, package: &str) -> Result<(Vec<u8>, BTreeSet<PathBuf>)> {
        if !self.folder.join("Cargo.toml").is_file() {
            return Err(WorkshopError::refused(format!(
                "there is no guest workspace in {}; build.toml says with `guests` where it is",
                self.folder.display()
            )));
        }
        self.compile(package)?;
        let built = self.target.join(TARGET).join("release");
        let name = package.replace('-', "_");
        let module = built.join(&name).with_extension("wasm");
        if !module.is_file() {
            return Err(WorkshopError::NoComponent {
                guest: package.to_owned(),
                reason: "its Cargo.toml must have crate-type = [\"cdylib\", \"rlib\"] under [lib]"
                    .to_owned(),
            });
        }
        let read_files = read_text(&built.join(&name).with_extension("d"))?;
        Ok((read(&module)?, self.inputs(&read_files)))
    }

    fn compile(&self, package: &str) -> Result<()> {
        let mut cargo = command::cargo();
        cargo
            .current_dir(self.folder)
            .args(["build", "--quiet", "--release", "--target", TARGET, "-p"])
            .arg(package)
            .env("RUSTC", &self.compiler.rustc)
            .env("CARGO_TARGET_DIR", self.target)
            .env("CARGO_ENCODED_RUSTFLAGS", self.flags().join("\u{1f}"));
        if self.locked {
            cargo.arg("--locked");
        }
        for name in ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
            cargo.env_remove(name);
        }
        let output = cargo.output().map_err(|source| WorkshopError::NotRun {
            command: "cargo build".into(),
            source,
        })?;
        if output.status.success() {
            return Ok(());
        }
        Err(WorkshopError::DoesNotCompile {
            guest: package.to_owned(),
            // cargo's paths begin where it was started
            output: format!("in {}:\n\n{}", self.folder.display(), said(&output)),
        })
    }

    /// The same bytes wherever the sources and cargo's home are.
    fn flags(&self) -> Vec<String> {
        let mut flags = vec![STACK.to_owned()];
        let mut remap = |from: &Path, to: &str| {
            flags.push(format!("--remap-path-prefix={}={to}", from.display()));
        };
        remap(self.root, "/house");
        if let Some(home) = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        {
            remap(&home, "/cargo");
        }
        flags
    }

    /// The sources that rustc read, as cargo lists them for make, with the manifests
    /// above each and the workspace's own.
    fn inputs(&self, listed: &str) -> BTreeSet<PathBuf> {
        let mut inputs: BTreeSet<PathBuf> = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"]
            .iter()
            .map(|name| self.folder.join(name))
            .collect();
        for source in prerequisites(listed) {
            let source = tidy(&self.folder.join(source));
            let manifests = source.ancestors().skip(1).map(|it| it.join("Cargo.toml"));
            inputs.extend(
                manifests
                    .take_while(|it| it.starts_with(self.root))
                    .filter(|it| it.is_file()),
            );
            inputs.insert(source);
        }
        inputs
    }
}

/// `target: one two\ with\ blanks` gives the two.
fn prerequisites(rule: &str) -> Vec<PathBuf> {
    let line = rule.lines().next().unwrap_or_default();
    let Some((_, list)) = line.split_once(": ") else {
        return Vec::new();
    };
    let mut files = vec![String::new()];
    let mut characters = list.chars();
    while let Some(character) = characters.next() {
        let last = files.len() - 1;
        match character {
            '\\' => files[last].extend(characters.next()),
            ' ' => files.push(String::new()),
            other => files[last].push(other),
        }
    }
    files.retain(|file| !file.is_empty());
    files.into_iter().map(PathBuf::from).collect()
}

/// Cargo's target folders of other compilers are of no use any more, and large.
pub(crate) fn remove_other_targets(target: &Path, key: &str) -> Result<()> {
    let Ok(entries) = fs::read_dir(target) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_key =
            name.len() == key.len() && name.as_encoded_bytes().iter().all(u8::is_ascii_hexdigit);
        if is_key && name != key {
            crate::folder::remove(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rustc_read_is_read_from_the_list_for_make() {
        let rule = "/t/guest_x.wasm: /g/sdk/src/lib.rs /g/my\\ pack/src/lib.rs\n";
        assert_eq!(
            prerequisites(rule),
            [
                Path::new("/g/sdk/src/lib.rs"),
                Path::new("/g/my pack/src/lib.rs")
            ]
        );
        assert!(prerequisites("").is_empty());
    }

    #[test]
    fn only_the_target_folders_of_compilers_go() {
        let folder = tempfile::tempdir().expect("temp folder");
        for name in [
            "0011223344556677",
            "8899aabbccddeeff",
            "host",
            "not-hexadecimal!",
        ] {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        remove_other_targets(folder.path(), "0011223344556677").expect("removed");
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("there")
            .map(|entry| entry.expect("readable").file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["0011223344556677", "host", "not-hexadecimal!"]);
    }
}
