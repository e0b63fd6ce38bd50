//! The queue's pane: one line per ticket.

use dispatch_contract::Ticket;
use dispatch_contract::ticket::Priority;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::Theme;
use super::text::{age, fit, window};
use crate::app::{App, Focus};

/// Widths of the columns that take what the fixed ones leave.
struct Columns {
    who: usize,
    city: usize,
    technician: usize,
    window: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        let window = if width >= 76 { 19 } else { 12 };
        // mark, priority, state and age, with a space after each column
        let rest = width.saturating_sub(2 + 5 + 12 + window + 1 + 4 + 3);
        let technician = (rest / 4).clamp(6, 10).min(rest);
        let city = (rest * 3 / 10).min(rest - technician);
        Self {
            who: rest - technician - city,
            city,
            technician,
            window,
        }
    }

    fn line(&self, mark: &str, cells: [&str; 7]) -> String {
        let [priority, state, who, city, technician, window, changed] = cells;
        format!(
            "{} {} {} {} {} {} {} {}",
            fit(mark, 1),
            fit(priority, 4),
            fit(state, 11),
            fit(who, self.who),
            fit(city, self.city),
            fit(technician, self.technician),
            fit(window, self.window),
            fit(changed, 4)
        )
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let rows = app.queue.rows();
    let focused = app.focus == Focus::Queue;
    let inner = super::pane(frame, area, title(app, rows.len()), focused, theme);
    if rows.is_empty() {
        return nothing(frame, inner, app, theme);
    }
    let columns = Columns::of(inner.width.into());
    let heading = columns.line(
        "",
        [
            "PRIO",
            "STATE",
            "SITE/CONTACT",
            "CITY",
            "TECH",
            "WINDOW",
            "CHG",
        ],
    );
    let mut lines = vec![Line::styled(heading, theme.faint())];
    let height = usize::from(inner.height.saturating_sub(1));
    let at = app.queue.index();
    let first = super::first_row(at, rows.len(), height);
    for (n, ticket) in rows.iter().enumerate().skip(first).take(height) {
        let stale = app.is_stale(ticket.ticket_id);
        let mut style = match ticket.priority {
            Some(Priority::Emergency) if !ticket.state.next().is_empty() => theme.alarm(),
            _ => Style::new(),
        };
        if stale {
            style = style.patch(theme.faint());
        }
        if n == at {
            style = style.patch(theme.cursor());
        }
        lines.push(Line::styled(row(ticket, &columns, stale, app), style));
    }
    frame.render_widget(ratatui::widgets::Paragraph::new(lines), inner);
}

fn row(ticket: &Ticket, columns: &Columns, stale: bool, app: &App) -> String {
    let priority = match ticket.priority {
        Some(Priority::Emergency) => "!EMG",
        Some(Priority::Standard) => "std",
        None => "-",
    };
    let state = match ticket.state {
        dispatch_contract::State::CloseoutPending => "closeout",
        state => state.name(),
    };
    let customer = &ticket.customer;
    let who = customer.site_name.as_ref().map_or_else(
        || customer.contact_name.clone(),
        |site| format!("{site}/{}", customer.contact_name),
    );
    // the end of an id tells two apart, its beginning is the time
    let technician = ticket.assigned_technician_id.map_or_else(
        || "-".to_owned(),
        |id| format!("…{}", &id.to_string()[21..]),
    );
    let agreed = ticket.schedule.as_ref().map_or("-".to_owned(), window);
    columns.line(
        if stale { "~" } else { "" },
        [
            priority,
            state,
            &who,
            &ticket.service_location.city,
            &technician,
            &agreed,
            &age(ticket.updated_at, app.now),
        ],
    )
}

fn title(app: &App, held: usize) -> String {
    let filter = &app.queue.filter;
    let mut title = "Tickets".to_owned();
    if let Some(state) = filter.state {
        title.push_str(&format!(" [{state}]"));
    }
    if let Some(text) = &filter.text {
        title.push_str(&format!(" /{text}"));
    }
    if held > 0 {
        let before = if app.queue.more_before() { "…" } else { "" };
        let after = if app.queue.more_after() { "+" } else { "" };
        title.push_str(&format!(" {before}{}/{held}{after}", app.queue.index() + 1));
    }
    if app.is_listing() {
        title.push_str(" reading");
    }
    title
}

/// An empty queue says why, and what to do next.
fn nothing(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    if let Some(trouble) = &app.trouble {
        return super::say_trouble(frame, area, trouble, theme);
    }
    let plain = Style::new();
    if !app.listed {
        return super::say(frame, area, &[("Reading tickets.", theme.faint())]);
    }
    let filter = &app.queue.filter;
    if filter.text.is_some() || filter.state.is_some() {
        return super::say(
            frame,
            area,
            &[
                ("No ticket is like that.", theme.strong()),
                (
                    "`/` then enter clears the text; `[` and `]` go through the states.",
                    plain,
                ),
            ],
        );
    }
    super::say(
        frame,
        area,
        &[
            ("No tickets yet.", theme.strong()),
            (
                "Open one with `dispatch call ticket.create`; it shows here as it is committed. \
                 `dispatch call ticket.create --help` says what it takes.",
                plain,
            ),
        ],
    );
}
