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
