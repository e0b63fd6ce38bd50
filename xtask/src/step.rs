//! Steps of a task: each is announced, timed, and ended with what it did.

use std::io::Write;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use dispatch_workshop::command::shown;
pub(crate) use dispatch_workshop::command::{on_path, quiet, says};

/// Runs one step of a task and prints its name, outcome and time.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name}");
    flush();
    let start = Instant::now();
    let outcome = work();
    let mark = if outcome.is_ok() { "ok" } else { "FAILED" };
    println!(
        "    {name}: {mark} ({:.1} s)",
        start.elapsed().as_secs_f64()
    );
    flush();
    outcome.with_context(|| format!("{name} failed"))
}

/// What is printed must be there before a child's own output.
fn flush() {
    // a closed terminal is no reason to stop
    let _ = std::io::stdout().flush();
}

/// Runs a command whose output the user sees.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("could not run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}
