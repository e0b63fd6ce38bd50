//! What stands before the queue: work whose window is over with nobody on site, the longest
//! late first; then the active emergencies. Of the former it holds what is due soon as well,
//! so that a ticket is late by the clock, at once and without asking. Pure.

use std::cmp::Reverse;
use std::collections::HashSet;

use dispatch_contract::event::EventType;
use dispatch_contract::fact::Fact;
use dispatch_contract::reading::Page;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Event, State, Ticket, TicketId, Timestamp};

use crate::views::due::awaited_until;

/// Emergencies asked for, the newest; twice as many are held, with those that come.
pub(crate) const URGENT: u32 = 200;
/// Late work that is looked for, at most: the longest late.
const MOST: usize = 1_000;
/// What `MOST` may grow to by a last page and by what is committed.
const HELD: usize = 1_300;
/// How far ahead of the clock it is looked for, in microseconds: an hour. Looked for again
/// when half of it is over.
const AHEAD_US: i64 = 3_600_000_000;

/// Which work is asked for: due before a time, after a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    pub(crate) before: Timestamp,
    pub(crate) cursor: Option<String>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// By when their windows end.
    due: Vec<Ticket>,
    urgent: Vec<Ticket>,
    /// There is more on the host after those held.
    next: Option<String>,
    /// All that ends before this is held.
    until: Option<Timestamp>,
    asked: Option<Wanted>,
    stale: bool,
}

pub(super) fn is_urgent(ticket: &Ticket) -> bool {
    let over = matches!(ticket.state, State::Closed | State::Canceled);
    ticket.priority == Some(Priority::Emergency) && !over
}

fn place(ticket: &Ticket) -> (Option<Timestamp>, TicketId) {
    (awaited_until(ticket), ticket.ticket_id)
}

impl Watch {
    pub(super) fn due(&self) -> &[Ticket] {
        &self.due
    }

