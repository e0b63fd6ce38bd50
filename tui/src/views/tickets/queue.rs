//! The queue's rows: a window of pages over however many tickets there are, and before
//! them what needs somebody: windows that passed, then the active emergencies. Pure; never
//! holds more than [`MAX_PAGES`] pages and three times [`MAX_WATCHED`] tickets besides.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};

use dispatch_contract::event::EventType;
use dispatch_contract::reading::Page;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Event, State, Ticket, TicketId};

use crate::fold::{Folded, created, fold};
use crate::grid::{Column, first_row};
use crate::shell::query::Query;
use crate::views::due::due;
use crate::world::World;

/// Rows asked for at once.
pub(crate) const PAGE: u32 = 50;
/// Pages held at most.
pub(crate) const MAX_PAGES: usize = 6;
/// Emergencies, scheduled and dispatched tickets held at most, the newest of each.
pub(crate) const MAX_WATCHED: u32 = 200;
/// How close to an end the selection comes before more is asked for, in rows.
const NEAR: usize = 10;
/// What the first page may grow to by new tickets before it is cut, in rows.
const GROWN: usize = 3 * PAGE as usize;

/// What the host is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Filter {
    /// Words in customer, address, summary or classification.
    pub(crate) text: Option<String>,
    /// Standing here.
    pub(crate) state: Option<State>,
}

/// Which part of the listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
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
pub(crate) struct Listing {
    /// Emergencies, scheduled and dispatched; only with [`Place::Top`] and [`Place::News`].
    pub(crate) watched: Vec<Ticket>,
    /// The page.
    pub(crate) page: Page<Ticket>,
}

#[derive(Debug)]
struct Held {
    cursor: Option<String>,
    next: Option<String>,
    rows: Vec<Ticket>,
}

/// Where a row is kept.
#[derive(Clone, Copy, Debug)]
enum At {
    Watched(usize),
    Page(usize, usize),
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// What the host is asked for.
    pub(crate) filter: Filter,
    /// What is left out of what it answers.
    pub(crate) query: Query,
    pub(crate) sort: Option<(usize, bool)>,
    pub(crate) marks: HashSet<TicketId>,
    /// The cursor keeps to the first row.
    pub(crate) follow: bool,
    watched: Vec<Ticket>,
    pages: VecDeque<Held>,
    before: Vec<Option<String>>,
    shown: Vec<At>,
    pinned: usize,
    selected: Option<TicketId>,
    at: usize,
    offset: usize,
    dirty: bool,
}

fn is_over(ticket: &Ticket) -> bool {
    matches!(ticket.state, State::Closed | State::Canceled)
}

fn is_urgent(ticket: &Ticket) -> bool {
    ticket.priority == Some(Priority::Emergency) && !is_over(ticket)
}

fn is_watched(ticket: &Ticket) -> bool {
    is_urgent(ticket) || matches!(ticket.state, State::Scheduled | State::Dispatched)
}

impl Queue {
    fn get(&self, at: At) -> Option<&Ticket> {
        match at {
            At::Watched(n) => self.watched.get(n),
            At::Page(page, n) => self.pages.get(page).and_then(|page| page.rows.get(n)),
        }
    }

    /// The rows in their order, as of the last [`Queue::settle`].
    pub(crate) fn rows(&self) -> Vec<&Ticket> {
        self.shown.iter().filter_map(|at| self.get(*at)).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.shown.len()
    }

    #[cfg(test)]
    fn held(&self) -> usize {
        self.pages.iter().map(|page| page.rows.len()).sum()
    }

    /// So many of the first rows are pinned there.
    pub(crate) fn pinned(&self) -> usize {
        self.pinned
    }

