//! A table that wraps its cells, breaks between rows and repeats its head.

use crate::canvas::{INK, MUTED, RULE, SHADE, Style};
use crate::flow::Flow;
use crate::text::wrap;

/// Lines of one cell at most: a row always fits on a sheet.
const MAX_CELL_LINES: usize = 40;

const PAD_X: f32 = 6.0;
const PAD_Y: f32 = 4.0;

/// A column: its title, its share of the width, and on which side it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) share: f32,
    pub(crate) right: bool,
}

impl Column {
    pub(crate) const fn left(title: &'static str, share: f32) -> Self {
        Self {
            title,
            share,
            right: false,
        }
    }

    pub(crate) const fn right(title: &'static str, share: f32) -> Self {
        Self {
            title,
            share,
            right: true,
        }
    }
}

/// Draw rows under a head. Shares add up to 1.
pub(crate) fn table(flow: &mut Flow<'_>, columns: &[Column], rows: &[Vec<String>], size: f32) {
    let style = Style::regular(size, INK);
    flow.room(60.0);
    head(flow, columns);
    for row in rows {
        let cells: Vec<Vec<String>> = columns
            .iter()
            .zip(row)
            .map(|(column, text)| {
                let width = column.share * flow.inner() - 2.0 * PAD_X;
                let mut lines = wrap(flow.face, style.weight, size, text, width);
                if lines.len() > MAX_CELL_LINES {
                    lines.truncate(MAX_CELL_LINES - 1);
                    lines.push("…".into());
                }
                lines
            })
            .collect();
        let tallest = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let height = tallest as f32 * style.leading() + 2.0 * PAD_Y;
        if flow.room(height) {
            head(flow, columns);
        }
        draw(flow, columns, &cells, style);
        flow.y += height;
        flow.fill(flow.left(), flow.y, flow.inner(), 0.5, RULE);
    }
}

fn head(flow: &mut Flow<'_>, columns: &[Column]) {
    let style = Style {
        color: MUTED,
        ..Style::LABEL
    };
    let height = style.leading() + 2.0 * PAD_Y;
    flow.fill(flow.left(), flow.y, flow.inner(), height, SHADE);
    let titles: Vec<Vec<String>> = columns
        .iter()
        .map(|column| vec![column.title.to_uppercase()])
        .collect();
    draw(flow, columns, &titles, style);
    flow.y += height;
}

fn draw(flow: &mut Flow<'_>, columns: &[Column], cells: &[Vec<String>], style: Style) {
    let (begin, mut x) = (flow.y, flow.left());
    for (column, lines) in columns.iter().zip(cells) {
        let width = column.share * flow.inner();
        flow.y = begin + PAD_Y;
        for line in lines {
            // a hair more than it was wrapped to, so that rounding never cuts
            let room = width - 2.0 * PAD_X + 1.0;
            if column.right {
                flow.text_right(x + width - PAD_X, style, line, room);
            } else {
                flow.text(x + PAD_X, style, line, room);
            }
            flow.y += style.leading();
        }
        x += width;
    }
    flow.y = begin;
}
