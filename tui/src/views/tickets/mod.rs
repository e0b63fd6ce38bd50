//! The queue, and beside it the ticket.

pub(crate) mod detail;
mod draw;
mod filter;
mod mouse;
pub(crate) mod queue;
pub(crate) mod sections;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use dispatch_contract::event::EventType;
use dispatch_contract::{Event, State, Ticket, TicketId};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use self::detail::Detail;
use self::queue::{Filter, Place, Queue};
use self::sections::Section;
use super::columns::COLUMNS;
use super::{Act, Listed, Mouse, View};
use crate::ask::{Answered, Ask, Got};
use crate::grid::draw::height;
use crate::keys::{Action, Context};
use crate::shell::export::Table;
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// Which pane the keys go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Focus {
    #[default]
    Queue,
    Ticket,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Tickets {
    pub(crate) queue: Queue,
    pub(crate) detail: Detail,
    pub(crate) section: Section,
    pub(crate) focus: Focus,
    /// Why the queue could not be read.
    pub(crate) trouble: Option<Trouble>,
    /// It was read at least once with this filter.
    pub(crate) listed: bool,
    /// As typed: some words are the host's, some are ours.
    filter: String,
    stale: bool,
    news: bool,
    asked: Option<(Filter, Place)>,
    changed: HashSet<TicketId>,
    reading: HashSet<TicketId>,
    /// Something was committed about them while a listing was read.
    touched: HashSet<TicketId>,
    register: Register,
    both: bool,
    breaches: usize,
}

/// Whether the names of technicians are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Register {
    #[default]
    Unknown,
    Asked,
    Known,
}

impl Tickets {
    pub(crate) fn new() -> Self {
        Self {
            stale: true,
            ..Self::default()
        }
    }

    /// The row may not be as the host has it.
    pub(crate) fn is_changed(&self, id: TicketId) -> bool {
        self.changed.contains(&id) || self.reading.contains(&id)
    }

    pub(crate) fn is_listing(&self) -> bool {
        self.asked.is_some()
    }

    /// Show this ticket, whether it is in the queue or not.
    pub(crate) fn show(&mut self, id: TicketId) {
        let rows = self.queue.rows();
        let at = rows.iter().position(|row| row.ticket_id == id);
        // what was pinned before is not what is under the cursor any more
        self.detail.pinned = at.is_none().then_some(id);
        if let Some(at) = at {
            self.queue.select(at);
        }
        self.focus = Focus::Ticket;
    }

    /// To the queue: what counts is the ticket under its cursor.
    fn back_to_queue(&mut self) {
        self.focus = Focus::Queue;
        self.detail.pinned = None;
    }

    fn wanted(&self) -> Option<TicketId> {
        self.detail.pinned.or_else(|| self.queue.selected())
    }

    fn list(&mut self, place: Place) -> Ask {
        self.asked = Some((self.queue.filter.clone(), place.clone()));
        Ask::List(self.queue.filter.clone(), place)
    }

    /// Rows that something was committed about while they were read are read again.
    fn doubt<'a>(&mut self, rows: impl IntoIterator<Item = &'a Ticket>) {
        let ids = rows.into_iter().map(|row| row.ticket_id);
        self.changed
            .extend(ids.filter(|id| self.touched.contains(id)));
    }

    fn ask_for(&mut self, filter: Filter) {
        self.queue.ask_for(filter);
        self.listed = false;
        self.stale = true;
        self.asked = None;
        self.detail.pinned = None;
        self.focus = Focus::Queue;
    }

    fn step(&mut self, by: isize) -> Act {
        if self.focus == Focus::Queue {
            self.detail.pinned = None;
            self.queue
                .select(self.queue.index().saturating_add_signed(by));
        } else if self.section == Section::Timeline {
            self.detail.select(self.detail.at.saturating_add_signed(by));
        } else {
            self.scroll(by);
        }
        Act::Done
    }

    fn scroll(&mut self, by: isize) {
        self.detail.scroll = self
            .detail
            .scroll
            .saturating_add_signed(by)
            .min(self.detail.scroll_most);
    }

    fn turn(&mut self, by: usize) -> Act {
        self.section = self.section.step(by);
        self.detail.scroll = 0;
        if !self.both {
            self.focus = Focus::Ticket;
        }
        Act::Done
    }
}

impl Listed for Tickets {
    fn filter(&self) -> &str {
        &self.filter
    }

