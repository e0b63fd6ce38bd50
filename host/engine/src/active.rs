//! The pack that judges now, replaced whole in one step.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::pack::{Pack, PackError, Step};

/// Holds the active pack. Cheap to clone; all clones see the same pack.
#[derive(Clone, Debug)]
pub struct ActivePack(Arc<ArcSwap<Pack>>);

impl ActivePack {
    /// Begin with this pack.
    #[must_use]
    pub fn new(pack: Pack) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(pack)))
    }

    /// The pack that judges now. Take it once per call: a call ends on the pack
    /// it began with.
    #[must_use]
    pub fn current(&self) -> Arc<Pack> {
        self.0.load_full()
    }

    /// Put another in its place and hand back the one before. Does not look at
    /// revisions: for rolling back, and for hosts that follow another's choice.
    pub fn swap(&self, pack: Pack) -> Arc<Pack> {
        self.0.swap(Arc::new(pack))
    }

    /// May this candidate take over? Its revision must grow, unless it is the
    /// same content.
    ///
    /// # Errors
    /// Where the revision does not grow.
    pub fn admits(&self, candidate: &Pack) -> Result<(), PackError> {
        let active = self.current();
        if candidate.revision() > active.revision() {
            return Ok(());
        }
        Err(PackError::new(
            Step::Revision,
            format!(
                "revision {} is active, this is {}; raise `revision`, or roll back by activating \
                 the older content under a new one",
                active.revision(),
                candidate.revision()
            ),
        )
        .in_file("pack.toml", None))
    }
}
