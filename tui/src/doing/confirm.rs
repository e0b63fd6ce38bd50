//! The last look before a call is committed: what is sent, then what it changes.

use dispatch_contract::{TechnicianId, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::before_after::changes;
use super::draw::WIDTH;
use super::{Sheet, Stage};
use crate::app::App;
use crate::draw::pane;
use crate::form::both_clocks;
use crate::keys::{Action, Context};
use crate::text::{fit, wrap};
use crate::theme::{Role, Theme};
use crate::world::World;

pub(super) fn draw_confirm(frame: &mut Frame<'_>, area: Rect, sheet: &Sheet, app: &App) {
    let world = &app.world;
    let width = usize::from(WIDTH.min(area.width).saturating_sub(2));
    let lines = lines(sheet, width, world);
    let foot = foot(sheet, app, width);
    let height = u16::try_from(lines.len() + foot.len() + 2).unwrap_or(area.height);
    let on = sheet.ticket.as_ref();
    let on = on.map_or(String::new(), |ticket| format!(" on {}", ticket.ticket_id));
    let title = format!("commit {}{on}?", sheet.tool);
    let inner = pane::dialog(frame, area, (WIDTH, height.max(10)), &title, world);
    let room = usize::from(inner.height).saturating_sub(foot.len());
    let past = sheet.scroll.min(lines.len().saturating_sub(room));
    let below = lines.len().saturating_sub(past + room);
    let mut shown: Vec<Line<'_>> = lines.into_iter().skip(past).take(room).collect();
    shown.resize(room, Line::default());
    if below > 0
        && let Some(last) = shown.last_mut()
    {
        let key = app.keys.first(Context::Confirm, Action::Down);
        *last = pane::rule(&format!("{} more lines ({key})", below + 1), width, world);
    }
    shown.extend(foot);
    frame.render_widget(Paragraph::new(shown), inner);
}

/// How far it can be scrolled.
pub(super) fn scroll_most(sheet: &Sheet, area: Rect, world: &World) -> usize {
    let width = usize::from(WIDTH.min(area.width).saturating_sub(2));
    // below them a line across, what there is to say, and the keys
    let below = 2 + note(sheet, width).len();
    let frame = usize::from(area.height).saturating_sub(2);
    let all = lines(sheet, width, world).len();
    all.saturating_sub(frame.saturating_sub(below))
}

fn note(sheet: &Sheet, width: usize) -> Vec<(Role, String)> {
    let Some((role, said)) = &sheet.note else {
        return Vec::new();
    };
    let parts = wrap(said, width.saturating_sub(2)).into_iter().take(3);
    parts.map(|part| (*role, part)).collect()
}

fn foot(sheet: &Sheet, app: &App, width: usize) -> Vec<Line<'static>> {
    let theme = &app.world.theme;
    let mut foot = vec![pane::rule("", width, &app.world)];
    for (role, part) in note(sheet, width) {
        foot.push(Line::styled(format!(" {part}"), theme.style(role)));
    }
    let hint = if sheet.stage == Stage::Committing {
        " sent; waiting for the host's answer".to_owned()
    } else {
        format!(
            " {} commits it  {} back to the form, nothing committed",
            app.keys.first(Context::Confirm, Action::Submit),
            app.keys.first(Context::Confirm, Action::Back)
        )
    };
    foot.push(Line::styled(fit(&hint, width), theme.style(Role::Faint)));
    foot
}

fn lines(sheet: &Sheet, width: usize, world: &World) -> Vec<Line<'static>> {
    let theme = &world.theme;
    let Some(judged) = &sheet.after else {
        return Vec::new();
    };
    let (plain, faint) = (Style::new(), theme.style(Role::Faint));
    let third = width / 3;
    let mut lines = Vec::new();
    let told = sheet.form.told();
    if !told.is_empty() {
        lines.push(pane::rule("what is sent", width, world));
    }
    for (name, said) in told {
        let cells = [(name, theme.style(Role::Strong)), (said, plain)];
        lines.extend(row(&cells, &[third, width.saturating_sub(third + 2)]));
    }
    lines.push(pane::rule("what it changes", width, world));
    let changes = changes(sheet.ticket.as_ref(), judged);
    let columns = [third, third.saturating_sub(2), third.saturating_sub(2)];
    if changes.is_empty() {
        let said = "The snapshot stays as it is; the case file gains an entry.";
        lines.extend(row(&[(said.to_owned(), plain)], &[width.saturating_sub(2)]));
    } else {
        let heads = ["what", "before", "after"].map(|head| (head.to_owned(), faint));
        lines.extend(row(&heads, &columns));
    }
    for change in changes {
        let side = |value: &Option<String>| {
            let value = value.as_deref();
            value.map_or_else(
                || "-".to_owned(),
                |value| read(&change.name, value, sheet, world),
            )
        };
        let (before, after) = (side(&change.before), side(&change.after));
        lines.extend(row(&cells(theme, change.name, before, after), &columns));
    }
    lines
}

fn cells(theme: &Theme, name: String, before: String, after: String) -> [(String, Style); 3] {
    [
        (name, theme.style(Role::Strong)),
        (before, theme.style(Role::Faint)),
        (after, theme.style(Role::Good)),
    ]
}

/// A value as people read it: a technician's name, a time by both clocks.
fn read(name: &str, value: &str, sheet: &Sheet, world: &World) -> String {
    if name.ends_with("technician_id")
        && let Ok(id) = value.parse::<TechnicianId>()
    {
        return world.technician(id);
    }
    match value.parse::<Timestamp>() {
        Ok(at) => both_clocks(at, sheet.form.zone()),
        Err(_) => value.to_owned(),
    }
}

/// Cells beside each other, each over as many lines as it needs.
fn row(cells: &[(String, Style)], widths: &[usize]) -> Vec<Line<'static>> {
    let wrapped: Vec<Vec<String>> = cells
        .iter()
        .zip(widths)
        .map(|((text, _), width)| wrap(text, *width))
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let line = |n: usize| {
        let parts = wrapped.iter().zip(cells).zip(widths);
        let spans = parts.flat_map(|((lines, (_, style)), width)| {
            let part = lines.get(n).map_or("", String::as_str);
            [Span::raw(" "), Span::styled(fit(part, *width), *style)]
        });
        Line::from_iter(spans)
    };
    (0..height).map(line).collect()
}
