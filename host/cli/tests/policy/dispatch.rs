//! The binary, and packs in folders that a test may spoil.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// How a run ended.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// It ended so; what it said is shown where it did not.
    pub(crate) fn is(self, status: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(self.status, status, "{stdout}\n{stderr}");
        self
    }

    /// What it printed with `--json`.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    /// Everything of this was said to standard output.
    pub(crate) fn says(&self, all: &[&str]) {
        for said in all {
            assert!(self.stdout.contains(said), "{said} in {}", self.stdout);
        }
    }
}

/// `dispatch policy` with nothing from the environment but a cache of its own.
pub(crate) fn policy() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dispatch"));
    for (name, _) in std::env::vars() {
        if name.starts_with("DISPATCH_") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    command.env("XDG_CACHE_HOME", cache).arg("policy");
    command
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ran {
        status: output.status.code().expect("it ended by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Run `dispatch policy` with these arguments.
pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Ran {
    ran(policy().args(arguments))
}

/// The same in a terminal of this width: everything it shows.
pub(crate) fn on_terminal(columns: u16, arguments: &[&str]) -> String {
    let size = nix::pty::Winsize {
        ws_row: 50,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = nix::pty::openpty(Some(&size), None).expect("a terminal");
    let end = || Stdio::from(pty.slave.try_clone().expect("its end"));
    let mut child = policy()
        .args(arguments)
        .env("TERM", "xterm-256color")
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(end())
        .stderr(end())
        .spawn()
        .expect("the binary runs");
    drop(pty.slave);
    let mut shown = Vec::new();
    // a terminal that nobody has open any more is an error, and the end
    let _ended = std::fs::File::from(pty.master).read_to_end(&mut shown);
    child.wait().expect("it ended");
    String::from_utf8(shown)
        .expect("text")
        .replace("\r\n", "\n")
}

/// The pack that the repository ships.
pub(crate) fn shipped() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/real-dispatch");
    assert!(
        folder.join("components/ticket-create.wasm").exists(),
        "run `cargo xtask guests` first"
    );
    folder
}

/// A copy of the shipped pack that goes with the test.
pub(crate) struct Copied {
    pub(crate) house: tempfile::TempDir,
    pub(crate) folder: PathBuf,
}

impl Copied {
    pub(crate) fn new() -> Self {
        let house = tempfile::tempdir().expect("a folder");
        let folder = house.path().join("pack");
        copy(&shipped(), &folder);
        Self { house, folder }
    }

    /// One replacement in one file.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.join(file);
        let text = std::fs::read_to_string(&path).expect("a text");
        assert!(text.contains(from), "{file} has no {from}");
        std::fs::write(path, text.replacen(from, to, 1)).expect("written");
    }

    pub(crate) fn path(&self) -> &str {
        self.folder.to_str().expect("text")
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("copied");
        }
    }
}
