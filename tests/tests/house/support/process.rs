//! The real binary: `dispatch serve` as a process that can be killed, and the commands
//! that check what it left.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use dispatch_identity::Keyring;
use dispatch_testing::TestDatabase;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::PATIENCE;
use super::front::Front;
use super::pack::shipped;
use super::people::People;

/// Where a process keeps its own, and which database it is on.
pub(crate) struct Site {
    pub(crate) database: TestDatabase,
    people: People,
    folder: TempDir,
}

/// A running `dispatch serve`.
pub(crate) struct Serving {
    pub(crate) front: Front,
    child: Child,
}

/// The binary that this test run built.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("this test's binary");
    let folder = test.ancestors().nth(2).expect("the target folder");
    let binary = folder.join("dispatch");
    assert!(
        binary.exists(),
        "{} is not there: run `cargo build -p dispatch-cli` first",
        binary.display()
    );
    binary
}

impl Site {
    pub(crate) async fn new() -> Self {
        let site = Self {
            database: TestDatabase::new().await,
            people: People::new(),
            folder: tempfile::tempdir().expect("a folder"),
        };
        let keys: &Keyring = &site.people.keys;
        keys.save(&site.keyring()).expect("saved");
        site
    }

    fn keyring(&self) -> PathBuf {
        self.folder.path().join("keyring.toml")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        // shared by every test: the first start compiles the components
        let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("served");
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .args(["--database-url", self.database.url()])
            .arg("--data-dir")
            .arg(data)
            .env_remove("DISPATCH_KEYRING")
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null());
        command
    }

    /// Starts a host and waits until it says that it is ready.
    pub(crate) async fn serve(&self) -> Serving {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command
            .arg("--policies")
            .arg(shipped())
            .arg("--objects")
            .arg(self.folder.path().join("objects"))
            .arg("--keyring")
            .arg(self.keyring())
            .args(["--rate-per-s", "1000000", "--burst", "1000000"])
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let ready = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let ready = ready
            .expect("ready in time")
            .expect("a line")
            .expect("it did not end");
        let base = ready
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| panic!("no address in {ready:?}"));
        Serving {
            front: Front::new(base.to_owned(), self.people.clone()),
            child,
        }
    }

    /// `dispatch audit verify` and `dispatch audit replay` find nothing wrong.
    pub(crate) async fn audit_is_clean(&self) {
        for what in ["verify", "replay"] {
            let output = self
                .command(&["audit", what, "--json"])
                .output()
                .await
                .expect("it runs");
            let (said, complained) = (
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            );
            assert!(output.status.success(), "audit {what}: {said} {complained}");
        }
    }
}

impl Serving {
    /// As the kernel does when memory runs out.
    pub(crate) async fn kill_9(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// As an operator does.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().expect("it runs");
        let pid = Pid::from_raw(i32::try_from(id).expect("an id"));
        kill(pid, Signal::SIGTERM).expect("told");
    }

    pub(crate) async fn ended(mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends in time").expect("a status")
    }
}
