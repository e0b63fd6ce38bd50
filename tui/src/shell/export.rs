//! A view's rows as a file: JSON for programs, CSV (RFC 4180) for spreadsheets.

use serde_json::{Map, Value};

use super::command::Format;

/// What is shown, as text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Table {
    /// Names of the columns.
    pub(crate) columns: Vec<String>,
    /// The rows' cells, in the columns' order.
    pub(crate) rows: Vec<Vec<String>>,
}

/// The table as a file's text.
pub(crate) fn write(table: &Table, format: Format) -> String {
    match format {
        Format::Json => json(table),
        Format::Csv => csv(table),
    }
}

fn json(table: &Table) -> String {
    let rows = table.rows.iter().map(|row| {
        let pairs = table.columns.iter().zip(row);
        let object: Map<String, Value> = pairs
            .map(|(column, cell)| (column.to_lowercase(), cell.as_str().into()))
            .collect();
        Value::from(object)
    });
    let mut text = format!("{:#}", Value::from_iter(rows));
    text.push('\n');
    text
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
        };
        assert_eq!(
            write(&table, Format::Csv),
            "SITE,ISSUE\r\n\"Dock \"\"4\"\", rear\",\"'=HYPERLINK(\"\"x\"\")\"\r\n東京,\"two\nlines\"\r\n"
        );
        let json: Value = serde_json::from_str(&write(&table, Format::Json)).unwrap();
        assert_eq!(json[0]["issue"], "=HYPERLINK(\"x\")");
        assert_eq!(json[1]["site"], "東京");
    }
}
