//! One lane: the tickets of one state. Of the host it has the newest, the newest of the
//! emergencies and, where somebody is awaited, those awaited soonest, however old they are.

use std::collections::HashSet;

use dispatch_contract::reading::Page;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{State, Ticket, TicketId};

use crate::grid::first_row;
use crate::shell::query::Query;
use crate::views::columns::COLUMNS;
use crate::views::due::{awaited_until, due};
use crate::world::World;

/// Tickets asked for at most, of each kind.
pub(crate) const MOST: usize = 100;
/// Tickets held at most.
const HELD: usize = 3 * MOST;

/// In this state emergencies are looked for besides the newest.
pub(crate) fn has_emergencies(state: State) -> bool {
    !state.next().is_empty()
}

/// In this state there are windows that end.
pub(crate) fn is_awaited(state: State) -> bool {
    matches!(state, State::Scheduled | State::Dispatched)
}

fn is_emergency(ticket: &Ticket) -> bool {
    ticket.priority == Some(Priority::Emergency) && has_emergencies(ticket.state)
}

/// See the module.
pub(crate) struct Lane {
    pub(crate) state: State,
    tickets: Vec<Ticket>,
    order: Vec<usize>,
    selected: Option<TicketId>,
    at: usize,
    offset: usize,
    /// There are more on the host.
    pub(crate) more: bool,
    pub(crate) stale: bool,
    pub(crate) reading: bool,
    /// It was read at least once.
    pub(crate) read: bool,
}

impl Lane {
    pub(crate) fn new(state: State) -> Self {
        Self {
            state,
            tickets: Vec::new(),
            order: Vec::new(),
            selected: None,
            at: 0,
            offset: 0,
            more: false,
            stale: true,
            reading: false,
            read: false,
        }
    }

    pub(crate) fn find(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.iter().find(|ticket| ticket.ticket_id == id)
    }

    /// Those held, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Ticket> {
        self.tickets.iter()
    }

    pub(crate) fn remove(&mut self, id: TicketId) {
        self.tickets.retain(|ticket| ticket.ticket_id != id);
        self.order.clear();
    }

    pub(crate) fn put(&mut self, ticket: Ticket) {
        if self.tickets.len() >= HELD {
            self.more = true;
            // the oldest goes, of those that nobody waits for
            let kept = |row: &Ticket| is_emergency(row) || awaited_until(row).is_some();
            let rows = self.tickets.iter().enumerate();
            let gone = rows.min_by_key(|(_, row)| (kept(row), row.created_at));
            if let Some((at, _)) = gone {
                self.tickets.remove(at);
            }
        }
        self.tickets.push(ticket);
        self.order.clear();
    }

    /// Take in what the host answered. Of `touched` something was committed since it was
    /// asked, so that what is held of those is not older, and may have come meanwhile.
    pub(crate) fn fill(&mut self, page: Page<Ticket>, touched: &HashSet<TicketId>) {
        let mut tickets = page.items;
        for known in self.tickets.drain(..) {
            let same = |row: &&mut Ticket| row.ticket_id == known.ticket_id;
            match tickets.iter_mut().find(same) {
                Some(row) if row.version < known.version => *row = known,
                Some(_) => {}
                None if touched.contains(&known.ticket_id) => tickets.push(known),
                None => {}
            }
        }
        self.more = page.next_cursor.is_some();
        self.tickets = tickets;
        self.read = true;
        self.order.clear();
    }

    /// Those shown, the most urgent first.
    pub(crate) fn shown(&self) -> Vec<&Ticket> {
        self.order
            .iter()
            .filter_map(|at| self.tickets.get(*at))
            .collect()
    }

    pub(crate) fn current(&self) -> Option<&Ticket> {
        self.order.get(self.at).and_then(|at| self.tickets.get(*at))
    }

    pub(crate) fn index(&self) -> usize {
        self.at
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn select(&mut self, at: usize) {
        self.at = at.min(self.order.len().saturating_sub(1));
        self.selected = self.current().map(|ticket| ticket.ticket_id);
    }

    pub(crate) fn step(&mut self, by: isize) {
        self.select(self.at.saturating_add_signed(by));
    }

    pub(crate) fn settle(&mut self, query: &Query, follow: bool, height: usize, world: &World) {
        let shows = |row: &Ticket| {
            query.is_empty() || {
                let cells: Vec<(&str, String)> = COLUMNS
                    .iter()
                    .map(|column| (column.name, (column.cell)(row, world)))
                    .chain([("ID", row.ticket_id.to_string())])
                    .collect();
                query.matches(&cells)
            }
        };
        let tickets = &self.tickets;
        self.order = (0..tickets.len())
            .filter(|at| shows(&tickets[*at]))
            .collect();
        self.order.sort_by_cached_key(|at| {
            let ticket = &tickets[*at];
            let due = due(ticket, world.now);
            // as in the queue: what is late, then emergencies
            let rank = match (due.is_breached(), is_emergency(ticket)) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            };
            (rank, due.order(), ticket.ticket_id)
        });
        if follow {
            self.at = 0;
        } else if let Some(id) = self.selected {
            let found = self.shown().iter().position(|row| row.ticket_id == id);
            self.at = found.unwrap_or(self.at);
        }
        self.at = self.at.min(self.order.len().saturating_sub(1));
        self.selected = self.current().map(|ticket| ticket.ticket_id);
        self.offset = first_row(self.offset, self.at, self.order.len(), height);
    }
}
