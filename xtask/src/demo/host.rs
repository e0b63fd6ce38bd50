//! The demo's host: `dispatch serve` on a data folder of its own, fresh each time.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use dispatch_cluster::{Cluster, ClusterError};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::interrupt::Interrupt;
use crate::house;

/// Where a host listens by default, and the demo too where that port is free.
const PORT: u16 = 7711;

/// From the start to the first answer, with a database made on a slow disk.
const READY: Duration = Duration::from_secs(120);

/// From the signal to the end.
const STOPPED: Duration = Duration::from_secs(60);

/// Lines of the host's log that are shown when something went wrong.
const LOG_LINES: usize = 20;

/// A running host; dropping it stops it.
pub(super) struct Host {
    child: Child,
    url: String,
    data: PathBuf,
    folder: PathBuf,
    ended: Option<ExitStatus>,
}

impl Host {
    pub(super) fn start(
        binary: &Path,
        folder: &Path,
        port: Option<u16>,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        // below the default, which a server that root starts for another user can reach
        let data = dispatch_cluster::default_folder().join("demo");
        clear(&data)?;
        let log = File::create(folder.join("host.log")).context("the host's log")?;
        let mut command = Command::new(binary);
        for (name, _) in std::env::vars_os() {
            // the demo shows the defaults, not what this shell is set to
            if name.as_encoded_bytes().starts_with(b"DISPATCH_") || name == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        let mut child = command
            .arg("serve")
            .args(["--listen", &format!("127.0.0.1:{}", choose(port))])
            .arg("--data-dir")
            .arg(&data)
            .arg("--policies")
            .arg(house::pack(house::SHIPPED))
            .arg("--company")
            .arg(house::root().join("xtask/demo/company.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            // an interrupt at the terminal is for us; the host is stopped by us
            .process_group(0)
            .spawn()
            .with_context(|| format!("could not start {}", binary.display()))?;
        let said = child.stdout.take().context("the host has no output")?;
        let mut host = Self {
            child,
            url: String::new(),
            data,
            folder: folder.to_owned(),
            ended: None,
        };
        match host.await_ready(&lines(said), interrupt) {
            Ok(()) => Ok(host),
            Err(error) => {
                host.print_log();
                Err(error)
            }
        }
    }

    fn await_ready(&mut self, said: &Receiver<String>, interrupt: &Interrupt) -> Result<()> {
        let deadline = Instant::now() + READY;
        let ready = loop {
            interrupt.check()?;
            if let Ok(line) = said.recv_timeout(Duration::from_millis(100)) {
                break line;
            }
            self.must_run()?;
            ensure!(Instant::now() < deadline, "the host was not ready in time");
        };
        println!("    {ready}");
        self.url = ready
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .with_context(|| format!("the host said `{ready}`, which names no address"))?
            .to_owned();
        while !self.answers_ready() {
            interrupt.check()?;
            self.must_run()?;
            ensure!(Instant::now() < deadline, "/readyz did not say yes in time");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Does `GET /readyz` answer 200?
    fn answers_ready(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let address = self.url.trim_start_matches("http://");
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            write!(
                stream,
                "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
    }

    fn must_run(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            self.ended = Some(status);
            bail!("the host ended by itself with {status}");
        }
        Ok(())
    }

    /// Where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Its data folder.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Where the demo puts what it makes.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves it up until somebody interrupts.
    pub(super) fn wait(&mut self, interrupt: &Interrupt) -> Result<()> {
        while !interrupt.wait(Duration::from_millis(300)) {
            self.must_run()?;
        }
        println!();
        Ok(())
    }

    /// Stops it as an operator would, and expects it to end well.
    pub(super) fn stop(&mut self) -> Result<()> {
        let status = self.end()?;
        ensure!(status.success(), "the host ended with {status}");
        Ok(())
    }

    fn end(&mut self) -> Result<ExitStatus> {
        if let Some(status) = self.ended {
            return Ok(status);
        }
        kill(pid(&self.child), Signal::SIGTERM).context("stopping the host")?;
        let deadline = Instant::now() + STOPPED;
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.ended = Some(status);
                return Ok(status);
            }
            if Instant::now() >= deadline {
                self.child.kill()?;
                self.ended = Some(self.child.wait()?);
                bail!("the host did not stop in time and was killed");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The end of its log, for a reader who must find out why.
    pub(super) fn print_log(&self) {
        let file = self.folder.join("host.log");
        let text = fs::read(&file).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        eprintln!("the host's log ({}) ends so:", file.display());
        for line in &lines[lines.len().saturating_sub(LOG_LINES)..] {
            eprintln!("    {line}");
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("the host was not stopped: {error:#}");
        }
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("process ids fit in an i32"))
}

/// Lines as they come; a host that keeps writing never waits for a reader.
fn lines(said: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            // kept reading also when nobody asks any more
            let _ = tell.send(line);
        }
    });
    told
}

/// The port asked for, the usual one where it is free, else any.
fn choose(port: Option<u16>) -> u16 {
    port.unwrap_or_else(|| match TcpListener::bind(("127.0.0.1", PORT)) {
        Ok(_) => PORT,
        Err(_) => 0,
    })
}

/// An earlier demo's data, gone; its Postgres stopped first, where a demo was killed.
fn clear(data: &Path) -> Result<()> {
    if !data.exists() {
        return Ok(());
    }
    if Cluster::attach(data).is_ok() {
        match Cluster::open(data) {
            Ok(cluster) => cluster.stop()?,
            Err(ClusterError::InUse { .. }) => bail!(
                "another demo still runs on {}: end it with Ctrl-C there, or kill its `dispatch \
                 serve`",
                data.display()
            ),
            Err(error) => return Err(error.into()),
        }
    }
    fs::remove_dir_all(data).with_context(|| format!("could not clear {}", data.display()))
}
