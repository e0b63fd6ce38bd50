//! What was taken back: looked at on every call, replaced from outside.

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use ulid::Ulid;

/// The ids of revoked tokens. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct RevocationList(Arc<ArcSwap<HashSet<Ulid>>>);

impl RevocationList {
    /// A list of these.
    #[must_use]
    pub fn new(token_ids: impl IntoIterator<Item = Ulid>) -> Self {
        let list = Self::default();
        list.replace(token_ids);
        list
    }

    /// Put another list in its place, in one step.
    pub fn replace(&self, token_ids: impl IntoIterator<Item = Ulid>) {
        self.0.store(Arc::new(token_ids.into_iter().collect()));
    }

    /// Add one; it holds from the next call on.
    pub fn add(&self, token_id: Ulid) {
        self.0.rcu(|list| {
            let mut list = HashSet::clone(list);
            list.insert(token_id);
            list
        });
    }

    /// Was this token taken back?
    #[must_use]
    pub fn contains(&self, token_id: Ulid) -> bool {
        self.0.load().contains(&token_id)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.load().len()
    }

    /// None at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
