//! `cargo xtask bindings`: the guests' Rust bindings of the contract in `wit/`, which
//! are committed: with them a guest builds in a second, with the macro in twenty.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::Opts;
use wit_parser::Resolve;

use crate::house;

/// Every guest's component exports this world.
const WORLD: &str = "tool-policy";

/// Generate the guests' bindings from the contract in wit/.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail if the committed file is not what would be generated
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: Args) -> Result<()> {
    if !args.check {
        return write();
    }
    check()?;
    println!("{} is fresh", file().display());
    Ok(())
}

fn file() -> PathBuf {
    house::guests().join("sdk/src/bindings.rs")
}

fn write() -> Result<()> {
    let file = file();
    let text = generate()?;
    if fs::read_to_string(&file).is_ok_and(|old| old == text) {
        println!("{} is fresh", file.display());
        return Ok(());
    }
    fs::write(&file, text).with_context(|| format!("could not write {}", file.display()))?;
    println!("wrote {}", file.display());
    Ok(())
}

/// Fails if the committed bindings are not those of the contract.
pub(crate) fn check() -> Result<()> {
    let file = file();
    let committed =
        fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
    if committed != generate()? {
        bail!(
            "{} is not what {} says: run `cargo xtask bindings` and commit it",
            file.display(),
            house::wit().display()
        );
    }
    Ok(())
}

fn generate() -> Result<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(house::wit())?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let options = Opts {
        format: true,
        // proposals are compared in the guests' tests
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        // the SDK holds the bindings, and each guest exports through its macro
        pub_export_macro: true,
        export_macro_name: Some("export_component".to_owned()),
        default_bindings_module: Some("dispatch_sdk::bindings".to_owned()),
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let (_, content) = files.iter().next().context("the generator made no file")?;
    Ok(String::from_utf8(content.to_vec())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_contract_gives_the_same_bindings() {
        let one = generate().expect("the contract is valid");
        assert_eq!(one, generate().expect("again"));
        assert!(
            one.contains("default-bindings-module"),
            "others' crates export through it"
        );
        assert!(one.contains("macro_rules!"));
    }
}
