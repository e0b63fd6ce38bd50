//! Aligned columns.

use std::fmt::Write as _;

use crate::show::paint::Paint;
use crate::show::{clean, cut};

/// Space between columns.
const GAP: usize = 2;
/// Where a terminal is too narrow, columns are cut down to this: an id stays whole. The last
/// one, which is mostly words, may become narrower.
const NARROW: usize = 26;
const NARROW_LAST: usize = 12;

/// Rows under a heading, each column as wide as its widest cell, as far as the terminal is
/// wide enough.
pub(crate) struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: &[&'static str]) -> Self {
        Self {
            heading: heading.to_vec(),
            rows: Vec::new(),
        }
    }

    /// A row has a cell per column.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.heading.len());
        self.rows
            .push(cells.iter().map(|cell| clean(cell)).collect());
    }

    pub(crate) fn text(&self, paint: Paint) -> String {
        let mut widths: Vec<usize> = (0..self.heading.len())
            .map(|column| {
                self.rows
                    .iter()
                    .map(|row| row[column].chars().count())
                    .max()
                    .unwrap_or(0)
                    .max(self.heading[column].len())
            })
            .collect();
        if let Some(width) = paint.width() {
            fit(&mut widths, width);
        }
        let mut text = String::new();
        let heading: Vec<&str> = self.heading.clone();
        let _ = writeln!(text, "{}", paint.strong(&line(&heading, &widths)));
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            text.push_str(&line(&cells, &widths));
            text.push('\n');
        }
        text
    }
}

/// Take from the widest column, until the line fits or nothing is to spare.
fn fit(widths: &mut [usize], width: usize) {
    let Some(last) = widths.len().checked_sub(1) else {
        return;
    };
    let spare =
        |at: usize, wide: usize| wide.saturating_sub(if at == last { NARROW_LAST } else { NARROW });
    while widths.iter().sum::<usize>() + GAP * last > width {
        let columns = widths.iter_mut().enumerate();
        let widest = columns
            .filter(|(at, wide)| spare(*at, **wide) > 0)
            .max_by_key(|(_, wide)| **wide);
        let Some((_, widest)) = widest else {
            return;
        };
        *widest -= 1;
    }
}

fn line(cells: &[&str], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let cell = cut(cell, *width);
        line.push_str(&cell);
        let pad = width + GAP - cell.chars().count();
        line.push_str(&" ".repeat(pad));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_cut_to_the_terminal_and_ids_stay_whole() {
        let id = "01J9ZQ4Y7M8K6T5R4E3W2Q1A0G";
        let mut table = Table::new(&["ID", "BEFORE", "AFTER"]);
        table.row([id.into(), "b".repeat(60), "a".repeat(60)]);
        let wide = |width| {
            let text = table.text(Paint::never().as_wide_as(width));
            let longest = text.lines().map(|line| line.chars().count()).max();
            (text, longest.expect("lines"))
        };
        assert_eq!(wide(200).1, 26 + 60 + 60 + 4);
        let (text, longest) = wide(100);
        assert_eq!(longest, 100);
        assert!(
            text.contains(id) && text.contains("bb…") && text.contains("aa…"),
            "{text}"
        );
        // narrower than that it does not get
        let (text, longest) = wide(20);
        assert_eq!(longest, 26 + 26 + 12 + 4);
        assert!(text.contains(id), "{text}");
    }

    #[test]
    fn columns_align_by_characters_and_cells_stay_on_their_line() {
        let mut table = Table::new(&["NAME", "STATE"]);
        table.row(["Zoë\nM".into(), "new".into()]);
        table.row(["A".into(), "closed".into()]);
        assert_eq!(
            table.text(Paint::never()),
            "NAME   STATE\nZoë M  new\nA      closed\n"
        );
    }
}
