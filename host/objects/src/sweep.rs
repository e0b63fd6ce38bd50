//! What a host that was killed left behind: parts of uploads nobody will finish.

use std::time::{Duration, SystemTime};

use futures::TryStreamExt;
use object_store::ObjectStoreExt;

use crate::error::ObjectError;
use crate::key::StorageKey;
use crate::store::Objects;

/// Leftovers looked at in one sweep at most.
const MAX_SWEPT: usize = 10_000;

impl Objects {
    /// Remove what has waited for its rest longer than `older_than`, and say how
    /// much it was. Nothing that can be read is ever touched.
    ///
    /// # Errors
    /// Where the store is away.
    pub async fn sweep(&self, now: SystemTime, older_than: Duration) -> Result<usize, ObjectError> {
        let doing = "sweeping unfinished uploads";
        let limit = now - older_than;
        if let Some(folder) = &self.folder {
            let folder = folder.as_ref().clone();
            return tokio::task::spawn_blocking(move || sweep_folder(&folder, limit))
                .await
                .map_err(std::io::Error::other)
                .and_then(|swept| swept)
                .map_err(|source| object_store::Error::Generic {
                    store: "LocalFileSystem",
                    source: source.into(),
                })
                .map_err(ObjectError::store(doing));
        }
        let folder = StorageKey::incoming_folder();
        let mut waiting = self.store.list(Some(&folder));
        let mut swept = 0;
        while let Some(meta) = waiting
            .try_next()
            .await
            .map_err(ObjectError::store(doing))?
        {
            if SystemTime::from(meta.last_modified) < limit && swept < MAX_SWEPT {
                self.store
                    .delete(&meta.location)
                    .await
                    .map_err(ObjectError::store(doing))?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// In a folder, parts are files `<name>#<n>` beside where the object is to be,
/// which the store's own listing hides.
fn sweep_folder(root: &std::path::Path, limit: SystemTime) -> std::io::Result<usize> {
    let mut folders = vec![(root.to_owned(), false)];
    let mut swept = 0;
    while let Some((folder, waits)) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            let name = entry.file_name();
            if kind.is_dir() {
                let waits = waits || name == StorageKey::incoming_folder().as_ref();
                folders.push((entry.path(), waits));
                continue;
            }
            let unfinished = waits || name.to_string_lossy().contains('#');
            let aged = entry.metadata()?.modified()? < limit;
            if kind.is_file() && unfinished && aged && swept < MAX_SWEPT {
                std::fs::remove_file(entry.path())?;
                swept += 1;
            }
        }
    }
    Ok(swept)
}
