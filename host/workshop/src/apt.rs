//! Debian's packages: looked up and unpacked, never installed.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;
use crate::command::{on_path, quiet, says};
use crate::error::WorkshopError;
use crate::folder::make;

/// Are Debian's tools here?
pub(crate) fn is_here() -> bool {
    ["apt-get", "apt-cache", "dpkg-deb", "dpkg-query", "tar"]
        .iter()
        .all(|name| on_path(name))
}

/// Reads the package lists into a folder of our own, and makes room for downloads.
pub(crate) fn update(folder: &Path) -> Result<()> {
    for name in ["apt/lists/partial", "apt/cache/archives/partial", "debs"] {
        make(&folder.join(name))?;
    }
    quiet(apt("apt-get", folder).arg("update")).map(drop)
}

/// Downloads packages into the folder's `debs`; `name` or `name=version` each.
pub(crate) fn download(folder: &Path, packages: &[String]) -> Result<()> {
    let mut command = apt("apt-get", folder);
    command
        .current_dir(folder.join("debs"))
        .arg("download")
        .args(packages);
    quiet(&mut command).map(drop)
}

/// A package and all it depends on, without what the system has already.
pub(crate) fn missing(folder: &Path, packages: &[String]) -> Result<Vec<String>> {
    let mut command = apt("apt-cache", folder);
    command.args(["depends", "--recurse", "--no-pre-depends"]);
    for kind in [
        "recommends",
        "suggests",
        "conflicts",
        "breaks",
        "replaces",
        "enhances",
    ] {
        command.arg(format!("--no-{kind}"));
    }
    let told = quiet(command.args(packages))?;
    Ok(named(&String::from_utf8_lossy(&told.stdout))
        .into_iter()
        .filter(|name| packages.contains(name) || !is_installed(name))
        .collect())
}

/// The packages that `apt-cache depends --recurse` heads its paragraphs with; a virtual
/// one, in angle brackets, is nothing to download.
fn named(told: &str) -> Vec<String> {
    told.lines()
        .filter(|line| !line.starts_with([' ', '|', '<']) && !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_installed(package: &str) -> bool {
    says(Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status}", package]))
        .is_some_and(|status| status.starts_with("installed"))
}

/// apt with lists and cache of our own: no root, and the system's stay as they are.
pub(crate) fn apt(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .arg("-q")
        .arg("-o")
        .arg(format!(
            "Dir::State::lists={}",
            folder.join("apt/lists").display()
        ))
        .arg("-o")
        .arg(format!("Dir::Cache={}", folder.join("apt/cache").display()))
        .args([
            "-o",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
        ])
        .args(["-o", "APT::Sandbox::User="]);
    command
}

pub(crate) fn show(folder: &Path, package: &str) -> Option<String> {
    says(apt("apt-cache", folder).args(["show", "--no-all-versions", package]))
}

pub(crate) fn field<'a>(about: &'a str, name: &str) -> Option<&'a str> {
    about
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// `1.96.0+dfsg1-1~deb12u2` -> `1.96`
pub(crate) fn minor(version: &str) -> Result<String> {
    let mut parts = version.split('.');
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => Ok(format!("{major}.{minor}")),
        _ => Err(WorkshopError::refused(format!(
            "`{version}` is no version of rustc"
        ))),
    }
}

/// `libllvm19 (>= ...)` among the dependencies -> `libllvm19`
pub(crate) fn llvm_in(about: &str) -> Option<String> {
    let start = about.find("libllvm")?;
    let name: String = about[start..]
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    Some(name)
}

pub(crate) fn unpack(package: &Path, into: &Path, arguments: &[&str]) -> Result<()> {
    let failed = || WorkshopError::at("unpack", package);
    let mut reading = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed())?;
    let unpacked = Command::new("tar")
        .args(["-x", "-C"])
        .arg(into)
        .args(arguments)
        .stdin(reading.stdout.take().map_or_else(Stdio::null, Into::into))
        .status()
        .map_err(failed())?;
    let read = reading.wait().map_err(failed())?;
    if unpacked.success() && read.success() {
        return Ok(());
    }
    Err(WorkshopError::refused(format!(
        "{} could not be unpacked",
        package.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read() {
        let about = "Package: rustc-web\nVersion: 1.96.0+dfsg1-1~deb12u2\n\
                     Depends: libc6 (>= 2.34), libllvm19 (>= 1:19.1.7), gcc\n";
        assert_eq!(field(about, "Version"), Some("1.96.0+dfsg1-1~deb12u2"));
        assert_eq!(minor("1.96.0+dfsg1-1~deb12u2").expect("a version"), "1.96");
        assert_eq!(llvm_in(about).as_deref(), Some("libllvm19"));
        assert_eq!(llvm_in("Depends: gcc"), None);
        assert!(minor("nonsense").is_err());
        let told = "libllvm14\n  Depends: libc6\n |Depends: a\n  Depends: <b>\n<b>\nlibc6\n";
        assert_eq!(named(told), ["libllvm14", "libc6"]);
    }
}
