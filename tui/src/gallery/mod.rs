//! What people see: every view, drawn by the real program from the answers of a host whose
//! clock stands still. Kept as styled snapshots at three sizes, and as the README's pictures.

mod confirms;
mod fuzz;
mod glance;
mod host;
mod house;
mod styled;
mod svg;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use unicode_width::UnicodeWidthStr;

use crate::app::{App, Effect, Message, Setup};
use crate::keys::Keys;
use crate::launch::Missing;
use crate::link::News;
use crate::testing::{at, golden, press};
use crate::theme::{Depth, Palette, Theme};
use crate::trouble::Trouble;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn setup() -> Setup {
    Setup {
        host: "home".into(),
        url: "http://127.0.0.1:7711".into(),
        read_only: false,
        theme: Theme::new(Depth::True, Palette::Dark),
        keys: Keys::default(),
        seed: 1,
    }
}

/// Answer what is asked until nothing is.
fn settle(app: &mut App, effects: Vec<Effect>) {
    let mut waiting = effects;
    for _ in 0..50 {
        let asks: Vec<Effect> = std::mem::take(&mut waiting);
        for effect in asks {
            if let Effect::Ask(number, ask) = effect {
                let answered = host::answer(&ask);
                waiting.extend(app.update(Message::Got(number, answered)));
            }
        }
        if waiting.is_empty() {
            return;
        }
    }
}

/// A console on that host, after these keys.
fn console(size: (u16, u16), keys: &str) -> App {
    let mut app = App::new(setup(), at(0), size);
    let effects = app.start();
    settle(&mut app, effects);
    let effects = app.update(Message::News(News::Open { resumed: false }));
    settle(&mut app, effects);
    for key in keys.split(' ').filter(|key| !key.is_empty()) {
        let effects = press(&mut app, key);
        settle(&mut app, effects);
    }
    app
}

/// Cells as text: what stands behind a wide letter is part of it.
fn symbols(cells: &[Cell]) -> String {
    let mut text = String::new();
    let mut at = 0;
    while let Some(cell) = cells.get(at) {
        text.push_str(cell.symbol());
        at += cell.symbol().width().max(1);
    }
    text
}

fn drawn(app: &App) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
    terminal
        .draw(|frame| crate::draw::draw(frame, app))
        .unwrap();
    terminal.backend().buffer().clone()
}

/// Each view and each dialog, by the keys that lead there.
const SHOWN: [(&str, &str); 14] = [
    ("tickets", "1"),
    ("ticket", "j j enter"),
    ("timeline", "j j enter n j"),
    ("board", "2 l l"),
    ("audit", "3 j j"),
    ("decisions", "4 j"),
    ("packs", "5"),
    ("gateways", "6"),
    ("inbox", "7"),
    ("help", "?"),
    ("command", ": c"),
    ("menu", "j j c"),
    (
        "form",
        "j j j j : c a l l space s c h e d u l e . p r o p o s e _ s l o t s enter",
    ),
    (
        "confirm",
        "j j j j : c a l l space t i c k e t . s e t _ p r i o r i t y enter right ctrl-s",
    ),
];

#[test]
fn every_view_at_three_sizes() {
    for (name, keys) in SHOWN {
        for size in SIZES {
            let app = console(size, keys);
            let shown = styled::dump(&drawn(&app));
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), shown);
        }
    }
}

#[test]
fn a_lost_line_shows_at_once() {
    let mut app = console((80, 24), "1");
    app.update(Message::News(News::Lost {
        trouble: Trouble::Unreachable {
            url: "http://127.0.0.1:7711/".into(),
            why: "Connection refused".into(),
        },
        retry_in_s: Some(4),
    }));
    insta::assert_snapshot!("stale_80x24", styled::dump(&drawn(&app)));
}

#[test]
fn without_colour_no_cell_has_any_and_the_text_is_the_same() {
    for (_, keys) in SHOWN {
        let mut app = console((120, 40), keys);
        let coloured = drawn(&app);
        app.world.theme.depth = Depth::None;
        let plain = drawn(&app);
        for (a, b) in coloured.content.iter().zip(&plain.content) {
            assert_eq!(a.symbol(), b.symbol());
            let reset = ratatui::style::Color::Reset;
            assert_eq!((b.fg, b.bg), (reset, reset), "{keys}");
        }
    }
}

#[test]
fn a_start_that_leads_to_no_host_says_what_to_do() {
    let path = || "/home/ada/.config/real-dispatch/console.toml".to_owned();
    let token = |configured| Missing::Token {
        path: path(),
        configured,
    };
    let which = Missing::Host {
        path: path(),
        hosts: vec!["home".into(), "yard".into()],
    };
    for (name, missing, size) in [
        ("welcome_80x24", token(false), (80, 24)),
        ("welcome_60x30", token(true), (60, 30)),
        ("welcome_which_80x24", which, (80, 24)),
    ] {
        let app = console(size, "");
        let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
        terminal
            .draw(|frame| crate::draw::welcome(frame, &missing, &app.world))
            .unwrap();
        let shown = styled::dump(terminal.backend().buffer());
        insta::assert_snapshot!(name, shown);
    }
}

/// The README's pictures: made by `cargo xtask pictures`, and fresh.
#[test]
fn pictures_are_fresh() {
    for (name, keys) in SHOWN {
        if matches!(name, "help" | "command" | "ticket") {
            continue;
        }
        let app = console((120, 36), keys);
        golden(&format!("pictures/{name}.svg"), &svg::draw(&drawn(&app)));
    }
}
