//! Debian's rustc-web, unpacked into the target folder without root, with the Wasm
//! standard library built once from Debian's own sources. Measured: half a minute and
//! half a gigabyte the first time, nothing after that.
//!
//! Nothing of the system is changed: package lists and downloads are private too.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::house;
use crate::setup::wasm::{TARGET, compiler};
use crate::step::{on_path, quiet, says};

mod apt;

use apt::{apt, field, llvm_in, minor, show, unpack};

/// Changes when what is made below changes, so that an older one is made again.
const RECIPE: &str = "2";

/// Libraries the compiler needs that a small image may lack.
const LIBRARIES: [&str; 4] = ["libz3-4", "libedit2", "libxml2", "libffi8"];

/// The private compiler, made first where it is not there; `None` where this is no
/// Debian, or one without the package.
pub(crate) fn ensure(users_rustc: &Path) -> Result<Option<PathBuf>> {
    if !["apt-get", "apt-cache", "dpkg-deb", "tar"]
        .iter()
        .all(|name| on_path(name))
    {
        return Ok(None);
    }
    let host = Host::of(users_rustc)?;
    let folder = house::target().join("wasm-toolchain").join(host.key());
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    // two tasks at once: the second waits and finds it made
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    let rustc = folder.join("rustc");
    if folder.join("ok").is_file() && compiler(&rustc).is_some() {
        return Ok(Some(rustc));
    }
    remove_others(&folder)?;
    let Some(making) = Making::begin(&folder, host)? else {
        return Ok(None);
    };
    making.all(&rustc)?;
    ensure!(
        compiler(&rustc).is_some(),
        "the standard library was built but is not found"
    );
    fs::write(folder.join("ok"), "")?;
    Ok(Some(rustc))
}

/// Compilers made for an earlier rustc are of no use any more, and large.
fn remove_others(folder: &Path) -> Result<()> {
    let all = folder.parent().context("it is below the target folder")?;
    for other in fs::read_dir(all)? {
        let other = other?.path();
        // one that is being made right now is held
        if other != folder && File::create(other.join("lock")).is_ok_and(|l| l.try_lock().is_ok()) {
            remove(&other)?;
        }
    }
    Ok(())
}

/// The machine compiled on, as the user's rustc describes it.
struct Host {
    version: String,
    /// Such as `x86_64-unknown-linux-gnu`.
    triple: String,
    sysroot: PathBuf,
}

impl Host {
    fn of(rustc: &Path) -> Result<Self> {
        let version = says(Command::new(rustc).arg("-vV"))
            .with_context(|| format!("no Rust compiler: `{} -vV` failed", rustc.display()))?;
        let triple = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .context("rustc -vV names no host")?
            .to_owned();
        let sysroot = says(Command::new(rustc).args(["--print", "sysroot"]))
            .context("rustc has no sysroot")?
            .into();
        Ok(Self {
            version,
            triple,
            sysroot,
        })
    }

    /// The user's compiler is part of it: the linker is borrowed from there.
    fn key(&self) -> String {
        let hash = Sha256::digest(format!(
            "{RECIPE}\n{}\n{}",
            self.version,
            self.sysroot.display()
        ));
        hex::encode(&hash[..8])
    }

    /// Debian's name for the folder of this machine's libraries: no vendor in it.
    fn multiarch(&self) -> String {
        self.triple.replacen("-unknown-", "-", 1)
    }

    /// A linker for Wasm: rustup ships one, else one on the PATH.
    fn linker(&self) -> Result<PathBuf> {
        let own = self
            .sysroot
            .join("lib/rustlib")
            .join(&self.triple)
            .join("bin/rust-lld");
        if own.is_file() {
            return Ok(own);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        ["rust-lld", "wasm-ld", "lld"]
            .iter()
            .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
            .find(|program| program.is_file())
            .context("no Wasm linker: install the package `lld`")
    }
}

/// One making of the compiler: the packages' versions, and where they go.
struct Making<'a> {
    folder: &'a Path,
    host: Host,
    version: String,
    llvm: String,
}

impl<'a> Making<'a> {
    /// Starts anew, with private package lists; `None` if they have no such package.
    fn begin(folder: &'a Path, host: Host) -> Result<Option<Self>> {
        for name in ["apt", "debs", "usr", "std", "ok"] {
            remove(&folder.join(name))?;
        }
        for name in [
            "apt/lists/partial",
            "apt/cache/archives/partial",
            "debs",
            "std/src",
        ] {
            fs::create_dir_all(folder.join(name))?;
        }
        println!("    reading package lists (private to the target folder)");
        quiet(apt("apt-get", folder).arg("update"))?;
        let Some(about) = show(folder, "rustc-web").filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let version = field(&about, "Version")
            .context("the package rustc-web has no version")?
            .to_owned();
        let library = format!("libstd-rust-web-{}={version}", minor(&version)?);
        let llvm = show(folder, &library)
            .and_then(|text| llvm_in(&text))
            .with_context(|| format!("{library} depends on no LLVM"))?;
        Ok(Some(Self {
            folder,
            host,
            version,
            llvm,
        }))
    }

