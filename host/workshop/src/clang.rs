//! A C compiler for Wasm: the user's clang where it knows the target, else Debian's,
//! unpacked without root. It is there to prove that the contract in wit/, not our SDK,
//! is what a component must fit. The linker is the one that comes with Rust.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt::{self, field, show};
use crate::command::{find, quoted, says};
use crate::compiler::host::Host;
use crate::compiler::private::{self, Private};
use crate::error::WorkshopError;
use crate::folder::{make, remove, sha256, write};
use crate::{Result, Tell};

/// Changes when what is made below changes, so that an older one is made again.
const RECIPE: &str = "c1";

/// A clang with a linker for Wasm.
#[derive(Debug, Clone)]
pub struct CCompiler {
    /// The program, or a wrapper of it.
    pub clang: PathBuf,
    /// `wasm-ld`.
    pub linker: PathBuf,
    /// Differs when the compiler does.
    pub key: String,
}

/// The compiler, made ready where it is not; `None` where this is no Debian and there is
/// no clang.
pub(crate) fn ensure(toolchains: &Path, tell: Tell<'_>) -> Result<Option<CCompiler>> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let host = Host::of(Path::new(&rustc))?;
    let folder = toolchains.join("c-toolchain").join(host.key(RECIPE));
    // two tasks at once: the second waits and finds it made
    let _held = Private::hold(&folder)?;
    let linker = folder.join("wasm-ld");
    if !linker.is_file() {
        remove(&linker)?;
        // the linker knows by its name what it is to link
        symlink(host.linker()?, &linker).map_err(WorkshopError::at("link", &linker))?;
    }
    if let Some(clang) = find("clang")
        && let Some(compiler) = compiler(&clang, &linker)
    {
        return Ok(Some(compiler));
    }
    let clang = folder.join("clang");
    if folder.join("ok").is_file()
        && let Some(compiler) = compiler(&clang, &linker)
    {
        return Ok(Some(compiler));
    }
    if !apt::is_here() {
        return Ok(None);
    }
    private::remove_others(&folder)?;
    if !unpack(&folder, &host, &clang, tell)? {
        return Ok(None);
    }
    let compiler = compiler(&clang, &linker)
        .ok_or_else(|| WorkshopError::refused("the unpacked clang does not know Wasm"))?;
    write(&folder.join("ok"), "")?;
    Ok(Some(compiler))
}

/// `clang` as a compiler, if it can be started and knows the target.
fn compiler(clang: &Path, linker: &Path) -> Option<CCompiler> {
    let targets = says(Command::new(clang).arg("--print-targets"))?;
    let version = says(Command::new(clang).arg("--version"))?;
    targets.contains("wasm32").then(|| CCompiler {
        clang: clang.to_owned(),
        linker: linker.to_owned(),
        key: sha256(version.as_bytes())[..16].to_owned(),
    })
}

/// Debian's clang into this folder; `false` where its lists have none.
fn unpack(folder: &Path, host: &Host, clang: &Path, tell: Tell<'_>) -> Result<bool> {
    for name in ["apt", "debs", "usr", "lib", "ok"] {
        remove(&folder.join(name))?;
    }
    make(folder)?;
    tell("reading package lists (private ones, not the system's)");
    apt::update(folder)?;
    let Some(major) = show(folder, "clang").as_deref().and_then(major_in) else {
        return Ok(false);
    };
    let libraries = [
        format!("libclang-cpp{major}"),
        format!("libclang-common-{major}-dev"),
    ];
    let mut packages = apt::missing(folder, &libraries)?;
    packages.push(format!("clang-{major}"));
    tell(&format!("downloading clang {major}"));
    apt::download(folder, &packages)?;
    tell("unpacking");
    for package in private::files(&folder.join("debs"))? {
        apt::unpack(&package, folder, &["--exclude", "./usr/share"])?;
    }
    let libraries: Vec<String> = ["usr/lib", "lib"]
        .iter()
        .map(|below| folder.join(below).join(host.multiarch()))
        .chain([folder.join(format!("usr/lib/llvm-{major}/lib"))])
        .map(|path| quoted(&path))
        .collect();
    let program = folder.join(format!("usr/lib/llvm-{major}/bin/clang"));
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH={} exec {} \"$@\"\n",
        libraries.join(":"),
        quoted(&program)
    );
    private::write_program(clang, &script)?;
    for name in ["apt", "debs"] {
        remove(&folder.join(name))?;
    }
    Ok(true)
}

/// `Depends: clang-14 (>= 14~)` -> `14`
fn major_in(about: &str) -> Option<String> {
    let depends = field(about, "Depends")?;
    let rest = &depends[depends.find("clang-")? + "clang-".len()..];
    let major: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!major.is_empty()).then_some(major)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_package_that_stands_for_all() {
        let about = "Package: clang\nVersion: 1:14.0-55.7~deb12u1\nDepends: clang-14 (>= 14~)\n";
        assert_eq!(major_in(about).as_deref(), Some("14"));
        assert_eq!(major_in("Depends: libc6\n"), None);
    }
}
