//! A real OpenClaw gateway for the tests, the protocol it publishes, and the Node.js it
//! needs: from npm, as the lock file in `tests/openclaw/` says, below the target folder.
//! Made once; later it is one look.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::debian;
use crate::house;
use crate::step::{on_path, quiet};

/// The variable by which tests are told the folder, and by which a user names one of theirs.
const FOLDER: &str = "DISPATCH_TEST_OPENCLAW";

/// What npm is given; the lock names no host, so that any registry will do.
const GIVEN: [&str; 2] = ["package.json", "package-lock.json"];

/// Written last: the lock that the folder was made by.
const MADE_BY: &str = "installed.json";

/// A folder with OpenClaw and Node.js below `node_modules`.
pub(crate) struct OpenClaw {
    folder: PathBuf,
}

impl OpenClaw {
    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The Node.js that OpenClaw runs on.
    pub(crate) fn node(&self) -> PathBuf {
        self.folder.join("node_modules/.bin/node")
    }
}

/// The installation, made where it is missing or another lock file made it. `None`, and
/// said why, where npm or its registry is away: tests that need it say SKIPPED.
pub(crate) fn ensure() -> Result<Option<OpenClaw>> {
    if let Some(folder) = named() {
        return Ok(Some(OpenClaw { folder }));
    }
    let openclaw = OpenClaw {
        folder: house::target().join("openclaw"),
    };
    if is_made(&openclaw)? {
        return Ok(Some(openclaw));
    }
    if !on_path("npm") {
        match debian::install("npm") {
            Ok(true) => {}
            Ok(false) => return Ok(skipped("there is no npm here (Debian: npm)")),
            Err(error) => return Ok(skipped(&format!("{error:#}"))),
        }
    }
    match install(&openclaw) {
        Ok(()) => Ok(Some(openclaw)),
        Err(error) => Ok(skipped(&format!("{error:#}"))),
    }
}

/// A command that is told where the installation is, as far as there is one.
pub(crate) fn known_to(mut command: Command, openclaw: Option<&OpenClaw>) -> Command {
    match openclaw {
        Some(openclaw) => command.env(FOLDER, openclaw.folder()),
        None => command.env_remove(FOLDER),
    };
    command
}

fn named() -> Option<PathBuf> {
    let folder: OsString = std::env::var_os(FOLDER)?;
    (!folder.is_empty()).then(|| house::root().join(folder))
}

fn skipped(why: &str) -> Option<OpenClaw> {
    println!("    no OpenClaw gateway: {why}");
    println!("    the tests that need one say SKIPPED");
    None
}

/// The folder's lock is the committed one, and Node.js came with it.
fn is_made(openclaw: &OpenClaw) -> Result<bool> {
    let lock = source().join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("reading {}", lock.display()))?;
    let made_by = fs::read(openclaw.folder().join(MADE_BY)).unwrap_or_default();
    Ok(made_by == wanted && openclaw.node().is_file())
}

/// One process at a time: npm would remove what another one is making.
fn install(openclaw: &OpenClaw) -> Result<()> {
    let folder = openclaw.folder();
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    let lock = File::create(folder.join("making.lock"))?;
    lock.lock().context("waiting for another installation")?;
    if is_made(openclaw)? {
        return Ok(());
    }
    println!("    from npm, once: OpenClaw and Node.js, about 850 MB, a minute or two");
    for name in GIVEN {
        fs::copy(source().join(name), folder.join(name))
            .with_context(|| format!("copying {name} to {}", folder.display()))?;
    }
    // no script of a package runs here; engines are of the Node.js that comes with it
    quiet(
        Command::new("npm")
            .current_dir(folder)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .args(["--loglevel", "error", "--no-update-notifier"]),
    )?;
    let node = openclaw.node();
    quiet(Command::new(&node).arg("--version"))
        .context("npm has no Node.js for this kind of machine")?;
    // its first start finishes what its install scripts would have done
    quiet(
        Command::new(&node)
            .arg(folder.join("node_modules/openclaw/openclaw.mjs"))
            .arg("--version")
            .env("HOME", folder),
    )
    .context("OpenClaw does not start")?;
    fs::copy(source().join("package-lock.json"), folder.join(MADE_BY))?;
    Ok(())
}

fn source() -> PathBuf {
    house::root().join("tests/openclaw")
}
