//! Reads postmaster.pid, Postgres's own record of a running server, and tells a living
//! one from a stale one. Changes nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// The file's name inside PGDATA.
pub(crate) const FILE: &str = "postmaster.pid";

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) pid: i32,
    /// The socket's folder; absent while the server starts.
    pub(crate) socket_folder: Option<PathBuf>,
    /// It accepts connections.
    pub(crate) ready: bool,
}

impl Postmaster {
    /// `None`: no such file, or not one that names a process.
    pub(crate) fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join(FILE)).ok()?)
    }

    /// Lines: pid, data folder, start time, port, socket folder, address, shared memory, status.
    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let pid: i32 = lines.first()?.parse().ok()?;
        // 0 and -1 address whole groups when signalled
        (pid > 1).then(|| Self {
            pid,
            socket_folder: lines
                .get(4)
                .filter(|line| !line.is_empty())
                .map(PathBuf::from),
            ready: lines.get(7) == Some(&"ready"),
        })
    }

    /// Is the process there, and a Postgres? After a crash the number may be another program's.
    pub(crate) fn is_alive(&self) -> bool {
        match kill(Pid::from_raw(self.pid), None) {
            Ok(()) | Err(Errno::EPERM) => is_postgres(self.pid),
            Err(_) => false,
        }
    }
}

fn is_postgres(pid: i32) -> bool {
    if Path::new("/proc/self/stat").exists() {
        return fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| stat_is_live_postgres(&stat));
    }
    // no /proc (macOS). In doubt it counts as alive: a living server's file is never removed
    Command::new("ps")
        .args(["-o", "comm=", "-p", &pid.to_string()])
        .output()
        .map_or(true, |output| {
            String::from_utf8_lossy(&output.stdout).contains("postgres")
        })
}

/// `4711 (postgres) S ...`: the name, and not a zombie nobody has waited for.
fn stat_is_live_postgres(stat: &str) -> bool {
    let Some((before, after)) = stat.rsplit_once(')') else {
        return false;
    };
    before.contains("(postgres") && !after.trim_start().starts_with(['Z', 'X'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str = "4711\n/d/data\n1700000000\n5432\n/d/socket\n\n  12 34\nready   \n";

    #[test]
    fn a_ready_file_is_read() {
        let postmaster = Postmaster::parse(READY).expect("whole");
        assert_eq!(postmaster.pid, 4711);
        assert_eq!(postmaster.socket_folder, Some(PathBuf::from("/d/socket")));
        assert!(postmaster.ready);
    }

    #[test]
    fn a_half_written_file_is_not_ready() {
        let postmaster = Postmaster::parse("4711\n/d/data\n").expect("names a process");
        assert!(!postmaster.ready);
        assert_eq!(postmaster.socket_folder, None);
        assert!(
            !Postmaster::parse(&READY.replace("ready", "starting"))
                .expect("whole")
                .ready
        );
        for text in ["", "x", "0\n", "-1\n", "1\n"] {
            assert_eq!(Postmaster::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn another_programs_number_is_not_a_server() {
        let own = i32::try_from(std::process::id()).expect("fits");
        let stale = Postmaster {
            pid: own,
            socket_folder: None,
            ready: true,
        };
        assert!(!stale.is_alive());
        assert!(stat_is_live_postgres("7 (postgres) S 1 7"));
        assert!(!stat_is_live_postgres("7 (postgres) Z 1 7"));
        assert!(!stat_is_live_postgres("7 (bash) S 1 7"));
    }
}
