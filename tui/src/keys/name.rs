//! Names of keys, as the table, the help and the configuration have them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const WORDS: [(KeyCode, &str); 14] = [
    (KeyCode::Down, "down"),
    (KeyCode::Up, "up"),
    (KeyCode::Left, "left"),
    (KeyCode::Right, "right"),
    (KeyCode::Home, "home"),
    (KeyCode::End, "end"),
    (KeyCode::PageDown, "pagedown"),
    (KeyCode::PageUp, "pageup"),
    (KeyCode::Enter, "enter"),
    (KeyCode::Esc, "esc"),
    (KeyCode::Tab, "tab"),
    (KeyCode::BackTab, "backtab"),
    (KeyCode::Backspace, "backspace"),
    (KeyCode::Delete, "delete"),
];

/// A key's name in the table; none for a key that the table cannot hold.
#[must_use]
pub fn name(key: KeyEvent) -> Option<String> {
    let word = WORDS.iter().find(|(code, _)| *code == key.code);
    let plain = match (key.code, word) {
        (_, Some((_, word))) => (*word).to_owned(),
        (KeyCode::Char(' '), _) => "space".into(),
        (KeyCode::Char(c), _) => c.to_string(),
        (KeyCode::F(n), _) => format!("f{n}"),
        _ => return None,
    };
    if key.modifiers.contains(KeyModifiers::ALT) {
        return Some(format!("alt-{plain}"));
    }
    Some(if key.modifiers.contains(KeyModifiers::CONTROL) {
        format!("ctrl-{plain}")
    } else {
        plain
    })
}

/// The key of this name, or two in a row; none where it names none.
pub(super) fn parse(name: &str) -> Option<Vec<String>> {
    let one = |name: &str| {
        let bare = name
            .strip_prefix("ctrl-")
            .or_else(|| name.strip_prefix("alt-"))
            .unwrap_or(name);
        let mut letters = bare.chars();
        let is_letter = matches!((letters.next(), letters.next()), (Some(c), None) if !c.is_control() && c != ' ');
        let is_function = bare
            .strip_prefix('f')
            .is_some_and(|n| n.parse::<u8>().is_ok_and(|n| (1..=12).contains(&n)));
        is_letter || is_function || bare == "space" || WORDS.iter().any(|(_, word)| *word == bare)
    };
    if one(name) {
        return Some(vec![name.to_owned()]);
    }
    let letters: Vec<String> = name.chars().map(String::from).collect();
    (letters.len() == 2 && letters.iter().all(|letter| one(letter))).then_some(letters)
}

/// The key of a name without `ctrl-`: a word, or its last letter.
pub(crate) fn code(name: &str) -> KeyCode {
    let word = WORDS.iter().find(|(_, word)| *word == name);
    match (word, name) {
        (Some((code, _)), _) => *code,
        (None, "space") => KeyCode::Char(' '),
        (None, name) => KeyCode::Char(name.chars().last().unwrap_or(' ')),
    }
}
