//! `cargo xtask guests`: builds each rule to a component and puts it into the shipped
//! pack. Nothing is done when nothing changed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wit_component::ComponentEncoder;

use crate::house::{self, GUESTS};
use crate::setup;
use crate::setup::wasm::{Compiler, TARGET};
use crate::step::{quiet, step};

/// Changes when what is done below changes, so that guests are built again.
const RECIPE: &str = "1";

/// Page faults are most of a fresh call: the stack is as small as rules need.
const STACK: &str = "-Clink-arg=-zstack-size=65536";

/// Build the guests' components into policies/real-dispatch/components.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build even what did not change
    #[arg(long)]
    force: bool,
    /// Build these guests only, such as ticket-create
    guests: Vec<String>,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let compiler = setup::wasm()?;
    let names: Vec<&str> = if args.guests.is_empty() {
        GUESTS.to_vec()
    } else {
        args.guests.iter().map(String::as_str).collect()
    };
    build(&compiler, &names, args.force)
}

/// Builds all twelve where anything changed.
pub(crate) fn all(compiler: &Compiler) -> Result<()> {
    build(compiler, &GUESTS, false)
}

/// What was built from what, kept beside the build. Digests are SHA-256 in hex.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Built {
    /// Of the compiler, the recipe and every source.
    inputs: String,
    /// Of each component, by its guest's name.
    components: BTreeMap<String, String>,
}

fn build(compiler: &Compiler, names: &[&str], force: bool) -> Result<()> {
    step("guests", || {
        let folder = house::target().join("guests").join(&compiler.key);
        fs::create_dir_all(&folder)?;
        // two tasks at once: the second waits and finds them built
        let lock = File::create(folder.join("built.lock"))?;
        lock.lock()?;
        let record = folder.join("built.json");
        let inputs = inputs(compiler, &[house::guests(), house::wit()])?;
        let mut built = read(&record);
        if built.inputs != inputs {
            built = Built {
                inputs,
                ..Built::default()
            };
        }
        let mut made = 0;
        for name in names {
            let component = house::components().join(format!("{name}.wasm"));
            let is_fresh = built.components.get(*name).is_some_and(|digest| {
                fs::read(&component).is_ok_and(|bytes| *digest == sha256(&bytes))
            });
            if is_fresh && !force {
                continue;
            }
            let bytes = component_of(compiler, &folder, name)?;
            write_if_changed(&component, &bytes)?;
            println!("    {name} ({} KB)", bytes.len().div_ceil(1024));
            built.components.insert((*name).to_owned(), sha256(&bytes));
            fs::write(&record, serde_json::to_vec_pretty(&built)?)?;
            made += 1;
        }
        println!("    {made} built, {} fresh", names.len() - made);
        Ok(())
    })
}

/// A record that cannot be read is one that says nothing.
fn read(record: &Path) -> Built {
    fs::read(record)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// One guest as a component that the encoder has validated.
fn component_of(compiler: &Compiler, target: &Path, name: &str) -> Result<Vec<u8>> {
    ensure!(
        house::guests().join(name).join("Cargo.toml").is_file(),
        "there is no guest `{name}` in {}",
        house::guests().display()
    );
    compile(compiler, target, name)?;
    let file = format!("guest_{}.wasm", name.replace('-', "_"));
    let core = target.join(TARGET).join("release").join(file);
    let bytes = fs::read(&core).with_context(|| {
        format!(
            "{} was not built: is crate-type of guest-{name} cdylib?",
            core.display()
        )
    })?;
    ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|encoder| encoder.encode())
        .with_context(|| format!("guest {name} is no component"))
}

/// One cargo call per guest: in one call for all, their features would be unified.
fn compile(compiler: &Compiler, target: &Path, name: &str) -> Result<()> {
    let mut cargo = house::cargo();
    cargo
        .current_dir(house::guests())
        .args(["build", "--release", "--locked", "--target", TARGET, "-p"])
        .arg(format!("guest-{name}"))
        .env("RUSTC", &compiler.rustc)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags().join("\u{1f}"));
    for name in ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(name);
    }
    quiet(&mut cargo)?;
    Ok(())
}

/// The same bytes wherever the repository and cargo's home are.
fn flags() -> Vec<String> {
    let mut flags = vec![STACK.to_owned()];
    let mut remap = |from: &Path, to: &str| {
        flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    };
    remap(&house::root(), "/house");
    if let Some(home) = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
    {
        remap(&home, "/cargo");
    }
    flags
}

/// The digest of everything a component depends on.
fn inputs(compiler: &Compiler, folders: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    for text in [RECIPE, &compiler.key, &flags().join(" ")] {
        hash.update(text);
        hash.update([0]);
    }
    for folder in folders {
        let mut files = Vec::new();
        sources(folder, &mut files)?;
        files.sort();
        for file in files {
            let content = fs::read(&file).with_context(|| file.display().to_string())?;
            let name = file.strip_prefix(folder).unwrap_or(&file);
            hash.update(name.as_os_str().as_encoded_bytes());
            hash.update([0]);
            hash.update(content.len().to_be_bytes());
            hash.update(content);
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// Files below a folder, without hidden ones and what cargo or a test run made there.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "target" || name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            sources(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// In one move, so that a host that watches the pack never reads half a component; and
/// only when it differs, so that it has nothing to reload when it does not.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = path.parent().context("a component has a folder")?;
    fs::create_dir_all(folder)?;
    let mut new = tempfile::Builder::new()
        .prefix(".new-")
        // the host may run as another user than the one who builds
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    new.write_all(bytes)?;
    new.persist(path)
        .with_context(|| format!("could not write {}", path.display()))?;
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(key: &str) -> Compiler {
        Compiler {
            rustc: "rustc".into(),
            key: key.to_owned(),
        }
    }

    #[test]
    fn inputs_follow_sources_and_compiler_and_nothing_else() {
        let folder = tempfile::tempdir().expect("temp folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("below")).expect("folder");
            fs::write(path, text).expect("write");
        };
        let digest =
            |key| inputs(&compiler(key), &[folder.path().to_path_buf()]).expect("readable");
        write("a/src/lib.rs", "one");
        let one = digest("k");
        write("target/release/x", "made");
        write(".hidden", "made");
        assert_eq!(digest("k"), one);
        assert_ne!(digest("l"), one);
        write("a/src/lib.rs", "two");
        let two = digest("k");
        assert_ne!(two, one);
        write("a/src/more.rs", "");
        assert_ne!(digest("k"), two);
    }

    #[test]
    fn a_component_is_rewritten_only_when_it_differs() {
        let folder = tempfile::tempdir().expect("temp folder");
        let path = folder.path().join("components/x.wasm");
        let time = || {
            fs::metadata(&path)
                .expect("there")
                .modified()
                .expect("time")
        };
        write_if_changed(&path, b"one").expect("written");
        let first = time();
        std::thread::sleep(std::time::Duration::from_millis(20));
        write_if_changed(&path, b"one").expect("kept");
        assert_eq!(time(), first);
        write_if_changed(&path, b"two").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"two");
        let left = fs::read_dir(folder.path().join("components"))
            .expect("folder")
            .count();
        assert_eq!(left, 1, "no half-written file stays");
    }

    #[test]
    fn a_broken_record_says_nothing() {
        let folder = tempfile::tempdir().expect("temp folder");
        let record = folder.path().join("built.json");
        assert_eq!(read(&record), Built::default());
        fs::write(&record, "{").expect("write");
        assert_eq!(read(&record), Built::default());
    }
}
