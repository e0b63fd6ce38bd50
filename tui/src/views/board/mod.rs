//! The board: states as lanes, the most urgent first in each.

mod draw;
pub(crate) mod lane;

use std::collections::{HashMap, HashSet};

use dispatch_contract::reading::Page;
use dispatch_contract::{Event, State, Ticket, TicketId};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use self::lane::Lane;
use super::columns::COLUMNS;
use super::{Act, Listed, Mouse, View};
use crate::ask::{Answered, Ask, Got};
use crate::fold::{Folded, created, fold};
use crate::keys::Action;
use crate::shell::export::Table;
use crate::shell::query::Query;
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// See the module.
pub(crate) struct Board {
    pub(crate) lanes: Vec<Lane>,
    /// The lane with the cursor.
    pub(crate) at: usize,
    pub(crate) query: Query,
    pub(crate) trouble: Option<Trouble>,
    marks: HashSet<TicketId>,
    /// Only the most urgent of each lane is looked at.
    follow: bool,
    changed: HashSet<TicketId>,
    /// Something was committed about them while lanes were read.
    touched: HashSet<TicketId>,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            lanes: State::ALL.map(Lane::new).into(),
            at: 0,
            query: Query::default(),
            trouble: None,
            marks: HashSet::new(),
            follow: false,
            changed: HashSet::new(),
            touched: HashSet::new(),
        }
    }

    fn lane(&mut self, state: State) -> &mut Lane {
        &mut self.lanes[state as usize]
    }

    /// A ticket that a lane holds.
    pub(crate) fn find(&self, id: TicketId) -> Option<&Ticket> {
        self.lanes.iter().find_map(|lane| lane.find(id))
    }

    /// A ticket as it stands now, or stood: in one lane, and never back to what it was.
    fn put(&mut self, ticket: Ticket) {
        let id = ticket.ticket_id;
        if self.version(id).is_some_and(|held| held > ticket.version) {
            return;
        }
        self.remove(id);
        self.lane(ticket.state).put(ticket);
    }

    fn remove(&mut self, id: TicketId) {
        for lane in &mut self.lanes {
            lane.remove(id);
        }
    }

    /// As new as any lane has it.
    fn version(&self, id: TicketId) -> Option<u64> {
        let held = self.lanes.iter().filter_map(|lane| lane.find(id));
        held.map(|ticket| ticket.version).max()
    }

    /// What the host answered about a lane. It may be of before what the stream told since:
    /// a ticket that another lane has newer is not there any more, and one that it has older
    /// is here now.
    fn fill(&mut self, state: State, mut page: Page<Ticket>) {
        let held: HashMap<TicketId, (State, u64)> = self
            .lanes
            .iter()
            .filter(|lane| lane.state != state)
            .flat_map(Lane::all)
            .map(|row| (row.ticket_id, (row.state, row.version)))
            .collect();
        page.items.retain(|row| {
            let other = held.get(&row.ticket_id);
            other.is_none_or(|(_, version)| *version < row.version)
        });
        for row in &page.items {
            if let Some((other, _)) = held.get(&row.ticket_id) {
                self.lane(*other).remove(row.ticket_id);
            } else if self.touched.contains(&row.ticket_id) && self.find(row.ticket_id).is_none() {
                // it may have gone to where no lane holds it
                self.changed.insert(row.ticket_id);
            }
        }
        let touched = std::mem::take(&mut self.touched);
        self.lane(state).fill(page, &touched);
        self.touched = touched;
    }

    fn is_reading(&self) -> bool {
        self.lanes.iter().any(|lane| lane.reading)
    }

    fn step(&mut self, by: isize) {
        self.lanes[self.at].step(by);
    }

    fn turn(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.lanes.len() - 1);
    }
}

impl Listed for Board {
    fn filter(&self) -> &str {
        self.query.text()
    }

    fn set_filter(&mut self, text: &str) {
        let mut names = self.columns();
        names.push("ID");
        self.query = Query::parse(text, &names);
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.name).collect()
    }

    fn sort_by(&mut self, _column: usize) {}

    fn ids(&self) -> Vec<String> {
        if self.marks.is_empty() {
            return self.ticket().map(|id| id.to_string()).into_iter().collect();
        }
        self.marks.iter().map(ToString::to_string).collect()
    }

    fn marked(&self) -> usize {
        self.marks.len()
    }

    fn unmark(&mut self) {
        self.marks.clear();
    }

    fn table(&self, world: &World) -> Table {
        Table::of(
            "TICKET",
            &COLUMNS,
            self.lanes.iter().flat_map(Lane::shown).collect(),
            world,
        )
    }
}

impl View for Board {
    fn list(&self) -> &dyn Listed {
        self
    }

    fn list_mut(&mut self) -> &mut dyn Listed {
        self
    }

