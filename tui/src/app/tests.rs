use dispatch_contract::reading::Page;
use dispatch_contract::ticket::Priority;

use super::*;
use crate::testing::{at, event, id, press, ticket};

fn lost() -> Trouble {
    Trouble::Unreachable {
        url: "http://h/".into(),
        why: "Connection refused".into(),
    }
}

fn listing(ids: std::ops::Range<u128>, next: Option<&str>) -> Listing {
    Listing {
        urgent: Vec::new(),
        page: Page {
            items: ids.rev().map(ticket).collect(),
            next_cursor: next.map(Into::into),
        },
    }
}

/// A live console over these tickets.
fn live(ids: std::ops::Range<u128>, next: Option<&str>) -> App {
    let mut app = App::new("http://h", at(0), (120, 40));
    app.start();
    app.update(Message::News(News::Open { resumed: false }));
    app.update(Message::Listed(2, Place::Top, Ok(listing(ids, next))));
    app
}

fn arrives(app: &mut App, n: u128, kind: &str) {
    let news = News::Event(Box::new(event(n, 2, kind)));
    assert_eq!(app.update(Message::News(news)), []);
}

fn tick(app: &mut App, seconds: i64) -> Vec<Effect> {
    app.update(Message::Tick(at(seconds)))
}

#[test]
fn an_event_has_its_row_and_the_open_ticket_read_again_once() {
    let mut app = live(1..4, None);
    assert_eq!(app.queue.selected(), Some(id(3)));
    // the ticket beside the queue is being read already
    for _ in 0..50 {
        arrives(&mut app, 3, "ticket.priority_set");
    }
    arrives(&mut app, 9, "closeout.note_added");
    assert!(app.is_stale(id(3)));
    assert_eq!(tick(&mut app, 0), [Effect::Row(id(3))]);
    assert_eq!(tick(&mut app, 0), []);
    let mut urgent = ticket(3);
    urgent.version = 2;
    urgent.priority = Some(Priority::Emergency);
    app.update(Message::Row(id(3), Ok(Box::new(urgent))));
    assert!(!app.is_stale(id(3)));
    assert_eq!(app.queue.rows()[0].priority, Some(Priority::Emergency));
    let gone = Trouble::Refused {
        status: 404,
        detail: "gone".into(),
    };
    let effects = app.update(Message::Case(id(3), Err(gone.clone())));
    assert_eq!(effects, []);
    app.update(Message::Row(id(2), Err(gone)));
    assert!(!app.queue.holds(id(2)));
}

#[test]
fn a_new_ticket_has_the_listing_read_again_and_the_selection_stays() {
    let mut app = live(1..4, None);
    press(&mut app, "j");
    arrives(&mut app, 9, "ticket.created");
    let effects = tick(&mut app, 0);
    assert_eq!(effects, [Effect::List(3, Filter::default(), Place::News)]);
    arrives(&mut app, 10, "ticket.created");
    assert_eq!(tick(&mut app, 0), [], "one listing at a time");
    let news = Ok(listing(1..10, None));
    app.update(Message::Listed(3, Place::News, news));
    assert_eq!(app.queue.selected(), Some(id(2)));
    assert!(matches!(tick(&mut app, 0)[..], [Effect::List(4, ..)]));
}

#[test]
fn the_end_of_a_page_asks_for_the_next_and_an_old_answer_is_dropped() {
    let mut app = live(50..100, Some("c1"));
    assert_eq!(press(&mut app, "j").len(), 0);
    let effects = press(&mut app, "G");
    let next = Place::Next("c1".into());
    assert!(effects.contains(&Effect::List(3, Filter::default(), next.clone())));
    // asked with another filter meanwhile
    press(&mut app, "/ d o c k enter");
    app.update(Message::Listed(3, next, Ok(listing(0..50, None))));
    assert!(app.queue.rows().is_empty());
    assert!(app.is_listing() && !app.listed);
}

#[test]
fn filters_are_the_hosts() {
    let mut app = live(1..4, None);
    press(&mut app, "/ q x backspace");
    assert_eq!(app.typing.as_deref(), Some("q"), "`q` is a letter here");
    let effects = press(&mut app, "enter");
    let mut filter = Filter {
        text: Some("q".into()),
        state: None,
    };
    assert_eq!(effects, [Effect::List(3, filter.clone(), Place::Top)]);
    filter.state = Some(State::New);
    assert_eq!(
        press(&mut app, "]")[..],
        [Effect::List(4, filter.clone(), Place::Top)]
    );
    filter.state = Some(State::Canceled);
    assert_eq!(
        press(&mut app, "[ [")[..],
        [Effect::List(6, filter, Place::Top)]
    );
    press(&mut app, "/ x esc");
    assert_eq!(app.queue.filter.text.as_deref(), Some("q"));
    assert_eq!(press(&mut app, "/ ctrl-c"), [Effect::Quit]);
}

#[test]
fn a_lost_stream_marks_everything_stale_at_once_until_it_resumes() {
    let mut app = live(1..4, None);
    tick(&mut app, 30);
    let gone = |trouble| {
        Message::News(News::Lost {
            trouble,
            retry_in_s: Some(2),
        })
    };
    app.update(gone(lost()));
    assert!((1..4).all(|n| app.is_stale(id(n))));
    tick(&mut app, 40);
    app.update(gone(lost()));
    let Link::Stale { since, .. } = &app.link else {
        panic!("{:?}", app.link);
    };
    assert_eq!(
        *since,
        Some(at(30)),
        "since it broke, not since the last try"
    );
    // resumed after the last event: nothing to read but what the events name
    assert_eq!(app.update(Message::News(News::Open { resumed: true })), []);
    assert!(!app.is_stale(id(1)));
}

#[test]
fn a_failed_read_is_tried_again_after_a_rest() {
    let mut app = live(1..4, None);
    arrives(&mut app, 1, "closeout.note_added");
    assert_eq!(tick(&mut app, 1), [Effect::Row(id(1))]);
    app.update(Message::Row(id(1), Err(lost())));
    assert!(app.is_stale(id(1)));
    assert_eq!(tick(&mut app, 2), []);
    assert_eq!(tick(&mut app, 4), [Effect::Row(id(1))]);
}

#[test]
fn a_token_that_is_not_taken_is_not_tried_again_unasked() {
    let mut app = App::new("http://h", at(0), (80, 24));
    app.start();
    let refused = Trouble::Token {
        detail: "expired".into(),
    };
    app.update(Message::Listed(1, Place::Top, Err(refused)));
    assert_eq!(tick(&mut app, 60), []);
    let effects = press(&mut app, "r");
    assert_eq!(effects.len(), 2);
    assert!(effects.contains(&Effect::Reconnect));
}

#[test]
fn random_keys_and_sizes_break_nothing() {
    let mut app = live(0..50, Some("c1"));
    let mut seed = 7_u64;
    for _ in 0..20_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let n = (seed >> 33) as usize;
        let binding = keys::TABLE[n % keys::TABLE.len()];
        let key = binding.keys[0].replace("gg", "g g");
        press(&mut app, &key);
        let (columns, rows) = ((n >> 8) % 200, (n >> 16) % 60);
        app.update(Message::Resize(columns as u16, rows as u16));
        assert!(app.queue.index() <= app.queue.rows().len());
    }
}
