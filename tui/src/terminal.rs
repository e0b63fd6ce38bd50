//! The terminal in raw mode on its other screen, and sane again however it ends: on a
//! quit, an error, a panic, and while the console is suspended.

use std::io::{self, Stdout, Write, stdout};
use std::sync::Once;

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
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// What a terminal takes into its clipboard at most, in bytes, before it is encoded.
const MAX_COPIED: usize = 64 * 1024;

/// Holds the terminal; gives it back when dropped, and before a panic is told.
pub(crate) struct Screen {
    pub(crate) terminal: Terminal<CrosstermBackend<Stdout>>,
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
        let opened = enter().and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        match opened {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Give the terminal back and stop; goes on when the shell says so.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // a stop that nothing in this process can catch
        raise(Signal::SIGSTOP).map_err(io::Error::from)?;
        enter()?;
        self.terminal.clear()
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
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste
    )
}

/// As well as it can be done: there is nobody left to tell.
fn give_back() {
    let _ = execute!(
        stdout(),
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
}
