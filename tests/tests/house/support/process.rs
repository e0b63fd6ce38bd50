//! The real binary: `dispatch serve` as a process that can be killed, and the commands
//! that check what it left.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use dispatch_identity::Keyring;
use dispatch_testing::TestDatabase;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Mutex;

use super::PATIENCE;
use super::front::Front;
use super::pack::shipped;
use super::people::{People, Person};

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
    lines: Mutex<Lines<BufReader<ChildStdout>>>,
    log: PathBuf,
}

/// Runs a command against a host, as this person: its exit status, and what it printed.
pub(crate) async fn run(front: &Front, who: &Person, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(binary())
        .args(arguments)
        .args(["--url", &front.base])
        .env("DISPATCH_TOKEN", &who.token)
        .env_remove("DISPATCH_TOKEN_FILE")
        .stdin(Stdio::null())
        .output();
    let output = tokio::time::timeout(PATIENCE, output).await;
    let output = output.expect("it ends in time").expect("it runs");
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.code().expect("it ended by itself"), said)
}

/// The binary that this test run built.
pub(crate) fn binary() -> PathBuf {
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

    /// A file of this site's own; its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("a text").to_owned()
    }

    /// A host that does not start; what it complains of.
    pub(crate) async fn refused_to_serve(&self, arguments: &[&str]) -> String {
        self.refused_to_serve_beside(&shipped(), arguments).await
    }

    /// The same beside another folder.
    pub(crate) async fn refused_to_serve_beside(
        &self,
        folder: &Path,
        arguments: &[&str],
    ) -> String {
        let output = self.host(folder, arguments).output();
        let output = tokio::time::timeout(PATIENCE, output).await;
        let output = output.expect("it ends in time").expect("it runs");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Starts a host and waits until it says that it is ready.
    pub(crate) async fn serve(&self) -> Serving {
        self.serve_beside(&shipped(), &[]).await
    }

    fn host(&self, policies: &Path, arguments: &[&str]) -> Command {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command
            .arg("--policies")
            .arg(policies)
            .args(arguments)
            .arg("--objects")
            .arg(self.folder.path().join("objects"))
            .arg("--keyring")
            .arg(self.keyring())
            .args(["--rate-per-s", "1000000", "--burst", "1000000"])
            .kill_on_drop(true);
        command
    }

    /// The same beside another folder, with arguments of its own.
    pub(crate) async fn serve_beside(&self, policies: &Path, arguments: &[&str]) -> Serving {
        let mut command = self.host(policies, arguments);
        let log = self
            .folder
            .path()
            .join(format!("{}.log", ulid::Ulid::generate()));
        let kept = std::fs::File::create(&log).expect("a log");
        command.stdout(Stdio::piped()).stderr(kept);
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
            lines: Mutex::new(lines),
            log,
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
    /// The next line that it prints.
    pub(crate) async fn line(&self) -> String {
        let mut lines = self.lines.lock().await;
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let line = line.expect("a line in time").expect("a line");
        line.expect("it did not end")
    }

    /// All that it logged, once it has ended.
    pub(crate) async fn log(self) -> String {
        let log = self.log.clone();
        self.ended().await;
        std::fs::read_to_string(log).expect("a log")
    }

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
