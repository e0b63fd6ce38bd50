//! The cluster's life on a real Postgres: made, stopped, found again, adopted after
//! its host was killed, refused to a second host.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dispatch_cluster::{Binaries, Cluster, ClusterError, DATABASE, Settings};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use tempfile::TempDir;

/// Tells the test binary, started again by itself, to be a host on this folder.
const HOST_FOLDER: &str = "DISPATCH_CLUSTER_TEST_HOST_FOLDER";

fn folder() -> TempDir {
    tempfile::tempdir().expect("temp folder")
}

fn open(folder: &Path) -> Cluster {
    Cluster::open_with(folder, Settings::for_tests()).expect("the cluster opens")
}

/// Runs SQL through psql; what it prints, trimmed.
fn sql(cluster: &Cluster, statement: &str) -> String {
    let psql = Binaries::find()
        .expect("Postgres is installed")
        .program("psql")
        .unwrap_or_else(|| PathBuf::from("psql"));
    let output = Command::new(psql)
        .args([
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            &cluster.url(DATABASE),
            "-c",
            statement,
        ])
        .output()
        .expect("psql runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn stopped_and_started_again_it_keeps_its_data() {
    let folder = folder();
    let cluster = open(folder.path());
    sql(
        &cluster,
        "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)",
    );
    let pid = cluster.pid();
    cluster.stop().expect("stops");
    assert!(
        matches!(
            Cluster::attach(folder.path()),
            Err(ClusterError::NotRunning { .. })
        ),
        "nothing runs after stop"
    );
    let again = open(folder.path());
    assert_ne!(again.pid(), pid);
    assert_eq!(sql(&again, "SELECT n FROM kept"), "7");
    // another encoding or collation would sort and fold text differently on each machine
    assert_eq!(sql(&again, "SHOW server_encoding"), "UTF8");
    assert_eq!(
        sql(
            &again,
            "SELECT datcollate FROM pg_database WHERE datname = 'dispatch'"
        ),
        "C"
    );
}

#[test]
fn the_default_is_durable_and_on_no_network() {
    let folder = folder();
    let cluster = Cluster::open(folder.path()).expect("opens");
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(sql(&cluster, &format!("SHOW {name}")), "on", "{name}");
    }
    assert_eq!(sql(&cluster, "SHOW listen_addresses"), "");
}

#[test]
fn dropping_the_handle_stops_the_server() {
    let folder = folder();
    drop(open(folder.path()));
    assert!(matches!(
        Cluster::attach(folder.path()),
        Err(ClusterError::NotRunning { .. })
    ));
}

