//! `cargo xtask pg`: test servers. One shared by tests that are run by hand, left running
//! between them; and one of a test run's own, which ends with the run whatever ends it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use dispatch_cluster::{Cluster, ClusterError, Settings, shared_test_folder};

/// Look after the Postgres that tests share.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Start the shared test server and print its URL
    Start,
    /// Stop the shared test server
    Stop,
    /// Serve a new test server until standard input closes, then remove it
    #[command(hide = true)]
    Guard,
}

pub(crate) fn run(args: Args) -> Result<()> {
    match args.action {
        Action::Start => start(),
        Action::Stop => stop(),
        Action::Guard => guard(),
    }
}

fn start() -> Result<()> {
    let folder = shared_test_folder();
    let cluster = match Cluster::attach(&folder) {
        Ok(cluster) => cluster,
        Err(_) => Cluster::open_with(&folder, Settings::for_tests())?,
    };
    println!("{}", cluster.url("postgres"));
    cluster.detach();
    Ok(())
}

fn stop() -> Result<()> {
    let folder = shared_test_folder();
    match Cluster::attach(&folder) {
        Err(ClusterError::NotRunning { .. }) => println!("no shared test server runs"),
        Err(error) => return Err(error.into()),
        Ok(_) => {
            Cluster::open_with(&folder, Settings::for_tests())?.stop()?;
            println!("the shared test server is stopped");
        }
    }
    Ok(())
}

/// The guard's own process: prints the URL, and waits for its parent's end.
fn guard() -> Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("real-dispatch-test-run-")
        .tempdir()?;
    let cluster = Cluster::open_with(folder.path(), Settings::for_tests())?;
    println!("{}", cluster.url("postgres"));
    std::io::stdout().flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    cluster.stop()?;
    folder.close()?;
    Ok(())
}

/// A test server that ends when this handle is dropped, and also when this process is
/// interrupted or killed: its guard sees the pipe close.
pub(crate) struct TestServer {
    guard: Child,
    /// A role that may create databases.
    pub(crate) url: String,
}

impl TestServer {
    pub(crate) fn start() -> Result<Self> {
        let mut guard = Command::new(std::env::current_exe()?)
            .args(["pg", "guard"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // an interrupt at the terminal is for us; the guard ends after us
            .process_group(0)
            .spawn()
            .context("starting the test server's guard")?;
        let output = guard.stdout.take().context("the guard has no output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        let url = url.trim().to_owned();
        let server = Self { guard, url };
        ensure!(!server.url.is_empty(), "the test server did not start");
        Ok(server)
    }

    /// Ends the server and waits until its folder is gone.
    pub(crate) fn stop(mut self) -> Result<()> {
        let status = self.end()?;
        ensure!(
            status.success(),
            "the test server's guard ended with {status}"
        );
        Ok(())
    }

    fn end(&mut self) -> Result<std::process::ExitStatus> {
        drop(self.guard.stdin.take());
        Ok(self.guard.wait()?)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("the test server was not stopped: {error:#}");
        }
    }
}
