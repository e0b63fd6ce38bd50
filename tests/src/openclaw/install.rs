//! Where OpenClaw and its Node.js are: `cargo xtask setup` puts them below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that names the folder; without it, the one in the target folder is taken.
pub const INSTALLATION: &str = "DISPATCH_TEST_OPENCLAW";

/// A folder that npm filled.
#[derive(Clone, Debug)]
pub struct Installation {
    folder: PathBuf,
}

impl Installation {
    /// The installation that the tests use. Where there is none this says SKIPPED on standard
    /// error, and the test is over.
    #[must_use]
    pub fn found() -> Option<Self> {
        let folder = match std::env::var_os(INSTALLATION) {
            Some(folder) if !folder.is_empty() => PathBuf::from(folder),
            _ => below_target()?,
        };
        let installation = Self { folder };
        let missing = [installation.node(), installation.program()]
            .into_iter()
            .find(|file| !file.is_file());
        if let Some(file) = missing {
            eprintln!(
                "SKIPPED: no OpenClaw gateway ({} is not there); run `cargo xtask setup`, which \
                 needs npm and its registry",
                file.display()
            );
            return None;
        }
        Some(installation)
    }

    /// The Node.js that OpenClaw runs on.
    #[must_use]
    pub fn node(&self) -> PathBuf {
        self.folder.join("node_modules/.bin/node")
    }

    /// OpenClaw's program, a script.
    #[must_use]
    pub fn program(&self) -> PathBuf {
        self.folder.join("node_modules/openclaw/openclaw.mjs")
    }

    /// The folder that holds `node_modules`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command that runs OpenClaw with an environment that holds nothing but the way to
    /// its programs.
    #[must_use]
    pub fn openclaw(&self) -> Command {
        let mut command = Command::new(self.node());
        command
            .arg(self.program())
            .env_clear()
            .env("PATH", self.path());
        command
    }

    fn path(&self) -> String {
        let own = self.folder.join("node_modules/.bin");
        format!("{}:/usr/local/bin:/usr/bin:/bin", own.display())
    }
}

/// Test binaries are in `target/PROFILE/deps`.
fn below_target() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    Some(test.ancestors().nth(3)?.join("openclaw"))
}