    /// Plain words are the host's to look for, over all tickets; `state:` too where it
    /// names one; what else is typed leaves out of the rows held.
    fn set_filter(&mut self, text: &str) {
        self.typed(text);
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.name).collect()
    }

    fn sort_by(&mut self, column: usize) {
        self.queue.sort = Some((column, false));
        self.queue.touch();
    }

    fn ids(&self) -> Vec<String> {
        if self.queue.marks.is_empty() {
            return self.wanted().map(|id| id.to_string()).into_iter().collect();
        }
        let rows = self.queue.rows().into_iter().map(|row| row.ticket_id);
        rows.filter(|id| self.queue.marks.contains(id))
            .map(|id| id.to_string())
            .collect()
    }

    fn marked(&self) -> usize {
        self.queue.marks.len()
    }

    fn unmark(&mut self) {
        self.queue.marks.clear();
    }

    fn table(&self, world: &World) -> Table {
        Table::of("TICKET", &COLUMNS, self.queue.rows(), world)
    }
}

impl View for Tickets {
    fn list(&self) -> &dyn Listed {
        self
    }

    fn list_mut(&mut self) -> &mut dyn Listed {
        self
    }

    fn context(&self) -> Context {
        Context::Tickets
    }

    fn news(&mut self, event: &Event, _world: &World) {
        if event.kind == EventType::TechnicianRegistered {
            self.register = Register::Unknown;
        }
        let Some(id) = event.ticket_id else { return };
        if self.detail.id == Some(id) {
            self.detail.changed = true;
        }
        if self.asked.is_some() || self.queue.watch.is_asked() {
            self.touched.insert(id);
        }
        match self.queue.news(event, id) {
            Ok(false) => {}
            Ok(true) => _ = self.changed.insert(id),
            Err(()) => self.news = true,
        }
    }

    fn reload(&mut self) {
        self.stale = true;
        self.asked = None;
        self.queue.watch.reload();
        self.changed.clear();
        self.detail.changed = self.detail.id.is_some();
        if self.register == Register::Known {
            self.register = Register::Unknown;
        }
    }

    fn wants(&mut self, world: &World, room: usize) -> Vec<Ask> {
        let mut asks = Vec::new();
        if self.asked.is_none() && !self.queue.watch.is_asked() {
            self.touched.clear();
        }
        let due = self.queue.watch.wants(world.now);
        asks.extend(due.map(|wanted| Ask::Due(self.queue.filter.text.clone(), wanted)));
        if std::mem::take(&mut self.stale) {
            self.news = false;
            let again = self.listed && !self.queue.more_before();
            asks.push(self.list(if again { Place::News } else { Place::Top }));
        } else if self.asked.is_none() {
            if self.news {
                self.news = false;
                asks.push(self.list(Place::News));
            } else if let Some(place) = self.queue.wanted().filter(|_| self.listed) {
                asks.push(self.list(place));
            }
        }
        if self.both || self.focus == Focus::Ticket {
            self.detail.want(self.wanted());
            asks.extend(self.detail.next_read().map(Ask::Case));
        }
        if self.register == Register::Unknown {
            self.register = Register::Asked;
            asks.push(Ask::Technicians);
        }
        let free = self.changed.iter().filter(|id| !self.reading.contains(*id));
        let next: Vec<TicketId> = free
            .take(room.saturating_sub(asks.len()))
            .copied()
            .collect();
        for id in next {
            self.changed.remove(&id);
            if self.queue.find(id).is_some() {
                self.reading.insert(id);
                asks.push(Ask::Ticket(id));
            }
        }
        asks
    }

    /// What is late, and what will be soon.
    fn wants_unseen(&mut self, world: &World, _room: usize) -> Vec<Ask> {
        if self.asked.is_none() && !self.queue.watch.is_asked() {
            self.touched.clear();
        }
        let due = self.queue.watch.wants(world.now);
        due.map(|wanted| Ask::Due(self.queue.filter.text.clone(), wanted))
            .into_iter()
            .collect()
    }

