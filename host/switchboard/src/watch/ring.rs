//! The last so many of something.

use std::collections::VecDeque;

/// Keeps the last so many.
#[derive(Clone, Debug)]
pub(super) struct Ring<T> {
    items: VecDeque<T>,
    most: usize,
}

impl<T> Ring<T> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            items: VecDeque::new(),
            most,
        }
    }

    pub(super) fn push(&mut self, item: T) {
        if self.items.len() >= self.most {
            self.items.pop_front();
        }
        self.items.push_back(item);
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut T> {
        self.items.back_mut()
    }

    /// The oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter()
    }
}
