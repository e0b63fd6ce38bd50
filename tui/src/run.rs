//! Ties the console to a terminal, a clock and a host: messages in, effects out.

use std::io::{self, IsTerminal, stdin, stdout};
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{self, Event as TerminalEvent, MouseEventKind};
use dispatch_contract::Timestamp;
use ratatui::layout::Size;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::app::{App, Effect, Message, Setup};
use crate::effects::{WAITING, perform};
use crate::launch::{Chosen, Launch, Missing, choose};
use crate::link::Link;
use crate::net::{Client, follow};
use crate::terminal::Screen;
use crate::world::World;
use crate::{Error, draw};

/// How often what changed is read again: well within 250 ms of its commit.
const TICK: Duration = Duration::from_millis(100);
/// From one picture to the next at least: 40 in a second, so that 30 are left where the
/// machine is busy.
const FRAME: Duration = Duration::from_millis(25);
/// And where somebody pressed a key, who waits for it.
const ANSWER: Duration = Duration::from_millis(8);
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
        Chosen::Nothing { setup, missing } => welcome(&setup, &missing).await,
    }
}

/// What ends the console from outside, or stops it: either leaves the terminal as sane as
/// a key would.
struct Signals {
    ends: [Signal; 3],
    stops: Signal,
}

/// What a signal asks for.
enum Told {
    End,
    Stop,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            ends: [
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
                signal(SignalKind::hangup())?,
            ],
            stops: signal(SignalKind::from_raw(nix::libc::SIGTSTP))?,
        })
    }

    async fn next(&mut self) -> Told {
        let [a, b, c] = &mut self.ends;
        tokio::select! {
            _ = a.recv() => Told::End,
            _ = b.recv() => Told::End,
            _ = c.recv() => Told::End,
            _ = self.stops.recv() => Told::Stop,
        }
    }
}

/// A start that leads to no host: one screen that says what to do, until a key is pressed.
async fn welcome(setup: &Setup, missing: &Missing) -> Result<(), Error> {
    let world = World {
        now: now(),
        link: Link::default(),
        technicians: Default::default(),
        host: setup.host.clone(),
        url: setup.url.clone(),
        read_only: false,
        theme: setup.theme.clone(),
    };
    let mut signals = Signals::listen()?;
    let mut screen = Screen::take()?;
    let (to, mut from) = mpsc::channel(WAITING);
    read_keys(to);
    loop {
        screen.draw(|frame| draw::welcome(frame, missing, &world))?;
        tokio::select! {
            message = from.recv() => match message {
                Some(Message::Key(_) | Message::Closed) | None => return Ok(()),
                Some(_) => {}
            },
            told = signals.next() => match told {
                Told::End => return Ok(()),
                Told::Stop => _ = screen.suspend()?,
            },
        }
    }
}

/// When the next picture is due.
struct Pace {
    drawn: Option<Instant>,
    /// Something changed since.
    dirty: bool,
    /// Somebody waits for it.
    awaited: bool,
    /// The window has had another size.
    resized: bool,
}

impl Pace {
    fn wait(&self) -> Duration {
        let gap = if self.awaited { ANSWER } else { FRAME };
        self.drawn
            .map_or(Duration::ZERO, |at| gap.saturating_sub(at.elapsed()))
    }

    fn is_due(&self) -> bool {
        self.dirty && self.wait().is_zero()
    }

    /// One is drawn now.
    fn draws(&mut self) {
        (self.drawn, self.dirty, self.awaited) = (Some(Instant::now()), false, false);
    }

    fn took(&mut self, message: &Message) {
        self.dirty = true;
        self.resized |= matches!(message, Message::Resize(..));
        self.awaited |= matches!(
            message,
            Message::Key(_) | Message::Paste(_) | Message::Mouse(_) | Message::Resize(..)
        );
    }
}

async fn console(setup: Setup, token: String) -> Result<(), Error> {
    let client = Client::new(&setup.url, token)?;
    let mut signals = Signals::listen()?;
    let mut screen = Screen::take()?;
    let size = screen.size()?;
    let mut app = App::new(setup, now(), (size.width, size.height));

    let (to, mut from) = mpsc::channel(WAITING);
    let again = Arc::new(Notify::new());
    let feed = tokio::spawn(follow(client.clone(), to.clone(), again.clone()));
    read_keys(to.clone());
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);

    let mut effects = app.start();
    let mut pace = Pace {
        drawn: None,
        dirty: true,
        awaited: true,
        resized: false,
    };
    'console: loop {
        let mut suspended = None;
        for effect in effects.drain(..) {
            match effect {
                Effect::Quit => break 'console,
                Effect::Reconnect => again.notify_waiters(),
                Effect::Copy(text) => screen.copy(&text)?,
                Effect::Suspend => suspended = Some(screen.suspend()?),
                other => perform(other, &client, &to),
            }
        }
        if let Some(size) = suspended {
            effects = resumed(&mut app, size, &mut pace);
            continue;
        }
        if pace.is_due() {
            // a window that grew back at once lost what was in it
            if std::mem::take(&mut pace.resized) {
                screen.begin_anew()?;
            }
            pace.draws();
            screen.draw(|frame| draw::draw(frame, &app))?;
        }
        tokio::select! {
            Some(message) = from.recv() => {
                let mut messages = vec![message];
                // those that wait too, before the next picture
                while messages.len() < AT_ONCE
                    && let Ok(message) = from.try_recv()
                {
                    messages.push(message);
                }
                for message in &messages {
                    pace.took(message);
                }
                effects = app.update_all(messages);
            }
            _ = tick.tick() => {
                let before = app.world.now.micros() / 1_000_000;
                effects = app.update(Message::Tick(now()));
                pace.dirty |= before != app.world.now.micros() / 1_000_000;
            }
            () = tokio::time::sleep(pace.wait()), if pace.dirty => {}
            told = signals.next() => match told {
                Told::End => break,
                Told::Stop => effects = resumed(&mut app, screen.suspend()?, &mut pace),
            },
        }
    }
    feed.abort();
    Ok(())
}

/// The console was suspended: the clock went on, and the terminal may have another size.
fn resumed(app: &mut App, size: Size, pace: &mut Pace) -> Vec<Effect> {
    let message = Message::Resize(size.width, size.height);
    pace.took(&message);
    let mut effects = app.update(Message::Tick(now()));
    effects.extend(app.update(message));
    effects
}

/// Keys come from a thread: reading a terminal blocks.
fn read_keys(to: mpsc::Sender<Message>) {
    std::thread::spawn(move || {
        while !to.is_closed() {
            let message = match event::poll(LOOK)
                .and_then(|ready| ready.then(event::read).transpose())
            {
                Ok(Some(TerminalEvent::Key(key))) => Message::Key(key),
                // a mouse that only moves is told too, many times a second
                Ok(Some(TerminalEvent::Mouse(mouse)))
                    if matches!(
                        mouse.kind,
                        MouseEventKind::Down(_)
                            | MouseEventKind::ScrollDown
                            | MouseEventKind::ScrollUp
                    ) =>
                {
                    Message::Mouse(mouse)
                }
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
