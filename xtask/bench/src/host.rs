//! The host as its own process, as a user would start it: its release binary, on a
//! port of its own, with rates too high to matter.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::tokens::Tokens;
use crate::wire::Wire;

/// How long a start may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often readiness is asked for: fine enough for a figure in milliseconds.
const PAUSE: Duration = Duration::from_millis(2);

/// Memory that is resident now, and the most that was.
pub(crate) const NOW: &str = "VmRSS:";
pub(crate) const PEAK: &str = "VmHWM:";

/// Where a host's parts are.
pub(crate) struct Place<'a> {
    pub(crate) program: &'a Path,
    pub(crate) pack: &'a Path,
    /// Its objects, its cache of compiled components, its log.
    pub(crate) data: &'a Path,
    pub(crate) database_url: &'a str,
}

/// A host that runs. Dropped, it is stopped.
pub(crate) struct Host {
    child: Child,
    pub(crate) port: u16,
    /// From the start of the process until it took calls, in milliseconds.
    pub(crate) ready_ms: f64,
}

impl Host {
    pub(crate) async fn start(place: &Place<'_>, tokens: &Tokens) -> Result<Self> {
        // free a moment ago; nothing else of this machine asks for ports of this range
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let log = File::options()
            .create(true)
            .append(true)
            .open(place.data.join("host.log"))?;
        let began = Instant::now();
        let child = Command::new(place.program)
            .arg("serve")
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .args(["--database-url", place.database_url])
            .arg("--data-dir")
            .arg(place.data)
            .arg("--policies")
            .arg(place.pack)
            .args(["--rate-per-s", "1000000", "--burst", "1000000"])
            .env("DISPATCH_KEYRING", tokens.keyring())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", place.program.display()))?;
        let mut host = Self {
            child,
            port,
            ready_ms: 0.0,
        };
        while !host.is_ready().await {
            if let Some(status) = host.child.try_wait()? {
                bail!("the host ended with {status}: {}", tail(place.data));
            }
            ensure!(
                began.elapsed() < PATIENCE,
                "the host is not ready: {}",
                tail(place.data)
            );
            tokio::time::sleep(PAUSE).await;
        }
        host.ready_ms = began.elapsed().as_secs_f64() * 1000.0;
        Ok(host)
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut wire) = Wire::open(self.port).await else {
            return false;
        };
        wire.exchange(b"GET /readyz HTTP/1.1\r\nhost: bench\r\n\r\n")
            .await
            .is_ok_and(|answer| answer.status == 200)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that was resident so far, in MB of a million bytes.
    pub(crate) fn peak_rss_mb(&self) -> Result<f64> {
        memory_mb(self.pid(), PEAK)
    }

    /// The memory that is resident now, in MB of a million bytes.
    pub(crate) fn rss_mb(&self) -> Result<f64> {
        memory_mb(self.pid(), NOW)
    }

    /// Stops it as an operator would, and waits.
    pub(crate) fn stop(mut self) -> Result<()> {
        let status = self.end()?;
        ensure!(status.success(), "the host ended with {status}");
        Ok(())
    }

    fn end(&mut self) -> Result<std::process::ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        kill(
            Pid::from_raw(i32::try_from(self.child.id())?),
            Signal::SIGTERM,
        )?;
        Ok(self.child.wait()?)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("the host was not stopped: {error:#}");
        }
    }
}

/// A process's memory as the system tells it: [`NOW`] or [`PEAK`], in MB of a million bytes.
pub(crate) fn memory_mb(pid: u32, what: &'static str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix(what))
        .and_then(|rest| rest.split_whitespace().next())
        .with_context(|| format!("the system tells no {what}"))?
        .parse()?;
    Ok(kib * 1024.0 / 1_000_000.0)
}

/// The end of the host's log.
fn tail(data: &Path) -> String {
    let log = std::fs::read_to_string(data.join("host.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
