//! Lanes side by side, as many as fit.

use dispatch_contract::Ticket;
use dispatch_contract::ticket::Priority;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Board;
use super::lane::Lane;
use crate::draw::pane;
use crate::text::fit;
use crate::theme::Role;
use crate::views::columns::{state, who};
use crate::views::due::due;
use crate::world::World;

/// The narrowest lane.
const NARROW: u16 = 20;
/// Lines of a card.
const CARD: u16 = 2;

/// How many cards fit into a lane.
pub(super) fn cards(area: Rect) -> usize {
    usize::from(pane::inside(area).height / CARD)
}

/// The lanes on the screen, each with its place.
fn places(board: &Board, area: Rect) -> Vec<(usize, Rect)> {
    let lanes = board.lanes.len();
    let fit = usize::from(area.width / NARROW).clamp(1, lanes);
    let first = (board.at + 1).saturating_sub(fit).min(lanes - fit);
    let areas = Layout::horizontal(vec![Constraint::Fill(1); fit]).split(area);
    (first..first + fit).zip(areas.iter().copied()).collect()
}

pub(super) fn lane_at(board: &Board, area: Rect, at: Position) -> Option<usize> {
    let places = places(board, area);
    let found = places.into_iter().find(|(_, place)| place.contains(at));
    found.map(|(lane, _)| lane)
}

pub(super) fn card_at(board: &Board, area: Rect, at: Position) -> Option<usize> {
    let places = places(board, area);
    let (lane, place) = places.into_iter().find(|(_, place)| place.contains(at))?;
    let inside = pane::inside(place);
    let line = at.y.checked_sub(inside.y)?;
    let card = board.lanes[lane].offset() + usize::from(line / CARD);
    (card < board.lanes[lane].shown().len()).then_some(card)
}

pub(super) fn draw(board: &Board, frame: &mut Frame<'_>, area: Rect, world: &World) {
    let places = places(board, area);
    let hidden = board.lanes.len() - places.len();
    for (n, place) in places {
        let lane = &board.lanes[n];
        let count = lane.shown().len();
        let more = if lane.more { "+" } else { "" };
        let mut title = format!("{} {count}{more}", state(lane.state));
        if hidden > 0 && n == board.at {
            title.push_str(&format!(" {}/{}", n + 1, board.lanes.len()));
        }
        if !board.query.is_empty() && n == board.at {
            title.push_str(&format!(" /{}", board.query.text()));
        }
        let inner = pane::framed(frame, place, &title, n == board.at, world);
        draw_lane(board, lane, n == board.at, frame, inner, world);
    }
}

fn draw_lane(
    board: &Board,
    lane: &Lane,
    focused: bool,
    frame: &mut Frame<'_>,
    area: Rect,
    world: &World,
) {
    if area.is_empty() {
        return;
    }
    let faint = world.theme.style(Role::Faint);
    let shown = lane.shown();
    if shown.is_empty() {
        return match (&board.trouble, lane.read) {
            (Some(trouble), false) => pane::say_trouble(frame, area, trouble, world),
            (None, false) => pane::say(frame, area, &[("reading", faint)]),
            _ => pane::say(frame, area, &[("none", faint)]),
        };
    }
    let mut lines = Vec::new();
    let cards = usize::from(area.height / CARD);
    for (n, ticket) in shown.iter().enumerate().skip(lane.offset()).take(cards) {
        let cursor = focused && n == lane.index();
        lines.extend(card(board, ticket, cursor, area.width.into(), world));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn card(
    board: &Board,
    ticket: &Ticket,
    cursor: bool,
    width: usize,
    world: &World,
) -> [Line<'static>; 2] {
    let theme = &world.theme;
    let due = due(ticket, world.now);
    let stale = world.link.is_stale() || board.is_changed(ticket.ticket_id);
    let urgent = ticket.priority == Some(Priority::Emergency) && !ticket.state.next().is_empty();
    let mark = match (board.is_marked(ticket.ticket_id), stale, urgent) {
        (true, ..) => "*",
        (_, true, _) => "~",
        (_, _, true) => "!",
        _ => " ",
    };
    let mut base = if urgent {
        theme.style(Role::Alarm)
    } else {
        Style::new()
    };
    if stale {
        base = theme.style(Role::Stale);
    }
    let technician = ticket.assigned_technician_id.map_or_else(
        || ticket.service_location.city.clone(),
        |id| world.technician(id),
    );
    let said = due.says();
    let left = width.saturating_sub(3 + said.chars().count());
    let first = Line::from(vec![
        Span::styled(format!("{mark} "), base),
        Span::styled(fit(&who(ticket), width.saturating_sub(2)), base),
    ]);
    let second = Line::from(vec![
        Span::raw("  "),
        Span::styled(
            said,
            due.role()
                .map_or(theme.style(Role::Faint), |role| theme.style(role)),
        ),
        Span::styled(
            format!(" {}", fit(&technician, left)),
            theme.style(Role::Faint),
        ),
    ]);
    if cursor {
        let style = theme.style(Role::Cursor);
        return [first, second].map(|line| line.style(style).patch_style(style));
    }
    [first, second]
}