    fn take(&mut self, ask: &Ask, answered: Answered, _world: &World) {
        match (ask, answered) {
            (Ask::List(filter, place), answered) => {
                let asked = (filter.clone(), place.clone());
                if self.asked.as_ref() != Some(&asked) {
                    return;
                }
                self.asked = None;
                match answered {
                    Ok(Got::Listing(listing)) => {
                        self.doubt(listing.urgent.iter().chain(&listing.page.items));
                        self.queue.take(place, listing);
                        self.trouble = None;
                        self.listed = true;
                    }
                    Ok(_) => {}
                    Err(trouble) => {
                        self.stale |= !trouble.is_final();
                        self.trouble = Some(trouble);
                    }
                }
            }
            (Ask::Due(_, wanted), Ok(Got::Tickets(page))) => {
                self.doubt(&page.items);
                if self.queue.watch.take(wanted, page, &self.touched) {
                    self.queue.touch();
                }
            }
            (Ask::Due(_, wanted), Err(trouble)) => {
                // what a host does not know it will not know in a moment either
                let unknown = matches!(trouble, Trouble::Refused { status: 422, .. });
                let again = !trouble.is_final() && !unknown;
                self.queue.watch.failed(wanted, again);
            }
            (Ask::Ticket(id), answered) => {
                self.reading.remove(id);
                match answered {
                    Ok(Got::Ticket(ticket)) => self.queue.refresh(*ticket),
                    Ok(_) => {}
                    Err(trouble) if trouble.is_not_found() => self.queue.remove(*id),
                    Err(_) => _ = self.changed.insert(*id),
                }
            }
            (Ask::Case(id), Ok(Got::Case(case))) => {
                let ticket = case.ticket.clone();
                self.detail.take(*id, Ok(case));
                if self.queue.find(*id).is_some() {
                    self.queue.refresh(ticket);
                }
            }
            (Ask::Case(id), Err(trouble)) => self.detail.take(*id, Err(trouble)),
            // the names themselves are the world's
            (Ask::Technicians, answered) => {
                self.register = match answered {
                    Ok(_) => Register::Known,
                    Err(trouble) if trouble.is_final() => Register::Known,
                    Err(_) => Register::Unknown,
                };
                self.queue.touch();
            }
            _ => {}
        }
    }

    fn act(&mut self, action: Action, half: isize, _world: &World) -> Act {
        match action {
            Action::Down => return self.step(1),
            Action::Up => return self.step(-1),
            Action::HalfDown => return self.step(half),
            Action::HalfUp => return self.step(-half),
            Action::Last => return self.step(isize::MAX),
            Action::First if self.focus == Focus::Queue && self.queue.more_before() => {
                self.ask_for(self.queue.filter.clone());
            }
            Action::First => return self.step(isize::MIN),
            Action::Open | Action::Right => self.focus = Focus::Ticket,
            Action::Left | Action::Back if self.focus == Focus::Ticket => self.back_to_queue(),
            Action::OtherPane => match self.focus {
                Focus::Queue => self.focus = Focus::Ticket,
                Focus::Ticket => self.back_to_queue(),
            },
            Action::NextSection => return self.turn(1),
            Action::PreviousSection => return self.turn(Section::ALL.len() - 1),
            Action::NextState => return self.filter_state(1),
            Action::PreviousState => return self.filter_state(State::ALL.len()),
            Action::ScrollDown => self.scroll(1),
            Action::ScrollUp => self.scroll(-1),
            Action::Mark => self.queue.mark(),
            Action::Follow => {
                self.queue.follow = !self.queue.follow;
                self.queue.touch();
                let said = if self.queue.follow {
                    "following: the cursor keeps to the first row"
                } else {
                    "not following: the cursor keeps to its ticket"
                };
                return Act::Say(Role::Strong, said.into());
            }
            Action::Sort => {
                self.queue.sort = match self.queue.sort {
                    None => Some((0, false)),
                    Some((at, _)) if at + 1 < COLUMNS.len() => Some((at + 1, false)),
                    Some(_) => None,
                };
                self.queue.touch();
            }
            Action::Reverse => {
                if let Some((_, reversed)) = &mut self.queue.sort {
                    *reversed = !*reversed;
                    self.queue.touch();
                }
            }
            _ => return Act::Nothing,
        }
        Act::Done
    }

    fn ticket(&self) -> Option<TicketId> {
        self.wanted()
    }

    fn has_more(&self) -> bool {
        self.queue.more_after() || self.queue.more_before()
    }

    fn waiting(&self, world: &World) -> usize {
        self.queue.breaches(world)
    }

    fn settle(&mut self, area: Rect, world: &World) {
        let parts = draw::parts(area, self.focus);
        self.both = !parts.queue.is_empty() && !parts.ticket.is_empty();
        let breaches = self.queue.breaches(world);
        if breaches != self.breaches {
            self.breaches = breaches;
            self.queue.touch();
        }
        let rows = height(crate::draw::pane::inside(parts.queue));
        self.queue.settle(&COLUMNS, world, rows);
        self.detail.scroll_most = draw::scroll_most(self, parts.ticket, world);
        self.detail.scroll = self.detail.scroll.min(self.detail.scroll_most);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        draw::draw(self, frame, area, world);
    }

    fn mouse(&mut self, area: Rect, at: Position, what: Mouse, world: &World) {
        self.pointed(area, at, what, world);
    }
}