    pub(crate) fn index(&self) -> usize {
        self.at
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// The ticket under the cursor.
    pub(crate) fn selected(&self) -> Option<TicketId> {
        self.current().map(|ticket| ticket.ticket_id)
    }

    pub(crate) fn current(&self) -> Option<&Ticket> {
        self.shown.get(self.at).and_then(|at| self.get(*at))
    }

    fn all(&self) -> impl Iterator<Item = &Ticket> {
        self.watched
            .iter()
            .chain(self.pages.iter().flat_map(|page| &page.rows))
    }

    /// A ticket that is held.
    pub(crate) fn find(&self, id: TicketId) -> Option<&Ticket> {
        self.all().find(|ticket| ticket.ticket_id == id)
    }

    /// There are rows on the host after the last one held.
    pub(crate) fn more_after(&self) -> bool {
        self.pages.back().is_some_and(|page| page.next.is_some())
    }

    /// There are rows on the host before the first one held.
    pub(crate) fn more_before(&self) -> bool {
        !self.before.is_empty()
    }

    /// So many wait for somebody: their window passed.
    pub(crate) fn breaches(&self, world: &World) -> usize {
        let late = |ticket: &&Ticket| due(ticket, world.now).is_breached();
        self.watched.iter().filter(late).count()
    }

    /// Select the row at `index`, or the nearest there is.
    pub(crate) fn select(&mut self, index: usize) {
        self.at = index.min(self.shown.len().saturating_sub(1));
        self.selected = self.selected();
        self.follow = false;
    }

    pub(crate) fn mark(&mut self) {
        if let Some(id) = self.selected() {
            if !self.marks.remove(&id) {
                self.marks.insert(id);
            }
            self.select(self.at + 1);
        }
    }

    /// Something that the order depends on changed.
    pub(crate) fn touch(&mut self) {
        self.dirty = true;
    }

    /// The page that the selection is about to need.
    pub(crate) fn wanted(&self) -> Option<Place> {
        let last = self.pages.back()?;
        if self.at + NEAR >= self.shown.len()
            && let Some(next) = &last.next
        {
            return Some(Place::Next(next.clone()));
        }
        (self.at < self.pinned + NEAR)
            .then(|| self.before.last().cloned().map(Place::Previous))
            .flatten()
    }

    /// Take a listing in.
    pub(crate) fn take(&mut self, place: &Place, listing: Listing) {
        let page = |cursor: Option<String>, page: Page<Ticket>| Held {
            cursor,
            next: page.next_cursor,
            rows: page.items,
        };
        match place {
            Place::Top => {
                self.before.clear();
                self.pages = VecDeque::from([page(None, listing.page)]);
                self.watch(listing.watched);
            }
            Place::News => {
                self.watch(listing.watched);
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
        self.dirty = true;
    }

    fn watch(&mut self, mut tickets: Vec<Ticket>) {
        let mut seen = HashSet::new();
        tickets.retain(|ticket| is_watched(ticket) && seen.insert(ticket.ticket_id));
        self.watched = tickets;
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

    /// Something was committed. True where the ticket must be read; `Err` where the
    /// listing must be.
    pub(crate) fn news(&mut self, event: &Event, id: TicketId) -> Result<bool, ()> {
        match self.find(id).map(|ticket| fold(ticket, event)) {
            Some(Folded::Now(ticket)) => self.refresh(*ticket),
            Some(Folded::Known) => {}
            Some(Folded::Missed) => return Ok(true),
            None => return self.unheld(event),
        }
        Ok(false)
    }

    fn unheld(&mut self, event: &Event) -> Result<bool, ()> {
        if let Some(ticket) = created(event) {
            let first = self.pages.front_mut().filter(|_| self.before.is_empty());
            // whether a text fits is the host's to say
            return match first {
                Some(first) if self.filter.text.is_none() && first.rows.len() <= GROWN => {
                    if self.filter.state.is_none_or(|state| state == ticket.state) {
                        first.rows.insert(0, (*ticket).clone());
                    }
                    self.watch_one(&ticket);
                    self.dirty = true;
                    Ok(false)
                }
                _ => Err(()),
            };
        }
        let comes_in = |state: State| {
            self.filter.state == Some(state)
                || matches!(state, State::Scheduled | State::Dispatched)
        };
        // one that is held nowhere is no emergency: only becoming one brings it in
        let urgent = event.kind == EventType::TicketPrioritySet
            && event.payload["priority"] == Priority::Emergency.name();
        if urgent || event.next_state.is_some_and(comes_in) {
            return Err(());
        }
        Ok(false)
    }

    /// A ticket as it stands now; one that the filter leaves out goes.
    pub(crate) fn refresh(&mut self, ticket: Ticket) {
        let id = ticket.ticket_id;
        self.dirty = true;
        if self.filter.state.is_some_and(|state| state != ticket.state) {
            for page in &mut self.pages {
                page.rows.retain(|row| row.ticket_id != id);
            }
        }
        for row in self.pages.iter_mut().flat_map(|page| &mut page.rows) {
            if row.ticket_id == id && row.version <= ticket.version {
                *row = ticket.clone();
            }
        }
        self.watch_one(&ticket);
    }

    fn watch_one(&mut self, ticket: &Ticket) {
        self.watched
            .retain(|row| row.ticket_id != ticket.ticket_id || row.version > ticket.version);
        let known = self
            .watched
            .iter()
            .any(|row| row.ticket_id == ticket.ticket_id);
        if is_watched(ticket) && !known {
            self.watched.push(ticket.clone());
            if self.watched.len() > 3 * MAX_WATCHED as usize {
                self.watched.sort_by_key(|row| Reverse(row.ticket_id));
                self.watched.truncate(3 * MAX_WATCHED as usize);
            }
        }
    }

    /// A ticket that is no longer to be seen.
    pub(crate) fn remove(&mut self, id: TicketId) {
        self.watched.retain(|ticket| ticket.ticket_id != id);
        for page in &mut self.pages {
            page.rows.retain(|ticket| ticket.ticket_id != id);
        }
        self.dirty = true;
    }

    /// Ask for something else: nothing held is of it.
    pub(crate) fn ask_for(&mut self, filter: Filter) {
        *self = Self {
            filter,
            query: std::mem::take(&mut self.query),
            sort: self.sort,
            dirty: true,
            ..Self::default()
        };
    }

    /// Bring the order and the cursor into line; `height`: rows on screen.
    pub(crate) fn settle(&mut self, columns: &[Column<Ticket>], world: &World, height: usize) {
        if std::mem::take(&mut self.dirty) {
            self.reorder(columns, world);
            if self.follow {
                self.at = 0;
            } else if let Some(id) = self.selected {
                let found = self.rows().iter().position(|row| row.ticket_id == id);
                self.at = found.unwrap_or(self.at);
            }
            self.at = self.at.min(self.shown.len().saturating_sub(1));
            self.selected = self.selected();
            let held: HashSet<TicketId> = self.all().map(|row| row.ticket_id).collect();
            self.marks.retain(|id| held.contains(id));
        }
        self.offset = first_row(self.offset, self.at, self.shown.len(), height);
    }

    fn reorder(&mut self, columns: &[Column<Ticket>], world: &World) {
        let shows = |row: &Ticket| {
            self.filter.state.is_none_or(|state| state == row.state)
                && (self.query.is_empty() || {
                    let cells: Vec<(&str, String)> = columns
                        .iter()
                        .map(|column| (column.name, (column.cell)(row, world)))
                        .chain([("ID", row.ticket_id.to_string())])
                        .collect();
                    self.query.matches(&cells)
                })
        };
        let paged: HashMap<TicketId, At> = self
            .pages
            .iter()
            .enumerate()
            .flat_map(|(page, held)| {
                let rows = held.rows.iter().enumerate();
                rows.map(move |(n, row)| (row.ticket_id, At::Page(page, n)))
            })
            .collect();
        // with a text, the host alone says which tickets have it
        let fits = |row: &Ticket| self.filter.text.is_none() || paged.contains_key(&row.ticket_id);
        let mut pinned: Vec<(i64, At, TicketId)> = self
            .watched
            .iter()
            .enumerate()
            .filter(|(_, row)| shows(row) && fits(row))
            .filter_map(|(n, row)| {
                let due = due(row, world.now);
                let late = due.is_breached();
                (late || is_urgent(row)).then(|| {
                    let order = if late { due.order() } else { 0 };
                    (order, At::Watched(n), row.ticket_id)
                })
            })
            .collect();
        pinned.sort_by_key(|(order, _, id)| (*order, Reverse(*id)));
        let first: HashSet<TicketId> = pinned.iter().map(|(_, _, id)| *id).collect();
        let mut shown: Vec<At> = pinned.iter().map(|(_, at, _)| *at).collect();
        self.pinned = shown.len();
        for (page, held) in self.pages.iter().enumerate() {
            for (n, row) in held.rows.iter().enumerate() {
                if !first.contains(&row.ticket_id) && shows(row) {
                    shown.push(At::Page(page, n));
                }
            }
        }
        if let Some((column, reversed)) = self.sort
            && let Some(column) = columns.get(column)
        {
            shown.sort_by_cached_key(|at| self.get(*at).map(|row| column.sort_key(row, world)));
            if reversed {
                shown.reverse();
            }
            self.pinned = 0;
        }
        self.shown = shown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, event, moved, scheduled, ticket, world};
    use crate::views::columns::COLUMNS;

    fn listing(ids: std::ops::Range<u128>, next: Option<&str>) -> Listing {
        Listing {
            watched: Vec::new(),
            page: Page {
                items: ids.rev().map(ticket).collect(),
                next_cursor: next.map(Into::into),
            },
        }
    }

    fn settled(queue: &mut Queue) -> &mut Queue {
        queue.settle(&COLUMNS, &world(), 20);
        queue
    }

    fn numbers(queue: &mut Queue) -> Vec<u128> {
        let rows = settled(queue).rows();
        rows.iter().map(|t| t.ticket_id.0.0).collect()
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
            seen.extend(settled(&mut queue).selected());
            queue.select(queue.index() + 1);
            if let Some(Place::Next(cursor)) = queue.wanted() {
                let n = cursor[1..].parse().unwrap();
                queue.take(&Place::Next(cursor), page(n));
            }
            assert!(queue.held() <= MAX_PAGES * PAGE as usize);
        }
        assert_eq!(seen.len(), 5000);
        assert!(!queue.more_after() && queue.more_before());
        for _ in 0..6000 {
            let at = settled(&mut queue).index();
            queue.select(at.saturating_sub(1));
            if let Some(Place::Previous(cursor)) = queue.wanted() {
                let n = cursor.as_ref().map_or(0, |c| c[1..].parse().unwrap());
                queue.take(&Place::Previous(cursor), page(n));
            }
        }
        assert_eq!(settled(&mut queue).selected().unwrap().0.0, 5049);
        assert!(!queue.more_before() && queue.more_after());
    }

    #[test]
    fn news_join_without_a_gap_and_keep_the_selection() {
        let mut queue = Queue::default();
        queue.take(&Place::Top, listing(50..100, Some("c1")));
        queue.take(&Place::Next("c1".into()), listing(0..50, None));
        settled(&mut queue).select(3);
        queue.take(&Place::News, listing(52..102, Some("c9")));
        assert_eq!(numbers(&mut queue), (0..102).rev().collect::<Vec<_>>());
        assert_eq!(queue.selected().unwrap().0.0, 96);
        // more came at once than a page holds: begin anew rather than leave a hole
        queue.take(&Place::News, listing(200..250, Some("c8")));
        assert_eq!(numbers(&mut queue).len(), 50);
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
        assert_eq!(numbers(&mut queue), [2, 5, 4, 3, 1]);
        assert_eq!(queue.pinned(), 1);
        urgent.state = State::Closed;
        urgent.version = 3;
        queue.refresh(urgent.clone());
        assert_eq!(numbers(&mut queue), [5, 4, 3, 2, 1]);
        queue.filter.state = Some(State::New);
        queue.refresh(urgent);
        assert_eq!(numbers(&mut queue), [5, 4, 3, 1]);
    }

    #[test]
    fn passed_windows_stand_before_everything_the_latest_first() {
        let mut queue = Queue::default();
        let mut urgent = ticket(3);
        urgent.priority = Some(Priority::Emergency);
        let mut old = listing(1..6, None);
        // not on the page: found because it is watched
        old.watched = vec![urgent, scheduled(70, -900, -600), scheduled(71, -900, -800)];
        queue.take(&Place::Top, old);
        assert_eq!(numbers(&mut queue), [71, 70, 3, 5, 4, 2, 1]);
        let mut before = world();
        before.now = at(-1000);
        queue.touch();
        queue.settle(&COLUMNS, &before, 20);
        let rows: Vec<u128> = queue.rows().iter().map(|t| t.ticket_id.0.0).collect();
        assert_eq!(rows, [3, 5, 4, 2, 1], "nothing is late yet");
    }

    #[test]
    fn an_event_moves_its_row_and_asks_only_for_what_it_cannot_tell() {
        let mut queue = Queue::default();
        queue.take(&Place::Top, listing(1..4, None));
        let move_on = moved(2, 2, State::New, State::Triaged);
        assert_eq!(queue.news(&move_on, ticket(2).ticket_id), Ok(false));
        assert_eq!(
            queue.find(ticket(2).ticket_id).unwrap().state,
            State::Triaged
        );
        let far = moved(2, 9, State::Onsite, State::CloseoutPending);
        assert_eq!(queue.news(&far, ticket(2).ticket_id), Ok(true));
        let other = moved(9, 2, State::Schedulable, State::Scheduled);
        assert_eq!(queue.news(&other, ticket(9).ticket_id), Err(()));
        let nothing = moved(9, 2, State::New, State::Triaged);
        assert_eq!(queue.news(&nothing, ticket(9).ticket_id), Ok(false));
        let mut priority = event(9, 3, "ticket.priority_set");
        assert_eq!(
            queue.news(&priority, ticket(9).ticket_id),
            Err(()),
            "urgent"
        );
        priority.payload["priority"] = "standard".into();
        assert_eq!(queue.news(&priority, ticket(9).ticket_id), Ok(false));
    }

    #[test]
    fn words_leave_rows_out_and_a_column_sorts_those_held() {
        let mut queue = Queue::default();
        queue.take(&Place::Top, listing(1..13, None));
        queue.query = Query::parse("!1", &["SITE"]);
        queue.touch();
        let shown = numbers(&mut queue);
        assert!(!shown.contains(&11), "{shown:?}");
        queue.query = Query::default();
        let site = COLUMNS.iter().position(|c| c.name == "SITE").unwrap();
        queue.sort = Some((site, true));
        queue.touch();
        assert_eq!(numbers(&mut queue)[..2], [9, 8]);
    }
}
