use dispatch_contract::ticket::Priority;

use super::*;
use crate::testing::{at, event, moved, scheduled, ticket, world};
use crate::views::columns::COLUMNS;

fn listing(ids: std::ops::Range<u128>, next: Option<&str>) -> Listing {
    Listing {
        urgent: Vec::new(),
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

/// A host's listing by the order of the ids: rows below a cursor, which is an id.
fn served(ids: &[u128], cursor: Option<&String>) -> Listing {
    let below = cursor.map_or(u128::MAX, |cursor| cursor.parse().unwrap());
    let mut rows: Vec<u128> = ids.iter().copied().filter(|id| *id < below).collect();
    rows.sort_by_key(|id| Reverse(*id));
    let more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    Listing {
        urgent: Vec::new(),
        page: Page {
            next_cursor: rows.last().filter(|_| more).map(ToString::to_string),
            items: rows.into_iter().map(ticket).collect(),
        },
    }
}

fn scrolled_down(ids: &[u128], steps: usize) -> Queue {
    let mut queue = Queue::default();
    queue.take(&Place::Top, served(ids, None));
    for _ in 0..steps {
        settled(&mut queue);
        queue.select(queue.index() + 1);
        if let Some(Place::Next(cursor)) = queue.wanted() {
            let page = served(ids, Some(&cursor));
            queue.take(&Place::Next(cursor), page);
        }
    }
    assert!(queue.more_before());
    queue
}

#[test]
fn tickets_that_came_meanwhile_leave_no_hole_on_the_way_up() {
    let mut ids: Vec<u128> = (1..=600).collect();
    for came in [1, 49, 50, 51, 400] {
        let mut queue = scrolled_down(&ids, 560);
        let last = *ids.last().unwrap();
        ids.extend(last + 1..=last + came);
        let mut reads = 0;
        let mut seen = vec![settled(&mut queue).selected().unwrap().0.0];
        while let Some(at) = settled(&mut queue).index().checked_sub(1) {
            queue.select(at);
            seen.extend(settled(&mut queue).selected().map(|id| id.0.0));
            while let Some(Place::Previous(cursor)) = queue.wanted() {
                let page = served(&ids, cursor.as_ref());
                queue.take(&Place::Previous(cursor), page);
                settled(&mut queue);
                reads += 1;
            }
            assert!(queue.held() <= MAX_PAGES * PAGE as usize);
        }
        let contiguous = seen.windows(2).all(|two| two[1] == two[0] + 1);
        assert!(contiguous, "{came} came: {seen:?}");
        assert_eq!(seen.last(), ids.last(), "{came} came");
        assert!(!queue.more_before() && reads < 40, "{reads}");
        // and down again, over what was cut where pages met
        for _ in 0..ids.len() {
            settled(&mut queue);
            queue.select(queue.index() + 1);
            if let Some(Place::Next(cursor)) = queue.wanted() {
                let page = served(&ids, Some(&cursor));
                queue.take(&Place::Next(cursor), page);
            }
            let shown = numbers(&mut queue);
            assert!(shown.windows(2).all(|two| two[0] == two[1] + 1));
        }
        assert_eq!(settled(&mut queue).selected().unwrap().0.0, 1);
    }
}

#[test]
fn a_page_that_lost_its_rows_meanwhile_still_reaches_what_is_held() {
    let mut ids: Vec<u128> = (1..=600).collect();
    let mut queue = scrolled_down(&ids, 560);
    // all that stood there left the filter
    ids.retain(|id| *id < 100);
    for _ in 0..400 {
        let at = settled(&mut queue).index();
        queue.select(at.saturating_sub(1));
        if let Some(Place::Previous(cursor)) = queue.wanted() {
            let page = served(&ids, cursor.as_ref());
            queue.take(&Place::Previous(cursor), page);
        }
    }
    assert!(!queue.more_before());
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
fn passed_windows_stand_before_everything_the_longest_late_first() {
    let mut queue = Queue::default();
    let mut urgent = ticket(3);
    urgent.priority = Some(Priority::Emergency);
    let mut top = listing(1..6, None);
    top.urgent = vec![urgent];
    queue.take(&Place::Top, top);
    // not on the page: the host was asked for what is due
    let wanted = queue.watch.wants(at(-1_000)).unwrap();
    let due = Page {
        items: vec![scheduled(71, -900, -800), scheduled(70, -900, -600)],
        next_cursor: None,
    };
    assert!(queue.watch.take(&wanted, due, &HashSet::new()));
    queue.touch();
    assert_eq!(numbers(&mut queue), [71, 70, 3, 5, 4, 2, 1]);
    assert_eq!((queue.pinned(), queue.breaches(&world())), (3, 2));
    let mut before = world();
    before.now = at(-1000);
    queue.touch();
    queue.settle(&COLUMNS, &before, 20);
    let rows: Vec<u128> = queue.rows().iter().map(|t| t.ticket_id.0.0).collect();
    assert_eq!(rows, [3, 5, 4, 2, 1], "nothing is late yet");
    // late and urgent: once, and as late
    let mut both = scheduled(70, -900, -600);
    both.priority = Some(Priority::Emergency);
    both.version = 2;
    queue.refresh(both);
    assert_eq!(numbers(&mut queue), [71, 70, 3, 5, 4, 2, 1]);
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
    assert_eq!(queue.news(&other, ticket(9).ticket_id), Ok(false));
    queue.filter.state = Some(State::Scheduled);
    assert_eq!(queue.news(&other, ticket(9).ticket_id), Err(()));
    let mut priority = event(9, 3, "ticket.priority_set");
    let emergency = queue.news(&priority, ticket(9).ticket_id);
    assert_eq!(emergency, Err(()));
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
