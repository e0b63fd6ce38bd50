//! Aligned columns.

use std::fmt::Write as _;

use crate::show::clean;
use crate::show::paint::Paint;

/// Space between columns.
const GAP: usize = 2;

/// Rows under a heading, each column as wide as its widest cell.
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
        let widths: Vec<usize> = (0..self.heading.len())
            .map(|column| {
                self.rows
                    .iter()
                    .map(|row| row[column].chars().count())
                    .max()
                    .unwrap_or(0)
                    .max(self.heading[column].len())
            })
            .collect();
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

fn line(cells: &[&str], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
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
