//! What stands over the view: toasts, and what a command may become.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};
use unicode_width::UnicodeWidthStr;

use crate::app::App;
use crate::text::{clean, fit, wrap};
use crate::theme::Role;

/// Choices shown at once.
const CHOICES: usize = 10;

/// In the lower right corner, the latest lowest.
pub(super) fn toasts(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.world.theme;
    let most = usize::from(area.width).saturating_sub(6).min(72);
    let mut bottom = area.bottom().saturating_sub(1);
    let toasts: Vec<_> = app.toasts.shown().collect();
    for toast in toasts.into_iter().rev() {
        let lines = wrap(&clean(&toast.says), most);
        let width = lines.iter().map(|line| line.width()).max().unwrap_or(0) + 4;
        let height = u16::try_from(lines.len()).unwrap_or(1);
        let width = u16::try_from(width).unwrap_or(area.width).min(area.width);
        if bottom < area.y + height || width < 5 {
            return;
        }
        let place = Rect::new(
            area.right().saturating_sub(width + 1).max(area.x),
            bottom - height,
            width,
            height,
        );
        frame.render_widget(Clear, place);
        let style = theme.style(toast.role).patch(theme.style(Role::Cursor));
        let lines: Vec<Line<'_>> = lines
            .into_iter()
            .map(|line| Line::styled(format!("  {}", fit(&line, usize::from(width) - 2)), style))
            .collect();
        frame.render_widget(Paragraph::new(lines), place);
        bottom -= height + 1;
    }
}

/// Right above the line being typed.
pub(super) fn completions(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let Some(typing) = app.typing.as_ref().filter(|typing| typing.is_command) else {
        return;
    };
    let theme = &app.world.theme;
    let at = typing.chosen.unwrap_or(0);
    let room = CHOICES.min(area.height.into());
    let first = crate::grid::first_row(0, at, typing.choices.len(), room);
    let shown = typing.choices.iter().enumerate().skip(first).take(room);
    let width = usize::from(area.width.min(76));
    let lines: Vec<Line<'_>> = shown
        .map(|(n, (line, says))| {
            let style = if typing.chosen == Some(n) {
                theme.style(Role::Cursor)
            } else {
                theme.style(Role::Bar)
            };
            Line::from(vec![
                Span::styled(
                    fit(&format!(" {line}"), 36.min(width)),
                    theme.style(Role::Strong),
                ),
                Span::styled(
                    fit(says, width.saturating_sub(36)),
                    theme.style(Role::Faint),
                ),
            ])
            .style(style)
        })
        .collect();
    let height = u16::try_from(lines.len()).unwrap_or(0);
    let place = Rect::new(
        area.x,
        area.bottom().saturating_sub(height),
        u16::try_from(width).unwrap_or(area.width),
        height,
    );
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines), place);
}
