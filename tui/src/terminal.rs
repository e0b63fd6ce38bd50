//! The terminal in raw mode on its other screen, and sane again however it ends: on a
//! quit, an error, a panic anywhere in the console, and while it is suspended.

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use nix::sys::signal::{Signal, raise};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect, Size};
use ratatui::{Frame, Terminal};

use crate::Error;

/// What a terminal takes into its clipboard at most, in bytes, before it is encoded.
const MAX_COPIED: usize = 64 * 1024;
/// A terminal shows what is between these at once, never half of it; one that does not
/// know them leaves them out.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// The terminal is ours. A panic hook has nothing else to look at.
static HELD: AtomicBool = AtomicBool::new(false);

/// Holds the terminal; gives it back when dropped, and before a panic is told.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Picture>>,
    picture: Picture,
}

/// A picture on its way to the terminal: it goes there whole and in one piece, so that
/// none that a panic cuts short ever shows.
#[derive(Clone, Default)]
struct Picture(Arc<Mutex<Vec<u8>>>);

impl Picture {
    fn with<T>(&self, done: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        done(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Picture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|picture| picture.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    pub(crate) fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        let picture = Picture::default();
        let opened = enter().and_then(|()| Terminal::new(CrosstermBackend::new(picture.clone())));
        match opened {
            Ok(terminal) => Ok(Self { terminal, picture }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    pub(crate) fn size(&self) -> io::Result<Size> {
        self.terminal.size()
    }

    /// Show what this draws.
    ///
    /// # Errors
    /// [`Error::Panicked`] once a panic, of whatever thread, gave the terminal back:
    /// nothing is drawn over what it said.
    pub(crate) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> Result<(), Error> {
        self.terminal.draw(render)?;
        self.picture.with(|picture| {
            if !HELD.load(Ordering::SeqCst) {
                return Err(Error::Panicked);
            }
            let whole = [BEGIN, picture, END].concat();
            picture.clear();
            let mut out = stdout().lock();
            out.write_all(&whole)?;
            Ok(out.flush()?)
        })
    }

    /// Give the terminal back and stop; goes on when the shell says so. The size that the
    /// terminal has by then: nobody is told of one that changed meanwhile.
    pub(crate) fn suspend(&mut self) -> io::Result<Size> {
        give_back();
        // a stop that nothing in this process can catch
        raise(Signal::SIGSTOP).map_err(io::Error::from)?;
        enter()?;
        self.begin_anew()?;
        self.size()
    }

    /// What is on the terminal may not be what was drawn there: the next picture is drawn
    /// whole. Not by `clear`, which asks the terminal where its cursor is, and waits.
    pub(crate) fn begin_anew(&mut self) -> io::Result<()> {
        let size = self.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }

    /// Into the clipboard of the terminal's user (OSC 52): also over ssh.
    pub(crate) fn copy(&mut self, text: &str) -> io::Result<()> {
        let cut = text.len().min(MAX_COPIED);
        let mut out = stdout();
        write!(
            out,
            "\u{1b}]52;c;{}\u{7}",
            STANDARD.encode(&text.as_bytes()[..cut])
        )?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    HELD.store(true, Ordering::SeqCst);
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste
    )
}

/// As well as it can be done: there is nobody left to tell. Once only: a second time
/// would put the cursor back above what was said since.
fn give_back() {
    if !HELD.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(
        stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
}

#[cfg(test)]
mod tests;
