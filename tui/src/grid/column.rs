//! A column: its name, its width, what stands in it, what it is sorted by.

use crate::text::{fit, fit_right};
use crate::theme::Role;
use crate::world::World;

/// How wide a column is, in columns of the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Width {
    /// Always so.
    Fixed(usize),
    /// At least so, and a share of what is left, by weight.
    Grow(usize, usize),
}

/// What rows are sorted by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Key {
    /// A number, the smallest first.
    Number(i64),
    /// A text, in order.
    Text(String),
}

/// See the module.
pub(crate) struct Column<T> {
    /// Heads it; lower-cased, its name in exports.
    pub(crate) name: &'static str,
    pub(crate) width: Width,
    /// Shown where the list is at least so wide.
    pub(crate) from: usize,
    pub(crate) cell: fn(&T, &World) -> String,
    /// None: by its cell.
    pub(crate) key: Option<fn(&T, &World) -> i64>,
    /// In a file: its cell where the screen's is cut to what fits; else the screen's.
    pub(crate) whole: Option<fn(&T, &World) -> String>,
    /// Numbers stand under each other by their last digit.
    pub(crate) right: bool,
    /// Its own colour, where it has one.
    pub(crate) role: Option<fn(&T, &World) -> Option<Role>>,
}

impl<T> Column<T> {
    pub(crate) const fn new(
        name: &'static str,
        width: Width,
        cell: fn(&T, &World) -> String,
    ) -> Self {
        Self {
            name,
            width,
            from: 0,
            cell,
            key: None,
            whole: None,
            right: false,
            role: None,
        }
    }

    pub(crate) const fn from(mut self, width: usize) -> Self {
        self.from = width;
        self
    }

    pub(crate) const fn by(mut self, key: fn(&T, &World) -> i64) -> Self {
        self.key = Some(key);
        self
    }

    pub(crate) const fn whole(mut self, cell: fn(&T, &World) -> String) -> Self {
        self.whole = Some(cell);
        self
    }

    pub(crate) const fn right(mut self) -> Self {
        self.right = true;
        self
    }

    /// A text in this column's width.
    pub(crate) fn fit(&self, text: &str, width: usize) -> String {
        if self.right {
            fit_right(text, width)
        } else {
            fit(text, width)
        }
    }

    pub(crate) const fn colored(mut self, role: fn(&T, &World) -> Option<Role>) -> Self {
        self.role = Some(role);
        self
    }

    pub(crate) fn written(&self, item: &T, world: &World) -> String {
        match self.whole {
            Some(whole) => whole(item, world),
            None => (self.cell)(item, world),
        }
    }

    pub(crate) fn sort_key(&self, item: &T, world: &World) -> Key {
        match self.key {
            Some(key) => Key::Number(key(item, world)),
            None => Key::Text((self.cell)(item, world).to_lowercase()),
        }
    }
}

/// The columns that fit into `total`, each with its width; a space is between two.
pub(crate) fn widths<T>(columns: &[Column<T>], total: usize) -> Vec<(&Column<T>, usize)> {
    let mut shown: Vec<&Column<T>> = columns.iter().filter(|c| c.from <= total).collect();
    let least = |column: &Column<T>| match column.width {
        Width::Fixed(width) | Width::Grow(width, _) => width,
    };
    let weight = |column: &Column<T>| match column.width {
        Width::Fixed(_) => 0,
        Width::Grow(_, weight) => weight,
    };
    let taken = |shown: &[&Column<T>]| shown.iter().map(|c| least(c) + 1).sum::<usize>();
    // half a column says nothing: the last ones go
    while taken(&shown) > total + 1 && shown.len() > 1 {
        shown.pop();
    }
    let taken = taken(&shown);
    let left = (total + 1).saturating_sub(taken);
    let weights: usize = shown.iter().map(|c| weight(c)).sum();
    let mut spent = 0;
    let last = shown.iter().rposition(|c| weight(c) > 0);
    shown
        .into_iter()
        .enumerate()
        .map(|(n, column)| {
            let share = match (weights, Some(n) == last) {
                (0, _) => 0,
                (_, true) => left - spent,
                (all, false) => left * weight(column) / all,
            };
            spent += share;
            (column, least(column) + share)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_is_used_to_the_last_column_and_what_does_not_fit_goes() {
        let columns: [Column<()>; 4] = [
            Column::new("A", Width::Fixed(4), |(), _| String::new()),
            Column::new("B", Width::Grow(6, 2), |(), _| String::new()),
            Column::new("C", Width::Grow(6, 1), |(), _| String::new()),
            Column::new("D", Width::Fixed(10), |(), _| String::new()).from(60),
        ];
        assert_eq!(widths(&columns, 14).len(), 2, "the third does not fit");
        for total in [30, 59, 60, 61, 200] {
            let widths = widths(&columns, total);
            let used: usize = widths.iter().map(|(_, w)| w + 1).sum();
            assert_eq!(used, total + 1, "{total}");
            assert_eq!(widths.len(), if total < 60 { 3 } else { 4 });
        }
    }
}
