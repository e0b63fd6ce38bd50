use dispatch_contract::reading::Page;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Event, State, TicketId};

use super::*;
use crate::testing::{at, event, id, moved, press, ticket};
use crate::trouble::Trouble;
use crate::views::tickets::Focus;
use crate::views::tickets::queue::{Filter, Listing, Place};

mod dialogs;

fn lost() -> Trouble {
    Trouble::Unreachable {
        url: "http://h/".into(),
        why: "Connection refused".into(),
    }
}

fn listing(ids: std::ops::Range<u128>, next: Option<&str>) -> Got {
    Got::Listing(Listing {
        urgent: Vec::new(),
        page: Page {
            items: ids.rev().map(ticket).collect(),
            next_cursor: next.map(Into::into),
        },
    })
}

fn setup() -> Setup {
    Setup {
        host: "home".into(),
        url: "http://h".into(),
        read_only: false,
        theme: Theme::default(),
        keys: Keys::default(),
        seed: 1,
    }
}

fn asks(effects: &[Effect]) -> Vec<Ask> {
    let asks = effects.iter().filter_map(|effect| match effect {
        Effect::Ask(_, ask) => Some(ask.clone()),
        _ => None,
    });
    asks.collect()
}

fn click(column: u16, row: u16) -> Message {
    Message::Mouse(MouseEvent {
        kind: crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left),
        column,
        row,
        modifiers: crossterm::event::KeyModifiers::NONE,
    })
}

/// The number of the ask like this.
fn number(effects: &[Effect], is: impl Fn(&Ask) -> bool) -> u64 {
    effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Ask(number, ask) if is(ask) => Some(*number),
            _ => None,
        })
        .unwrap_or_else(|| panic!("no such ask in {effects:?}"))
}

fn is_list(ask: &Ask) -> bool {
    matches!(ask, Ask::List(..))
}

/// A live console over these tickets.
fn live(ids: std::ops::Range<u128>, next: Option<&str>) -> App {
    let mut app = App::new(setup(), at(0), (80, 24));
    app.start();
    let effects = app.update(Message::News(News::Open { resumed: false }));
    let list = number(&effects, is_list);
    app.update(Message::Got(list, Ok(listing(ids, next))));
    app
}

fn arrives(app: &mut App, event: Event) -> Vec<Effect> {
    app.update(Message::News(News::Event(Box::new(event))))
}

fn tick(app: &mut App, seconds: i64) -> Vec<Effect> {
    app.update(Message::Tick(at(seconds)))
}

fn selected(app: &App) -> Option<TicketId> {
    app.tickets.queue.selected()
}

fn state_of(app: &App, n: u128) -> State {
    app.tickets.queue.find(id(n)).unwrap().state
}

#[test]
fn an_event_moves_its_row_at_once_without_a_read() {
    let mut app = live(1..4, None);
    let effects = arrives(&mut app, moved(2, 2, State::New, State::Triaged));
    assert_eq!(asks(&effects), []);
    assert_eq!(state_of(&app, 2), State::Triaged);
    // what cannot be told from the event alone is read
    let far = moved(3, 9, State::Onsite, State::CloseoutPending);
    let effects = arrives(&mut app, far);
    assert_eq!(asks(&effects), [Ask::Ticket(id(3))]);
    assert!(app.tickets.is_changed(id(3)));
    let mut now = ticket(3);
    now.version = 9;
    now.priority = Some(Priority::Emergency);
    let read = number(&effects, |ask| *ask == Ask::Ticket(id(3)));
    app.update(Message::Got(read, Ok(Got::Ticket(Box::new(now)))));
    assert!(!app.tickets.is_changed(id(3)));
    let gone = Trouble::Refused {
        status: 404,
        detail: "gone".into(),
    };
    let effects = arrives(&mut app, moved(2, 9, State::Onsite, State::CloseoutPending));
    let read = number(&effects, |ask| *ask == Ask::Ticket(id(2)));
    app.update(Message::Got(read, Err(gone)));
    assert!(app.tickets.queue.find(id(2)).is_none());
}

#[test]
fn the_open_ticket_is_read_again_once_for_many_events() {
    let mut app = live(1..4, None);
    let effects = press(&mut app, "enter");
    let read = number(&effects, |ask| *ask == Ask::Case(id(3)));
    for _ in 0..50 {
        let effects = arrives(&mut app, event(3, 1, "closeout.note_added"));
        assert!(!asks(&effects).contains(&Ask::Case(id(3))), "one at a time");
    }
    let effects = app.update(Message::Got(read, Err(lost())));
    assert_eq!(asks(&effects), [], "an ill host is left alone");
    assert!(asks(&tick(&mut app, 3)).contains(&Ask::Case(id(3))));
}

