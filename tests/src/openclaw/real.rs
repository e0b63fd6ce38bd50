//! A real gateway as a process of the test's own: a private state folder, loopback only,
//! killed with the test.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::install::Installation;
use super::json::merge;
use super::wire;

/// A start takes some ten seconds on two quiet cores; on busy ones it may take this long.
const READY_WITHIN: Duration = Duration::from_secs(240);

/// How long a gateway that was told to end may drain.
const END_WITHIN: Duration = Duration::from_secs(60);

/// Of its log, a failed test shows this much, in bytes.
const LOG_END: usize = 8 * 1024;

/// What a test may have otherwise than the rest.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Laid over the configuration that every gateway under test has.
    pub config: Value,
    /// More variables of its environment, such as credentials.
    pub env: Vec<(String, String)>,
}

impl From<Value> for Settings {
    fn from(config: Value) -> Self {
        Self {
            config,
            env: Vec::new(),
        }
    }
}

/// A running gateway, or one that was ended and can be started again on what it left.
#[derive(Debug)]
pub struct RealGateway {
    installation: Installation,
    folder: TempDir,
    port: u16,
    token: String,
    env: Vec<(String, String)>,
    child: Option<Child>,
}

impl RealGateway {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// With the end of its log, when it is not ready within four minutes.
    pub async fn start(installation: &Installation, settings: impl Into<Settings>) -> Result<Self> {
        let settings = settings.into();
        let mut gateway = Self {
            installation: installation.clone(),
            folder: tempfile::Builder::new().prefix("openclaw-").tempdir()?,
            port: TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port(),
            token: format!("test-{}", ulid::Ulid::generate()),
            env: settings.env,
            child: None,
        };
        let mut config = gateway.base();
        if !settings.config.is_null() {
            merge(&mut config, settings.config);
        }
        std::fs::create_dir(gateway.home())?;
        std::fs::create_dir(gateway.tmp())?;
        std::fs::write(gateway.config_path(), serde_json::to_vec_pretty(&config)?)?;
        gateway.launch().await?;
        Ok(gateway)
    }

    /// As little as a gateway can do: no channels, no look-ups, no shell, no plan of its own.
    fn base(&self) -> Value {
        json!({
            "gateway": {
                "mode": "local", "bind": "loopback", "port": self.port,
                "auth": { "mode": "token", "token": "${OPENCLAW_GATEWAY_TOKEN}" },
                "controlUi": { "enabled": false }, "terminal": { "enabled": false },
                "tailscale": { "mode": "off" },
            },
            "update": { "checkOnStart": false }, "telemetry": { "enabled": false },
            "discovery": { "mdns": { "mode": "off" } },
            "models": { "catalogRefresh": { "enabled": false } },
            "cron": { "enabled": false }, "browser": { "enabled": false },
            "logging": { "file": self.folder.path().join("gateway.jsonl") },
            "tools": { "toolSearch": false },
            "agents": { "ownership": "explicit", "defaults": {
                "workspace": self.folder.path().join("workspace"), "skipBootstrap": true,
                "heartbeat": { "every": "0m" },
            } },
            "plugins": { "slots": { "memory": "none" } },
        })
    }

    /// Its address, for a client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// The same for HTTP.
    #[must_use]
    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The shared token that it asks for.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its private folder: configuration, state, home, workspaces, log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its configuration file.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.folder.path().join("openclaw.json")
    }

    /// Everything it printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        let log = std::fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// A command of OpenClaw's own command line, on this gateway's folders.
    #[must_use]
    pub fn openclaw(&self) -> std::process::Command {
        let preload = Path::new(env!("CARGO_MANIFEST_DIR")).join("openclaw/loopback-only.cjs");
        let mut command = self.installation.openclaw();
        command
            .current_dir(self.folder.path())
            .env(
                "NODE_OPTIONS",
                format!("--require \"{}\"", preload.display()),
            )
            .env("OPENCLAW_CONFIG_PATH", self.config_path())
            .env("OPENCLAW_STATE_DIR", self.folder.path().join("state"))
            .env("OPENCLAW_HOME", self.home())
            .env("HOME", self.home())
            .env("TMPDIR", self.tmp())
            .env("OPENCLAW_GATEWAY_TOKEN", &self.token)
            .env("OPENCLAW_DISABLE_BONJOUR", "1")
            .env("OPENCLAW_NO_RESPAWN", "1")
            .env("OPENCLAW_SKIP_CHANNELS", "1")
            .env("OPENCLAW_EXEC_SHELL_SNAPSHOT", "0")
            .env("OPENCLAW_NO_AUTO_UPDATE", "1")
            .env("DO_NOT_TRACK", "1")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Changes its environment; it is seen at the next start.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// Changes the token; it is seen at the next start.
    pub fn set_token(&mut self, token: &str) {
        token.clone_into(&mut self.token);
    }

    /// Starts it on its state folder and port, where it was ended, and waits until it is ready.
    ///
    /// # Errors
    /// With the end of its log, when it is not ready within four minutes.
    pub async fn launch(&mut self) -> Result<()> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path())?;
        let port = self.port.to_string();
        let mut command = self.openclaw();
        command
            .args(["gateway", "run", "--port", &port])
            // held by us: it ends when we do, whatever ends us
            .env("DISPATCH_TEST_GUARD", "stdin")
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0);
        self.child = Some(command.spawn().context("starting the gateway")?);
        self.ready().await
    }

    /// Waits until it says that it is ready: after a start, or after a restart of its own.
    ///
    /// # Errors
    /// With the end of its log, when it is not ready within four minutes.
    pub async fn ready(&mut self) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < READY_WITHIN {
            if let Some(status) = self.ended()? {
                bail!("the gateway ended with {status}: {}", self.log_end());
            }
            let look =
                tokio::time::timeout(Duration::from_secs(5), wire::get(self.port, "/readyz"));
            if matches!(look.await, Ok(Ok((200, _)))) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the gateway is not ready: {}", self.log_end())
    }

    /// As the kernel does when memory runs out: at once, with all that it started.
    pub fn kill_9(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        // an error is a group that is gone
        let _ = killpg(pid(&child), Signal::SIGKILL);
        let _ = child.wait();
    }

    /// Tells it to end as an operator does, and waits for it.
    ///
    /// # Errors
    /// When it does not end within a minute.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        let began = Instant::now();
        while began.elapsed() < END_WITHIN {
            if let Some(status) = self.ended()? {
                self.kill_9();
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the gateway does not end: {}", self.log_end())
    }

    /// Ends it as an operator does, and starts it again on the same state.
    ///
    /// # Errors
    /// When it does not end, or is not ready again.
    pub async fn restart(&mut self) -> Result<()> {
        self.terminate().await?;
        self.launch().await
    }

    /// It stops answering, with its connections open.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// It goes on after [`RealGateway::freeze`].
    ///
    /// # Errors
    /// When it does not run.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let child = self.child.as_ref().context("the gateway does not run")?;
        Ok(kill(pid(child), signal)?)
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let child = self.child.as_mut().context("the gateway does not run")?;
        Ok(child.try_wait()?)
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let from = log.floor_char_boundary(log.len().saturating_sub(LOG_END));
        format!("the end of its log:\n{}", &log[from..])
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn tmp(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("gateway.log")
    }
}

impl Drop for RealGateway {
    fn drop(&mut self) {
        self.kill_9();
        if std::thread::panicking() {
            eprintln!("the gateway: {}", self.log_end());
        }
    }
}

fn pid(child: &Child) -> Pid {
    // INVARIANT: process ids fit, by POSIX
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}
