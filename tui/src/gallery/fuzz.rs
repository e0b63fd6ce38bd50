//! Keys, sizes, events and answers at random: nothing breaks, and what is drawn fits.
//! `CONSOLE_FUZZ_SECONDS` says for how long, `CONSOLE_FUZZ_SEED` goes the same way again.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dispatch_contract::{Event, State, TicketId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{drawn, host, setup};
use crate::app::{App, Effect, Message};
use crate::ask::{Answered, Ask};
use crate::keys::TABLE;
use crate::link::News;
use crate::testing::{at, chain, event, key, moved};
use crate::trouble::Trouble;

const SECONDS: u64 = 5;

fn given(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a whole number"))
}

fn pick<T: Clone>(random: &mut StdRng, of: &[T]) -> T {
    of[random.random_range(0..of.len())].clone()
}

fn trouble(random: &mut StdRng) -> Trouble {
    let refused = |status| Trouble::Refused {
        status,
        detail: "no".into(),
    };
    let away = Trouble::Unreachable {
        url: "http://h/".into(),
        why: "Connection refused".into(),
    };
    let role = Trouble::Role {
        detail: "no".into(),
    };
    pick(random, &[away, role, refused(404), refused(429)])
}

/// What the host of the pictures answers, of the tickets it has.
fn answer(random: &mut StdRng, ask: &Ask) -> Answered {
    let known = |n: u128| (1..=14).contains(&n);
    let is_known = match ask {
        Ask::Ticket(id) | Ask::Case(id) | Ask::Summary(id) | Ask::Chain(id, _) => known(id.0.0),
        Ask::Call { body, .. } => {
            let named = body["ticket_id"].as_str();
            named.is_none_or(|text| text.parse::<TicketId>().is_ok_and(|id| known(id.0.0)))
        }
        _ => true,
    };
    if !is_known || random.random_range(0..8) == 0 {
        return Err(trouble(random));
    }
    host::answer(ask)
}

fn committed(random: &mut StdRng) -> Event {
    let n = random.random_range(1..20);
    let version = random.random_range(1..30);
    let kinds = [
        "ticket.created",
        "ticket.message_added",
        "ticket.priority_set",
        "schedule.confirmed",
        "closeout.note_added",
        "technician.registered",
        "escalation.raised",
        "proposal.created",
        "policy.pack_activated",
    ];
    match random.random_range(0..4) {
        0 => moved(
            n,
            version,
            pick(random, &State::ALL),
            pick(random, &State::ALL),
        ),
        1 => pick(random, &chain(n, 5)),
        _ => {
            let kind = pick(random, &kinds);
            event(n, version, kind)
        }
    }
}

fn typed(random: &mut StdRng) -> Vec<KeyEvent> {
    let names: Vec<&str> = TABLE.iter().flat_map(|one| one.keys).copied().collect();
    match random.random_range(0..4) {
        0 => {
            let letter = char::from_u32(random.random_range(32..0x2600)).unwrap_or('x');
            vec![KeyEvent::from(KeyCode::Char(letter))]
        }
        1 => {
            let commands = [
                "call ticket.set_priority",
                "sort site",
                "filter state:new",
                "board",
            ];
            let line = format!(":{}", pick(random, &commands));
            let letters = line.chars().map(KeyCode::Char);
            letters
                .chain([KeyCode::Enter])
                .map(KeyEvent::from)
                .collect()
        }
        _ => {
            let name = pick(random, &names).replace("gg", "g g");
            // whoever quits sees nothing break
            let name = if matches!(name.as_str(), "q" | "ctrl-c") {
                "j".to_owned()
            } else {
                name
            };
            name.split(' ').map(key).collect()
        }
    }
}

fn pointed(random: &mut StdRng) -> MouseEvent {
    let kinds = [
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollUp,
        MouseEventKind::Down(MouseButton::Left),
    ];
    MouseEvent {
        kind: pick(random, &kinds),
        column: random.random_range(0..220),
        row: random.random_range(0..70),
        modifiers: KeyModifiers::NONE,
    }
}

fn news(random: &mut StdRng) -> News {
    match random.random_range(0..12) {
        0 => News::Open {
            resumed: random.random(),
        },
        1 => News::Lost {
            trouble: trouble(random),
            retry_in_s: Some(2),
        },
        2 => News::Refusals,
        _ => News::Event(Box::new(committed(random))),
    }
}

#[test]
fn random_keys_sizes_events_and_answers_break_nothing() {
    let seed = given("CONSOLE_FUZZ_SEED").unwrap_or_else(|| rand::rng().random());
    let seconds = given("CONSOLE_FUZZ_SECONDS").unwrap_or(SECONDS);
    eprintln!("the same again: CONSOLE_FUZZ_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut app = App::new(setup(), at(0), (120, 40));
    let mut waiting = app.start();
    let (began, mut now, mut rounds) = (Instant::now(), 0, 0_u64);
    while began.elapsed() < Duration::from_secs(seconds) {
        let mut did = Vec::new();
        match random.random_range(0..10) {
            0 => {
                let (columns, rows) = (random.random_range(0..220), random.random_range(0..70));
                did.extend(app.update(Message::Resize(columns, rows)));
            }
            1 => did.extend(app.update(Message::Mouse(pointed(&mut random)))),
            2 => did.extend(app.update(Message::Paste("東京 dock\u{1b}[2J".into()))),
            3 => did.extend(app.update(Message::News(news(&mut random)))),
            4 => {
                now += pick(&mut random, &[0, 1, 3, 90, 4_000]);
                did.extend(app.update(Message::Tick(at(now))));
            }
            5 | 6 if !waiting.is_empty() => {
                let effect = waiting.swap_remove(random.random_range(0..waiting.len()));
                if let Effect::Ask(number, ask) = effect {
                    let answered = answer(&mut random, &ask);
                    did.extend(app.update(Message::Got(number, answered)));
                }
            }
            _ => {
                for key in typed(&mut random) {
                    did.extend(app.update(Message::Key(key)));
                }
            }
        }
        waiting.extend(did);
        if rounds.is_multiple_of(5) && app.size.0 > 0 && app.size.1 > 0 {
            drawn(&app);
        }
        rounds += 1;
        assert!(app.tickets.queue.index() <= app.tickets.queue.len());
        let asked = waiting.iter().filter(|one| matches!(one, Effect::Ask(..)));
        assert!(asked.count() < 64, "so many at once are never asked");
    }
    eprintln!("{rounds} rounds");
    assert!(rounds > 100);
}
