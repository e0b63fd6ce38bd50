//! What colours mean. Without colour, weight and reversal say the same.

use ratatui::style::{Color, Modifier, Style};

/// Of the terminal's own sixteen colours, so that light and dark both read.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    color: bool,
}

impl Theme {
    /// With colour, or with none at all.
    #[must_use]
    pub fn new(color: bool) -> Self {
        Self { color }
    }

    fn style(self, color: Color, otherwise: Modifier) -> Style {
        if self.color {
            Style::new().fg(color).add_modifier(otherwise)
        } else {
            Style::new().add_modifier(otherwise)
        }
    }

    /// Needs somebody now: an emergency, a lost connection.
    pub(super) fn alarm(self) -> Style {
        self.style(Color::Red, Modifier::BOLD)
    }

    /// In order.
    pub(super) fn good(self) -> Style {
        self.style(Color::Green, Modifier::empty())
    }

    /// A heading, the pane that has the keys.
    pub(super) fn strong(self) -> Style {
        self.style(Color::Cyan, Modifier::BOLD)
    }

    /// What explains the rest; what may be out of date.
    pub(super) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// The row under the cursor.
    pub(super) fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}
