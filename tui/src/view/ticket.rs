//! The ticket's pane: its fields, its timeline, the open event.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Theme;
use super::text::{age, fit, wrap};
use super::ticket_fields::{Field, of_case, of_event};
use crate::app::{App, Focus};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let detail = &app.detail;
    let mut title = "Ticket".to_owned();
    if let Some(id) = detail.id {
        title.push_str(&format!(" {id}"));
        if app.link.is_stale() || detail.trouble.is_some() && detail.case.is_some() {
            title.push_str(" ~stale");
        }
    }
    let inner = super::pane(frame, area, title, app.focus == Focus::Ticket, theme);
    let Some(case) = &detail.case else {
        return match &detail.trouble {
            Some(trouble) => super::say_trouble(frame, inner, trouble, theme),
            None if detail.id.is_some() => {
                super::say(frame, inner, &[("Reading the ticket.", theme.faint())]);
            }
            None => super::say(
                frame,
                inner,
                &[(
                    "No ticket is selected: esc, then choose one.",
                    theme.faint(),
                )],
            ),
        };
    };
    let fields = lines(&of_case(case), inner.width.into(), theme);
    let events = u16::try_from(detail.events().len()).unwrap_or(u16::MAX);
    let given = u16::try_from(fields.len()).unwrap_or(u16::MAX);
    // the fields give way first, down to the nine lines asked for most
    let most = inner.height.saturating_sub(11).max(9).min(given);
    let [top, middle, bottom] = Layout::vertical([
        Constraint::Length(most),
        Constraint::Length(
            events
                .saturating_add(1)
                .min((inner.height - most.min(inner.height)) / 2),
        ),
        Constraint::Min(0),
    ])
    .areas(inner);
    frame.render_widget(Paragraph::new(fields), top);
    timeline(frame, middle, app, theme);
    open_event(frame, bottom, app, theme);
}

fn timeline(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let events = app.detail.events();
    let at = app.detail.at;
    let width = usize::from(area.width);
    let heading = format!(
        "── timeline {}/{} ",
        (at + 1).min(events.len()),
        events.len()
    );
    let mut lines = vec![rule(&heading, width, theme)];
    let height = usize::from(area.height.saturating_sub(1));
    let first = super::first_row(at, events.len(), height);
    for (n, event) in events.iter().enumerate().skip(first).take(height) {
        let moved = match (event.previous_state, event.next_state) {
            (Some(from), Some(to)) => format!("{from} -> {to}"),
            _ => event.actor.role.to_string(),
        };
        let line = format!(
            "{:>3} {:>4} {} {moved}",
            event.sequence,
            age(event.occurred_at, app.now),
            event.kind.name(),
        );
        let style = match (n == at, app.focus) {
            (true, Focus::Ticket) => theme.cursor(),
            (true, Focus::Queue) => theme.strong(),
            _ => Style::new(),
        };
        lines.push(Line::styled(fit(&line, width), style));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn open_event(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let Some(event) = app.detail.events().get(app.detail.at) else {
        return;
    };
    let fields = lines(&of_event(event), area.width.into(), theme);
    let height = usize::from(area.height.saturating_sub(1));
    let past = usize::from(app.detail.scroll).min(fields.len().saturating_sub(height));
    let below = fields.len().saturating_sub(past + height);
    let heading = match below {
        0 => "── open event ".to_owned(),
        more => format!("── open event, {more} more (J) "),
    };
    let mut shown = vec![rule(&heading, area.width.into(), theme)];
    shown.extend(fields.into_iter().skip(past).take(height));
    frame.render_widget(Paragraph::new(shown), area);
}

fn rule(heading: &str, width: usize, theme: Theme) -> Line<'static> {
    let filled = width.saturating_sub(heading.chars().count());
    Line::styled(format!("{heading}{}", "─".repeat(filled)), theme.faint())
}

/// Fields as lines, long ones over several.
fn lines(fields: &[Field], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let names = fields.iter().map(|(name, _)| name.chars().count()).max();
    let column = names.unwrap_or(0).clamp(8, 32).min(width * 2 / 5);
    let mut lines = Vec::new();
    for (name, value) in fields {
        for (n, part) in wrap(value, width.saturating_sub(column + 1))
            .into_iter()
            .enumerate()
        {
            let name = if n == 0 { name.as_str() } else { "" };
            lines.push(Line::from(vec![
                Span::styled(fit(name, column), theme.faint()),
                Span::raw(" "),
                Span::raw(part),
            ]));
        }
    }
    lines
}
