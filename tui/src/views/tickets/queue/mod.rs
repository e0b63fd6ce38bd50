//! The queue's rows: a window of pages over however many tickets there are, and before
//! them what needs somebody. Pure; never holds more than [`MAX_PAGES`] pages besides what
//! is watched.

pub(crate) mod watch;

use std::cmp::Reverse;
use std::collections::{HashSet, VecDeque};

use dispatch_contract::event::EventType;
use dispatch_contract::reading::Page;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Event, State, Ticket, TicketId};

use self::watch::Watch;
use crate::fold::{Folded, created, fold};
use crate::grid::{Column, first_row};
use crate::shell::query::Query;
use crate::views::due::due;
use crate::world::World;

/// Rows asked for at once.
pub(crate) const PAGE: u32 = 50;
/// Pages held at most.
pub(crate) const MAX_PAGES: usize = 6;
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
    /// The newest emergencies; only with [`Place::Top`] and [`Place::News`].
    pub(crate) urgent: Vec<Ticket>,
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
    Due(usize),
    Urgent(usize),
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
    pub(crate) watch: Watch,
    pages: VecDeque<Held>,
    before: Vec<Option<String>>,
    shown: Vec<At>,
    pinned: usize,
    selected: Option<TicketId>,
    at: usize,
    offset: usize,
    dirty: bool,
}

impl Queue {
    fn get(&self, at: At) -> Option<&Ticket> {
        match at {
            At::Due(n) => self.watch.due().get(n),
            At::Urgent(n) => self.watch.urgent().get(n),
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
        let watched = self.watch.due().iter().chain(self.watch.urgent());
        watched.chain(self.pages.iter().flat_map(|page| &page.rows))
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
        self.watch.due().iter().filter(late).count()
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
                self.watch.set_urgent(listing.urgent);
            }
            Place::News => {
                self.watch.set_urgent(listing.urgent);
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
            Place::Previous(cursor) => self.precede(page(cursor.clone(), listing.page)),
        }
        self.dirty = true;
    }

    /// A page before the first one held. Tickets that came since the queue was scrolled down
    /// stand between the two: then the page after this one is asked for first, and so on
    /// until one reaches what is held, so that no row is left out.
    fn precede(&mut self, mut new: Held) {
        let Some(first) = self.pages.front() else {
            (self.before, self.pages) = (Vec::new(), VecDeque::from([new]));
            return;
        };
        // the order is that of the ids, and a cursor stands for a place in it
        let mut held = self.pages.iter().flat_map(|page| &page.rows);
        let newest = held.next().map(|row| row.ticket_id);
        let oldest = new.rows.last().map(|row| row.ticket_id);
        let reaches = new.next == first.cursor || newest.is_none() || oldest <= newest;
        if let (false, Some(next)) = (reaches, &new.next) {
            self.before.push(Some(next.clone()));
            return;
        }
        new.next = first.cursor.clone();
        new.rows.retain(|row| Some(row.ticket_id) > newest);
        self.before.pop();
        self.pages.push_front(new);
        self.pages.truncate(MAX_PAGES);
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
                    self.watch.put(&ticket);
                    self.dirty = true;
                    Ok(false)
                }
                _ => Err(()),
            };
        }
        self.watch.news(event);
        let comes_in = |state: State| self.filter.state == Some(state);
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
        // with a text, the host alone says which tickets have it
        if self.filter.text.is_none() || self.find(id).is_some() {
            self.watch.put(&ticket);
        }
    }

    /// A ticket that is no longer to be seen.
    pub(crate) fn remove(&mut self, id: TicketId) {
        self.watch.remove(id);
        for page in &mut self.pages {
            page.rows.retain(|ticket| ticket.ticket_id != id);
        }
        self.dirty = true;
    }

    /// Ask for something else: nothing held is of it, but what is watched with the same text.
    pub(crate) fn ask_for(&mut self, filter: Filter) {
        let watch = std::mem::take(&mut self.watch);
        let same = filter.text == self.filter.text;
        *self = Self {
            filter,
            watch: if same { watch } else { Watch::default() },
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
        let late = |row: &Ticket| due(row, world.now).is_breached();
        let watched = self.watch.due().iter().enumerate();
        let mut shown: Vec<At> = watched
            .filter(|(_, row)| late(row) && shows(row))
            .map(|(n, _)| At::Due(n))
            .collect();
        let ids = |shown: &[At]| -> HashSet<TicketId> {
            let rows = shown.iter().filter_map(|at| self.get(*at));
            rows.map(|row| row.ticket_id).collect()
        };
        let pinned = ids(&shown);
        let urgent = self.watch.urgent().iter().enumerate();
        let mut urgent: Vec<(usize, &Ticket)> = urgent
            .filter(|(_, row)| !pinned.contains(&row.ticket_id) && shows(row))
            .collect();
        urgent.sort_by_key(|(_, row)| Reverse(row.ticket_id));
        shown.extend(urgent.into_iter().map(|(n, _)| At::Urgent(n)));
        let first = ids(&shown);
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
mod tests;
