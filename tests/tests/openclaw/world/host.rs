//! The real host as a process: `dispatch serve` on a database of the test's own.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dispatch_contract::Role;
use dispatch_testing::TestDatabase;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::PATIENCE;
use super::sockets::{self, Sockets};

/// The technician whom tests assign.
pub(crate) const TECHNICIAN: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1T0A";

/// A running host.
pub(crate) struct Host {
    database: TestDatabase,
    folder: TempDir,
    port: u16,
    options: Vec<String>,
    child: Option<Child>,
    operator: String,
    http: reqwest::Client,
}

impl Host {
    /// Starts one with these options, and registers the technician.
    pub(crate) async fn start(options: &[&str]) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let mut host = Self {
            database: TestDatabase::new().await,
            folder: tempfile::tempdir().expect("a folder"),
            port: port.local_addr().expect("an address").port(),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            child: None,
            operator: String::new(),
            http: reqwest::Client::new(),
        };
        drop(port);
        host.launch().await;
        host.operator = host.mint(Role::OperatorAdmin);
        let entry = json!({ "name": "Tess Ohm", "active": true, "timezone": "America/Chicago" });
        let path = format!("/v0/technicians/{TECHNICIAN}");
        let registered = host.request(Method::PUT, &path).json(&entry).send().await;
        assert_eq!(registered.expect("an answer").status(), 200);
        host
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it, where it was ended, and waits until it is ready.
    pub(crate) async fn launch(&mut self) {
        let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/real-dispatch");
        let components = policies.join("components/ticket-create.wasm");
        assert!(components.exists(), "run `cargo xtask guests` first");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("a log");
        let mut command = self.command(&["serve", "--listen", &format!("127.0.0.1:{}", self.port)]);
        command
            .arg("--policies")
            .arg(policies)
            .arg("--objects")
            .arg(self.folder.path().join("objects"))
            .arg("--keyring")
            .arg(self.keyring())
            .args(&self.options)
            .stdout(Stdio::null())
            .stderr(log);
        self.child = Some(command.spawn().expect("it starts"));
        let began = Instant::now();
        loop {
            let ready = self
                .http
                .get(format!("{}/readyz", self.base()))
                .send()
                .await;
            if ready.is_ok_and(|ready| ready.status() == 200) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// As the kernel does when memory runs out.
    pub(crate) fn kill_9(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it ran");
            child.wait().expect("it is gone");
        }
    }

    /// It stops where it stands; who calls it waits.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// It goes on after [`Host::freeze`].
    pub(crate) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("it runs");
        let pid = i32::try_from(child.id()).expect("ids fit");
        kill(Pid::from_raw(pid), signal).expect("signalled");
    }

    /// Its ends of the connections to it, as the kernel has them.
    pub(crate) fn sockets(&self) -> Sockets {
        sockets::of(self.port)
    }

    /// A token for a role, as an operator makes it.
    pub(crate) fn mint(&self, role: Role) -> String {
        let mut command = self.command(&["token", "mint", "--role", role.name(), "--keyring"]);
        let output = command.arg(self.keyring()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let token = String::from_utf8(output.stdout).expect("a token");
        token.trim().to_owned()
    }

    /// Every chain holds, and every call judged again says the same.
    pub(crate) fn audit_is_clean(&self) {
        for what in ["verify", "replay"] {
            let mut command = self.command(&["audit", what]);
            command.args(["--database-url", self.database.url()]);
            let output = command.output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stdout);
            let complained = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "audit {what}: {said}{complained}");
        }
    }

    /// What an operator reads.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.expect("JSON")
    }

    /// Every ticket there is.
    pub(crate) async fn tickets(&self) -> Vec<Value> {
        let page = self.read("/v0/tickets?limit=200").await;
        page["items"].as_array().expect("tickets").clone()
    }

    /// A photo as evidence, put there with this credential; as `closeout.add_photo` takes it.
    pub(crate) async fn upload(&self, token: &str, picture: &'static [u8]) -> Value {
        let request = self.http.put(format!("{}/v0/attachments", self.base()));
        let request = request
            .bearer_auth(token)
            .header("content-type", "image/png");
        let answer = request.body(picture).send().await.expect("an answer");
        assert_eq!(answer.status(), 201);
        answer.json().await.expect("JSON")
    }

    /// The folder that the binary is in.
    pub(crate) fn binary_folder(&self) -> PathBuf {
        binary().parent().expect("a folder").to_owned()
    }

    /// What commands on this host's machine find in their environment.
    pub(crate) fn environment(&self) -> [(&'static str, PathBuf); 2] {
        [
            ("DISPATCH_DATA_DIR", data_folder()),
            ("DISPATCH_KEYRING_FILE", self.keyring()),
        ]
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base()));
        request.bearer_auth(&self.operator)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env("DISPATCH_DATA_DIR", data_folder())
            .env("DATABASE_URL", self.database.url())
            .env_remove("DISPATCH_KEYRING")
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null());
        command
    }

    fn keyring(&self) -> PathBuf {
        self.folder.path().join("keyring.toml")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("host.log")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill_9();
        if std::thread::panicking() {
            eprintln!("the host's log: {}", self.log());
        }
    }
}

/// Shared with the house's tests: the first start compiles the components.
fn data_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("served")
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
