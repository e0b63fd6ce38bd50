//! Window, mouse and clipboard of a real terminal.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dispatch_testing::terminal::{Screen, Terminal};

use super::terminal::{SMALL, console, sees, start};
use crate::support::{House, bodies};

/// Of the queue's first row, as a terminal counts: from 1.
const FIRST_ROW: u16 = 5;

async fn with_tickets(house: &House, count: usize) -> Vec<String> {
    let mut tickets = Vec::new();
    for number in 0..count {
        let mut body = bodies::bare();
        body["customer"]["contact_name"] = format!("Caller {number}").into();
        tickets.push(house.open(&body).await.0);
    }
    // as the queue has them
    tickets.reverse();
    tickets
}

/// What a terminal sends for the mouse: pressed and let go, or the wheel turned.
fn click(column: u16, row: u16) -> String {
    format!("\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
}

fn wheel(down: bool, column: u16, row: u16) -> String {
    format!("\x1b[<{};{column};{row}M", if down { 65 } else { 64 })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mouse_selects_and_scrolls_and_changes_views() {
    let house = House::start().await;
    with_tickets(&house, 9).await;
    let terminal = start(&house);
    sees(&terminal, &["Tickets 1/9"]).await;
    terminal.types(&click(10, FIRST_ROW + 3)).expect("clicked");
    sees(&terminal, &["Tickets 4/9"]).await;
    terminal.types(&wheel(true, 10, FIRST_ROW)).expect("turned");
    sees(&terminal, &["Tickets 7/9"]).await;
    terminal
        .types(&wheel(false, 10, FIRST_ROW))
        .expect("turned");
    sees(&terminal, &["Tickets 4/9"]).await;
    // on the line with the views' names
    let tabs = terminal
        .look(|screen| screen.rows(0, SMALL.0).nth(1))
        .expect("a line");
    let at = tabs.find("Audit").expect("a tab");
    let column = u16::try_from(tabs[..at].chars().count()).expect("a column") + 2;
    terminal.types(&click(column, 2)).expect("clicked");
    sees(&terminal, &["Audit 1/", "ticket.created"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_size_is_drawn_at_once_and_whole() {
    let house = House::start().await;
    with_tickets(&house, 3).await;
    let mut terminal = Terminal::lead(&console(&house), SMALL).expect("a terminal");
    sees(&terminal, &["● live", "Tickets 1/3"]).await;
    assert!(!terminal.screen().contains("checklist"));
    for (columns, rows) in [(120, 40), (200, 60), (61, 13), SMALL] {
        terminal.resize(columns, rows).expect("another size");
        let wide = columns > SMALL.0;
        let is_whole = move |screen: &Screen| {
            let lines: Vec<String> = screen.rows(0, columns).collect();
            let frame = &lines[usize::from(rows) - 2];
            let text = lines.join("\n");
            // the frame's last line, down where the window ends; beside it the ticket
            frame.starts_with('└')
                && frame.trim_end().ends_with('┘')
                && frame.chars().count() == usize::from(columns)
                && text.contains("Tickets 1/3")
                && text.contains("checklist") == wide
        };
        if let Err(error) = terminal.until(is_whole).await {
            panic!("{columns}x{rows}: {error:#}");
        }
    }
    // no window at all: it stays alive
    terminal.resize(1, 1).expect("another size");
    terminal.resize(80, 24).expect("another size");
    sees(&terminal, &["● live", "Tickets 1/3"]).await;
    terminal.types("q").expect("typed");
    assert!(terminal.ended().await.expect("it ends").success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn y_puts_the_id_into_the_clipboard_of_the_terminal() {
    let house = House::start().await;
    let tickets = with_tickets(&house, 2).await;
    let terminal = start(&house);
    sees(&terminal, &["Tickets 1/2"]).await;
    terminal.types("jy").expect("typed");
    sees(&terminal, &["copied", &tickets[1]]).await;
    assert_eq!(terminal.copied(), [STANDARD.encode(&tickets[1])]);
    // those that are marked, a line each
    terminal.types("k  y").expect("typed");
    sees(&terminal, &["copied 2 ids"]).await;
    assert_eq!(terminal.copied()[1], STANDARD.encode(tickets.join("\n")));
}