    fn news(&mut self, event: &Event, _world: &World) {
        let Some(id) = event.ticket_id else { return };
        if self.is_reading() {
            self.touched.insert(id);
        }
        match self.find(id).map(|ticket| fold(ticket, event)) {
            Some(Folded::Now(ticket)) => self.put(*ticket),
            Some(Folded::Known) => {}
            Some(Folded::Missed) => _ = self.changed.insert(id),
            None => {
                if let Some(ticket) = created(event) {
                    self.put(*ticket);
                } else if let Some(state) = event.next_state {
                    self.lane(state).stale = true;
                }
            }
        }
    }

    fn reload(&mut self) {
        for lane in &mut self.lanes {
            lane.stale = true;
        }
    }

    fn wants(&mut self, _world: &World, room: usize) -> Vec<Ask> {
        let mut asks = Vec::new();
        if !self.is_reading() {
            self.touched.clear();
        }
        for lane in &mut self.lanes {
            if asks.len() < room && lane.stale && !lane.reading {
                (lane.stale, lane.reading) = (false, true);
                asks.push(Ask::Lane(lane.state));
            }
        }
        let free = room.saturating_sub(asks.len());
        let next: Vec<TicketId> = self.changed.iter().take(free).copied().collect();
        for id in next {
            self.changed.remove(&id);
            asks.push(Ask::Ticket(id));
        }
        asks
    }

    fn take(&mut self, ask: &Ask, answered: Answered, _world: &World) {
        match (ask, answered) {
            (Ask::Lane(state), Ok(Got::Tickets(page))) => {
                self.trouble = None;
                self.lane(*state).reading = false;
                self.fill(*state, page);
            }
            (Ask::Lane(state), Err(trouble)) => {
                let lane = self.lane(*state);
                lane.reading = false;
                lane.stale = !trouble.is_final();
                self.trouble = Some(trouble);
            }
            (Ask::Ticket(_), Ok(Got::Ticket(ticket))) => self.put(*ticket),
            (Ask::Ticket(id), Err(trouble)) if trouble.is_not_found() => self.remove(*id),
            (Ask::Ticket(id), Err(trouble)) if !trouble.is_final() => {
                self.changed.insert(*id);
            }
            _ => {}
        }
    }

    fn act(&mut self, action: Action, half: isize, _world: &World) -> Act {
        match action {
            Action::Down => self.step(1),
            Action::Up => self.step(-1),
            // a card has two lines
            Action::HalfDown => self.step(half / 2),
            Action::HalfUp => self.step(-half / 2),
            Action::First => self.step(isize::MIN),
            Action::Last => self.step(isize::MAX),
            Action::Left => self.turn(-1),
            Action::Right => self.turn(1),
            Action::OtherPane => self.at = (self.at + 1) % self.lanes.len(),
            Action::Mark => {
                if let Some(id) = self.ticket() {
                    if !self.marks.remove(&id) {
                        self.marks.insert(id);
                    }
                    self.step(1);
                }
            }
            Action::Follow => {
                self.follow = !self.follow;
                let said = if self.follow {
                    "following: each lane keeps to its most urgent ticket"
                } else {
                    "not following: the cursor keeps to its ticket"
                };
                return Act::Say(Role::Strong, said.into());
            }
            Action::Sort | Action::Reverse => {
                return Act::Say(
                    Role::Warn,
                    "lanes are by urgency; the queue (1) sorts by any column".into(),
                );
            }
            _ => return Act::Nothing,
        }
        Act::Done
    }

    fn ticket(&self) -> Option<TicketId> {
        self.lanes[self.at].current().map(|ticket| ticket.ticket_id)
    }

    fn has_more(&self) -> bool {
        self.lanes.iter().any(|lane| lane.more)
    }

    fn settle(&mut self, area: Rect, world: &World) {
        let height = draw::cards(area);
        for lane in &mut self.lanes {
            lane.settle(&self.query, self.follow, height, world);
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        draw::draw(self, frame, area, world);
    }

    fn mouse(&mut self, area: Rect, at: Position, what: Mouse, _world: &World) {
        let Some(lane) = draw::lane_at(self, area, at) else {
            return;
        };
        self.at = lane;
        match what {
            Mouse::ScrollDown => self.step(1),
            Mouse::ScrollUp => self.step(-1),
            Mouse::Click => {
                if let Some(card) = draw::card_at(self, area, at) {
                    self.lanes[lane].select(card);
                }
            }
        }
    }
}

impl Board {
    pub(crate) fn is_marked(&self, id: TicketId) -> bool {
        self.marks.contains(&id)
    }

    pub(crate) fn is_changed(&self, id: TicketId) -> bool {
        self.changed.contains(&id)
    }
}

#[cfg(test)]
mod tests;
