//! What shows whatever view is looked at: counts beside names, calls for somebody, the
//! lines above and below; and what is written down of what is shown.

use dispatch_contract::event::EventType;
use dispatch_contract::{Event, EventId, Timestamp};
use ratatui::style::Modifier;

use super::{console, drawn, house, settle, symbols};
use crate::app::{App, Effect, Message};
use crate::ask::Ask;
use crate::link::News;
use crate::testing::{at, press};

/// The screen's lines.
fn lines(app: &App) -> Vec<String> {
    let buffer = drawn(app);
    let rows = buffer.content.chunks(usize::from(app.size.0).max(1));
    rows.map(symbols).collect()
}

fn arrives(app: &mut App, event: Event) {
    let effects = app.update(Message::News(News::Event(Box::new(event))));
    settle(app, effects);
}

/// Half an hour from second to second, or whatever it is, a tick a minute.
fn passes(app: &mut App, seconds: i64) -> Vec<Ask> {
    let mut asked = Vec::new();
    for second in (0..=seconds).step_by(60) {
        let effects = app.update(Message::Tick(at(second)));
        let asks = effects.iter().filter_map(|effect| match effect {
            Effect::Ask(_, ask) => Some(ask.clone()),
            _ => None,
        });
        asked.extend(asks);
        settle(app, effects);
    }
    asked
}

#[test]
fn a_window_that_ends_counts_whatever_view_is_shown() {
    let mut app = console((120, 40), "3");
    assert!(
        lines(&app)[1].contains("1 Tickets 1! "),
        "{}",
        lines(&app)[1]
    );
    passes(&mut app, 1_260);
    assert!(
        lines(&app)[1].contains("1 Tickets 2! "),
        "{}",
        lines(&app)[1]
    );
    // and what is late in half an hour is looked for by then
    let asked = passes(&mut app, 3_000);
    assert!(
        asked.iter().any(|ask| matches!(ask, Ask::Due(..))),
        "{asked:?}"
    );
    assert!(
        !asked.iter().any(|ask| matches!(ask, Ask::List(..))),
        "{asked:?}"
    );
}

#[test]
fn what_becomes_of_a_gateway_and_of_the_pack_counts_whatever_view_is_shown() {
    let mut app = console((120, 40), "3");
    let tabs = lines(&app).swap_remove(1);
    for label in ["5 Packs 1! ", "6 Gateways 1! ", "7 Inbox 2! "] {
        assert!(
            tabs.contains(label),
            "before any of them was looked at: {tabs}"
        );
    }
    let mut down = house::told(EventType::GatewayStatusChanged).swap_remove(2);
    (down.event_id, down.occurred_at) = (new_id(), at(0));
    arrives(&mut app, down);
    // the host that is asked sees it otherwise, and is believed once it has answered
    assert!(lines(&app)[1].contains("6 Gateways 1! "));
    let mut app = console((120, 40), "3");
    let mut over = house::told(EventType::EscalationRaised).swap_remove(1);
    (over.event_id, over.occurred_at) = (new_id(), at(0));
    over.payload["gateway_id"] = house::gateways()[1].gateway_id.to_string().into();
    arrives(&mut app, over);
    assert!(lines(&app)[1].contains("7 Inbox 1! "), "{}", lines(&app)[1]);
}

/// Of an event that was not told before.
fn new_id() -> EventId {
    EventId(crate::testing::id(9_999).0)
}

#[test]
fn somebody_is_called_for_in_every_view_but_the_one_that_shows_it() {
    for (keys, called) in [("3", true), ("7", false)] {
        let mut app = console((120, 40), keys);
        let mut raised = house::told(EventType::EscalationRaised).swap_remove(2);
        (raised.event_id, raised.occurred_at) = (new_id(), at(0));
        arrives(&mut app, raised);
        let said = "escalation: front-office is unreachable: Connection refused";
        let shown = lines(&app).iter().any(|line| line.contains(said));
        assert_eq!(shown, called, "view {keys}");
    }
}

