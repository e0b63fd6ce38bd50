//! One lane: the tickets of one state.

use dispatch_contract::reading::Page;
use dispatch_contract::{State, Ticket, TicketId};

use crate::grid::first_row;
use crate::shell::query::Query;
use crate::views::columns::COLUMNS;
use crate::views::due::due;
use crate::world::World;

/// Tickets held at most, the newest.
pub(crate) const MOST: usize = 100;

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

    pub(crate) fn remove(&mut self, id: TicketId) {
        self.tickets.retain(|ticket| ticket.ticket_id != id);
        self.order.clear();
    }

    pub(crate) fn put(&mut self, ticket: Ticket) {
        if self.tickets.len() >= MOST {
            self.more = true;
            self.tickets.sort_by_key(|ticket| ticket.created_at);
            self.tickets.remove(0);
        }
        self.tickets.push(ticket);
        self.order.clear();
    }

    pub(crate) fn fill(&mut self, page: Page<Ticket>) {
        // what came by the stream meanwhile may be newer than the page
        let mut tickets = page.items;
        for known in self.tickets.drain(..) {
            match tickets
                .iter_mut()
                .find(|row| row.ticket_id == known.ticket_id)
            {
                Some(row) if row.version < known.version => *row = known,
                _ => {}
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
            (
                due(&tickets[*at], world.now).order(),
                tickets[*at].ticket_id,
            )
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
