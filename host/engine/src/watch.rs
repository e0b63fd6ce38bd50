//! Watching a pack's folder: every change of its content is told once.
//!
//! Events are hints: editors and mounts replace folders and symlinks, network
//! mounts send none. The truth is the digest, read again and again. Whether a
//! candidate is any good, and who takes it over, is another's business.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::leisure::Leisure;
use crate::pack::{PackError, PackFiles};

/// The digest is read at least so often, whatever events say.
const POLL: Duration = Duration::from_secs(1);
/// A folder is read when nothing has happened for so long: whoever writes has finished.
const QUIET: Duration = Duration::from_millis(200);
/// While a folder must rest, it is read so often.
const AT_REST: Duration = Duration::from_millis(500);
/// A folder that never rests is read nevertheless.
const PATIENCE: Duration = Duration::from_secs(2);

/// The content of a folder, as far as telling it from another goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FolderContent {
    /// A pack's files, by their digest.
    Files(String),
    /// No pack's files, and why.
    Unreadable(String),
}

impl FolderContent {
    /// What was read.
    #[must_use]
    pub fn of(read: &Result<PackFiles, PackError>) -> Self {
        match read {
            Ok(files) => Self::Files(files.digest_hex()),
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }
}

/// What a folder holds now and did not hold before.
#[derive(Debug)]
pub enum FolderNews {
    /// The content that judges already.
    Active,
    /// Other content.
    Candidate(PackFiles),
    /// Nothing that can be read as a pack.
    Unreadable(PackError),
}

/// Watches until dropped.
#[must_use = "the folder is watched only as long as this is kept"]
pub struct PackWatcher {
    stop: Arc<AtomicBool>,
    wake: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for PackWatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackWatcher").finish_non_exhaustive()
    }
}

impl PackWatcher {
    /// Watch a folder on a thread of its own.
    ///
    /// `known` is the content that was there and is no news. `active` says which digest
    /// judges now. What comes after is told to `news` when it has been the same for as long
    /// as `rest`: whoever copies files one by one pauses between them. Each content is told
    /// once; `news` answers `false` when nobody listens any more.
    pub fn start(
        folder: &Path,
        known: FolderContent,
        rest: Duration,
        active: impl Fn() -> String + Send + 'static,
        news: impl FnMut(FolderNews) -> bool + Send + 'static,
    ) -> Self {
        let (wake, woken) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let watch = Watch {
            folder: folder.to_owned(),
            active,
            news,
            known,
            rest,
            stop: Arc::clone(&stop),
        };
        let events = wake.clone();
        let spawned = std::thread::Builder::new()
            .name("pack-watcher".into())
            .spawn(move || {
                // reading and hashing a pack, every second: calls go first
                Leisure::Low.begin();
                watch.run(&events, &woken);
            });
        if let Err(error) = &spawned {
            tracing::error!(%error, "the pack's folder is not watched; restart to load a changed pack");
        }
        Self {
            stop,
            wake,
            thread: spawned.ok(),
        }
    }
}

impl Drop for PackWatcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // The thread may have ended by itself: then nobody is to be woken. It is
        // not waited for, since it may be handing on a candidate to this very thread.
        let _woken = self.wake.send(());
        drop(self.thread.take());
    }
}

struct Watch<A, N> {
    folder: PathBuf,
    active: A,
    news: N,
    known: FolderContent,
    rest: Duration,
    stop: Arc<AtomicBool>,
}

impl<A, N> Watch<A, N>
where
    A: Fn() -> String,
    N: FnMut(FolderNews) -> bool,
{
    fn run(mut self, events: &Sender<()>, woken: &Receiver<()>) {
        let mut watching = observe(&self.folder, events.clone());
        loop {
            match woken.recv_timeout(POLL) {
                Ok(()) => {
                    self.wait_for_quiet(woken);
                    // Made anew: a folder that was replaced is another folder.
                    drop(watching);
                    watching = observe(&self.folder, events.clone());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.stop.load(Ordering::Relaxed) || !self.look() {
                return;
            }
        }
    }

    /// The trailing edge: wait until nothing has happened for a while.
    fn wait_for_quiet(&self, woken: &Receiver<()>) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE
            && !self.stop.load(Ordering::Relaxed)
            && woken.recv_timeout(QUIET).is_ok()
        {}
    }

    /// Look once; `false` when nobody listens any more.
    fn look(&mut self) -> bool {
        let mut found = PackFiles::read(&self.folder);
        let first = FolderContent::of(&found);
        if first == self.known {
            return true;
        }
        // What is half copied now is whole, or another, a moment later.
        let mut left = self.rest;
        while !left.is_zero() {
            let pause = left.min(AT_REST);
            std::thread::sleep(pause);
            left -= pause;
            found = PackFiles::read(&self.folder);
            if self.stop.load(Ordering::Relaxed) || FolderContent::of(&found) != first {
                // It moves still: the next look decides.
                return true;
            }
        }
        self.known = first;
        (self.news)(match found {
            Ok(files) if files.digest_hex() == (self.active)() => FolderNews::Active,
            Ok(files) => FolderNews::Candidate(files),
            Err(error) => FolderNews::Unreadable(error),
        })
    }
}

/// Ask for events of the folder, and of its parent, since folders and symlinks
/// get replaced. Without events the digest is polled all the same.
fn observe(folder: &Path, events: Sender<()>) -> Option<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading the folder is an event too, and would wake the reader for ever.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // The reader may have ended: then nobody wants to know.
            let _sent = events.send(());
        }
    })
    .ok()?;
    let parent = folder.parent().map(|parent| match parent.as_os_str() {
        // a name alone is below the folder we are in
        name if name.is_empty() => Path::new("."),
        _ => parent,
    });
    for (path, mode) in [
        (Some(folder), RecursiveMode::Recursive),
        (parent, RecursiveMode::NonRecursive),
    ] {
        if let Some(Err(error)) = path.map(|path| watcher.watch(path, mode)) {
            tracing::debug!(%error, "no events for the pack's folder; its digest is polled");
        }
    }
    Some(watcher)
}
