//! Where compilers are that this machine lacks.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What a build of the repository leaves beside this binary.
const MADE: [&str; 2] = ["wasm-toolchain", "c-toolchain"];

/// The folder, where somebody says it.
#[derive(clap::Args)]
pub(super) struct Arg {
    /// Where compilers that this machine lacks are made and kept
    #[arg(long, value_name = "FOLDER", env = "DISPATCH_TOOLCHAINS")]
    toolchains: Option<PathBuf>,
}

impl Arg {
    /// The folder given; else the target folder that this binary was built in, where the
    /// repository's set-up has made a compiler; else one in the user's cache.
    pub(super) fn folder(&self) -> Result<PathBuf, Failure> {
        if let Some(given) = &self.toolchains {
            return Ok(given.clone());
        }
        let binary = std::env::current_exe().ok();
        binary
            .as_deref()
            .and_then(beside)
            .or_else(cache)
            .ok_or_else(|| {
                Failure::usage("there is no home folder to keep compilers in: give --toolchains")
            })
    }
}

fn beside(binary: &Path) -> Option<PathBuf> {
    binary
        .ancestors()
        .skip(1)
        .find(|folder| MADE.iter().any(|made| folder.join(made).is_dir()))
        .map(Path::to_path_buf)
}

/// `real-dispatch/toolchains` in the user's cache folder.
fn cache() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let below = match set("XDG_CACHE_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::home_dir()?.join(".cache"),
    };
    // the XDG specification has relative paths ignored
    below
        .is_absolute()
        .then(|| below.join("real-dispatch/toolchains"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_of_the_repository_uses_its_own() {
        let target = tempfile::tempdir().expect("a folder");
        let binary = target.path().join("debug/dispatch");
        assert_eq!(beside(&binary), None);
        std::fs::create_dir_all(target.path().join(MADE[1])).expect("made");
        assert_eq!(beside(&binary).as_deref(), Some(target.path()));
    }
}