#[test]
fn what_the_host_tells_at_once_is_brought_into_line_once() {
    let mut app = console((120, 40), "3 / p r i o enter s");
    let told = |n: u64| {
        let mut event = crate::testing::event(4, 100 + n, "ticket.priority_set");
        event.occurred_at = at(1);
        Message::News(News::Event(Box::new(event)))
    };
    let before = app.settled;
    app.update_all((0..200).map(told));
    assert_eq!(app.settled, before + 1);
    assert!(lines(&app)[2].contains("/206 of"), "{}", lines(&app)[2]);
    // a key is about what is shown then
    let key = || Message::Key(crate::testing::key("j"));
    let before = app.settled;
    app.update_all([told(200), told(201), key(), told(202)]);
    assert_eq!(app.settled, before + 3);
}

#[test]
fn the_cursor_of_a_long_line_stays_on_the_screen() {
    for (sign, letter) in [(":", "x"), ("/", "東")] {
        let mut app = console((80, 24), sign);
        for _ in 0..100 {
            press(&mut app, letter);
        }
        let has_cursor = |app: &App| {
            let buffer = drawn(app);
            let line = &buffer.content[80 * 23..];
            line.iter()
                .any(|cell| cell.modifier.contains(Modifier::REVERSED))
        };
        assert!(has_cursor(&app), "{}", lines(&app)[23]);
        press(&mut app, "left left");
        assert!(has_cursor(&app), "{}", lines(&app)[23]);
        press(&mut app, "ctrl-a");
        assert!(has_cursor(&app), "{}", lines(&app)[23]);
    }
}

#[test]
fn that_it_is_read_only_is_said_however_long_the_address_is() {
    let mut app = console((80, 24), "");
    app.world.read_only = true;
    app.world.url = format!("https://{}.example", "dispatch".repeat(20));
    assert!(lines(&app)[0].starts_with(" dispatch read-only  home  https://"));
    app.world.host = app.world.url.clone();
    assert!(lines(&app)[0].contains("read-only"));
}

/// What is written where this is typed.
fn written(app: &mut App, format: &str) -> (String, String) {
    press(app, ": e x p o r t space");
    for letter in format.chars() {
        press(app, &letter.to_string());
    }
    let effects = press(app, "enter");
    match effects.into_iter().next() {
        Some(Effect::Write { text, says, .. }) => (text, says),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_that_was_written_down_is_the_one_that_the_host_served() {
    let mut app = console((80, 24), "3");
    let (text, says) = written(&mut app, "json");
    let events: Vec<Event> = serde_json::from_str(&text).unwrap();
    assert_eq!(says, format!("{} rows", events.len()));
    let ask = Ask::Events {
        ticket: None,
        actor: None,
        kind: None,
        cursor: None,
    };
    let Ok(crate::ask::Got::Events(page)) = super::host::answer(&ask) else {
        panic!("events");
    };
    assert_eq!(events, page.items);
    let (text, _) = written(&mut app, "csv");
    let row = text.lines().nth(1).unwrap();
    let cells: Vec<&str> = row.split(',').collect();
    let first = &events[0];
    assert_eq!(cells[0], first.event_id.to_string());
    assert_eq!(cells[1].parse::<Timestamp>().unwrap(), first.occurred_at);
    let actor = format!("{} {}", first.actor.role, first.actor.id);
    assert!(
        cells.contains(&first.ticket_id.unwrap().to_string().as_str()),
        "{row}"
    );
    assert!(cells.contains(&actor.as_str()), "{row}");
}

#[test]
fn tickets_are_written_down_whole_from_every_view_of_them() {
    for keys in ["1", "2"] {
        let mut app = console((80, 24), keys);
        let (text, says) = written(&mut app, "json");
        let tickets: Vec<dispatch_contract::Ticket> = serde_json::from_str(&text).unwrap();
        assert_eq!(says, "14 rows", "view {keys}");
        assert!(tickets.iter().any(|one| one.issue.access_details.is_some()));
        let (text, _) = written(&mut app, "csv");
        let late = text
            .lines()
            .find(|line| line.contains("Northside"))
            .unwrap();
        let window = format!("{}/{}", at(-9_000), at(-1_500));
        assert!(
            late.contains(&window) && late.contains("Ivo Reyes"),
            "{late}"
        );
    }
}