#[test]
fn a_new_ticket_shows_from_its_event_and_the_selection_stays() {
    let mut app = live(1..4, None);
    press(&mut app, "j");
    assert_eq!(selected(&app), Some(id(2)));
    let mut created = event(9, 1, "ticket.created");
    let new = serde_json::to_value(ticket(9)).unwrap();
    created.payload = serde_json::json!({
        "customer_id": new["customer_id"], "customer_found": false, "customer": new["customer"],
        "service_location": new["service_location"], "issue": new["issue"],
        "account_type": "cod", "priority": "emergency"});
    assert_eq!(asks(&arrives(&mut app, created)), []);
    assert_eq!(selected(&app), Some(id(2)));
    assert_eq!(app.tickets.queue.rows()[0].ticket_id, id(9));
}

#[test]
fn the_end_of_a_page_asks_for_the_next_and_an_old_answer_is_dropped() {
    let mut app = live(50..100, Some("c1"));
    assert_eq!(asks(&press(&mut app, "j")), []);
    let effects = press(&mut app, "G");
    let next = Ask::List(Filter::default(), Place::Next("c1".into()));
    let read = number(&effects, |ask| *ask == next);
    // asked with another filter meanwhile
    press(&mut app, "/ d o c k enter");
    app.update(Message::Got(read, Ok(listing(0..50, None))));
    assert!(app.tickets.queue.rows().is_empty());
    assert!(app.tickets.is_listing() && !app.tickets.listed);
}

#[test]
fn plain_words_are_the_hosts_and_inverse_ones_the_consoles() {
    let mut app = live(1..4, None);
    let effects = press(&mut app, "/ q x backspace enter");
    let mut filter = Filter {
        text: Some("q".into()),
        state: None,
    };
    let asked = asks(&effects);
    assert!(matches!(&asked[0], Ask::Due(Some(text), _) if text == "q"));
    assert_eq!(asked[1..], [Ask::List(filter.clone(), Place::Top)]);
    // of what is late the state shown is no matter
    filter.state = Some(State::New);
    let effects = press(&mut app, "]");
    assert_eq!(asks(&effects), [Ask::List(filter.clone(), Place::Top)]);
    press(&mut app, "/ x esc");
    assert_eq!(app.tickets.queue.filter.text.as_deref(), Some("q"));
    press(&mut app, "/ ctrl-u ! c a m d e n enter");
    assert_eq!(app.tickets.queue.filter.text, None);
    assert_eq!(app.tickets.queue.query.text(), "!camden");
    let effects = press(&mut app, "/ ctrl-u s t a t e : o n s i t e enter");
    let filter = Filter {
        text: None,
        state: Some(State::Onsite),
    };
    assert_eq!(asks(&effects), [Ask::List(filter, Place::Top)]);
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
    assert!(app.world.link.is_stale());
    tick(&mut app, 40);
    app.update(gone(lost()));
    let Link::Stale { since, .. } = &app.world.link else {
        panic!("{:?}", app.world.link);
    };
    assert_eq!(
        *since,
        Some(at(30)),
        "since it broke, not since the last try"
    );
    // resumed after the last event: nothing to read but what the events name
    let effects = app.update(Message::News(News::Open { resumed: true }));
    assert!(!asks(&effects).iter().any(is_list));
    assert!(!app.world.link.is_stale());
    let effects = app.update(Message::News(News::Open { resumed: false }));
    assert!(
        asks(&effects).iter().any(is_list),
        "with a gap, all is read"
    );
}

#[test]
fn a_token_that_is_not_taken_is_not_tried_again_unasked() {
    let mut app = App::new(setup(), at(0), (80, 24));
    let effects = app.start();
    let refused = Trouble::Token {
        detail: "expired".into(),
    };
    let list = number(&effects, is_list);
    app.update(Message::Got(list, Err(refused)));
    assert!(!asks(&tick(&mut app, 60)).iter().any(is_list));
    let effects = press(&mut app, "r");
    assert!(effects.contains(&Effect::Reconnect));
    assert!(asks(&effects).iter().any(is_list));
}

#[test]
fn views_are_reached_by_number_command_and_mouse() {
    let mut app = live(1..4, None);
    for tab in Tab::ALL {
        press(&mut app, &tab.number().to_string());
        assert_eq!(app.tab, tab);
    }
    press(&mut app, ": a u tab enter");
    assert_eq!(app.tab, Tab::Audit);
    press(&mut app, ": f l y enter");
    assert_eq!(app.toasts.shown().count(), 1);
    app.update(click(3, 1));
    assert_eq!(app.tab, Tab::Tickets);
    // the third row below the frame and the heading
    app.update(click(9, 6));
    assert_eq!(selected(&app), Some(id(1)));
    assert_eq!(app.tickets.focus, Focus::Queue);
    app.update(click(9, 6));
    assert_eq!(app.tickets.focus, Focus::Ticket, "again: into it");
}

