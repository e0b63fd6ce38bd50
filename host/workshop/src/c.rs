//! A folder of C sources becomes a core module. Freestanding: no libc, nothing imported.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::clang::CCompiler;
use crate::command::said;
use crate::compiler::private::files;
use crate::error::WorkshopError;
use crate::folder::{make, read};

/// As for Rust's guests: small code, a small stack; and warnings are errors.
const FLAGS: [&str; 8] = [
    "--target=wasm32-unknown-unknown",
    "-std=c11",
    "-Os",
    "-ffreestanding",
    "-nostdlibinc",
    "-Wall",
    "-Wextra",
    "-Werror",
];
const LINK: [&str; 5] = [
    "--no-entry",
    "--gc-sections",
    "--strip-all",
    "-z",
    "stack-size=65536",
];

/// How deep the folder may be.
const MAX_DEPTH: usize = 4;

/// What a module depends on besides its sources.
pub(crate) fn made_with(compiler: &CCompiler) -> String {
    format!("{} {} {}", compiler.key, FLAGS.join(" "), LINK.join(" "))
}

/// The sources in `folder` as a module, built below `target`. Headers are looked for in
/// the folder and in its `include`.
pub(crate) fn module(
    compiler: &CCompiler,
    folder: &Path,
    target: &Path,
) -> Result<(Vec<u8>, BTreeSet<PathBuf>)> {
    let mut inputs = BTreeSet::new();
    sources(folder, MAX_DEPTH, &mut inputs)?;
    let units: Vec<&PathBuf> = inputs
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "c"))
        .collect();
    if units.is_empty() {
        return Err(WorkshopError::refused(format!(
            "there is no C source in {}",
            folder.display()
        )));
    }
    make(target)?;
    let mut objects = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        let object = target.join(format!("{index}.o"));
        let mut clang = Command::new(&compiler.clang);
        clang
            .current_dir(folder)
            .args(FLAGS)
            .args(["-I", ".", "-isystem", "include", "-c"])
            .arg(unit.strip_prefix(folder).unwrap_or(unit))
            .arg("-o")
            .arg(&object);
        run(&mut clang, folder)?;
        objects.push(object);
    }
    let module = target.join("module.wasm");
    let mut linker = Command::new(&compiler.linker);
    linker.args(LINK).args(&objects).arg("-o").arg(&module);
    run(&mut linker, folder)?;
    Ok((read(&module)?, inputs))
}

fn run(command: &mut Command, folder: &Path) -> Result<()> {
    let output = command.output().map_err(|source| WorkshopError::NotRun {
        command: crate::command::shown(command),
        source,
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(WorkshopError::DoesNotCompile {
        guest: folder.display().to_string(),
        output: said(&output),
    })
}

fn sources(folder: &Path, depth: usize, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    for file in files(folder)? {
        if file.is_dir() && depth > 0 {
            sources(&file, depth - 1, found)?;
        } else if file.extension().is_some_and(|it| it == "c" || it == "h") {
            found.insert(file);
        }
    }
    Ok(())
}
