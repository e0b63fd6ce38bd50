//! A folder in which a compiler of our own is made and kept.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::error::WorkshopError;
use crate::folder::{make, remove, write};

/// The folder is ours while this lives; another task waits.
pub(crate) struct Private(#[expect(dead_code, reason = "the lock is the file's")] File);

impl Private {
    pub(crate) fn hold(folder: &Path) -> Result<Self> {
        make(folder)?;
        let lock = folder.join("lock");
        let file = File::create(&lock).map_err(WorkshopError::at("make", &lock))?;
        file.lock().map_err(WorkshopError::at("lock", &lock))?;
        Ok(Self(file))
    }
}

/// What was made beside for an earlier compiler is of no use any more, and large.
pub(crate) fn remove_others(folder: &Path) -> Result<()> {
    for other in files(folder.parent().unwrap_or(folder))? {
        // one that is being made right now is held
        if other != folder && File::create(other.join("lock")).is_ok_and(|l| l.try_lock().is_ok()) {
            remove(&other)?;
        }
    }
    Ok(())
}

/// What a folder holds.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(WorkshopError::at("read", folder))
}

/// A script that can be started.
pub(crate) fn write_program(path: &Path, script: &str) -> Result<()> {
    write(path, script)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(WorkshopError::at("make executable", path))
}
