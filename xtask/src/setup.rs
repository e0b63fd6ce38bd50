//! `cargo xtask setup`: what the other tasks need and this machine lacks. Idempotent.

use anyhow::Result;
use dispatch_workshop::{c_compiler, wasm_compiler};

use crate::house;
use crate::step::step;
use openclaw::OpenClaw;

mod debian;
pub(crate) mod openclaw;
pub(crate) mod postgres;
pub(crate) mod s3;

/// Set up what is missing: compilers for Wasm, a Postgres, a gateway and an S3 server to test
/// against.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: Args) -> Result<()> {
    wasm()?;
    c()?;
    step("set up: Postgres", || {
        let binaries = postgres::ensure()?;
        println!("    {}", binaries.folder().display());
        Ok(())
    })?;
    gateway()?;
    s3()?;
    Ok(())
}

/// The Wasm compiler, announced as a step.
pub(crate) fn wasm() -> Result<()> {
    step("set up: Wasm compiler", || {
        let compiler = wasm_compiler(&house::target(), &tell)?;
        println!("    {}", compiler.rustc.display());
        Ok(())
    })
}

/// Whether there is a C compiler. Where not, the one component from C is skipped, and said so.
pub(crate) fn c() -> Result<bool> {
    step("set up: C compiler for Wasm", || {
        match c_compiler(&house::target(), &tell) {
            Ok(Some(compiler)) => {
                println!("    {}", compiler.clang.display());
                return Ok(true);
            }
            Ok(None) => {
                println!("    none here, nor a package of it: what is built from C is SKIPPED")
            }
            Err(error) => println!("    what is built from C is SKIPPED: {error}"),
        }
        Ok(false)
    })
}

/// Whether there is an S3 server. Where not, the bucket's tests are skipped, and said so.
pub(crate) fn s3() -> Result<bool> {
    step("set up: S3 server", || Ok(s3::ensure()))
}

/// A line of what goes on, below its step.
pub(crate) fn tell(line: &str) {
    println!("    {line}");
}

/// The OpenClaw gateway. Where npm cannot bring it, its tests are skipped, and said so.
pub(crate) fn gateway() -> Result<Option<OpenClaw>> {
    step("set up: OpenClaw gateway", || {
        let openclaw = openclaw::ensure()?;
        if let Some(openclaw) = &openclaw {
            println!("    {}", openclaw.folder().display());
        }
        Ok(openclaw)
    })
}
