//! The queue's filter as it is typed: some of its words are the host's, some are ours.

use dispatch_contract::State;

use super::Tickets;
use super::queue::Filter;
use crate::shell::query::{Query, Word};
use crate::views::{Act, Listed};

impl Tickets {
    /// The next state, in the filter as it is typed: `/` shows and edits it there, and what
    /// clears a filter clears it.
    pub(super) fn filter_state(&mut self, by: usize) -> Act {
        let now = self.queue.filter.state;
        let at = State::ALL.iter().position(|state| Some(*state) == now);
        let at = (at.map_or(0, |at| at + 1) + by) % (State::ALL.len() + 1);
        let state = at.checked_sub(1).map(|at| State::ALL[at]);
        let mut words: Vec<String> = Vec::new();
        for typed in self.filter.split_whitespace() {
            let named = self.word(typed).and_then(|word| state_of(&word));
            if named.is_none() {
                words.push(typed.to_owned());
            }
        }
        words.extend(state.map(|state| format!("state:{state}")));
        self.typed(&words.join(" "));
        Act::Done
    }

    /// Take a filter in as it was typed.
    pub(super) fn typed(&mut self, text: &str) {
        self.filter = text.trim().to_owned();
        let (mut host, mut ours) = (Vec::new(), Vec::new());
        let mut state = None;
        for typed in text.split_whitespace() {
            let Some(word) = self.word(typed) else {
                continue;
            };
            match (word.inverse, &word.column, state_of(&word)) {
                (false, None, _) => host.push(typed),
                (_, _, Some(exact)) => state = Some(exact),
                _ => ours.push(typed),
            }
        }
        let mut names = self.columns();
        names.push("ID");
        self.queue.query = Query::parse(&ours.join(" "), &names);
        self.ask_for(Filter {
            text: (!host.is_empty()).then(|| host.join(" ")),
            state,
        });
    }

    /// One word as it is typed; none where it looks for nothing.
    fn word(&self, typed: &str) -> Option<Word> {
        let mut names = self.columns();
        names.push("ID");
        Query::parse(typed, &names).words().first().cloned()
    }
}

/// The state that a word names, where it names one whole.
fn state_of(word: &Word) -> Option<State> {
    let column = word.column.as_deref()?;
    (!word.inverse && "state".starts_with(column))
        .then(|| word.text.parse().ok())
        .flatten()
}
