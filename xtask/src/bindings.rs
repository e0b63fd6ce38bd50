//! `cargo xtask bindings`: the guests' bindings of the contract in `wit/`, in Rust and in
//! C, which are committed: with them a guest builds in a second, with the macro in twenty.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_parser::{Resolve, WorldId};

use crate::house;

/// Every guest's component exports this world.
const WORLD: &str = "tool-policy";

/// Generate the guests' bindings from the contract in wit/.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail if a committed file is not what would be generated
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: Args) -> Result<()> {
    if args.check {
        check()?;
    }
    for (file, text) in generate()? {
        if fs::read_to_string(&file).is_ok_and(|old| old == text) {
            println!("{} is fresh", file.display());
            continue;
        }
        fs::write(&file, text).with_context(|| format!("could not write {}", file.display()))?;
        println!("wrote {}", file.display());
    }
    Ok(())
}

/// Fails if the committed bindings are not those of the contract.
pub(crate) fn check() -> Result<()> {
    for (file, text) in generate()? {
        let committed = fs::read_to_string(&file)
            .with_context(|| format!("could not read {}", file.display()))?;
        if committed != text {
            bail!(
                "{} is not what {} says: run `cargo xtask bindings` and commit it",
                file.display(),
                house::wit().display()
            );
        }
    }
    Ok(())
}

/// Every file with its text.
fn generate() -> Result<Vec<(PathBuf, String)>> {
    let (mut resolve, world) = contract()?;
    let mut files = Vec::new();
    for (_, text) in generated(Box::new(rust().build()), &mut resolve, world)? {
        files.push((house::guests().join("sdk/src/bindings.rs"), text));
    }
    let (mut resolve, world) = contract()?;
    for (name, text) in generated(c().build(), &mut resolve, world)? {
        let file = house::pack(house::STRICT)
            .join("guests-c/bindings")
            .join(name);
        files.push((file, text));
    }
    Ok(files)
}

fn contract() -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(house::wit())?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    Ok((resolve, world))
}

fn rust() -> wit_bindgen_rust::Opts {
    wit_bindgen_rust::Opts {
        format: true,
        // proposals are compared in the guests' tests
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        // the SDK holds the bindings, and each guest exports through its macro
        pub_export_macro: true,
        export_macro_name: Some("export_component".to_owned()),
        default_bindings_module: Some("dispatch_sdk::bindings".to_owned()),
        ..Default::default()
    }
}

fn c() -> wit_bindgen_c::Opts {
    wit_bindgen_c::Opts {
        // the workshop itself says which world the module is of
        no_object_file: true,
        ..Default::default()
    }
}

fn generated(
    mut generator: Box<dyn WorldGenerator>,
    resolve: &mut Resolve,
    world: WorldId,
) -> Result<Vec<(String, String)>> {
    let mut files = Files::default();
    generator.generate(resolve, world, &mut files)?;
    files
        .iter()
        .map(|(name, content)| Ok((name.to_owned(), String::from_utf8(content.to_vec())?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_contract_gives_the_same_bindings() {
        let one = generate().expect("the contract is valid");
        assert_eq!(one, generate().expect("again"));
        let names: Vec<_> = one
            .iter()
            .filter_map(|(file, _)| file.file_name()?.to_str())
            .collect();
        assert_eq!(names, ["bindings.rs", "tool_policy.c", "tool_policy.h"]);
        let rust = &one[0].1;
        assert!(
            rust.contains("default-bindings-module"),
            "others' crates export through it"
        );
        assert!(rust.contains("macro_rules!"));
        assert!(one[1].1.contains("dispatch:policy/rules@0.1.0#validate"));
    }
}
