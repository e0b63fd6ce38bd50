//! Keeps the verifier up to date: what other hosts revoked, keys that were added.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dispatch_desk::Desk;
use dispatch_identity::{KEYRING_ENV, Keyring, Verifier};
use tokio::task::JoinHandle;

use crate::failure::chain;

/// How soon another host's revocation, or a new key, holds here.
const LOOK: Duration = Duration::from_secs(2);

/// Look again and again until aborted.
pub(super) fn follow(desk: Desk, verifier: Arc<Verifier>, keyring: PathBuf) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut keys = KeyFile::new(keyring);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            refresh(&desk, &verifier).await;
            keys.refresh(&verifier);
        }
    })
}

/// Learn what was revoked. Adds only: what this host revoked meanwhile stays revoked.
pub(super) async fn refresh(desk: &Desk, verifier: &Verifier) {
    // the desk has logged why, where it cannot say
    let Ok(ids) = desk.revoked().await else {
        return;
    };
    let list = verifier.revoked();
    if list.is_empty() {
        list.replace(ids);
        return;
    }
    for id in ids {
        if !list.contains(id) {
            list.add(id);
        }
    }
}

/// The keyring's file, by the time it was last written.
struct KeyFile {
    path: PathBuf,
    seen: Option<SystemTime>,
}

impl KeyFile {
    fn new(path: PathBuf) -> Self {
        let seen = modified(&path);
        Self { path, seen }
    }

    /// A keyring that is not in order changes nothing: the keys that stand stay.
    fn refresh(&mut self, verifier: &Verifier) {
        let now = modified(&self.path);
        if now == self.seen || std::env::var_os(KEYRING_ENV).is_some() {
            return;
        }
        self.seen = now;
        match Keyring::load(&self.path) {
            Ok(keys) => {
                tracing::info!(keys = keys.keys().len(), "took up a changed keyring");
                verifier.replace_keys(keys);
            }
            Err(error) => tracing::error!(
                error = chain(&error),
                "the changed keyring is not taken up; the keys that stand stay"
            ),
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|meta| meta.modified())
        .ok()
}
