//! Makes PGDATA once, with the database in it: whole or not at all. Starts no server.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::account::{Account, command};
use crate::binaries::Binaries;
use crate::cluster::{DATABASE, ROLE};
use crate::error::{ClusterError, tail};
use crate::folder::Layout;

/// Makes the cluster beside its place, then moves it there: a crash in between leaves
/// nothing that could be mistaken for a whole one.
pub(crate) fn initialise(
    binaries: &Binaries,
    layout: &Layout,
    account: Option<&Account>,
    durable: bool,
) -> Result<(), ClusterError> {
    let staging = layout.staging();
    // ctype: case folding beyond ASCII. Not every system has that locale; C is everywhere.
    let with_unicode = ["--locale=C", "--lc-ctype=C.UTF-8"];
    if initdb(binaries, &staging, account, durable, &with_unicode).is_err() {
        initdb(binaries, &staging, account, durable, &["--locale=C"])?;
    }
    create_database(binaries, &staging, account, durable)?;
    let data = layout.data();
    fs::rename(&staging, &data).map_err(ClusterError::io("move into place", &data))?;
    tracing::info!(folder = %data.display(), "made a Postgres cluster");
    Ok(())
}

fn initdb(
    binaries: &Binaries,
    staging: &Path,
    account: Option<&Account>,
    durable: bool,
    locale: &[&str],
) -> Result<(), ClusterError> {
    if staging.exists() {
        fs::remove_dir_all(staging).map_err(ClusterError::io("remove", staging))?;
    }
    let program = binaries.initdb();
    let mut command = command(&program, account);
    command
        .arg("-D")
        .arg(staging)
        .args(["-U", ROLE, "-E", "UTF8"])
        // the socket's folder is the lock on the door; see the crate's first lines
        .args(["--auth-local=trust", "--auth-host=reject"])
        .args(locale)
        .stdin(Stdio::null());
    if !durable {
        command.arg("--no-sync");
    }
    let output = command
        .output()
        .map_err(ClusterError::io("run", &program))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(said("initdb", &output))
    }
}

/// In single-user mode: no socket, no client program needed.
fn create_database(
    binaries: &Binaries,
    data: &Path,
    account: Option<&Account>,
    durable: bool,
) -> Result<(), ClusterError> {
    let program = binaries.postgres();
    let mut command = command(&program, account);
    command.arg("--single");
    if !durable {
        command.args(["-c", "fsync=off"]);
    }
    let mut child = command
        .arg("-D")
        .arg(data)
        .arg("postgres")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(ClusterError::io("run", &program))?;
    let statement = format!("CREATE DATABASE {DATABASE};\n");
    if let Some(mut stdin) = child.stdin.take() {
        // a server that ended before reading says why on stderr, read below
        let _ = stdin.write_all(statement.as_bytes());
    }
    let output = child
        .wait_with_output()
        .map_err(ClusterError::io("wait for", &program))?;
    // this mode reports a failed statement in words only
    let failed = [&output.stdout, &output.stderr].iter().any(|text| {
        let text = String::from_utf8_lossy(text);
        ["ERROR:", "FATAL:", "PANIC:"]
            .iter()
            .any(|level| text.contains(level))
    });
    if output.status.success() && !failed {
        Ok(())
    } else {
        Err(said("postgres", &output))
    }
}

fn said(program: &'static str, output: &Output) -> ClusterError {
    ClusterError::Program {
        program,
        said: tail(&String::from_utf8_lossy(&output.stderr), 4),
    }
}
