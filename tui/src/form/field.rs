//! One field of a form.

use crate::ask::Seen;
use crate::shell::line::Line;

/// What a field takes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Kind {
    /// Words.
    Text,
    /// A file of whoever fills it in, which is uploaded; or the key of an upload.
    File,
    /// One of these: what is sent, and what is shown. The first may be nothing.
    Choice(Vec<(serde_json::Value, String)>),
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// An amount, typed as `125.00`, sent as cents.
    Cents,
    /// An instant, typed as the clock at the site shows it.
    Time,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// JSON Pointer into the body.
    pub(crate) pointer: String,
    pub(crate) kind: Kind,
    pub(crate) line: Line,
    pub(crate) choice: usize,
    /// It must be filled in: always, or once its neighbours are.
    pub(crate) required: bool,
    /// The nearest object above it that may be left out.
    pub(crate) optional_above: Option<String>,
    /// What it is for.
    pub(crate) help: String,
    /// What is wrong with it.
    pub(crate) problem: Option<String>,
    /// What there is to say about it.
    pub(crate) note: Option<String>,
    /// What was seen of the file under this path.
    pub(super) seen: Option<(String, Seen)>,
}

impl Field {
    /// `customer.contact_name`, `windows 1 window_start`.
    pub(crate) fn label(&self) -> String {
        let mut label = String::new();
        for part in self.pointer.split('/').skip(1) {
            match part.parse::<usize>() {
                Ok(n) => label.push_str(&format!(" {} ", n + 1)),
                Err(_) => {
                    if !label.is_empty() && !label.ends_with(' ') {
                        label.push('.');
                    }
                    label.push_str(part);
                }
            }
        }
        label.trim().to_owned()
    }

    pub(crate) fn is_empty(&self) -> bool {
        match &self.kind {
            Kind::Choice(choices) => choices
                .get(self.choice)
                .is_none_or(|(value, _)| value.is_null()),
            _ => self.line.text().trim().is_empty(),
        }
    }

    /// Is it below this pointer?
    pub(super) fn is_below(&self, pointer: &str) -> bool {
        self.pointer
            .strip_prefix(pointer)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// Is a violation at this pointer about it?
    pub(super) fn is_about(&self, pointer: &str) -> bool {
        if pointer.is_empty() {
            return false;
        }
        let inside = |a: &str, b: &str| {
            a.strip_prefix(b)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        inside(&self.pointer, pointer) || inside(pointer, &self.pointer)
    }

    /// Which item of this list it belongs to.
    pub(super) fn item_of(&self, list: &str) -> Option<usize> {
        let rest = self.pointer.strip_prefix(list)?.strip_prefix('/')?;
        rest.split('/').next()?.parse().ok()
    }

    /// An item before it is gone.
    pub(super) fn close_gap(&mut self, list: &str, gone: usize) {
        if let Some(item) = self.item_of(list).filter(|item| *item > gone) {
            let head = format!("{list}/{item}");
            let rest = self.pointer[head.len()..].to_owned();
            self.pointer = format!("{list}/{}{rest}", item - 1);
            if let Some(above) = &mut self.optional_above
                && let Some(rest) = above.strip_prefix(&head)
            {
                *above = format!("{list}/{}{rest}", item - 1);
            }
        }
    }

    pub(super) fn turn(&mut self, by: isize) -> bool {
        let Kind::Choice(choices) = &self.kind else {
            return false;
        };
        let most = choices.len().saturating_sub(1);
        self.choice = if by > 0 {
            if self.choice >= most {
                0
            } else {
                self.choice + 1
            }
        } else {
            self.choice.checked_sub(1).unwrap_or(most)
        };
        true
    }

    /// To the next choice that begins with this letter.
    pub(super) fn turn_to(&mut self, letter: char) -> bool {
        let Kind::Choice(choices) = &self.kind else {
            return false;
        };
        let begins = |at: &usize| {
            let first = choices.get(*at).and_then(|(_, said)| said.chars().next());
            first.is_some_and(|c| c.eq_ignore_ascii_case(&letter))
        };
        let round = (1..=choices.len()).map(|n| (self.choice + n) % choices.len().max(1));
        if let Some(at) = round.into_iter().find(begins) {
            self.choice = at;
        }
        true
    }
}
