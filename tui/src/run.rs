//! Ties the console to a terminal, a clock and a host: messages in, effects out.

use std::io::{IsTerminal, stdin, stdout};
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{self, Event as TerminalEvent};
use dispatch_contract::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::app::{App, Effect, Message, Setup};
use crate::effects::{WAITING, perform};
use crate::launch::{Chosen, Launch, choose};
use crate::link::Link;
use crate::net::{Client, follow};
use crate::terminal::Screen;
use crate::world::World;
use crate::{Error, draw};

/// How often what changed is read again: well within 250 ms of its commit.
const TICK: Duration = Duration::from_millis(100);
/// Between two pictures at least: 30 in a second.
const FRAME: Duration = Duration::from_millis(33);
/// How long the reader of keys waits before it sees that nobody listens.
const LOOK: Duration = Duration::from_millis(100);
/// Messages taken in before the screen is looked at again.
const AT_ONCE: usize = 256;

pub(crate) fn now() -> Timestamp {
    chrono::Utc::now().into()
}

/// Run the console until it is left.
///
/// # Errors
/// [`Error`]: no address, no terminal, a configuration that is not in order, or the
/// terminal failed. What the host refuses is no error here; it is shown.
pub async fn run(launch: Launch) -> Result<(), Error> {
    let env = |name: &str| std::env::var(name).ok();
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(Error::NoTerminal);
    }
    match choose(launch, env)? {
        Chosen::Host { setup, token } => console(*setup, token).await,
        Chosen::First { setup, path } => welcome(&setup, &path),
    }
}

/// The first start: one screen that says what to do.
fn welcome(setup: &Setup, path: &str) -> Result<(), Error> {
    let world = World {
        now: now(),
        link: Link::default(),
        technicians: Default::default(),
        host: setup.host.clone(),
        url: setup.url.clone(),
        read_only: false,
        theme: setup.theme.clone(),
    };
    let mut screen = Screen::take()?;
    loop {
        screen
            .terminal
            .draw(|frame| draw::welcome(frame, path, &world))?;
        if matches!(event::read()?, TerminalEvent::Key(_)) {
            return Ok(());
        }
    }
}

async fn console(setup: Setup, token: String) -> Result<(), Error> {
    let client = Client::new(&setup.url, token)?;
    let mut ends = [
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
        signal(SignalKind::hangup())?,
    ];
    // a stop that comes from outside leaves the terminal as sane as one by key
    let mut stops = signal(SignalKind::from_raw(nix::libc::SIGTSTP))?;
    let mut screen = Screen::take()?;
    let size = screen.terminal.size()?;
    let mut app = App::new(setup, now(), (size.width, size.height));

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
                Effect::Copy(text) => screen.copy(&text)?,
                Effect::Suspend => {
                    screen.suspend()?;
                    dirty = true;
                }
                other => perform(other, &client, &to),
            }
        }
        let due = drawn.is_none_or(|at| at.elapsed() >= FRAME);
        if dirty && due {
            screen.terminal.draw(|frame| draw::draw(frame, &app))?;
            drawn = Some(Instant::now());
            dirty = false;
        }
        let wait = drawn.map_or(Duration::ZERO, |at| FRAME.saturating_sub(at.elapsed()));
        tokio::select! {
            Some(message) = from.recv() => {
                dirty = true;
                effects = app.update(message);
                // those that wait too, before the next picture
                for _ in 0..AT_ONCE {
                    let Ok(message) = from.try_recv() else { break };
                    effects.extend(app.update(message));
                }
            }
            _ = tick.tick() => {
                let before = app.world.now.micros() / 1_000_000;
                effects = app.update(Message::Tick(now()));
                dirty |= before != app.world.now.micros() / 1_000_000;
            }
            () = tokio::time::sleep(wait), if dirty => {}
            _ = stops.recv() => {
                screen.suspend()?;
                dirty = true;
            }
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

/// Keys come from a thread: reading a terminal blocks.
fn read_keys(to: mpsc::Sender<Message>) {
    std::thread::spawn(move || {
        while !to.is_closed() {
            let message = match event::poll(LOOK)
                .and_then(|ready| ready.then(event::read).transpose())
            {
                Ok(Some(TerminalEvent::Key(key))) => Message::Key(key),
                Ok(Some(TerminalEvent::Mouse(mouse))) => Message::Mouse(mouse),
                Ok(Some(TerminalEvent::Paste(text))) => Message::Paste(text),
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
