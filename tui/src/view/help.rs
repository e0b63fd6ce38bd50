//! The help: the key table, and what the console does not do.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Theme;
use super::text::fit;
use crate::keys::TABLE;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, theme: Theme) {
    let inner = super::pane(frame, area, "keys (any key leaves)".into(), true, theme);
    let mut lines: Vec<Line<'_>> = TABLE
        .iter()
        .map(|binding| {
            Line::from(vec![
                Span::styled(
                    fit(&format!(" {}", binding.keys.join("  ")), 20),
                    theme.strong(),
                ),
                Span::raw(binding.says),
            ])
        })
        .collect();
    lines.push(Line::styled(
        " Read-only: this console calls no tool yet; `dispatch call` does.",
        theme.faint(),
    ));
    lines.push(Line::styled(
        " ~ not read since it changed    ! emergency    window? offered, not agreed",
        theme.faint(),
    ));
    frame.render_widget(Paragraph::new(lines), inner);
}
