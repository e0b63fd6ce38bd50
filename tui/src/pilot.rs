//! The console without a terminal: driven by key events, drawn into memory, over the real
//! network. For tests of the whole, and for whoever writes other ends for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::app::{App, Effect, Message, Setup};
use crate::effects::{WAITING, perform};
use crate::keys::Keys;
use crate::net::{Client, follow};
use crate::run::now;
use crate::theme::{Depth, Palette, Theme};
use crate::{Error, draw};

/// Between two looks at what came.
const STEP: Duration = Duration::from_millis(10);
/// How long something that must come about may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// See the module.
pub struct Pilot {
    app: App,
    client: Client,
    to: mpsc::Sender<Message>,
    from: mpsc::Receiver<Message>,
    again: Arc<Notify>,
    feed: JoinHandle<()>,
    terminal: Terminal<TestBackend>,
    /// What was copied, the latest last.
    pub copied: Vec<String>,
    /// It was left.
    pub has_quit: bool,
}

impl Pilot {
    /// A console on this host, of so many columns and rows. Must be within a runtime.
    ///
    /// # Errors
    /// [`Error::Url`] and [`Error::Http`].
    pub fn open(
        url: &str,
        token: &str,
        (columns, rows): (u16, u16),
        read_only: bool,
    ) -> Result<Self, Error> {
        let client = Client::new(url, token.to_owned())?;
        let setup = Setup {
            host: "test".into(),
            url: url.to_owned(),
            read_only,
            theme: Theme::new(Depth::True, Palette::Dark),
            keys: Keys::default(),
            seed: rand::random(),
        };
        let (to, from) = mpsc::channel(WAITING);
        let again = Arc::new(Notify::new());
        let feed = tokio::spawn(follow(client.clone(), to.clone(), again.clone()));
        let terminal = match Terminal::new(TestBackend::new(columns, rows)) {
            Ok(terminal) => terminal,
            Err(never) => match never {},
        };
        let mut pilot = Self {
            app: App::new(setup, now(), (columns, rows)),
            client,
            to,
            from,
            again,
            feed,
            terminal,
            copied: Vec::new(),
            has_quit: false,
        };
        let effects = pilot.app.start();
        pilot.perform(effects);
        Ok(pilot)
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Quit => self.has_quit = true,
                Effect::Reconnect => self.again.notify_waiters(),
                Effect::Copy(text) => self.copied.push(text),
                Effect::Suspend => {}
                other => perform(other, &self.client, &self.to),
            }
        }
    }

    fn update(&mut self, message: Message) {
        let effects = self.app.update(message);
        self.perform(effects);
    }

    /// Press keys, each by its name in the key table, with spaces between: `/ d o c k enter`.
    pub fn press(&mut self, keys: &str) {
        for name in keys.split(' ') {
            self.update(Message::Key(key(name)));
        }
    }

    /// Type a text, letter by letter.
    pub fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.update(Message::Key(KeyEvent::from(KeyCode::Char(c))));
        }
    }

    /// The terminal has another size now.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().resize(columns, rows);
        self.update(Message::Resize(columns, rows));
    }

    /// Take in what came, and let time pass.
    pub async fn look(&mut self) {
        tokio::time::sleep(STEP).await;
        let mut messages = Vec::new();
        while let Ok(message) = self.from.try_recv() {
            messages.push(message);
        }
        messages.push(Message::Tick(now()));
        let effects = self.app.update_all(messages);
        self.perform(effects);
    }

    /// The screen's text, a line a row.
    pub fn screen(&mut self) -> String {
        let app = &self.app;
        if let Err(never) = self.terminal.draw(|frame| draw::draw(frame, app)) {
            match never {}
        }
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width).max(1);
        let mut text = String::new();
        for row in buffer.content.chunks(width) {
            let line: String = row.iter().map(|cell| cell.symbol()).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Look until the screen is so; the screen.
    ///
    /// # Errors
    /// The screen as it is, where it never comes about.
    pub async fn until(&mut self, is_so: impl Fn(&str) -> bool) -> Result<String, String> {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return Ok(screen);
            }
            if began.elapsed() > PATIENCE {
                return Err(screen);
            }
            self.look().await;
        }
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        self.feed.abort();
    }
}

/// The key of this name.
fn key(name: &str) -> KeyEvent {
    let (bare, with) = match name.strip_prefix("ctrl-") {
        Some(bare) => (bare, KeyModifiers::CONTROL),
        None => (name, KeyModifiers::NONE),
    };
    KeyEvent::new(crate::keys::code(bare), with)
}
