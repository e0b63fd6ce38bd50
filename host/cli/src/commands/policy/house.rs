//! What the author's commands share: an engine of their own, and the pack's folder.

use std::path::{Path, PathBuf};

use dispatch_engine::{Engine, EngineConfig, PackError, PackFiles, Rejected};
use serde_json::json;

use super::wrong::Wrong;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;

/// The pack's folder, as most commands take it.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct FolderArg {
    /// The pack's folder
    pub(super) folder: PathBuf,
}

impl FolderArg {
    /// Wrong use, where it is no folder at all.
    pub(super) fn check(&self) -> Result<&Path, Failure> {
        is_folder(&self.folder)
    }
}

/// Wrong use, where it is no folder at all.
pub(super) fn is_folder(folder: &Path) -> Result<&Path, Failure> {
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Failure::usage(format!(
        "{} is no folder; a pack is a folder with pack.toml, cedar/, components/ and tests/",
        folder.display()
    )))
}

/// The pack's files, as a candidate's first step.
pub(super) fn read(folder: &Path) -> Result<PackFiles, Rejected> {
    PackFiles::read(folder).map_err(Rejected::from)
}

/// Says why a command has no pack to work on: `headline` for people, with the text around
/// it where the pack stands in a folder.
pub(super) fn refused(
    error: &PackError,
    headline: &str,
    folder: Option<&Path>,
    global: &Global,
) -> Failure {
    let wrong = Wrong::from(error);
    if global.json {
        out::value(&json!({ "refused": wrong }));
    } else {
        out::error(&wrong.text(headline, folder, Paint::of_stderr()));
    }
    Failure::Found
}

/// An engine that keeps what it compiles in this user's cache folder, so that an edit
/// compiles only what was edited.
pub(super) fn engine(config: EngineConfig) -> Result<Engine, Failure> {
    let cached = EngineConfig {
        cache_dir: config.cache_dir.clone().or_else(cache),
        ..config.clone()
    };
    // A cache that cannot be had costs time, nothing else.
    Engine::new(cached)
        .or_else(|error| {
            tracing::debug!(%error, "no folder for compiled components; compiling without one");
            Engine::new(config)
        })
        .map_err(|error| Failure::Other(error.into()))
}

/// `real-dispatch/compiled` in the user's cache folder.
fn cache() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let below = match set("XDG_CACHE_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(set("HOME")?).join(".cache"),
    };
    Some(below.join("real-dispatch/compiled"))
}
