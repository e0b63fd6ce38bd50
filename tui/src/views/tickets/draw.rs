//! The queue's pane and the ticket's.

use dispatch_contract::Ticket;
use dispatch_contract::ticket::Priority;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::sections::{Section, fields};
use super::{Focus, Tickets};
use crate::draw::pane;
use crate::grid::draw::{Grid, Look};
use crate::grid::first_row;
use crate::text::{age, fit};
use crate::theme::Role;
use crate::views::columns::{COLUMNS, who};
use crate::views::due::{Due, due};
use crate::views::fields::{lines, of_event};
use crate::views::{WIDE, WIDEST};
use crate::world::World;

/// Lines of the ticket's pane above its section.
const HEAD: u16 = 2;

/// Where the panes are; one is empty where only one fits.
pub(super) struct Parts {
    pub(super) queue: Rect,
    pub(super) ticket: Rect,
}

pub(super) fn parts(area: Rect, focus: Focus) -> Parts {
    let none = Rect::new(area.x, area.y, 0, 0);
    if area.width >= WIDE {
        let queue = if area.width >= WIDEST { 51 } else { 56 };
        let [queue, ticket] = Layout::horizontal([
            Constraint::Percentage(queue),
            Constraint::Percentage(100 - queue),
        ])
        .areas(area);
        return Parts { queue, ticket };
    }
    match focus {
        Focus::Queue => Parts {
            queue: area,
            ticket: none,
        },
        Focus::Ticket => Parts {
            queue: none,
            ticket: area,
        },
    }
}

pub(super) fn draw(view: &Tickets, frame: &mut Frame<'_>, area: Rect, world: &World) {
    let parts = parts(area, view.focus);
    queue(view, frame, parts.queue, world);
    ticket(view, frame, parts.ticket, world);
}

fn queue(view: &Tickets, frame: &mut Frame<'_>, area: Rect, world: &World) {
    let focused = view.focus == Focus::Queue;
    let inner = pane::framed(frame, area, &title(view), focused, world);
    if inner.is_empty() {
        return;
    }
    let rows = view.queue.rows();
    if rows.is_empty() {
        return nothing(view, frame, inner, world);
    }
    let look = |row: &Ticket| {
        let urgent = row.priority == Some(Priority::Emergency);
        let over = row.state.next().is_empty();
        let stale = world.link.is_stale() || view.is_changed(row.ticket_id);
        Look {
            mark: match (stale, due(row, world.now).is_breached()) {
                (true, _) => '~',
                (false, true) => '!',
                (false, false) => ' ',
            },
            role: match (over, urgent) {
                (true, _) => Some(Role::Faint),
                _ => None,
            },
            marked: view.queue.marks.contains(&row.ticket_id),
            stale,
        }
    };
    Grid {
        columns: &COLUMNS,
        rows: &rows,
        offset: view.queue.offset(),
        at: view.queue.index(),
        focused,
        sort: view.queue.sort,
        look: &look,
    }
    .draw(frame, inner, world);
}

fn title(view: &Tickets) -> String {
    let queue = &view.queue;
    let mut title = "Tickets".to_owned();
    if let Some(state) = queue.filter.state {
        title.push_str(&format!(" [{state}]"));
    }
    if let Some(text) = &queue.filter.text {
        title.push_str(&format!(" /{text}"));
    }
    if !queue.query.is_empty() {
        title.push_str(&format!(" /{}", queue.query.text()));
    }
    if queue.len() > 0 {
        let before = if queue.more_before() { "…" } else { "" };
        let after = if queue.more_after() { "+" } else { "" };
        title.push_str(&format!(
            " {before}{}/{}{after}",
            queue.index() + 1,
            queue.len()
        ));
    }
    if queue.sort.is_some() && (queue.more_after() || queue.more_before()) {
        title.push_str(" sorted within those loaded");
    }
    if queue.pinned() > 0 {
        let more = if queue.watch.is_full() { "+" } else { "" };
        title.push_str(&format!(", {}{more} pinned", queue.pinned()));
    }
    if !queue.marks.is_empty() {
        title.push_str(&format!(" *{}", queue.marks.len()));
    }
    if view.is_listing() {
        title.push_str(" reading");
    }
    title
}