    pub(super) fn urgent(&self) -> &[Ticket] {
        &self.urgent
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// More is late than is looked for.
    pub(crate) fn is_full(&self) -> bool {
        self.due.len() >= MOST
    }

    /// It may be otherwise on the host.
    pub(crate) fn reload(&mut self) {
        self.stale = true;
        self.asked = None;
    }

    /// What to ask for now: from the beginning before the clock comes near the end of what
    /// is held, and page after page while all of it is late.
    pub(crate) fn wants(&mut self, now: Timestamp) -> Option<Wanted> {
        if self.asked.is_some() {
            return None;
        }
        let ahead = |us: i64| self.until.is_some_and(|at| at.micros() > now.micros() + us);
        let enough = match &self.next {
            _ if self.stale || self.until.is_none() => false,
            _ if self.is_full() => true,
            Some(_) => ahead(0),
            None => ahead(AHEAD_US / 2),
        };
        let before = Timestamp::from_micros(now.micros() + AHEAD_US).filter(|_| !enough)?;
        let cursor = self.next.clone().filter(|_| !self.stale);
        self.stale = false;
        self.asked = Some(Wanted { before, cursor });
        self.asked.clone()
    }

    /// Take in what the host answered; of `touched` something was committed since it was
    /// asked, so that what is held of those is not older. False where nobody waits for it.
    pub(crate) fn take(
        &mut self,
        wanted: &Wanted,
        page: Page<Ticket>,
        touched: &HashSet<TicketId>,
    ) -> bool {
        if self.asked.as_ref() != Some(wanted) {
            return false;
        }
        self.asked = None;
        if wanted.cursor.is_none() {
            self.due.retain(|row| touched.contains(&row.ticket_id));
        }
        self.until = match &page.next_cursor {
            Some(_) => page.items.last().and_then(awaited_until),
            None => Some(wanted.before),
        };
        self.next = page.next_cursor;
        for row in page.items {
            let known = self.due.iter().position(|k| k.ticket_id == row.ticket_id);
            match known {
                Some(at) if self.due[at].version > row.version => {}
                Some(at) => self.due[at] = row,
                None => self.due.push(row),
            }
        }
        self.due.sort_by_key(place);
        true
    }

    /// It was not answered; `again`: ask once more.
    pub(crate) fn failed(&mut self, wanted: &Wanted, again: bool) {
        if self.asked.as_ref() == Some(wanted) {
            self.asked = None;
            self.stale = again;
            if !again {
                (self.next, self.until) = (None, Some(wanted.before));
            }
        }
    }

    pub(super) fn set_urgent(&mut self, mut tickets: Vec<Ticket>) {
        tickets.retain(is_urgent);
        self.urgent = tickets;
    }

    /// Something was committed about a ticket that is nowhere held: a window agreed that
    /// ends soon is to be looked for.
    pub(super) fn news(&mut self, event: &Event) {
        if event.kind == EventType::ScheduleConfirmed
            && let Ok(Fact::Confirmed(agreed)) = Fact::of(event)
        {
            self.stale |= self.is_within(agreed.window.window_end);
        }
    }

    fn is_within(&self, end: Timestamp) -> bool {
        self.until.is_none_or(|until| end < until)
    }

    /// A ticket as it stands now.
    pub(super) fn put(&mut self, ticket: &Ticket) {
        let id = ticket.ticket_id;
        let mut held = self.due.iter().chain(&self.urgent);
        if held.any(|row| row.ticket_id == id && row.version > ticket.version) {
            return;
        }
        self.remove(id);
        if is_urgent(ticket) {
            self.urgent.push(ticket.clone());
            if self.urgent.len() > 2 * URGENT as usize {
                self.urgent.sort_by_key(|row| Reverse(row.ticket_id));
                self.urgent.truncate(2 * URGENT as usize);
            }
        }
        if awaited_until(ticket).is_some_and(|end| self.is_within(end)) {
            let at = self.due.partition_point(|row| place(row) < place(ticket));
            self.due.insert(at, ticket.clone());
        }
        if self.due.len() > HELD {
            // what is left out is looked for again, once there is room
            self.next = None;
            self.until = self.due.pop().as_ref().and_then(awaited_until);
        }
    }

    pub(super) fn remove(&mut self, id: TicketId) {
        self.due.retain(|ticket| ticket.ticket_id != id);
        self.urgent.retain(|ticket| ticket.ticket_id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, event, id, scheduled, ticket};

    /// Tickets by number, whose windows end so many seconds from now.
    fn page(ends: impl Iterator<Item = (u128, i64)>, next: Option<&str>) -> Page<Ticket> {
        Page {
            items: ends.map(|(n, end)| scheduled(n, end - 60, end)).collect(),
            next_cursor: next.map(Into::into),
        }
    }

    fn numbers(watch: &Watch) -> Vec<u128> {
        watch.due().iter().map(|row| row.ticket_id.0.0).collect()
    }

    fn read(watch: &mut Watch, now: i64, page: Page<Ticket>) {
        let wanted = watch.wants(at(now)).expect("asked");
        assert!(watch.take(&wanted, page, &HashSet::new()));
    }

    #[test]
    fn pages_are_read_while_all_that_is_held_is_late_and_no_more_than_that() {
        let mut watch = Watch::default();
        read(&mut watch, 0, page((1..3).map(|n| (n, -9)), Some("a")));
        assert_eq!(watch.wants(at(0)).unwrap().cursor.as_deref(), Some("a"));
        assert_eq!(watch.wants(at(0)), None, "one at a time");
        watch.reload();
        read(
            &mut watch,
            0,
            page([(1, -9), (2, 50)].into_iter(), Some("b")),
        );
        assert_eq!(watch.wants(at(49)), None, "the next one is not late yet");
        assert_eq!(watch.wants(at(50)).unwrap().cursor.as_deref(), Some("b"));
        // from the beginning again, before the clock is where it was looked to
        watch.reload();
        read(&mut watch, 0, page([(1, -9)].into_iter(), None));
        assert_eq!(watch.wants(at(1_700)), None);
        let wanted = watch.wants(at(1_801)).unwrap();
        assert_eq!((wanted.cursor, wanted.before), (None, at(5_401)));
    }

    #[test]
    fn however_many_are_late_the_longest_late_are_held() {
        let mut watch = Watch::default();
        let mut pages = 0;
        while let Some(wanted) = watch.wants(at(0)) {
            let ends = (0..200).map(|n| pages * 200 + n).map(|n| (n, -1));
            let next = format!("{pages}");
            assert!(watch.take(&wanted, page(ends, Some(&next)), &HashSet::new()));
            pages += 1;
        }
        assert_eq!((watch.due().len(), watch.is_full(), pages), (MOST, true, 5));
        for n in 10_000..12_000 {
            watch.put(&scheduled(n, -900, -600));
        }
        assert_eq!(watch.due().len(), HELD);
        assert_eq!(watch.due()[0].ticket_id, id(10_000));
        for n in 10_000..12_000 {
            watch.remove(id(n));
        }
        for n in 0..900 {
            watch.remove(id(n));
        }
        assert_eq!(watch.wants(at(0)).unwrap().cursor, None, "there is room");
    }

    #[test]
    fn what_was_committed_while_it_was_read_is_not_undone() {
        let mut watch = Watch::default();
        read(&mut watch, 0, page([(1, 10), (2, 20)].into_iter(), None));
        watch.reload();
        let wanted = watch.wants(at(0)).unwrap();
        let mut moved = scheduled(2, 0, 5);
        moved.version = 2;
        watch.put(&moved);
        watch.put(&scheduled(3, 0, 30));
        let touched = HashSet::from([id(2), id(3)]);
        assert!(watch.take(
            &wanted,
            page([(1, 10), (2, 20)].into_iter(), None),
            &touched
        ));
        assert_eq!(numbers(&watch), [2, 1, 3]);
        assert!(!watch.take(&wanted, page([].into_iter(), None), &touched));
    }

    #[test]
    fn a_window_agreed_elsewhere_is_looked_for_where_it_ends_soon() {
        let mut watch = Watch::default();
        read(&mut watch, 0, page([].into_iter(), None));
        let mut agreed = event(9, 2, "schedule.confirmed");
        let mut told = |end: i64| {
            agreed.payload = serde_json::json!({"proposal_id": id(8), "window": {
                "window_start": at(end - 60), "window_end": at(end), "timezone": "UTC"}});
            watch.news(&agreed);
            watch.wants(at(0))
        };
        assert_eq!(told(86_400), None);
        assert_eq!(told(600).unwrap().cursor, None);
    }

    #[test]
    fn a_ticket_is_watched_as_long_as_it_is_awaited_or_urgent() {
        let mut watch = Watch::default();
        read(&mut watch, 0, page([].into_iter(), None));
        let mut one = scheduled(1, 0, 60);
        one.priority = Some(Priority::Emergency);
        watch.put(&one);
        assert_eq!((watch.due().len(), watch.urgent().len()), (1, 1));
        one.state = State::Onsite;
        one.version += 1;
        watch.put(&one);
        assert_eq!((watch.due().len(), watch.urgent().len()), (0, 1));
        watch.put(&scheduled(1, 0, 60));
        assert_eq!(watch.due().len(), 0, "that was before");
        watch.put(&ticket(2));
        watch.put(&scheduled(3, 0, 86_400));
        assert_eq!((watch.due().len(), watch.urgent().len()), (0, 1));
    }
}
