//! A view's rows as a file: JSON for programs, CSV (RFC 4180) for spreadsheets.

use serde_json::Value;

use super::command::Format;
use crate::grid::{Column, Item};
use crate::world::World;

/// What is shown, to be written down.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Table {
    /// Names of the columns.
    pub(crate) columns: Vec<String>,
    /// The rows' cells, in the columns' order: whole ids, times as RFC 3339.
    pub(crate) rows: Vec<Vec<String>>,
    /// Each row whole, as the host served it.
    pub(crate) items: Vec<Value>,
}

impl Table {
    /// Rows in these columns, behind a first one that names each whole.
    pub(crate) fn of<T: Item>(
        id: &str,
        columns: &[Column<T>],
        rows: Vec<&T>,
        world: &World,
    ) -> Self {
        let names = columns.iter().map(|column| column.name.to_owned());
        let cells = |item: &&T| {
            let cells = columns.iter().map(|column| column.written(item, world));
            std::iter::once(item.id()).chain(cells).collect()
        };
        Self {
            columns: std::iter::once(id.to_owned()).chain(names).collect(),
            rows: rows.iter().map(cells).collect(),
            items: rows.iter().map(|item| item.whole()).collect(),
        }
    }

    /// How many they are: `50 rows`, and whether those are all; `more`: the host has more.
    pub(crate) fn says(&self, more: bool) -> String {
        let rows = match self.items.len() {
            1 => "1 row".to_owned(),
            many => format!("{many} rows"),
        };
        if more {
            format!("{rows}, those loaded; the host has more")
        } else {
            rows
        }
    }
}

/// The table as a file's text: the items themselves as JSON, or their columns as CSV.
pub(crate) fn write(table: &Table, format: Format) -> String {
    match format {
        Format::Json => format!("{:#}\n", Value::from(table.items.clone())),
        Format::Csv => csv(table),
    }
}

fn csv(table: &Table) -> String {
    let mut text = String::new();
    for row in std::iter::once(&table.columns).chain(&table.rows) {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell that a spreadsheet would take for a formula is written as text.
fn quoted(cell: &str) -> String {
    let guarded = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell != "-" {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if guarded.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were_and_run_nothing() {
        let table = Table {
            columns: vec!["SITE".into(), "ISSUE".into()],
            rows: vec![
                vec!["Dock \"4\", rear".into(), "=HYPERLINK(\"x\")".into()],
                vec!["東京".into(), "two\nlines".into()],
            ],
            items: Vec::new(),
        };
        assert_eq!(
            write(&table, Format::Csv),
            "SITE,ISSUE\r\n\"Dock \"\"4\"\", rear\",\"'=HYPERLINK(\"\"x\"\")\"\r\n東京,\"two\nlines\"\r\n"
        );
    }

    #[test]
    fn how_many_there_are_is_said_and_whether_those_are_all() {
        let mut table = Table {
            items: vec![Value::Null; 50],
            ..Table::default()
        };
        assert_eq!(table.says(true), "50 rows, those loaded; the host has more");
        table.items.truncate(1);
        assert_eq!(table.says(false), "1 row");
    }
}