/// An empty queue says why, and what to do next.
fn nothing(view: &Tickets, frame: &mut Frame<'_>, area: Rect, world: &World) {
    if let Some(trouble) = &view.trouble {
        return pane::say_trouble(frame, area, trouble, world);
    }
    let (plain, theme) = (Style::new(), &world.theme);
    if !view.listed {
        return pane::say(
            frame,
            area,
            &[("Reading tickets.", theme.style(Role::Faint))],
        );
    }
    let filter = &view.queue.filter;
    if filter.text.is_some() || filter.state.is_some() || !view.queue.query.is_empty() {
        return pane::say(
            frame,
            area,
            &[
                ("No ticket is like that.", theme.style(Role::Strong)),
                (
                    "`/` then enter clears the filter; `[` and `]` go through the states.",
                    plain,
                ),
            ],
        );
    }
    pane::say(
        frame,
        area,
        &[
            ("No tickets yet.", theme.style(Role::Strong)),
            (
                "Open one with `a`, or with `dispatch call ticket.create`; it shows here as it is \
                 committed.",
                plain,
            ),
        ],
    );
}

fn ticket(view: &Tickets, frame: &mut Frame<'_>, area: Rect, world: &World) {
    if area.is_empty() {
        return;
    }
    let detail = &view.detail;
    let mut title = "Ticket".to_owned();
    if let Some(id) = detail.id {
        title.push_str(&format!(" {id}"));
        if world.link.is_stale() || detail.trouble.is_some() && detail.case.is_some() {
            title.push_str(" ~stale");
        }
    }
    let inner = pane::framed(frame, area, &title, view.focus == Focus::Ticket, world);
    let Some(case) = &detail.case else {
        return match &detail.trouble {
            Some(trouble) => pane::say_trouble(frame, inner, trouble, world),
            None => {
                let said = if detail.id.is_some() {
                    "Reading the ticket."
                } else {
                    "No ticket is selected: esc, then choose one."
                };
                pane::say(frame, inner, &[(said, world.theme.style(Role::Faint))]);
            }
        };
    };
    head(view, frame, inner, &case.ticket, world);
    let body = body(inner);
    let [section, timeline] = halves(body);
    if view.section == Section::Timeline || timeline.is_empty() {
        return one(view, frame, body, world);
    }
    one(view, frame, section, world);
    events(view, frame, timeline, world);
}

/// On the widest screens the timeline stands beside every other section.
fn halves(body: Rect) -> [Rect; 2] {
    if body.width < WIDEST / 2 - 4 {
        return [body, Rect::new(body.x, body.y, 0, 0)];
    }
    Layout::horizontal([Constraint::Percentage(52), Constraint::Percentage(48)])
        .spacing(1)
        .areas(body)
}

fn body(inner: Rect) -> Rect {
    let head = HEAD.min(inner.height);
    Rect::new(inner.x, inner.y + head, inner.width, inner.height - head)
}

