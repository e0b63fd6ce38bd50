//! A test run's own server ends with the run, whatever ended the run.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn guard() -> (Child, PathBuf) {
    let mut guard = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["pg", "guard"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut url = String::new();
    BufReader::new(guard.stdout.take().expect("piped"))
        .read_line(&mut url)
        .expect("readable");
    let host = url
        .trim()
        .strip_prefix("postgres://dispatch@")
        .and_then(|rest| rest.split(':').next())
        .expect("a URL of the owning role");
    (guard, host.replace("%2F", "/").into())
}

fn answers(socket_folder: &Path) -> bool {
    UnixStream::connect(socket_folder.join(".s.PGSQL.5432")).is_ok()
}

#[test]
fn the_server_ends_when_its_run_does() {
    let (mut guard, socket_folder) = guard();
    assert!(answers(&socket_folder));
    // what the system does to a killed parent's pipes
    drop(guard.stdin.take());
    assert!(guard.wait().expect("ends").success());
    assert!(!answers(&socket_folder));
    assert!(!socket_folder.exists(), "its folder is removed");
}

#[test]
fn two_runs_have_a_server_each() {
    let (mut one, one_folder) = guard();
    let (mut two, two_folder) = guard();
    assert_ne!(one_folder, two_folder);
    drop(one.stdin.take());
    one.wait().expect("ends");
    assert!(answers(&two_folder), "the other run goes on");
    drop(two.stdin.take());
    assert!(two.wait().expect("ends").success());
}
