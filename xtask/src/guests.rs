//! `cargo xtask guests`: builds the components of the packs in this repository. Nothing
//! is done when nothing changed.

use anyhow::{Result, ensure};
use dispatch_workshop::{Built, Job, Outcome, Plan, build};

use crate::house::{self, PACKS, SHIPPED};
use crate::setup;
use crate::step::step;

/// Build the components of the packs in policies/.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build even what did not change
    #[arg(long)]
    force: bool,
    /// Build the components of these tools only, such as ticket.create
    tools: Vec<String>,
}

pub(crate) fn run(args: Args) -> Result<()> {
    setup::wasm()?;
    setup::c()?;
    PACKS
        .iter()
        .try_for_each(|pack| pack_of(pack, &args.tools, args.force))
}

/// Builds all packs where anything changed.
pub(crate) fn all() -> Result<()> {
    PACKS.iter().try_for_each(|pack| pack_of(pack, &[], false))
}

/// Builds the shipped pack, which is all that a host needs.
pub(crate) fn shipped() -> Result<()> {
    pack_of(SHIPPED, &[], false)
}

fn pack_of(pack: &str, tools: &[String], force: bool) -> Result<()> {
    step(&format!("guests of {pack}"), || {
        let plan = Plan::read(&house::pack(pack))?;
        let job = Job {
            toolchains: &house::target(),
            target: Some(&house::target().join("guests").join(pack)),
            tools,
            force,
            locked: true,
            tell: &setup::tell,
        };
        let (mut made, mut all) = (0, 0);
        build(&plan, &job, &mut |built| {
            all += 1;
            made += usize::from(print(built));
        })?;
        ensure!(all > 0, "{pack} has no components");
        println!("    {made} made, {} fresh", all - made);
        Ok(())
    })
}

/// Prints what is worth a line; was it made now?
fn print(built: &Built) -> bool {
    let size = built.bytes.div_ceil(1024);
    match &built.outcome {
        Outcome::Built(from) => println!("    {from} ({size} KB)"),
        Outcome::Copied(_) => println!("    {} copied", built.file),
        Outcome::Skipped(why) => println!("    {} SKIPPED: {why}", built.file),
        Outcome::Fresh => return false,
    }
    !matches!(built.outcome, Outcome::Skipped(_))
}
