//! `cargo xtask plugin`: the tools as OpenClaw's models are offered them, in
//! `plugin/tools.json`, as the contract says; and the plugin's own tests.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use crate::house;
use crate::setup::openclaw::OpenClaw;
use crate::step::{quiet, run as run_command};

/// Write the plugin's list of tools anew, after the contract changed.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail if a committed file is not what would be generated
    #[arg(long)]
    check: bool,
}

/// `cargo xtask plugin`
pub(crate) fn run(args: Args) -> Result<()> {
    if args.check {
        return check();
    }
    let file = list();
    fs::write(&file, generate()?).with_context(|| format!("could not write {}", file.display()))?;
    println!("wrote {}", file.display());
    Ok(())
}

/// Fails if the committed list is not that of the contract.
pub(crate) fn check() -> Result<()> {
    let file = list();
    let committed =
        fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
    if committed != generate()? {
        bail!(
            "{} is not what the contract says: run `cargo xtask plugin` and commit it",
            file.display()
        );
    }
    Ok(())
}

/// The plugin's own tests, on the Node.js that its gateway runs on.
pub(crate) fn test(openclaw: Option<&OpenClaw>) -> Result<()> {
    let Some(openclaw) = openclaw else {
        println!("    SKIPPED: no Node.js for it; `cargo xtask setup` says why");
        return Ok(());
    };
    let tests = folder().join("test");
    let mut files: Vec<PathBuf> = fs::read_dir(&tests)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.to_string_lossy().ends_with(".test.js"));
    files.sort();
    ensure!(!files.is_empty(), "no tests in {}", tests.display());
    run_command(
        std::process::Command::new(openclaw.node())
            .current_dir(folder())
            .args(["--test", "--test-reporter=dot"])
            .args(files),
    )
}

fn list() -> PathBuf {
    folder().join("tools.json")
}

fn folder() -> PathBuf {
    house::root().join("plugin")
}

/// The list, as the contract has it.
fn generate() -> Result<String> {
    // this binary is built first by every user, so it does not know the contract itself
    let mut cargo = house::cargo();
    cargo.args(["run", "--quiet", "--locked", "-p", "dispatch-contract"]);
    let output = quiet(cargo.args(["--example", "agent_tools"]))?;
    Ok(String::from_utf8(output.stdout)?)
}
