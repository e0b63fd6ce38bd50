//! Frames, and what stands in one where there is nothing to show.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::text::{clean, wrap};
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// What is inside a frame.
pub(crate) fn inside(area: Rect) -> Rect {
    if area.width < 2 || area.height < 2 {
        return Rect::new(area.x, area.y, 0, 0);
    }
    area.inner(Margin::new(1, 1))
}

/// Draw a frame; what is inside it.
pub(crate) fn framed(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    focused: bool,
    world: &World,
) -> Rect {
    if area.is_empty() {
        return inside(area);
    }
    let style = world
        .theme
        .style(if focused { Role::Strong } else { Role::Faint });
    let block = Block::bordered()
        .border_style(style)
        .title(Span::styled(format!(" {} ", clean(title)), style));
    frame.render_widget(block, area);
    inside(area)
}

/// A dialog in the middle of an area, over what is there; what is inside it.
pub(crate) fn dialog(
    frame: &mut Frame<'_>,
    area: Rect,
    (width, height): (u16, u16),
    title: &str,
    world: &World,
) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let middle = Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    );
    frame.render_widget(Clear, middle);
    framed(frame, middle, title, true, world)
}

/// Say something where there is nothing to show.
pub(crate) fn say(frame: &mut Frame<'_>, area: Rect, paragraphs: &[(&str, Style)]) {
    if area.is_empty() {
        return;
    }
    let width = usize::from(area.width.saturating_sub(2));
    let mut lines = vec![Line::default()];
    for (said, style) in paragraphs {
        for line in wrap(said, width) {
            lines.push(Line::styled(format!(" {line}"), *style));
        }
        lines.push(Line::default());
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// What went wrong, and what to do.
pub(crate) fn say_trouble(frame: &mut Frame<'_>, area: Rect, trouble: &Trouble, world: &World) {
    let said = trouble.to_string();
    let alarm = world.theme.style(Role::Alarm);
    say(
        frame,
        area,
        &[(&said, alarm), (trouble.advice(), Style::new())],
    );
}

/// A line across, with a heading in it.
pub(crate) fn rule(heading: &str, width: usize, world: &World) -> Line<'static> {
    if heading.is_empty() {
        return Line::styled("─".repeat(width), world.theme.style(Role::Faint));
    }
    let filled = width.saturating_sub(heading.chars().count() + 4);
    Line::styled(
        format!("── {heading} {}", "─".repeat(filled)),
        world.theme.style(Role::Faint),
    )
}
