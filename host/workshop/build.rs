//! Lists the sources that `dispatch policy new` writes, so that they are in the binary:
//! the guests with their SDK, the contract, and the shipped pack's rules and cases.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What is listed, from the top of the repository; folders with all below them.
const SOURCES: [&str; 6] = [
    "guests",
    "wit",
    "policies/real-dispatch/pack.toml",
    "policies/real-dispatch/build.toml",
    "policies/real-dispatch/cedar",
    "policies/real-dispatch/tests",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_SOURCES").is_none() {
        return Ok(());
    }
    let top = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?)
        .join("../..")
        .canonicalize()?;
    let mut files = Vec::new();
    for source in SOURCES {
        // not whole folders: cargo would look into what it builds below `guests`
        if source != "guests" {
            println!("cargo::rerun-if-changed={}", top.join(source).display());
        }
        list(&top.join(source), &mut files)?;
    }
    files.sort();
    let mut text = String::from("&[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.strip_prefix(&top)?;
        writeln!(
            text,
            "    ({:?}, include_str!({:?})),",
            name.display().to_string(),
            file.display().to_string()
        )?;
    }
    text.push_str("]\n");
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("sources.rs");
    fs::write(out, text)?;
    Ok(())
}

/// Without hidden files and what cargo made.
fn list(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != "target" && !name.as_encoded_bytes().starts_with(b".") {
            list(&entry.path(), files)?;
        }
    }
    Ok(())
}
