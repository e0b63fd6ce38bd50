//! One pack in the place of another.

use std::time::{Duration, Instant};

use dispatch_engine::Pack;

use crate::Inner;

/// How often a pack that was replaced is looked after.
const PAUSE: Duration = Duration::from_millis(20);
/// No call takes longer.
const LONGEST: Duration = Duration::from_secs(30);

/// Let go of a pack, or of what holds one, on a thread that serves nobody: unmapping its code
/// takes far longer than a verdict.
pub(crate) fn let_go(pack: impl Send + 'static) {
    tokio::task::spawn_blocking(move || drop(pack));
}

impl Inner {
    /// Let a pack judge from now on; answers the revision of the one before. That one is
    /// let go once the last call that it judges has ended.
    pub(super) fn swap(&self, pack: Pack, revision: u64) -> u64 {
        let before = self.pack.swap(pack, revision);
        let replaced = before.revision;
        tokio::spawn(async move {
            let began = Instant::now();
            while !before.is_free() && began.elapsed() < LONGEST {
                tokio::time::sleep(PAUSE).await;
            }
            let_go(before);
        });
        replaced
    }
}
