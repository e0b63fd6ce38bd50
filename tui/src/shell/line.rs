//! A line of text being typed, with a cursor in it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// See the module. The cursor counts letters, from 0 to their number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Line {
    letters: Vec<char>,
    at: usize,
    most: usize,
}

impl Line {
    /// With this text, the cursor behind it; never more than `most` letters.
    pub(crate) fn new(text: &str, most: usize) -> Self {
        let letters: Vec<char> = text.chars().take(most).collect();
        let at = letters.len();
        Self { letters, at, most }
    }

    pub(crate) fn text(&self) -> String {
        self.letters.iter().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    pub(crate) fn set(&mut self, text: &str) {
        *self = Self::new(text, self.most);
    }

    /// What stands before the cursor, the letter under it, and the rest.
    pub(crate) fn parts(&self) -> (String, String, String) {
        let (before, rest) = self.letters.split_at(self.at);
        let under = rest.first().map_or(" ".into(), char::to_string);
        let after = rest.iter().skip(1).collect();
        (before.iter().collect(), under, after)
    }

    /// Put text in at the cursor; control characters become spaces.
    pub(crate) fn insert(&mut self, text: &str) {
        for c in text.chars() {
            if self.letters.len() >= self.most {
                return;
            }
            self.letters
                .insert(self.at, if c.is_control() { ' ' } else { c });
            self.at += 1;
        }
    }

    /// Take a key in; false where it is none for a line.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match (key.code, control) {
            (KeyCode::Char('u'), true) => {
                self.letters.drain(..self.at);
                self.at = 0;
            }
            (KeyCode::Char('w'), true) => self.cut_word(),
            (KeyCode::Char('a'), true) | (KeyCode::Home, _) => self.at = 0,
            (KeyCode::Char('e'), true) | (KeyCode::End, _) => self.at = self.letters.len(),
            // what some terminals send for backspace
            (KeyCode::Char('h'), true) | (KeyCode::Backspace, _) => {
                if self.at > 0 {
                    self.at -= 1;
                    self.letters.remove(self.at);
                }
            }
            (KeyCode::Delete, _) => {
                if self.at < self.letters.len() {
                    self.letters.remove(self.at);
                }
            }
            (KeyCode::Left, _) => self.at = self.at.saturating_sub(1),
            (KeyCode::Right, _) => self.at = (self.at + 1).min(self.letters.len()),
            (KeyCode::Char(c), false)
                if !c.is_control() && !key.modifiers.contains(KeyModifiers::ALT) =>
            {
                self.insert(&c.to_string());
            }
            _ => return false,
        }
        true
    }

    fn cut_word(&mut self) {
        let end = self.at;
        while self.at > 0 && self.letters[self.at - 1] == ' ' {
            self.at -= 1;
        }
        while self.at > 0 && self.letters[self.at - 1] != ' ' {
            self.at -= 1;
        }
        self.letters.drain(self.at..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &mut Line, keys: &[(KeyCode, bool)]) {
        for (code, control) in keys {
            let with = if *control {
                KeyModifiers::CONTROL
            } else {
                KeyModifiers::NONE
            };
            line.key(KeyEvent::new(*code, with));
        }
    }

    #[test]
    fn letters_of_any_width_are_edited_where_the_cursor_is() {
        let mut line = Line::new("東京 dock", 20);
        typed(
            &mut line,
            &[(KeyCode::Char('w'), true), (KeyCode::Char('駅'), false)],
        );
        assert_eq!(line.text(), "東京 駅");
        typed(
            &mut line,
            &[
                (KeyCode::Home, false),
                (KeyCode::Right, false),
                (KeyCode::Backspace, false),
                (KeyCode::Delete, false),
            ],
        );
        assert_eq!(line.text(), " 駅");
        assert_eq!(line.parts(), (String::new(), " ".into(), "駅".into()));
        typed(
            &mut line,
            &[(KeyCode::End, false), (KeyCode::Char('u'), true)],
        );
        assert!(line.is_empty());
    }

    #[test]
    fn it_takes_so_much_and_no_control_characters() {
        let mut line = Line::new("", 4);
        line.insert("a\u{1b}[2J");
        assert_eq!(line.text(), "a [2");
        assert!(!line.key(KeyEvent::from(KeyCode::F(1))));
    }
}
