//! `cargo xtask test`: everything that must hold before a change is taken, in the order
//! in which it fails soonest. Sets up what is missing, and needs no server of the user's.

use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::fresh::CHECKS;
use crate::house;
use crate::pg::TestServer;
use crate::step::{run as run_command, says, step};
use crate::{guests, plugin, setup};

/// Every package of a workspace.
const WHOLE: &[&str] = &["--workspace"];

/// Format, generated files, lints and all tests.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Use `cargo test` even where nextest is installed
    #[arg(long)]
    no_nextest: bool,
    /// Look at these packages of the workspace only
    #[arg(short, long = "package")]
    packages: Vec<String>,
}

impl Args {
    /// What cargo is asked to look at; `whole` is its flag for everything.
    fn scope<'a>(&'a self, whole: &'a str) -> Vec<&'a str> {
        if self.packages.is_empty() {
            return vec![whole];
        }
        self.packages.iter().flat_map(|name| ["-p", name]).collect()
    }
}

pub(crate) fn run(args: Args) -> Result<()> {
    let start = Instant::now();
    setup::wasm()?;
    let c = setup::c()?;
    step("set up: Postgres", setup::postgres::ensure)?;
    let openclaw = setup::gateway()?;
    let s3 = setup::s3()?;
    let skipped: Vec<&str> = [
        (!c).then_some("what is built from C"),
        openclaw
            .is_none()
            .then_some("what needs an OpenClaw gateway"),
        (!s3).then_some("what needs an S3 server"),
    ]
    .into_iter()
    .flatten()
    .collect();
    step("format", || {
        let scope = args.scope("--all");
        run_command(house::cargo().args(["fmt", "--check"]).args(scope))?;
        each_workspace(|guests| {
            run_command(guests(house::cargo()).args(["fmt", "--all", "--check"]))
        })
    })?;
    for (name, check) in CHECKS {
        step(&format!("fresh: {name}"), check)?;
    }
    guests::all()?;
    let scope = args.scope("--workspace");
    step("lints", || {
        run_command(&mut offline(house::lint(&scope)))?;
        each_workspace(|guests| run_command(&mut guests(house::lint(WHOLE))))
    })?;
    let runner = Runner::found(args.no_nextest);
    step("tests of the guests", || {
        each_workspace(|guests| runner.run(|| guests(house::cargo()), WHOLE, &[]))
    })?;
    step("tests of the plugin", || plugin::test(openclaw.as_ref()))?;
    step("tests", || {
        let server = TestServer::start()?;
        let url = ("DISPATCH_TEST_DATABASE_URL", server.url.as_str());
        let outcome = runner.run(
            || {
                let cargo = setup::openclaw::known_to(house::cargo(), openclaw.as_ref());
                let cargo = offline(cargo);
                if s3 { setup::s3::beside(cargo) } else { cargo }
            },
            &scope,
            &[url],
        );
        // a failed test is what the reader wants to know, before a failed stop
        outcome.and(server.stop())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    if skipped.is_empty() {
        println!("all passed ({seconds:.0} s)");
    } else {
        println!(
            "passed ({seconds:.0} s), but SKIPPED, as said above: {}",
            skipped.join("; ")
        );
    }
    Ok(())
}

/// Queries are checked against the committed data, not against a server.
fn offline(mut cargo: Command) -> Command {
    cargo.env("SQLX_OFFLINE", "true");
    cargo
}

/// Guests on this machine: their rules are plain Rust and are tested as such. `work` is
/// handed what turns a command into one of the workspace's.
fn each_workspace(work: impl Fn(&dyn Fn(Command) -> Command) -> Result<()>) -> Result<()> {
    for (name, folder) in house::guest_workspaces() {
        let target = house::target().join("guests").join(name).join("host");
        work(&|mut cargo| {
            cargo.current_dir(&folder).env("CARGO_TARGET_DIR", &target);
            cargo
        })?;
    }
    Ok(())
}

/// What runs the tests.
enum Runner {
    Nextest,
    CargoTest,
}

impl Runner {
    fn found(without_nextest: bool) -> Self {
        if !without_nextest && says(house::cargo().args(["nextest", "--version"])).is_some() {
            Self::Nextest
        } else {
            Self::CargoTest
        }
    }

    fn run(&self, cargo: impl Fn() -> Command, scope: &[&str], env: &[(&str, &str)]) -> Result<()> {
        let go = |arguments: &[&str]| {
            let mut cargo = cargo();
            cargo.args(arguments).arg("--locked").args(scope);
            run_command(cargo.envs(env.iter().copied()))
        };
        match self {
            Self::Nextest => {
                // nextest leaves the examples in documentation out
                go(&["test", "--doc", "--quiet"])?;
                go(&["nextest", "run", "--no-fail-fast", "--no-tests=pass"])
            }
            Self::CargoTest => go(&["test", "--no-fail-fast"]),
        }
    }
}
