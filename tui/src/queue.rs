//! The queue's rows: a window of pages over however many tickets there are, with
//! the active emergencies before them. Pure; never holds more than
//! [`MAX_PAGES`] pages and [`MAX_URGENT`] emergencies.

use std::cmp::Reverse;
use std::collections::{HashSet, VecDeque};

use dispatch_contract::reading::Page;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{State, Ticket, TicketId};

/// Rows asked for at once.
pub const PAGE: u32 = 50;
/// Pages held at most.
pub const MAX_PAGES: usize = 6;
/// Emergencies held at most, the newest.
pub const MAX_URGENT: u32 = 200;
/// How close to an end the selection comes before more is asked for, in rows.
const NEAR: usize = 10;
/// What the first page may grow to by new tickets before it is cut, in rows.
const GROWN: usize = 3 * PAGE as usize;

/// What the host is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Words in customer, address, summary or classification.
    pub text: Option<String>,
    /// Standing here.
    pub state: Option<State>,
}

/// Which part of the listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// From the beginning, in place of everything held.
    Top,
    /// From the beginning, joined to what is held.
    News,
    /// The page after the last one held.
    Next(String),
    /// The page before the first one held; `None` is the listing's first.
    Previous(Option<String>),
}

/// What the host answered.
#[derive(Clone, PartialEq, Debug)]
pub struct Listing {
    /// The emergencies; only with [`Place::Top`] and [`Place::News`].
    pub urgent: Vec<Ticket>,
    /// The page.
    pub page: Page<Ticket>,
}

#[derive(Debug)]
struct Held {
    cursor: Option<String>,
    next: Option<String>,
    rows: Vec<Ticket>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Queue {
    /// What is asked for.
    pub filter: Filter,
    urgent: Vec<Ticket>,
    pages: VecDeque<Held>,
    before: Vec<Option<String>>,
    selected: Option<TicketId>,
    at: usize,
}

fn is_urgent(ticket: &Ticket) -> bool {
    ticket.priority == Some(Priority::Emergency)
        && !matches!(ticket.state, State::Closed | State::Canceled)
}

impl Queue {
    /// The rows in order: active emergencies, then the newest first.
    #[must_use]
    pub fn rows(&self) -> Vec<&Ticket> {
        let pinned: HashSet<TicketId> = self.urgent.iter().map(|t| t.ticket_id).collect();
        let rest = self.pages.iter().flat_map(|page| &page.rows);
        let mut rows: Vec<&Ticket> = self.urgent.iter().collect();
        rows.extend(rest.filter(|ticket| !pinned.contains(&ticket.ticket_id)));
        rows
    }

    /// Where the selection is among [`Queue::rows`].
    #[must_use]
    pub fn index(&self) -> usize {
        let rows = self.rows();
        rows.iter()
            .position(|ticket| Some(ticket.ticket_id) == self.selected)
            .unwrap_or_else(|| self.at.min(rows.len().saturating_sub(1)))
    }

    /// The ticket selected.
    #[must_use]
    pub fn selected(&self) -> Option<TicketId> {
        self.rows().get(self.index()).map(|ticket| ticket.ticket_id)
    }

    /// Is this ticket held?
    #[must_use]
    pub fn holds(&self, id: TicketId) -> bool {
        let mut rows = self.pages.iter().flat_map(|page| &page.rows);
        self.urgent.iter().any(|t| t.ticket_id == id) || rows.any(|t| t.ticket_id == id)
    }

    /// There are rows on the host after the last one held.
    #[must_use]
    pub fn more_after(&self) -> bool {
        self.pages.back().is_some_and(|page| page.next.is_some())
    }

    /// There are rows on the host before the first one held.
    #[must_use]
    pub fn more_before(&self) -> bool {
        !self.before.is_empty()
    }

    /// Select the row at `index`, or the nearest there is.
    pub fn select(&mut self, index: usize) {
        let rows = self.rows();
        let at = index.min(rows.len().saturating_sub(1));
        let selected = rows.get(at).map(|ticket| ticket.ticket_id);
        self.selected = selected;
        self.at = at;
    }

    /// The page that the selection is about to need.
    #[must_use]
    pub fn wanted(&self) -> Option<Place> {
        let (at, len) = (self.index(), self.rows().len());
        let last = self.pages.back()?;
        if at + NEAR >= len
            && let Some(next) = &last.next
        {
            return Some(Place::Next(next.clone()));
        }
        (at < self.urgent.len() + NEAR)
            .then(|| self.before.last().cloned().map(Place::Previous))
            .flatten()
    }

    /// Take a listing in.
    pub fn take(&mut self, place: &Place, listing: Listing) {
        let page = |cursor: Option<String>, page: Page<Ticket>| Held {
            cursor,
            next: page.next_cursor,
            rows: page.items,
        };
        let selected = self.selected();
        match place {
            Place::Top => {
                self.before.clear();
                self.pages = VecDeque::from([page(None, listing.page)]);
                self.urgent = pinned(listing.urgent);
            }
            Place::News => {
                self.urgent = pinned(listing.urgent);
                if self.before.is_empty() {
                    self.join(page(None, listing.page));
                }
            }
            Place::Next(cursor) => {
                self.pages
                    .push_back(page(Some(cursor.clone()), listing.page));
                if self.pages.len() > MAX_PAGES
                    && let Some(gone) = self.pages.pop_front()
                {
                    self.before.push(gone.cursor);
                }
            }
            Place::Previous(cursor) => {
                self.before.pop();
                self.pages.push_front(page(cursor.clone(), listing.page));
                self.pages.truncate(MAX_PAGES);
            }
        }
        self.selected = selected;
        self.select(self.index());
    }

