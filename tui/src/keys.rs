//! The key table: data from which keys are looked up and the help is made.
//! Knows nothing of what an action does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// One row on.
    Down,
    /// One row back.
    Up,
    /// To the first row.
    First,
    /// To the last row that is loaded.
    Last,
    /// Half a screen on.
    HalfDown,
    /// Half a screen back.
    HalfUp,
    /// To the selected ticket.
    Open,
    /// To the queue.
    Back,
    /// To the other pane.
    OtherPane,
    /// Type a text to filter by.
    Filter,
    /// The next state to filter by.
    NextState,
    /// The state before.
    PreviousState,
    /// The open event's next line.
    EventDown,
    /// The open event's line before.
    EventUp,
    /// Read everything again.
    Reload,
    /// Show or hide the help.
    Help,
    /// Leave.
    Quit,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Names of keys, as [`name`] gives them; `gg` is `g` twice.
    pub keys: &'static [&'static str],
    /// What they ask for.
    pub action: Action,
    /// For the help.
    pub says: &'static str,
}

const fn binding(keys: &'static [&'static str], action: Action, says: &'static str) -> Binding {
    Binding { keys, action, says }
}

/// Every key.
pub const TABLE: &[Binding] = &[
    binding(&["j", "down"], Action::Down, "next row"),
    binding(&["k", "up"], Action::Up, "row before"),
    binding(&["gg", "home"], Action::First, "first row"),
    binding(&["G", "end"], Action::Last, "last row loaded; loads on"),
    binding(
        &["ctrl-d", "pagedown"],
        Action::HalfDown,
        "half a screen on",
    ),
    binding(&["ctrl-u", "pageup"], Action::HalfUp, "half a screen back"),
    binding(
        &["l", "right", "enter"],
        Action::Open,
        "to the ticket's timeline",
    ),
    binding(&["h", "left", "esc"], Action::Back, "back to the queue"),
    binding(&["tab"], Action::OtherPane, "the other pane"),
    binding(&["J"], Action::EventDown, "open event: next line"),
    binding(&["K"], Action::EventUp, "open event: line before"),
    binding(&["/"], Action::Filter, "filter by text; empty shows all"),
    binding(&["]"], Action::NextState, "only the next state"),
    binding(&["["], Action::PreviousState, "only the state before"),
    binding(&["r"], Action::Reload, "read again from the host"),
    binding(&["?"], Action::Help, "this help"),
    binding(&["q", "ctrl-c"], Action::Quit, "quit"),
];

/// What comes of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// It asks for this.
    Action(Action),
    /// It begins a longer one; hand it back as `before`.
    Prefix(char),
    /// Nothing.
    Nothing,
}

/// A key's name in the table; none for a key that the table cannot hold.
#[must_use]
pub fn name(key: KeyEvent) -> Option<String> {
    let plain = match key.code {
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Down => "down".into(),
        KeyCode::Up => "up".into(),
        KeyCode::Left => "left".into(),
        KeyCode::Right => "right".into(),
        KeyCode::Home => "home".into(),
        KeyCode::End => "end".into(),
        KeyCode::PageDown => "pagedown".into(),
        KeyCode::PageUp => "pageup".into(),
        KeyCode::Enter => "enter".into(),
        KeyCode::Esc => "esc".into(),
        KeyCode::Tab => "tab".into(),
        _ => return None,
    };
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    Some(if key.modifiers.contains(KeyModifiers::CONTROL) {
        format!("ctrl-{plain}")
    } else {
        plain
    })
}

/// Look a key up, after the prefix that came before it.
#[must_use]
pub fn look_up(before: Option<char>, key: KeyEvent) -> Found {
    let Some(name) = name(key) else {
        return Found::Nothing;
    };
    let exactly = |wanted: &str| {
        TABLE
            .iter()
            .find(|binding| binding.keys.contains(&wanted))
            .map(|binding| Found::Action(binding.action))
    };
    let joined = before.and_then(|before| exactly(&format!("{before}{name}")));
    joined.or_else(|| exactly(&name)).unwrap_or_else(|| {
        let mut letters = name.chars();
        match (letters.next(), letters.next()) {
            (Some('g'), None) => Found::Prefix('g'),
            _ => Found::Nothing,
        }
    })
}

/// The table as Markdown, for the README.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| keys | what they do |\n| --- | --- |\n");
    for binding in TABLE {
        let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
        text.push_str(&format!("| {} | {} |\n", keys.join(" "), binding.says));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn key(c: char) -> KeyEvent {
        KeyEvent::from(KeyCode::Char(c))
    }

    #[test]
    fn no_key_and_no_action_is_there_twice() {
        let (mut keys, mut actions) = (HashSet::new(), HashSet::new());
        for binding in TABLE {
            assert!(actions.insert(binding.action), "{:?}", binding.action);
            for key in binding.keys {
                assert!(keys.insert(*key), "`{key}` is there twice");
            }
        }
        assert!(!keys.contains("g"), "`g` begins `gg`");
    }

    #[test]
    fn a_longer_key_is_found_after_its_prefix_only() {
        assert_eq!(look_up(None, key('g')), Found::Prefix('g'));
        assert_eq!(look_up(Some('g'), key('g')), Found::Action(Action::First));
        assert_eq!(look_up(Some('g'), key('j')), Found::Action(Action::Down));
        assert_eq!(look_up(None, key('z')), Found::Nothing);
        let quit = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(look_up(None, quit), Found::Action(Action::Quit));
    }

    #[test]
    fn the_readme_has_the_table_as_it_is() {
        let readme = include_str!("../README.md");
        assert!(readme.contains(&markdown()), "put this in:\n{}", markdown());
    }
}
