//! Debian's packages: looked up and unpacked, never installed.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::step::says;

/// apt with lists and cache of our own: no root, and the system's stay as they are.
pub(super) fn apt(program: &str, folder: &Path) -> Command {
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

pub(super) fn show(folder: &Path, package: &str) -> Option<String> {
    says(apt("apt-cache", folder).args(["show", "--no-all-versions", package]))
}

pub(super) fn field<'a>(about: &'a str, name: &str) -> Option<&'a str> {
    about
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// `1.96.0+dfsg1-1~deb12u2` -> `1.96`
pub(super) fn minor(version: &str) -> Result<String> {
    let mut parts = version.split('.');
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) => Ok(format!("{major}.{minor}")),
        _ => bail!("`{version}` is no version of rustc"),
    }
}

/// `libllvm19 (>= ...)` among the dependencies -> `libllvm19`
pub(super) fn llvm_in(about: &str) -> Option<String> {
    let start = about.find("libllvm")?;
    let name: String = about[start..]
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    Some(name)
}

pub(super) fn unpack(package: &Path, into: &Path, arguments: &[&str]) -> Result<()> {
    let mut reading = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()?;
    let archive = reading.stdout.take().context("dpkg-deb has no output")?;
    let unpacked = Command::new("tar")
        .args(["-x", "-C"])
        .arg(into)
        .args(arguments)
        .stdin(archive)
        .status()?;
    let read = reading.wait()?;
    ensure!(
        unpacked.success() && read.success(),
        "{} could not be unpacked",
        package.display()
    );
    Ok(())
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
    }
}