#[test]
fn ids_are_copied_one_or_those_marked_and_exported_as_shown() {
    let mut app = live(1..4, None);
    assert!(press(&mut app, "y").contains(&Effect::Copy(id(3).to_string())));
    let copied = press(&mut app, "space space y");
    let two = format!("{}\n{}", id(3), id(2));
    assert!(copied.contains(&Effect::Copy(two)));
    press(&mut app, "esc");
    assert_eq!(app.view().list().marked(), 0);
    let effects = press(&mut app, "E space m e . c s v enter");
    let Some(Effect::Write { path, text, .. }) = effects.last() else {
        panic!("{effects:?}");
    };
    assert_eq!(path, "me.csv");
    assert_eq!(text.lines().count(), 4);
    assert!(text.starts_with("TICKET,DUE,"));
}

#[test]
fn help_scrolls_and_any_other_key_leaves_it() {
    let mut app = live(1..4, None);
    press(&mut app, "? j j");
    assert_eq!(app.help, Some(2));
    for (keys, expected) in [("G", true), ("g g", false), ("end", true), ("home", false)] {
        press(&mut app, keys);
        assert_eq!(app.help.map(|at| at > 10), Some(expected), "{keys}");
    }
    press(&mut app, "x");
    assert_eq!(app.help, None);
    assert_eq!(
        press(&mut app, "? q"),
        [],
        "out of the help, not of the console"
    );
    assert_eq!(app.help, None);
    assert_eq!(press(&mut app, "? ctrl-c"), [Effect::Quit]);
}

#[test]
fn of_two_equal_reads_the_later_ones_answer_shows() {
    let mut app = App::new(setup(), at(0), (80, 24));
    let first = number(&app.start(), is_list);
    // committed before the stream was open: only the second read has it
    let effects = app.update(Message::News(News::Open { resumed: false }));
    let second = number(&effects, is_list);
    app.update(Message::Got(first, Ok(listing(1..4, None))));
    assert!(app.tickets.is_listing(), "that one is of before");
    app.update(Message::Got(second, Ok(listing(1..5, None))));
    assert_eq!(app.tickets.queue.rows()[0].ticket_id, id(4));
}

#[test]
fn a_line_that_may_be_dead_is_opened_anew() {
    let mut app = live(1..4, None);
    assert!(!tick(&mut app, 5).contains(&Effect::Reconnect));
    let effects = tick(&mut app, 60);
    assert!(effects.contains(&Effect::Reconnect), "the machine slept");
    let effects = press(&mut app, "enter");
    let read = number(&effects, |ask| matches!(ask, Ask::Case(_)));
    let effects = app.update(Message::Got(read, Err(lost())));
    assert!(effects.contains(&Effect::Reconnect), "a read found nobody");
    let gone = News::Lost {
        trouble: lost(),
        retry_in_s: Some(9),
    };
    app.update(Message::News(gone));
    assert!(
        !tick(&mut app, 600).contains(&Effect::Reconnect),
        "it has its own waits"
    );
}

#[test]
fn esc_goes_back_to_where_one_came_from_and_out_of_a_state() {
    let mut app = live(1..4, None);
    for (tab, back) in [("3", "esc"), ("2", "backspace")] {
        press(&mut app, tab);
        let from = app.tab;
        app.show(id(77));
        app.update(Message::Resize(80, 24));
        assert_eq!((app.tab, app.tickets.focus), (Tab::Tickets, Focus::Ticket));
        press(&mut app, "n J");
        press(&mut app, back);
        assert_eq!(app.tab, from);
    }
    // whoever went on from there is not thrown back
    app.show(id(77));
    press(&mut app, "tab tab esc");
    assert_eq!(app.tab, Tab::Tickets);
    press(&mut app, "]");
    assert_eq!(app.view().filter(), "state:new");
    press(&mut app, "esc");
    assert_eq!(
        (app.view().filter(), app.tickets.queue.filter.state),
        ("", None)
    );
}

#[test]
fn what_is_typed_is_for_the_view_it_was_typed_in() {
    let mut app = live(1..4, None);
    press(&mut app, "/ q");
    // the audit's name, on the second line
    app.update(click(25, 1));
    assert_eq!(app.tab, Tab::Audit);
    assert!(app.typing.is_none());
    assert_eq!(app.view().filter(), "");
}

#[test]
fn commands_are_gone_through_from_the_latest_each_time_and_the_board_says_how_it_is_sorted() {
    let mut app = live(1..4, None);
    press(&mut app, ": a u d i t enter");
    press(&mut app, ": b o a r d enter");
    let typed = |app: &App| app.typing.as_ref().unwrap().line.text();
    press(&mut app, ": up up");
    assert_eq!(typed(&app), "audit");
    press(&mut app, "esc : up");
    assert_eq!(typed(&app), "board");
    press(&mut app, "esc : s o r t space s i t e enter");
    let said = app
        .toasts
        .shown()
        .any(|toast| toast.says.contains("by urgency"));
    assert!(said, "lanes have an order of their own");
}
