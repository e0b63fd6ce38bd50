//! Draws the console. Reads the app, changes nothing.

mod bar;
mod help;
mod queue;
mod text;
mod theme;
mod ticket;
mod ticket_fields;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

pub use theme::Theme;

use crate::app::{App, Focus};
use crate::trouble::Trouble;

/// Draw everything.
pub fn draw(frame: &mut Frame<'_>, app: &App, theme: Theme) {
    let [top, middle, bottom] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    bar::top(frame, top, app, theme);
    bar::bottom(frame, bottom, app, theme);
    if app.help {
        return help::draw(frame, middle, theme);
    }
    if app.is_wide() {
        let [left, right] =
            Layout::horizontal([Constraint::Percentage(56), Constraint::Percentage(44)])
                .areas(middle);
        queue::draw(frame, left, app, theme);
        ticket::draw(frame, right, app, theme);
    } else if app.focus == Focus::Queue {
        queue::draw(frame, middle, app, theme);
    } else {
        ticket::draw(frame, middle, app, theme);
    }
}

/// A pane's frame; what is inside it.
fn pane(frame: &mut Frame<'_>, area: Rect, title: String, focused: bool, theme: Theme) -> Rect {
    let style = if focused {
        theme.strong()
    } else {
        theme.faint()
    };
    let block = Block::bordered()
        .border_style(style)
        .title(Span::styled(format!(" {} ", text::clean(&title)), style));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// What to say where there is nothing to show.
fn say(frame: &mut Frame<'_>, area: Rect, paragraphs: &[(&str, ratatui::style::Style)]) {
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines = vec![Line::default()];
    for (said, style) in paragraphs {
        for line in text::wrap(said, width) {
            lines.push(Line::styled(format!(" {line}"), *style));
        }
        lines.push(Line::default());
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// What went wrong, and what to do.
fn say_trouble(frame: &mut Frame<'_>, area: Rect, trouble: &Trouble, theme: Theme) {
    let said = trouble.to_string();
    let plain = ratatui::style::Style::new();
    say(
        frame,
        area,
        &[(&said, theme.alarm()), (trouble.advice(), plain)],
    );
}

/// The first of `len` rows to draw so that the cursor is among `height`.
fn first_row(at: usize, len: usize, height: usize) -> usize {
    at.saturating_sub(height / 2)
        .min(len.saturating_sub(height))
}

#[cfg(test)]
mod tests;
