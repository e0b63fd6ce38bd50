//! Ties the console to a terminal, a clock and a host: messages in, effects out.

use std::io::{IsTerminal, stdin, stdout};
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{self, Event as TerminalEvent};
use dispatch_contract::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::app::{App, Effect, Message};
use crate::net::{Client, follow};
use crate::terminal::Screen;
use crate::view::{self, Theme};
use crate::{Config, Error};

/// How often what changed is read again: well within 250 ms of its commit.
const TICK: Duration = Duration::from_millis(100);
/// Between two pictures at least: 30 in a second.
const FRAME: Duration = Duration::from_millis(33);
/// How long the reader of keys waits before it sees that nobody listens.
const LOOK: Duration = Duration::from_millis(100);
/// Messages that wait, at most; then the stream and the keys wait.
const WAITING: usize = 1024;

fn now() -> Timestamp {
    chrono::Utc::now().into()
}

/// Run the console until it is left.
///
/// # Errors
/// [`Error`]: no address, no terminal, or the terminal failed. What the host refuses
/// is no error here; it is shown.
pub async fn run(config: Config) -> Result<(), Error> {
    let client = Client::new(&config.url, config.token)?;
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(Error::NoTerminal);
    }
    let mut ends = [
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
        signal(SignalKind::hangup())?,
    ];
    let mut screen = Screen::take()?;
    let size = screen.terminal.size()?;
    let mut app = App::new(&config.url, now(), (size.width, size.height));
    let theme = Theme::new(config.color);

    let (to, mut from) = mpsc::channel(WAITING);
    let again = Arc::new(Notify::new());
    let feed = tokio::spawn(follow(client.clone(), to.clone(), again.clone()));
    read_keys(to.clone());
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);

    let mut effects = app.start();
    let mut drawn: Option<Instant> = None;
    let mut dirty = true;
    'console: loop {
        for effect in effects.drain(..) {
            match effect {
                Effect::Quit => break 'console,
                Effect::Reconnect => again.notify_waiters(),
                read => spawn(read, &client, &to),
            }
        }
        let due = drawn.is_none_or(|at| at.elapsed() >= FRAME);
        if dirty && due {
            screen
                .terminal
                .draw(|frame| view::draw(frame, &app, theme))?;
            drawn = Some(Instant::now());
            dirty = false;
        }
        let wait = drawn.map_or(Duration::ZERO, |at| FRAME.saturating_sub(at.elapsed()));
        tokio::select! {
            Some(message) = from.recv() => {
                dirty = true;
                effects = app.update(message);
            }
            _ = tick.tick() => {
                let before = app.now.micros() / 1_000_000;
                effects = app.update(Message::Tick(now()));
                dirty |= before != app.now.micros() / 1_000_000;
            }
            () = tokio::time::sleep(wait), if dirty => {}
            () = any(&mut ends) => break,
        }
    }
    feed.abort();
    Ok(())
}

/// One of the signals came.
async fn any([a, b, c]: &mut [Signal; 3]) {
    tokio::select! {
        _ = a.recv() => {}
        _ = b.recv() => {}
        _ = c.recv() => {}
    }
}

/// Do a read, and hand back what came of it.
fn spawn(effect: Effect, client: &Client, to: &mpsc::Sender<Message>) {
    let (client, to) = (client.clone(), to.clone());
    tokio::spawn(async move {
        let message = match effect {
            Effect::List(generation, filter, place) => {
                let result = client.list(&filter, &place).await;
                Message::Listed(generation, place, result)
            }
            Effect::Row(id) => Message::Row(id, client.ticket(id).await),
            Effect::Case(id) => Message::Case(id, client.case(id).await),
            Effect::Reconnect | Effect::Quit => return,
        };
        // nobody listens any more once the console is left
        _ = to.send(message).await;
    });
}

/// Keys come from a thread: reading a terminal blocks.
fn read_keys(to: mpsc::Sender<Message>) {
    std::thread::spawn(move || {
        while !to.is_closed() {
            let message = match event::poll(LOOK)
                .and_then(|ready| ready.then(event::read).transpose())
            {
                Ok(Some(TerminalEvent::Key(key))) => Message::Key(key),
                Ok(Some(TerminalEvent::Resize(columns, rows))) => Message::Resize(columns, rows),
                Ok(_) => continue,
                // the terminal is gone, and with it whoever looked
                Err(_) => Message::Closed,
            };
            if to.blocking_send(message).is_err() {
                return;
            }
        }
    });
}
