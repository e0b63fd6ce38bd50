//! The first line (where, how live) and the last (what is typed, what went wrong, keys).

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::Theme;
use super::text::{clean, clock, fit};
use crate::app::App;
use crate::link::Link;

pub(super) fn top(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let (said, style) = match &app.link {
        Link::Opening => ("connecting".to_owned(), theme.faint()),
        Link::Live => ("live".to_owned(), theme.good()),
        Link::Stale {
            since, retry_at, ..
        } => {
            let since = match since {
                Some(at) => format!("STALE since {}", clock(*at)),
                None => "NOT LIVE".to_owned(),
            };
            let next = match retry_at {
                Some(at) if *at > app.now => {
                    let seconds = (at.micros() - app.now.micros() + 999_999) / 1_000_000;
                    format!("again in {seconds}s")
                }
                Some(_) => "trying again".to_owned(),
                None => "r tries again".to_owned(),
            };
            (format!("{since}, {next}"), theme.alarm())
        }
    };
    let said = format!(" {said} ");
    let width = u16::try_from(said.width()).unwrap_or(area.width);
    let [left, right] =
        Layout::horizontal([Constraint::Min(0), Constraint::Length(width)]).areas(area);
    let title = Line::from(vec![
        Span::styled(" dispatch console ", theme.strong()),
        Span::styled(format!(" {}  read-only", clean(&app.url)), theme.faint()),
    ]);
    frame.render_widget(title, left);
    frame.render_widget(Span::styled(said, style), right);
}

pub(super) fn bottom(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let width = usize::from(area.width);
    if let Some(typed) = &app.typing {
        let line = Line::from(vec![
            Span::styled(" filter: ", theme.strong()),
            Span::raw(clean(typed)),
            Span::styled(" ", theme.cursor()),
            Span::styled("  enter asks the host, esc leaves it", theme.faint()),
        ]);
        frame.render_widget(line, area);
        return;
    }
    let trouble = app.trouble.as_ref().filter(|_| app.listed);
    let lost = match &app.link {
        Link::Stale { trouble, .. } => Some(trouble),
        _ => None,
    };
    let line = match trouble.or(lost) {
        Some(trouble) => Line::styled(
            fit(&format!(" {trouble}. {}", trouble.advice()), width),
            theme.alarm(),
        ),
        None => Line::styled(
            fit(
                " ? keys  / filter  [ ] state  enter ticket  esc queue  r read again  q quit",
                width,
            ),
            theme.faint(),
        ),
    };
    frame.render_widget(line, area);
}
