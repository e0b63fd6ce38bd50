//! A server process: started, adopted, waited for, stopped. Knows signals and time-outs.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::account::{Account, command};
use crate::binaries::Binaries;
use crate::error::{ClusterError, tail};
use crate::folder::Layout;
use crate::postmaster::{FILE, Postmaster};
use crate::settings::Settings;
use crate::socket;

const POLL: Duration = Duration::from_millis(20);

/// A killed server's own processes may hold its memory for a moment after it.
const START_ATTEMPTS: u32 = 4;
const START_PAUSE: Duration = Duration::from_millis(500);

/// A server that accepts connections.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) pid: i32,
    pub(crate) socket_folder: PathBuf,
    data: PathBuf,
    /// Present when this process started it, so that its end is waited for.
    child: Option<Child>,
}

impl Server {
    /// The server that runs on `data` and answers, if there is one.
    pub(crate) fn running(data: &Path) -> Option<Self> {
        let postmaster = Postmaster::read(data).filter(Postmaster::is_alive)?;
        let socket_folder = postmaster.socket_folder.filter(|_| postmaster.ready)?;
        socket::answers(&socket_folder).then(|| Self {
            pid: postmaster.pid,
            socket_folder,
            data: data.to_path_buf(),
            child: None,
        })
    }

    /// Adopts the server an earlier host left behind, or clears what is stale. A living
    /// server that is still starting, or ending, is waited for.
    pub(crate) fn adopt(
        layout: &Layout,
        settings: &Settings,
    ) -> Result<Option<Self>, ClusterError> {
        let data = layout.data();
        let deadline = Instant::now() + settings.start_timeout;
        loop {
            if let Some(server) = Self::running(&data) {
                tracing::info!(
                    pid = server.pid,
                    "adopted the Postgres that was left running"
                );
                return Ok(Some(server));
            }
            match Postmaster::read(&data) {
                Some(postmaster) if postmaster.is_alive() => {}
                Some(postmaster) => {
                    // another program may have its number, and Postgres would then refuse to start
                    let path = data.join(FILE);
                    tracing::info!(pid = postmaster.pid, "removed a dead server's {FILE}");
                    return match fs::remove_file(&path) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                            Err(ClusterError::io("remove", path)(error))
                        }
                        _ => Ok(None),
                    };
                }
                None => return Ok(None),
            }
            if Instant::now() >= deadline {
                return Err(ClusterError::StartTimeout {
                    waited: settings.start_timeout,
                    log: layout.log(),
                });
            }
            sleep(POLL);
        }
    }

    /// Starts a server and waits until it accepts connections.
    pub(crate) fn start(
        binaries: &Binaries,
        layout: &Layout,
        account: Option<&Account>,
        settings: &Settings,
    ) -> Result<Self, ClusterError> {
        let deadline = Instant::now() + settings.start_timeout;
        let socket_folder = socket::folder(layout, account)?;
        let mut attempt = 1;
        loop {
            let log_start = fs::metadata(layout.log()).map_or(0, |m| m.len());
            let child = spawn(binaries, layout, account, settings, &socket_folder)?;
            match await_ready(child, layout, deadline, settings)? {
                Some(server) => return Ok(server),
                None if attempt < START_ATTEMPTS && Instant::now() < deadline => {
                    attempt += 1;
                    sleep(START_PAUSE);
                }
                None => {
                    return Err(ClusterError::Program {
                        program: "postgres",
                        said: log_since(layout, log_start),
                    });
                }
            }
        }
    }

    /// A fast shutdown: sessions are ended, everything committed is on disk.
    pub(crate) fn stop(&mut self, settings: &Settings) -> Result<(), ClusterError> {
        let deadline = Instant::now() + settings.stop_timeout;
        signal(self.pid, Signal::SIGINT)?;
        while !self.ended() {
            if Instant::now() >= deadline {
                return Err(ClusterError::StopTimeout {
                    pid: self.pid,
                    waited: settings.stop_timeout,
                });
            }
            sleep(POLL);
        }
        Ok(())
    }

    fn ended(&mut self) -> bool {
        match &mut self.child {
            Some(child) => !matches!(child.try_wait(), Ok(None)),
            None => Postmaster::read(&self.data)
                .is_none_or(|now| now.pid != self.pid || !now.is_alive()),
        }
    }
}

fn spawn(
    binaries: &Binaries,
    layout: &Layout,
    account: Option<&Account>,
    settings: &Settings,
    socket_folder: &Path,
) -> Result<Child, ClusterError> {
    let program = binaries.postgres();
    let log = layout.open_log()?;
    let errors = log
        .try_clone()
        .map_err(ClusterError::io("open", layout.log()))?;
    let mut command = command(&program, account);
    command.arg("-D").arg(layout.data());
    command.args(["-p", &socket::PORT.to_string(), "-k"]);
    command.arg(socket_folder);
    for parameter in settings.parameters() {
        command.args(["-c", &parameter]);
    }
    command
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        // its own group: an interrupt at the terminal is the host's to handle, in its order
        .process_group(0)
        .spawn()
        .map_err(ClusterError::io("run", program))
}

/// `None`: the server ended by itself.
fn await_ready(
    mut child: Child,
    layout: &Layout,
    deadline: Instant,
    settings: &Settings,
) -> Result<Option<Server>, ClusterError> {
    let pid = i32::try_from(child.id()).expect("process ids fit in an i32");
    loop {
        // what is there may still be an earlier server's file
        if let Some(server) = Server::running(&layout.data())
            && server.pid == pid
        {
            return Ok(Some(Server {
                child: Some(child),
                ..server
            }));
        }
        match child.try_wait() {
            Ok(None) => {}
            Ok(Some(_)) => return Ok(None),
            Err(source) => return Err(ClusterError::io("wait for", "postgres")(source)),
        }
        if Instant::now() >= deadline {
            // not left running unmanaged; immediate shutdown, recovered from at the next start
            signal(pid, Signal::SIGQUIT)?;
            let _ = child.wait();
            return Err(ClusterError::StartTimeout {
                waited: settings.start_timeout,
                log: layout.log(),
            });
        }
        sleep(POLL);
    }
}

fn signal(pid: i32, signal: Signal) -> Result<(), ClusterError> {
    match kill(Pid::from_raw(pid), signal) {
        // it has ended already
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(source) => Err(ClusterError::Signal { pid, source }),
    }
}

/// What the server wrote to its log in this start.
fn log_since(layout: &Layout, start: u64) -> String {
    let text = fs::read(layout.log()).unwrap_or_default();
    let from = usize::try_from(start).map_or(0, |start| start.min(text.len()));
    tail(&String::from_utf8_lossy(&text[from..]), 4)
}
