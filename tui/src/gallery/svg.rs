//! A screen as a picture.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A cell, in a tenth of a point.
const WIDTH: usize = 84;
const HEIGHT: usize = 180;
/// Of the letters' line above the cell's lower end.
const BASE: usize = 45;
const MARGIN: usize = 120;

const PAPER: &str = "#0d1117";
const INK: &str = "#d0d7de";

fn color(color: Color, otherwise: &str) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Reset => otherwise.to_owned(),
        // pictures are drawn in all colours
        other => unreachable!("{other} in a picture"),
    }
}

fn points(tenths: usize) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[derive(Clone, PartialEq)]
struct Look {
    ink: String,
    paper: String,
    bold: bool,
    dim: bool,
}

fn look(cell: &Cell) -> Look {
    let (mut ink, mut paper) = (color(cell.fg, INK), color(cell.bg, PAPER));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut ink, &mut paper);
    }
    Look {
        ink,
        paper,
        bold: cell.modifier.contains(Modifier::BOLD),
        dim: cell.modifier.contains(Modifier::DIM),
    }
}

/// Of each cell of a row; what stands behind a wide letter is part of it.
fn looks(row: &[Cell]) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::with_capacity(row.len());
    let mut behind = 0;
    for cell in row {
        let (own, left) = match looks.last() {
            Some(wide) if behind > 0 => (wide.clone(), behind - 1),
            _ => (look(cell), cell.symbol().width().saturating_sub(1)),
        };
        looks.push(own);
        behind = left;
    }
    looks
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// See the module.
pub(super) fn draw(buffer: &Buffer) -> String {
    let columns = usize::from(buffer.area.width);
    let rows = usize::from(buffer.area.height);
    let (width, height) = (
        points(columns * WIDTH + 2 * MARGIN),
        points(rows * HEIGHT + 2 * MARGIN),
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for (n, row) in buffer.content.chunks(columns).enumerate() {
        let top = MARGIN + n * HEIGHT;
        let mut from = 0;
        for run_of in looks(row).chunk_by(PartialEq::eq) {
            let to = from + run_of.len();
            let text = super::symbols(&row[from..to]);
            run(&mut svg, &run_of[0], &text, (from, to, top));
            from = to;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn run(svg: &mut String, look: &Look, text: &str, (from, to, top): (usize, usize, usize)) {
    let left = MARGIN + from * WIDTH;
    if look.paper != PAPER {
        svg.push_str(&format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>\n",
            points(left),
            points(top),
            points((to - from) * WIDTH),
            points(HEIGHT),
            look.paper
        ));
    }
    let shown = text.trim_end();
    let begins = shown.len() - shown.trim_start().len();
    let (blank, shown) = shown.split_at(begins);
    if shown.is_empty() {
        return;
    }
    let left = left + blank.width() * WIDTH;
    let weight = if look.bold {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let dim = if look.dim { " opacity=\".6\"" } else { "" };
    svg.push_str(&format!(
        "<text x=\"{}\" y=\"{}\" textLength=\"{}\" xml:space=\"preserve\" fill=\"{}\"{weight}{dim}>{}</text>\n",
        points(left),
        points(top + HEIGHT - BASE),
        points(shown.width() * WIDTH),
        look.ink,
        escaped(shown)
    ));
}