/// Who and how urgent, then the sections.
fn head(view: &Tickets, frame: &mut Frame<'_>, inner: Rect, ticket: &Ticket, world: &World) {
    let theme = &world.theme;
    let due = due(ticket, world.now);
    let state = Span::styled(
        format!(" {} ", crate::views::columns::state(ticket.state)),
        theme.style(Role::Lane(ticket.state as u8)),
    );
    let mut first = vec![state];
    // the others the state says already
    if !matches!(due, Due::Underway | Due::Papers | Due::Over) {
        first.push(Span::styled(
            format!("{} ", due.says()),
            due.role().map_or(Style::new(), |role| theme.style(role)),
        ));
    }
    first.push(Span::raw(crate::text::clean(&who(ticket))));
    if ticket.priority == Some(Priority::Emergency) {
        first.insert(0, Span::styled("!EMG", theme.style(Role::Alarm)));
    }
    let sections = Section::ALL.into_iter().map(|section| {
        let style = if section == view.section {
            theme.style(Role::Cursor)
        } else {
            theme.style(Role::Faint)
        };
        Span::styled(format!(" {} ", section.title()), style)
    });
    let lines = vec![Line::from(first), Line::from_iter(sections)];
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The section under this place.
pub(super) fn section_at(area: Rect, at: Position) -> Option<Section> {
    let inner = pane::inside(area);
    if at.y != inner.y + 1 {
        return None;
    }
    let mut x = inner.x;
    Section::ALL.into_iter().find(|section| {
        x += u16::try_from(section.title().len()).unwrap_or(0) + 2;
        at.x < x
    })
}

fn one(view: &Tickets, frame: &mut Frame<'_>, area: Rect, world: &World) {
    let Some(case) = &view.detail.case else {
        return;
    };
    if view.section == Section::Timeline {
        return events(view, frame, area, world);
    }
    let all = lines(
        &fields(view.section, case, world),
        area.width.into(),
        &world.theme,
    );
    let mut shown: Vec<Line<'_>> = all.into_iter().skip(view.detail.scroll).collect();
    let height = usize::from(area.height);
    if shown.len() > height && height > 0 {
        let more = shown.len() - height + 1;
        shown.truncate(height - 1);
        shown.push(pane::rule(
            &format!("{more} more lines (J)"),
            area.width.into(),
            world,
        ));
    }
    frame.render_widget(Paragraph::new(shown), area);
}

/// How far the section can be scrolled.
pub(super) fn scroll_most(view: &Tickets, area: Rect, world: &World) -> usize {
    let body = body(pane::inside(area));
    let [section, timeline] = halves(body);
    let Some(case) = &view.detail.case else {
        return 0;
    };
    if view.section == Section::Timeline {
        let [_, open] = timeline_parts(view, body);
        let event = view.detail.events().get(view.detail.at);
        let fields = event.map(of_event).unwrap_or_default();
        let all = lines(&fields, open.width.into(), &world.theme).len();
        return (all + 1).saturating_sub(open.height.into());
    }
    let area = if timeline.is_empty() { body } else { section };
    let all = lines(
        &fields(view.section, case, world),
        area.width.into(),
        &world.theme,
    );
    all.len()
        .saturating_sub(usize::from(area.height).saturating_sub(1))
}

/// The list of events, and the open one below it.
fn timeline_parts(view: &Tickets, area: Rect) -> [Rect; 2] {
    let events = u16::try_from(view.detail.events().len()).unwrap_or(u16::MAX);
    Layout::vertical([
        Constraint::Length(events.saturating_add(1).min(area.height / 2)),
        Constraint::Min(0),
    ])
    .areas(area)
}

/// The first event on the screen.
fn first_event(view: &Tickets, list: Rect) -> usize {
    let height = usize::from(list.height.saturating_sub(1));
    let at = view.detail.at;
    let middle = at.saturating_sub(height / 2);
    first_row(middle, at, view.detail.events().len(), height)
}

/// The event under this place.
pub(super) fn event_at(view: &Tickets, area: Rect, at: Position, _world: &World) -> Option<usize> {
    let body = body(pane::inside(area));
    let [_, beside] = halves(body);
    let timeline = if view.section == Section::Timeline || beside.is_empty() {
        body
    } else {
        beside
    };
    let [list, _] = timeline_parts(view, timeline);
    if view.section != Section::Timeline && beside.is_empty() || !list.contains(at) {
        return None;
    }
    let row = usize::from((at.y - list.y).checked_sub(1)?);
    Some(first_event(view, list) + row)
}

fn events(view: &Tickets, frame: &mut Frame<'_>, area: Rect, world: &World) {
    let events = view.detail.events();
    let [list, open] = timeline_parts(view, area);
    let width = usize::from(list.width);
    let at = view.detail.at;
    let heading = format!("timeline {}/{}", (at + 1).min(events.len()), events.len());
    let mut lines_shown = vec![pane::rule(&heading, width, world)];
    let focused = view.focus == Focus::Ticket && view.section == Section::Timeline;
    let first = first_event(view, list);
    let height = usize::from(list.height.saturating_sub(1));
    for (n, event) in events.iter().enumerate().skip(first).take(height) {
        let moved = match (event.previous_state, event.next_state) {
            (Some(from), Some(to)) => format!("{from} -> {to}"),
            _ => event.actor.role.to_string(),
        };
        let line = format!(
            "{:>3} {:>4} {} {moved}",
            event.sequence,
            age(event.occurred_at, world.now),
            event.kind.name(),
        );
        let style = match (n == at, focused) {
            (true, true) => world.theme.style(Role::Cursor),
            (true, false) => world.theme.style(Role::Strong),
            _ => Style::new(),
        };
        lines_shown.push(Line::styled(fit(&line, width), style));
    }
    frame.render_widget(Paragraph::new(lines_shown), list);
    open_event(view, frame, open, world);
}

fn open_event(view: &Tickets, frame: &mut Frame<'_>, area: Rect, world: &World) {
    let Some(event) = view.detail.events().get(view.detail.at) else {
        return;
    };
    let fields = lines(&of_event(event), area.width.into(), &world.theme);
    let height = usize::from(area.height.saturating_sub(1));
    let scroll = if view.section == Section::Timeline {
        view.detail.scroll
    } else {
        0
    };
    let past = scroll.min(fields.len().saturating_sub(height));
    let heading = match fields.len().saturating_sub(past + height) {
        0 => "open event".to_owned(),
        more => format!("open event, {more} more (J)"),
    };
    let mut shown = vec![pane::rule(&heading, area.width.into(), world)];
    shown.extend(fields.into_iter().skip(past).take(height));
    frame.render_widget(Paragraph::new(shown), area);
}