    fn all(&self, rustc: &Path) -> Result<()> {
        println!("    downloading rustc-web {}", self.version);
        self.download()?;
        println!("    unpacking");
        self.unpack()?;
        self.wrap(rustc)?;
        println!("    building the standard library for {TARGET}, once");
        self.build_std(rustc)?;
        for name in ["debs", "apt", "std", "usr/src", "usr/lib/rustlib/src"] {
            remove(&self.folder.join(name))?;
        }
        Ok(())
    }

    fn download(&self) -> Result<()> {
        let version = &self.version;
        quiet(
            apt("apt-get", self.folder)
                .current_dir(self.folder.join("debs"))
                .arg("download")
                .arg(format!("rustc-web={version}"))
                .arg(format!("libstd-rust-web-dev={version}"))
                .arg(format!("libstd-rust-web-{}={version}", minor(version)?))
                .arg(format!("rust-web-src={version}"))
                .arg(&self.llvm)
                .args(LIBRARIES),
        )?;
        Ok(())
    }

    fn unpack(&self) -> Result<()> {
        for package in fs::read_dir(self.folder.join("debs"))? {
            let package = package?;
            let source = package
                .file_name()
                .to_string_lossy()
                .starts_with("rust-web-src");
            let wanted: &[&str] = if source {
                // of a very large package only the standard library
                &[
                    "--wildcards",
                    "./usr/lib/rustlib/src*",
                    "./usr/src/rustc-*/library",
                ]
            } else {
                &["--exclude", "./usr/share"]
            };
            unpack(&package.path(), self.folder, wanted)?;
        }
        Ok(())
    }

    /// A wrapper that finds the compiler's libraries, and a linker where it looks for one.
    fn wrap(&self, rustc: &Path) -> Result<()> {
        let usr = self.folder.join("usr");
        let script = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH={} exec {} \"$@\"\n",
            quoted(&usr.join("lib").join(self.host.multiarch())),
            quoted(&usr.join("bin/rustc"))
        );
        fs::write(rustc, script)?;
        fs::set_permissions(rustc, fs::Permissions::from_mode(0o755))?;
        let programs = usr.join("lib/rustlib").join(&self.host.triple).join("bin");
        fs::create_dir_all(&programs)?;
        let linker = programs.join("rust-lld");
        remove(&linker)?;
        symlink(self.host.linker()?, linker)?;
        Ok(())
    }

    /// Debian's source package carries the library's own dependencies; a registry is
    /// only the second try.
    fn build_std(&self, rustc: &Path) -> Result<()> {
        let package = self.folder.join("std");
        fs::write(
            package.join("Cargo.toml"),
            "[package]\nname = \"carrier\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
             [lib]\n[workspace]\n[profile.release]\ndebug = 0\n",
        )?;
        fs::write(package.join("src/lib.rs"), "")?;
        let mut offline = self.cargo(&package, rustc);
        if let Some(vendor) = self.vendored() {
            offline.args(["--offline", "--config", "source.crates-io.replace-with='v'"]);
            offline.arg("--config");
            offline.arg(format!("source.v.directory='{}'", vendor.display()));
        }
        if says(&mut offline).is_none() {
            quiet(&mut self.cargo(&package, rustc))?;
        }
        self.keep_library(&package.join("target").join(TARGET).join("release/deps"))
    }

    fn cargo(&self, package: &Path, rustc: &Path) -> Command {
        let mut cargo = house::cargo();
        let flags = [
            // without bitcode in the library, `lto` of the guests fails
            "-Cembed-bitcode=yes".to_owned(),
            // where it was built is no part of a component
            format!("--remap-path-prefix={}=/rust", self.folder.display()),
        ];
        cargo
            .current_dir(package)
            .args(["build", "--release", "--target", TARGET])
            .arg("-Zbuild-std=std,panic_abort")
            .env("RUSTC", rustc)
            // -Z flags on a stable compiler: it is Debian's, and used for nothing else
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_DIR", package.join("target"))
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        for name in ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
            cargo.env_remove(name);
        }
        cargo
    }

    fn vendored(&self) -> Option<PathBuf> {
        fs::read_dir(self.folder.join("usr/src"))
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path().join("library/vendor")))
            .find(|folder| folder.is_dir())
    }

    /// Copies what was built to where the compiler looks for the target's library.
    fn keep_library(&self, built: &Path) -> Result<()> {
        let library = self.folder.join("usr/lib/rustlib").join(TARGET).join("lib");
        fs::create_dir_all(&library)?;
        for entry in fs::read_dir(built).with_context(|| built.display().to_string())? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".rlib") && !name.starts_with("libcarrier-") {
                fs::copy(entry.path(), library.join(name))?;
            }
        }
        Ok(())
    }
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Removes a file, link or folder that may be absent.
fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.with_context(|| format!("could not remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_word() {
        assert_eq!(quoted(Path::new("/a b")), "'/a b'");
        assert_eq!(quoted(Path::new("/it's")), r"'/it'\''s'");
    }
}
