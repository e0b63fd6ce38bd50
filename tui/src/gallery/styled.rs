//! A screen as text that keeps its styles: the rows, then each row's runs of style.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

fn style(cell: &Cell) -> String {
    let mut said = Vec::new();
    if cell.fg != Color::Reset {
        said.push(format!("{}", cell.fg));
    }
    if cell.bg != Color::Reset {
        said.push(format!("on {}", cell.bg));
    }
    for (modifier, name) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if cell.modifier.contains(modifier) {
            said.push(name.to_owned());
        }
    }
    said.join(" ")
}

/// See the module.
pub(super) fn dump(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let (mut text, mut styles) = (String::new(), String::new());
    for (n, row) in buffer.content.chunks(width).enumerate() {
        let line = super::symbols(row);
        text.push_str(&format!("|{}\n", line.trim_end()));
        let mut from = 0;
        while from < width {
            let own = style(&row[from]);
            let to = (from..width)
                .find(|at| style(&row[*at]) != own)
                .unwrap_or(width);
            if !own.is_empty() {
                styles.push_str(&format!("{n}:{from}-{to} {own}\n"));
            }
            from = to;
        }
    }
    format!("{text}---\n{styles}")
}
