//! `cargo xtask setup`: what the other tasks need and this machine lacks. Idempotent.

use anyhow::Result;

use crate::step::step;

pub(crate) mod debian;
pub(crate) mod postgres;
pub(crate) mod s3;
pub(crate) mod wasm;

/// Set up what is missing: a compiler for Wasm, and a Postgres.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: Args) -> Result<()> {
    wasm()?;
    step("set up: Postgres", || {
        let binaries = postgres::ensure()?;
        println!("    {}", binaries.folder().display());
        Ok(())
    })
}

/// The Wasm compiler, announced as a step.
pub(crate) fn wasm() -> Result<wasm::Compiler> {
    step("set up: Wasm compiler", || {
        let compiler = wasm::ensure()?;
        println!("    {}", compiler.rustc.display());
        Ok(compiler)
    })
}
