//! Colour: only on a terminal, and not where NO_COLOR is set.

use std::io::{IsTerminal, stderr, stdout};

/// The terminal's width; none where it does not say.
fn width() -> Option<usize> {
    let (columns, _) = crossterm::terminal::size().ok()?;
    (columns > 0).then_some(usize::from(columns))
}

/// Whether to colour, and what colours mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    on: bool,
    draws: bool,
    /// Characters of a line; none where nobody looks at it on a terminal.
    width: Option<usize>,
}

impl Paint {
    pub(crate) fn of_stdout() -> Self {
        Self::on(stdout().is_terminal())
    }

    pub(crate) fn of_stderr() -> Self {
        Self::on(stderr().is_terminal())
    }

    fn on(terminal: bool) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let draws = terminal && !dumb;
        Self {
            on: draws && !refused,
            draws,
            width: terminal.then(width).flatten(),
        }
    }

    /// Is there colour?
    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// May lines be drawn, with colour or without? Only for who looks at a terminal.
    pub(crate) fn draws(self) -> bool {
        self.draws
    }

    /// Never coloured, never drawn.
    pub(crate) fn never() -> Self {
        Self {
            on: false,
            draws: false,
            width: None,
        }
    }

    /// Characters of a line, where that is a terminal's.
    pub(crate) fn width(self) -> Option<usize> {
        self.width
    }

    /// The same on a terminal of this width.
    #[cfg(test)]
    pub(crate) fn as_wide_as(self, width: usize) -> Self {
        Self {
            width: Some(width),
            ..self
        }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Refused, wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// Committed, in order.
    pub(crate) fn good(self, text: &str) -> String {
        self.with("1;32", text)
    }

    /// Headings.
    pub(crate) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What explains the rest.
    pub(crate) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }
}
