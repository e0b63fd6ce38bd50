//! The pack that judges now, replaced whole in one step.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::pack::Pack;

/// A pack and the revision it was activated under. The two part ways where older
/// content is activated again: a pack whose manifest says 3 may stand under 7.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The pack.
    pub pack: Arc<Pack>,
    /// Grows with every activation, whatever is activated.
    pub revision: u64,
}

impl Standing {
    /// Does nobody else judge by it any more?
    #[must_use]
    pub fn is_free(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1 && Arc::strong_count(&self.pack) == 1
    }
}

/// Holds the active pack. Cheap to clone; all clones see the same pack.
#[derive(Clone, Debug)]
pub struct ActivePack(Arc<ArcSwap<Standing>>);

impl ActivePack {
    /// Begin with this pack under this revision.
    #[must_use]
    pub fn new(pack: Pack, revision: u64) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(Standing {
            pack: Arc::new(pack),
            revision,
        })))
    }

    /// The pack that judges now. Take it once per call: a call ends on the pack
    /// it began with.
    #[must_use]
    pub fn current(&self) -> Arc<Pack> {
        Arc::clone(&self.0.load().pack)
    }

    /// The pack that judges now, with its revision: both of one activation.
    #[must_use]
    pub fn standing(&self) -> Arc<Standing> {
        self.0.load_full()
    }

    /// Put another in its place and hand back the one before. Does not look at
    /// revisions: whoever swaps has them from the ledger.
    pub fn swap(&self, pack: Pack, revision: u64) -> Arc<Standing> {
        self.0.swap(Arc::new(Standing {
            pack: Arc::new(pack),
            revision,
        }))
    }

    /// The same pack under another revision: it was activated again.
    pub fn restand(&self, revision: u64) {
        let pack = self.current();
        self.0.store(Arc::new(Standing { pack, revision }));
    }
}
