//! Draws the console. Reads the app, changes nothing.

mod bar;
mod help;
mod overlay;
pub(crate) mod pane;
mod welcome;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::app::App;

pub(crate) use help::help_lines;
pub(crate) use welcome::welcome;

/// Where the shell's parts are.
pub(crate) struct Parts {
    pub(crate) top: Rect,
    pub(crate) tabs: Rect,
    pub(crate) view: Rect,
    pub(crate) bottom: Rect,
}

/// Cut the screen.
pub(crate) fn parts(area: Rect) -> Parts {
    let [top, tabs, view, bottom] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area);
    Parts {
        top,
        tabs,
        view,
        bottom,
    }
}

/// Draw everything.
pub(crate) fn draw(frame: &mut Frame<'_>, app: &App) {
    let parts = parts(frame.area());
    bar::top(frame, parts.top, app);
    bar::tabs(frame, parts.tabs, app);
    app.view().draw(frame, parts.view, &app.world);
    if let Some(doing) = &app.doing {
        crate::doing::draw::draw(frame, parts.view, doing, app);
    }
    if let Some(scroll) = app.help {
        help::draw(frame, parts.view, app, scroll);
    }
    overlay::toasts(frame, parts.view, app);
    overlay::completions(frame, parts.view, app);
    bar::bottom(frame, parts.bottom, app);
}

/// The place of the tab under a column of the tabs' line.
pub(crate) fn tab_at(app: &App, column: u16) -> Option<crate::views::Tab> {
    bar::tab_at(app, column)
}
