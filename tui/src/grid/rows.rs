//! A bounded list with a cursor that stays on its row whatever comes and goes: filtered,
//! sorted, marked, following what is newest. The newest row is the first.

use std::collections::{HashSet, VecDeque};

use serde_json::Value;

use super::Column;
use crate::shell::query::Query;
use crate::world::World;

/// What can be listed.
pub(crate) trait Item {
    /// Tells it from every other.
    fn id(&self) -> String;

    /// What it is filtered by besides its cells: whole ids, and what has no column.
    fn besides(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// All of it, as the host served it.
    fn whole(&self) -> Value;
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    items: VecDeque<T>,
    most: usize,
    /// Places among the items, in the order shown.
    order: Vec<usize>,
    cursor: Option<String>,
    at: usize,
    offset: usize,
    pub(crate) follow: bool,
    /// Rows come by themselves: on the first one, it follows.
    pub(crate) live: bool,
    pub(crate) query: Query,
    /// By which column, and whether the other way round.
    pub(crate) sort: Option<(usize, bool)>,
    pub(crate) marks: HashSet<String>,
    dirty: bool,
}

impl<T: Item> Rows<T> {
    /// Empty; holds `most` at most, the oldest go.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            items: VecDeque::new(),
            most,
            order: Vec::new(),
            cursor: None,
            at: 0,
            offset: 0,
            follow: false,
            live: false,
            query: Query::default(),
            sort: None,
            marks: HashSet::new(),
            dirty: true,
        }
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    pub(crate) fn items_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.dirty = true;
        self.items.iter_mut()
    }

    pub(crate) fn held(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= self.most
    }

    /// Put one before all others.
    pub(crate) fn newest(&mut self, item: T) {
        self.items.push_front(item);
        self.items.truncate(self.most);
        self.dirty = true;
    }

    /// Put older ones behind all others.
    pub(crate) fn older(&mut self, items: impl IntoIterator<Item = T>) {
        for item in items {
            if self.items.len() < self.most {
                self.items.push_back(item);
            }
        }
        self.dirty = true;
    }

    /// Take all of them out, the newest first.
    pub(crate) fn take(&mut self) -> Vec<T> {
        self.dirty = true;
        self.items.drain(..).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.dirty = true;
    }

    /// The rows shown, in their order.
    pub(crate) fn shown(&self) -> Vec<&T> {
        self.order
            .iter()
            .filter_map(|at| self.items.get(*at))
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    pub(crate) fn index(&self) -> usize {
        self.at
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn selected(&self) -> Option<&T> {
        self.order.get(self.at).and_then(|at| self.items.get(*at))
    }

    /// Put the cursor on a row shown, or the nearest there is.
    pub(crate) fn select(&mut self, at: usize) {
        self.at = at.min(self.order.len().saturating_sub(1));
        self.cursor = self.selected().map(Item::id);
        self.follow = self.live && self.at == 0 && self.sort.is_none();
    }

    pub(crate) fn step(&mut self, by: isize) {
        self.select(self.at.saturating_add_signed(by));
    }

    pub(crate) fn follow(&mut self) {
        self.follow = !self.follow;
        if self.follow {
            self.sort = None;
            self.cursor = None;
            self.at = 0;
            self.dirty = true;
        }
    }

    pub(crate) fn filter(&mut self, query: Query) {
        self.query = query;
        self.dirty = true;
    }

    /// By the next column; after the last, as it comes.
    pub(crate) fn sort_next(&mut self, columns: usize) {
        self.sort = match self.sort {
            None => Some((0, false)),
            Some((at, _)) if at + 1 < columns => Some((at + 1, false)),
            Some(_) => None,
        };
        self.follow = false;
        self.dirty = true;
    }

    pub(crate) fn reverse(&mut self) {
        if let Some((_, reversed)) = &mut self.sort {
            *reversed = !*reversed;
            self.dirty = true;
        }
    }

    pub(crate) fn sort_by(&mut self, column: usize) {
        self.sort = Some((column, false));
        self.follow = false;
        self.dirty = true;
    }

    /// Mark the row under the cursor, or unmark it, and go on.
    pub(crate) fn mark(&mut self) {
        if let Some(id) = self.selected().map(Item::id) {
            if !self.marks.remove(&id) {
                self.marks.insert(id);
            }
            let follow = self.follow;
            self.step(1);
            self.follow = follow && self.at == 0;
        }
    }

    /// Bring the order and the cursor into line with what changed; `height`: rows on screen.
    pub(crate) fn settle(&mut self, columns: &[Column<T>], world: &World, height: usize) {
        if self.dirty {
            self.dirty = false;
            self.reorder(columns, world);
            let items = &self.items;
            if !self.marks.is_empty() {
                let held: HashSet<String> = items.iter().map(Item::id).collect();
                self.marks.retain(|id| held.contains(id));
            }
        }
        self.offset = first_row(self.offset, self.at, self.order.len(), height);
    }

    fn reorder(&mut self, columns: &[Column<T>], world: &World) {
        let query = &self.query;
        let shows = |item: &T| {
            query.is_empty() || {
                let mut cells: Vec<(&str, String)> = columns
                    .iter()
                    .map(|column| (column.name, (column.cell)(item, world)))
                    .collect();
                cells.push(("ID", item.id()));
                cells.extend(item.besides());
                query.matches(&cells)
            }
        };
        let places = (0..self.items.len()).filter(|at| shows(&self.items[*at]));
        self.order = places.collect();
        if let Some((column, reversed)) = self.sort
            && let Some(column) = columns.get(column)
        {
            let items = &self.items;
            self.order
                .sort_by_cached_key(|at| column.sort_key(&items[*at], world));
            if reversed {
                self.order.reverse();
            }
        }
        if self.follow {
            self.at = 0;
        } else if let Some(cursor) = &self.cursor {
            // nearby first: most changes move a row by little
            let found = self
                .order
                .iter()
                .position(|at| self.items[*at].id() == *cursor);
            self.at = found.unwrap_or(self.at);
        }
        self.at = self.at.min(self.order.len().saturating_sub(1));
        self.cursor = self.selected().map(Item::id);
    }
}

/// The first of `len` rows to draw: as before, unless the cursor would be off the screen.
pub(crate) fn first_row(before: usize, at: usize, len: usize, height: usize) -> usize {
    let height = height.max(1);
    let low = (at + 1).saturating_sub(height);
    before
        .clamp(low, at.max(low))
        .min(len.saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Width;
    use crate::testing::world;

    impl Item for u32 {
        fn id(&self) -> String {
            self.to_string()
        }

        fn whole(&self) -> Value {
            (*self).into()
        }
    }

    fn columns() -> [Column<u32>; 1] {
        [Column::new("N", Width::Fixed(4), |n: &u32, _| n.to_string()).by(|n, _| i64::from(*n))]
    }

    fn rows(upto: u32) -> Rows<u32> {
        let mut rows = Rows::new(50);
        (rows.live, rows.follow) = (true, true);
        for n in 0..upto {
            rows.newest(n);
        }
        rows.settle(&columns(), &world(), 10);
        rows
    }

    #[test]
    fn the_cursor_stays_on_its_row_unless_it_follows() {
        let mut rows = rows(20);
        assert_eq!(rows.selected(), Some(&19));
        rows.newest(20);
        rows.settle(&columns(), &world(), 10);
        assert_eq!(rows.selected(), Some(&20), "it follows");
        rows.step(3);
        for n in 21..60 {
            rows.newest(n);
            rows.settle(&columns(), &world(), 10);
            assert_eq!(rows.selected(), Some(&17));
        }
        assert_eq!((rows.held(), rows.is_full()), (50, true));
        let seen = rows.offset()..rows.offset() + 10;
        assert!(seen.contains(&rows.index()), "{seen:?}");
        rows.follow();
        rows.settle(&columns(), &world(), 10);
        assert_eq!(rows.selected(), Some(&59));
    }

    #[test]
    fn filter_sort_and_marks_go_together() {
        let mut rows = rows(30);
        rows.filter(Query::parse("!1 2", &["N"]));
        rows.settle(&columns(), &world(), 10);
        let shown = |rows: &Rows<u32>| rows.shown().into_iter().copied().collect::<Vec<_>>();
        assert_eq!(shown(&rows), [29, 28, 27, 26, 25, 24, 23, 22, 20, 2]);
        rows.sort_next(1);
        rows.mark();
        rows.settle(&columns(), &world(), 10);
        assert_eq!(shown(&rows)[..3], [2, 20, 22]);
        rows.reverse();
        rows.settle(&columns(), &world(), 10);
        assert_eq!(shown(&rows)[0], 29);
        assert_eq!(rows.marks.len(), 1);
        rows.sort_next(1);
        assert_eq!(rows.sort, None);
    }

    #[test]
    fn the_screen_moves_only_when_the_cursor_leaves_it() {
        assert_eq!(first_row(0, 9, 100, 10), 0);
        assert_eq!(first_row(0, 10, 100, 10), 1);
        assert_eq!(first_row(50, 20, 100, 10), 20);
        assert_eq!(first_row(50, 55, 100, 10), 50);
        assert_eq!(first_row(95, 99, 100, 10), 90);
        assert_eq!(first_row(3, 0, 0, 0), 0);
    }
}