#[test]
fn a_second_host_is_refused_and_a_command_attaches() {
    let folder = folder();
    let cluster = open(folder.path());
    let refused = Cluster::open(folder.path()).expect_err("held");
    assert!(matches!(refused, ClusterError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("another host"), "{refused}");
    let beside = Cluster::attach(folder.path()).expect("attaches");
    assert_eq!(beside.url("x"), cluster.url("x"));
    beside.stop().expect("an attached handle stops nothing");
    assert_eq!(sql(&cluster, "SELECT 1"), "1");
}

#[test]
fn detached_it_runs_on_and_is_adopted() {
    let folder = folder();
    let cluster = open(folder.path());
    let pid = cluster.pid();
    cluster.detach();
    let adopted = open(folder.path());
    assert_eq!(adopted.pid(), pid);
    adopted.stop().expect("an adopted server stops");
    assert!(Cluster::attach(folder.path()).is_err());
}

/// Not a test by itself: the host that `a_killed_hosts_server_is_adopted` kills.
#[test]
fn host_process() {
    let Some(folder) = std::env::var_os(HOST_FOLDER) else {
        return;
    };
    let cluster = open(Path::new(&folder));
    eprintln!("up {}", cluster.pid());
    // until killed, or until the parent is gone
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn a_killed_hosts_server_is_adopted() {
    let folder = folder();
    let mut host = Command::new(std::env::current_exe().expect("own path"))
        .args(["host_process", "--exact", "--nocapture"])
        .env(HOST_FOLDER, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts itself");
    let mut lines = BufReader::new(host.stderr.take().expect("piped")).lines();
    let pid: i32 = lines
        .find_map(|line| line.expect("readable").strip_prefix("up ")?.parse().ok())
        .expect("the host comes up");
    host.kill().expect("kill -9");
    host.wait().expect("ended");

    let adopted = open(folder.path());
    assert_eq!(adopted.pid(), pid, "the same server, not another");
    assert_eq!(sql(&adopted, "SELECT 1"), "1");
    adopted.stop().expect("stops");
}

#[test]
fn a_killed_servers_folder_is_recovered() {
    let folder = folder();
    // durable: what was acknowledged is there after a kill
    let cluster = Cluster::open(folder.path()).expect("opens");
    sql(
        &cluster,
        "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)",
    );
    let pid = cluster.pid();
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("kill -9");
    cluster.stop().expect("it has ended already");
    assert!(
        folder.path().join("postgres/data/postmaster.pid").exists(),
        "a killed server leaves its file"
    );
    let again = open(folder.path());
    assert_eq!(sql(&again, "SELECT n FROM kept"), "7");
}

#[test]
fn a_stale_file_that_names_another_program_does_not_stop_the_start() {
    let folder = folder();
    open(folder.path()).stop().expect("stops");
    let file = folder.path().join("postgres/data/postmaster.pid");
    let own = std::process::id();
    std::fs::write(&file, format!("{own}\n/x\n1\n5432\n/x\n\n 1 1\nready\n")).expect("write");
    assert!(Cluster::attach(folder.path()).is_err());
    assert_eq!(sql(&open(folder.path()), "SELECT 1"), "1");
}

#[test]
fn an_interrupted_initialisation_is_made_again() {
    let folder = folder();
    open(folder.path()).stop().expect("stops");
    let data = folder.path().join("postgres/data");
    std::fs::rename(&data, folder.path().join("postgres/data.new")).expect("half made");
    assert_eq!(sql(&open(folder.path()), "SELECT 1"), "1");
}

#[test]
fn a_long_path_works_and_attach_finds_its_socket() {
    let folder = folder();
    let long = folder.path().join("l".repeat(60)).join("m".repeat(60));
    let cluster = open(&long);
    assert_eq!(sql(&cluster, "SELECT 1"), "1");
    let attached = Cluster::attach(&long).expect("found");
    assert_eq!(attached.url(DATABASE), cluster.url(DATABASE));
    let socket = std::fs::read_to_string(long.join("socket.path")).expect("recorded");
    cluster.stop().expect("stops");
    std::fs::remove_dir_all(socket.trim()).expect("left private, and empty");
}

#[test]
fn data_of_a_version_that_is_not_here_says_which() {
    let folder = folder();
    open(folder.path()).stop().expect("stops");
    std::fs::write(folder.path().join("postgres/data/PG_VERSION"), "8\n").expect("write");
    let error = Cluster::open(folder.path()).expect_err("no Postgres 8 here");
    assert!(error.to_string().contains("Postgres 8"), "{error}");
}

/// Only root has another user to run the server as.
#[test]
fn under_root_a_folder_the_servers_user_cannot_reach_is_refused() {
    if !Uid::effective().is_root() {
        return;
    }
    let parent = folder();
    let closed = |mode| {
        std::fs::set_permissions(parent.path(), Permissions::from_mode(mode)).expect("mode");
    };
    closed(0o700);
    let data = parent.path().join("data");
    let error = Cluster::open_with(&data, Settings::for_tests()).expect_err("closed");
    assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
    assert!(
        error.to_string().contains("/var/lib/real-dispatch"),
        "{error}"
    );
    closed(0o711);
    let cluster = open(&data);
    let owner = std::fs::metadata(data.join("postgres"))
        .expect("made")
        .uid();
    assert_ne!(owner, 0, "the server's part is not root's");
    assert_eq!(std::fs::metadata(&data).expect("made").uid(), 0);
    cluster.stop().expect("stops");
}

#[test]
fn nobody_else_can_reach_the_server() {
    let folder = folder();
    let _cluster = open(folder.path());
    for private in ["postgres", "postgres/data", "postgres/socket"] {
        let mode = std::fs::metadata(folder.path().join(private))
            .expect("there")
            .mode();
        assert_eq!(mode & 0o077, 0, "{private} is closed to others");
    }
    let rules =
        std::fs::read_to_string(folder.path().join("postgres/data/pg_hba.conf")).expect("readable");
    assert!(
        rules
            .lines()
            .filter(|line| line.starts_with("host"))
            .all(|line| line.ends_with("reject")),
        "no way in from a network, even if one were listened on"
    );
}