    /// New rows go before the first page's; a gap or too many begin anew.
    fn join(&mut self, new: Held) {
        let known: HashSet<TicketId> = self
            .pages
            .iter()
            .flat_map(|page| page.rows.iter().map(|t| t.ticket_id))
            .collect();
        let touches = new.rows.iter().any(|t| known.contains(&t.ticket_id));
        let whole = new.next.is_none();
        match self.pages.front_mut() {
            Some(first) if touches && !whole && first.rows.len() <= GROWN => {
                let mut rows = new.rows;
                rows.retain(|t| !known.contains(&t.ticket_id));
                rows.append(&mut first.rows);
                first.rows = rows;
            }
            _ => self.pages = VecDeque::from([new]),
        }
    }

    /// A ticket as it stands now; one that the filter leaves out goes.
    pub fn refresh(&mut self, ticket: Ticket) {
        if self.filter.state.is_some_and(|state| state != ticket.state) {
            return self.remove(ticket.ticket_id);
        }
        let id = ticket.ticket_id;
        for row in self.pages.iter_mut().flat_map(|page| &mut page.rows) {
            if row.ticket_id == id && row.version <= ticket.version {
                *row = ticket.clone();
            }
        }
        self.at = self.index();
        self.urgent.retain(|row| row.ticket_id != id);
        if is_urgent(&ticket) {
            self.urgent.push(ticket);
            self.urgent = pinned(std::mem::take(&mut self.urgent));
        }
    }

    /// A ticket that is no longer to be seen.
    pub fn remove(&mut self, id: TicketId) {
        self.at = self.index();
        self.urgent.retain(|ticket| ticket.ticket_id != id);
        for page in &mut self.pages {
            page.rows.retain(|ticket| ticket.ticket_id != id);
        }
    }

    /// Another filter: what is held is of no more use.
    pub fn ask_for(&mut self, filter: Filter) {
        *self = Self {
            filter,
            ..Self::default()
        };
    }
}

/// The active ones, newest first, no more than are held.
fn pinned(mut urgent: Vec<Ticket>) -> Vec<Ticket> {
    urgent.retain(is_urgent);
    urgent.sort_by_key(|ticket| Reverse((ticket.created_at, ticket.ticket_id)));
    urgent.truncate(MAX_URGENT as usize);
    urgent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ticket;

    fn listing(ids: std::ops::Range<u128>, next: Option<&str>) -> Listing {
        Listing {
            urgent: Vec::new(),
            page: Page {
                items: ids.rev().map(ticket).collect(),
                next_cursor: next.map(Into::into),
            },
        }
    }

    fn numbers(queue: &Queue) -> Vec<u128> {
        queue.rows().iter().map(|t| t.ticket_id.0.0).collect()
    }

    #[test]
    fn a_hundred_pages_down_and_up_again_hold_six_and_miss_none() {
        let mut queue = Queue::default();
        let page = |n: u128| {
            let next = (n < 99).then(|| format!("c{}", n + 1));
            listing(5000 - n * 50..5050 - n * 50, next.as_deref())
        };
        queue.take(&Place::Top, page(0));
        let mut seen = HashSet::new();
        for _ in 0..6000 {
            seen.extend(queue.selected());
            queue.select(queue.index() + 1);
            if let Some(Place::Next(cursor)) = queue.wanted() {
                let n = cursor[1..].parse().unwrap();
                queue.take(&Place::Next(cursor), page(n));
            }
            assert!(queue.rows().len() <= MAX_PAGES * PAGE as usize);
        }
        assert_eq!(seen.len(), 5000);
        assert!(!queue.more_after() && queue.more_before());
        for _ in 0..6000 {
            queue.select(queue.index().saturating_sub(1));
            if let Some(Place::Previous(cursor)) = queue.wanted() {
                let n = cursor.as_ref().map_or(0, |c| c[1..].parse().unwrap());
                queue.take(&Place::Previous(cursor), page(n));
            }
        }
        assert_eq!(queue.selected().unwrap().0.0, 5049);
        assert!(!queue.more_before() && queue.more_after());
    }

    #[test]
    fn news_join_without_a_gap_and_keep_the_selection() {
        let mut queue = Queue::default();
        queue.take(&Place::Top, listing(50..100, Some("c1")));
        queue.take(&Place::Next("c1".into()), listing(0..50, None));
        queue.select(3);
        queue.take(&Place::News, listing(52..102, Some("c9")));
        assert_eq!(numbers(&queue), (0..102).rev().collect::<Vec<_>>());
        assert_eq!(queue.selected().unwrap().0.0, 96);
        // more came at once than a page holds: begin anew rather than leave a hole
        queue.take(&Place::News, listing(200..250, Some("c8")));
        assert_eq!(queue.rows().len(), 50);
        assert!(queue.more_after());
    }

    #[test]
    fn active_emergencies_stand_first_and_once() {
        let mut queue = Queue::default();
        queue.take(&Place::Top, listing(1..6, None));
        let mut urgent = ticket(2);
        urgent.priority = Some(Priority::Emergency);
        urgent.version = 2;
        queue.refresh(urgent.clone());
        assert_eq!(numbers(&queue), [2, 5, 4, 3, 1]);
        urgent.state = State::Closed;
        urgent.version = 3;
        queue.refresh(urgent.clone());
        assert_eq!(numbers(&queue), [5, 4, 3, 2, 1]);
        queue.filter.state = Some(State::New);
        queue.refresh(urgent);
        assert_eq!(numbers(&queue), [5, 4, 3, 1]);
    }
}
