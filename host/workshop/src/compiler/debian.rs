//! Debian's rustc-web, unpacked into the target folder without root, with the Wasm
//! standard library built once from Debian's own sources. Measured: half a minute and
//! half a gigabyte the first time, nothing after that.
//!
//! Nothing of the system is changed: package lists and downloads are private too.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::host::Host;
use super::private::{self, Private};
use super::{Compiler, TARGET, compiler};
use crate::apt::{self, field, llvm_in, minor, show, unpack};
use crate::command::{self, quiet, quoted, says};
use crate::error::WorkshopError;
use crate::folder::{make, remove, write};
use crate::{Result, Tell};

/// Changes when what is made below changes, so that an older one is made again.
const RECIPE: &str = "2";

/// Libraries the compiler needs that a small image may lack.
const LIBRARIES: [&str; 4] = ["libz3-4", "libedit2", "libxml2", "libffi8"];

/// The private compiler, made first where it is not there; `None` where this is no
/// Debian, or one without the package.
pub(super) fn ensure(
    users_rustc: &Path,
    toolchains: &Path,
    tell: Tell<'_>,
) -> Result<Option<Compiler>> {
    if !apt::is_here() {
        return Ok(None);
    }
    let host = Host::of(users_rustc)?;
    let folder = toolchains.join("wasm-toolchain").join(host.key(RECIPE));
    // two tasks at once: the second waits and finds it made
    let _held = Private::hold(&folder)?;
    let rustc = folder.join("rustc");
    if folder.join("ok").is_file()
        && let Some(compiler) = compiler(&rustc)
    {
        return Ok(Some(compiler));
    }
    private::remove_others(&folder)?;
    let Some(making) = Making::begin(&folder, host, tell)? else {
        return Ok(None);
    };
    making.all(&rustc)?;
    let compiler = compiler(&rustc).ok_or_else(|| {
        WorkshopError::refused("the standard library for Wasm was built but is not found")
    })?;
    write(&folder.join("ok"), "")?;
    Ok(Some(compiler))
}

/// One making of the compiler: the packages' versions, and where they go.
struct Making<'a> {
    folder: &'a Path,
    host: Host,
    version: String,
    llvm: String,
    tell: Tell<'a>,
}

impl<'a> Making<'a> {
    /// Starts anew, with private package lists; `None` if they have no such package.
    fn begin(folder: &'a Path, host: Host, tell: Tell<'a>) -> Result<Option<Self>> {
        for name in ["apt", "debs", "usr", "std", "ok"] {
            remove(&folder.join(name))?;
        }
        make(&folder.join("std/src"))?;
        tell("reading package lists (private ones, not the system's)");
        apt::update(folder)?;
        let Some(about) = show(folder, "rustc-web").filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let version = field(&about, "Version")
            .ok_or_else(|| WorkshopError::refused("the package rustc-web has no version"))?
            .to_owned();
        let library = format!("libstd-rust-web-{}={version}", minor(&version)?);
        let llvm = show(folder, &library)
            .and_then(|text| llvm_in(&text))
            .ok_or_else(|| WorkshopError::refused(format!("{library} depends on no LLVM")))?;
        Ok(Some(Self {
            folder,
            host,
            version,
            llvm,
            tell,
        }))
    }

    fn all(&self, rustc: &Path) -> Result<()> {
        (self.tell)(&format!("downloading rustc-web {}", self.version));
        self.download()?;
        (self.tell)("unpacking");
        self.unpack()?;
        self.wrap(rustc)?;
        (self.tell)(&format!("building the standard library for {TARGET}, once"));
        self.build_std(rustc)?;
        for name in ["debs", "apt", "std", "usr/src", "usr/lib/rustlib/src"] {
            remove(&self.folder.join(name))?;
        }
        Ok(())
    }

    fn download(&self) -> Result<()> {
        let version = &self.version;
        let mut packages = vec![
            format!("rustc-web={version}"),
            format!("libstd-rust-web-dev={version}"),
            format!("libstd-rust-web-{}={version}", minor(version)?),
            format!("rust-web-src={version}"),
            self.llvm.clone(),
        ];
        packages.extend(LIBRARIES.map(str::to_owned));
        apt::download(self.folder, &packages)
    }

    fn unpack(&self) -> Result<()> {
        for package in private::files(&self.folder.join("debs"))? {
            let name = package.file_name().unwrap_or_default().to_string_lossy();
            let source = name.starts_with("rust-web-src");
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
            unpack(&package, self.folder, wanted)?;
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
        private::write_program(rustc, &script)?;
        let programs = usr.join("lib/rustlib").join(&self.host.triple).join("bin");
        make(&programs)?;
        let linker = programs.join("rust-lld");
        remove(&linker)?;
        symlink(self.host.linker()?, &linker).map_err(WorkshopError::at("link", &linker))
    }

    /// Debian's source package carries the library's own dependencies; a registry is
    /// only the second try.
    fn build_std(&self, rustc: &Path) -> Result<()> {
        let package = self.folder.join("std");
        write(
            &package.join("Cargo.toml"),
            "[package]\nname = \"carrier\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
             [lib]\n[workspace]\n[profile.release]\ndebug = 0\n",
        )?;
        write(&package.join("src/lib.rs"), "")?;
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
        let mut cargo = command::cargo();
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
        make(&library)?;
        for file in private::files(built)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".rlib") && !name.starts_with("libcarrier-") {
                fs::copy(&file, library.join(&*name)).map_err(WorkshopError::at("copy", &file))?;
            }
        }
        Ok(())
    }
}
