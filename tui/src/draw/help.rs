//! The help: the keys as they count here, and what the marks mean.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::pane;
use crate::app::App;
use crate::keys::{Context, TABLE};
use crate::text::fit;
use crate::theme::Role;

const MARKS: [&str; 5] = [
    "~ may have changed unseen     ! window passed, or an emergency     * marked",
    "DUE  in 2h: until the ETA or the window's start     due 20m: the window is open",
    "     LATE 5m: the window is over and nobody is on site     old 3h: not scheduled yet",
    "window?  offered, not agreed",
    "OK   ✓ verified with the event before it   · alone   ✗ does not verify",
];

fn lines(app: &App) -> Vec<Line<'static>> {
    let theme = &app.world.theme;
    let mut lines = Vec::new();
    let own = app.view().context();
    let mut contexts = vec![own];
    contexts.extend(Context::ALL.into_iter().filter(|context| *context != own));
    for context in contexts {
        lines.push(Line::styled(
            format!(" {}", context.says()),
            theme.style(Role::Strong),
        ));
        for binding in TABLE.iter().filter(|one| one.context == context) {
            let keys = app.keys.of(context, binding.action).join("  ");
            lines.push(Line::from(vec![
                Span::styled(fit(&format!("   {keys}"), 22), theme.style(Role::Good)),
                Span::raw(binding.says),
            ]));
        }
        lines.push(Line::default());
    }
    lines.push(Line::styled(" what marks mean", theme.style(Role::Strong)));
    lines.extend(MARKS.map(|mark| Line::styled(format!("   {mark}"), theme.style(Role::Faint))));
    lines
}

/// How many lines there are.
pub(crate) fn help_lines(app: &App) -> usize {
    lines(app).len()
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, scroll: usize) {
    frame.render_widget(Clear, area);
    let lines = lines(app);
    let below = lines
        .len()
        .saturating_sub(scroll + usize::from(pane::inside(area).height));
    let title = match below {
        0 => "keys (any other key leaves)".to_owned(),
        more => format!("keys, {more} more lines (j); any other key leaves"),
    };
    let inner = pane::framed(frame, area, &title, true, &app.world);
    let shown: Vec<Line<'_>> = lines.into_iter().skip(scroll).collect();
    frame.render_widget(Paragraph::new(shown), inner);
}
