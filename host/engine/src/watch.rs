//! Watching a pack's folder: every change becomes a proven candidate or the
//! reason why not, once.
//!
//! Events are hints: editors and mounts replace folders and symlinks, network
//! mounts send none. The truth is the digest, read again and again. Who takes a
//! candidate over, and writes down that it was, is another's business.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::engine::Engine;
use crate::pack::{PackError, PackFiles, Proven, Rejected};

/// The digest is read at least so often, whatever events say.
const POLL: Duration = Duration::from_secs(1);
/// A folder is read when nothing has happened for so long: whoever writes has finished.
const QUIET: Duration = Duration::from_millis(200);
/// A folder that never rests is read nevertheless.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was in the folder when it was last handed on.
#[derive(Clone, PartialEq, Eq)]
enum Seen {
    Pack([u8; 32]),
    Unreadable(String),
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
    /// `active` says which digest judges now: that content is no news. Anything
    /// else is read when it has come to rest, loaded and tested, and handed to
    /// `candidate`, as a pack or as the reason why it is none; each content once.
    /// `candidate` answers `false` when nobody listens any more.
    pub fn start(
        engine: Engine,
        folder: &Path,
        active: impl Fn() -> String + Send + 'static,
        candidate: impl FnMut(Result<Proven, Rejected>) -> bool + Send + 'static,
    ) -> Self {
        let (wake, woken) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let watch = Watch {
            engine,
            folder: folder.to_owned(),
            active,
            candidate,
            seen: None,
            stop: Arc::clone(&stop),
        };
        let events = wake.clone();
        let spawned = std::thread::Builder::new()
            .name("pack-watcher".into())
            .spawn(move || watch.run(&events, &woken));
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

struct Watch<A, C> {
    engine: Engine,
    folder: PathBuf,
    active: A,
    candidate: C,
    seen: Option<Seen>,
    stop: Arc<AtomicBool>,
}

impl<A, C> Watch<A, C>
where
    A: Fn() -> String,
    C: FnMut(Result<Proven, Rejected>) -> bool,
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
        let Some(first) = self.news() else {
            return true;
        };
        // What is half written now is whole, or another, a moment later.
        std::thread::sleep(QUIET);
        match self.news() {
            Some(second) if second.0 == first.0 => {
                self.seen = Some(second.0);
                let proven = second
                    .1
                    .map_err(Rejected::from)
                    .and_then(|files| self.engine.prove(&files));
                (self.candidate)(proven)
            }
            // It moves still: the next look decides.
            _ => true,
        }
    }

    /// What is in the folder, where that is neither active nor handed on already.
    fn news(&mut self) -> Option<(Seen, Result<PackFiles, PackError>)> {
        let found = PackFiles::read(&self.folder);
        let seen = match &found {
            Ok(files) if files.digest_hex() == (self.active)() => {
                self.seen = None;
                return None;
            }
            Ok(files) => Seen::Pack(files.digest()),
            Err(error) => Seen::Unreadable(error.to_string()),
        };
        (self.seen.as_ref() != Some(&seen)).then_some((seen, found))
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
    for (path, mode) in [
        (Some(folder), RecursiveMode::Recursive),
        (folder.parent(), RecursiveMode::NonRecursive),
    ] {
        if let Some(Err(error)) = path.map(|path| watcher.watch(path, mode)) {
            tracing::debug!(%error, "no events for the pack's folder; its digest is polled");
        }
    }
    Some(watcher)
}
