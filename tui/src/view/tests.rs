use dispatch_contract::reading::{CaseFile, Page};
use dispatch_contract::ticket::Priority;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

use super::*;
use crate::app::Message;
use crate::link::News;
use crate::queue::{Listing, Place};
use crate::testing::{at, event, id, press, ticket};

fn screen(app: &App, theme: Theme) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
    terminal.draw(|frame| draw(frame, app, theme)).unwrap();
    terminal
}

/// What is to be read, line by line.
fn lines(app: &App) -> Vec<String> {
    let terminal = screen(app, Theme::new(true));
    let buffer = terminal.backend().buffer();
    let width = usize::from(app.size.0);
    buffer
        .content()
        .chunks(width)
        .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect())
        .collect()
}

fn text(app: &App) -> String {
    lines(app).join("\n")
}

/// The same with every run of spaces as one.
fn words(app: &App) -> String {
    let text = text(app);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn case(n: u128) -> Box<CaseFile> {
    let mut events: Vec<_> = (1..=30)
        .map(|s| event(n, s, "ticket.message_added"))
        .collect();
    events.push(event(n, 31, "ticket.priority_set"));
    serde_json::from_value(json!({
        "ticket": ticket(n), "schedule_history": [], "assignment_history": [],
        "technician_timeline": [], "messages": [], "attachments": [], "checklist": [],
        "audit": events,
    }))
    .map(Box::new)
    .unwrap()
}

/// A live console with sixty tickets, the twentieth an emergency.
fn console(size: (u16, u16)) -> App {
    let mut app = App::new("http://h:1", at(0), size);
    app.start();
    app.update(Message::News(News::Open { resumed: true }));
    let mut items: Vec<_> = (1..61).rev().map(ticket).collect();
    items[40].priority = Some(Priority::Emergency);
    let listing = Listing {
        urgent: vec![items[40].clone()],
        page: Page {
            items,
            next_cursor: Some("c1".into()),
        },
    };
    app.update(Message::Listed(1, Place::Top, Ok(listing)));
    let selected = app.queue.selected().unwrap();
    app.update(Message::Case(selected, Ok(case(20))));
    app
}

#[test]
fn a_small_screen_shows_one_pane_at_a_time() {
    let mut app = console((80, 24));
    let queue = lines(&app);
    assert!(queue[0].contains("dispatch console") && queue[0].contains("read-only"));
    assert!(queue[0].trim_end().ends_with("live"), "{}", queue[0]);
    assert!(queue[1].contains("Tickets 1/60+"), "{}", queue[1]);
    assert!(queue[2].contains("SITE/CONTACT") && queue[2].contains("WINDOW"));
    assert!(
        queue[3].contains("!EMG new") && queue[3].contains("Dock 20"),
        "{}",
        queue[3]
    );
    assert!(queue[3].contains("Camden") && queue[3].contains(" 1m"));
    assert!(queue[4].contains("std  new") && queue[4].contains("Dock 60"));
    assert!(queue[23].contains("? keys"));
    assert!(!text(&app).contains("timeline"));

    press(&mut app, "enter");
    app.update(Message::Case(id(20), Ok(case(20))));
    let shown = text(&app);
    for part in [
        "Ticket 0000000000000000000000000M",
        "Zoë",
        "[x]work_performed",
        "0 notes",
        "timeline 31/31",
        " 31   1m ticket.priority_set operator_admin",
        "open event",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert!(!shown.contains("SITE/CONTACT"));
    press(&mut app, "esc");
    assert!(text(&app).contains("SITE/CONTACT"));
}

#[test]
fn a_wide_screen_shows_both_and_the_event_under_the_cursor() {
    let mut app = console((120, 40));
    let shown = words(&app);
    for part in [
        "SITE/CONTACT",
        "Tickets 1/60+",
        "timeline 31/31",
        "priority emergency",
        "reason.text door stuck",
        "real-dispatch 1.0.0",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    press(&mut app, "tab g g");
    let shown = words(&app);
    assert!(shown.contains("timeline 1/31"), "{shown}");
    assert!(shown.contains("event ticket.message_added"), "{shown}");
    // no text of others steers the terminal
    assert!(!text(&app).contains('\u{1b}'));
}

#[test]
fn what_is_stale_says_so_and_since_when() {
    let mut app = console((80, 24));
    app.update(Message::News(News::Lost {
        trouble: Trouble::Unreachable {
            url: "http://h:1/".into(),
            why: "Connection refused".into(),
        },
        retry_in_s: Some(4),
    }));
    let shown = lines(&app);
    assert!(
        shown[0].contains("STALE since 12:00:00 UTC, again in 4s"),
        "{}",
        shown[0]
    );
    assert!(shown[3].starts_with("│~ !EMG"), "{}", shown[3]);
    assert!(shown[23].contains("Connection refused"));
    app.update(Message::News(News::Open { resumed: true }));
    assert!(!text(&app).contains('~') && !text(&app).contains("STALE"));
}

#[test]
fn an_empty_queue_and_an_error_say_what_to_do() {
    for size in [(80, 24), (120, 40)] {
        let listed = |trouble: Option<Trouble>, keys: &str| {
            let mut app = App::new("http://h:1", at(0), size);
            app.start();
            let empty = Listing {
                urgent: Vec::new(),
                page: Page {
                    items: Vec::new(),
                    next_cursor: None,
                },
            };
            let mut generation = 1;
            if !keys.is_empty() {
                press(&mut app, keys);
                generation = 2;
            }
            let result = trouble.map_or(Ok(empty), Err);
            app.update(Message::Listed(generation, Place::Top, result));
            text(&app)
        };
        assert!(listed(None, "").contains("dispatch call ticket.create"));
        assert!(listed(None, "]").contains("No ticket is like that"));
        let refused = Trouble::Token {
            detail: "it is expired".into(),
        };
        let shown = listed(Some(refused), "");
        assert!(shown.contains("it is expired") && shown.contains("dispatch token mint"));
        let away = Trouble::Unreachable {
            url: "http://h:1/".into(),
            why: "Connection refused".into(),
        };
        assert!(listed(Some(away), "").contains("dispatch serve"));
    }
}

#[test]
fn the_help_is_the_key_table_and_says_read_only() {
    let mut app = console((80, 24));
    press(&mut app, "?");
    let shown = text(&app);
    for binding in crate::keys::TABLE {
        assert!(
            shown.contains(binding.says),
            "{} is not in\n{shown}",
            binding.says
        );
        assert!(shown.contains(&binding.keys.join("  ")));
    }
    assert!(shown.contains("Read-only"));
    press(&mut app, "j");
    assert!(!text(&app).contains("Read-only"));
}

#[test]
fn without_colour_there_is_none_and_no_size_breaks_it() {
    let mut app = console((120, 40));
    let plain = screen(&app, Theme::new(false));
    let reset = ratatui::style::Color::Reset;
    let cells = plain.backend().buffer().content();
    assert!(
        cells
            .iter()
            .all(|cell| cell.fg == reset && cell.bg == reset)
    );
    for columns in (1..160).step_by(7) {
        for rows in 1..30 {
            app.update(Message::Resize(columns, rows));
            for keys in ["tab", "?", "?"] {
                press(&mut app, keys);
                screen(&app, Theme::new(true));
            }
        }
    }
}
