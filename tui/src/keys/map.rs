//! Looking keys up: the shipped table with what the configuration puts in its place.

use std::collections::{BTreeMap, HashMap, HashSet};

use crossterm::event::KeyEvent;

use super::name::{name, parse};
use super::{Action, Context, TABLE};

/// What comes of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// It asks for this.
    Action(Action),
    /// It begins a longer one; hand it back as `before`.
    Prefix(String),
    /// Nothing.
    Nothing,
}

/// Why the configuration's keys cannot be taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadKey {
    /// No such context.
    #[error("[keys.{0}]: there is no such context; there are {known}", known = known_contexts())]
    Context(String),
    /// No such action there.
    #[error(
        "[keys.{context}] {action}: there is no such action in this context; the README's key table lists them"
    )]
    Action {
        /// Where.
        context: String,
        /// As it is written.
        action: String,
    },
    /// No such key.
    #[error(
        "[keys.{context}] {action} = \"{key}\": not a key; write a letter, two letters such as `gg`, `ctrl-x`, `alt-x`, `f5`, or a word such as `enter`, `pagedown`, `space`"
    )]
    Key {
        /// Where.
        context: String,
        /// What it is for.
        action: String,
        /// As it is written.
        key: String,
    },
    /// Two actions want one key.
    #[error(
        "[keys.{context}] `{key}` stands for both {first} and {second}; give one of them another key"
    )]
    Twice {
        /// Where.
        context: &'static str,
        /// The key.
        key: String,
        /// One of the actions.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// Leaving must stay possible.
    #[error("[keys.{0}] quit: leave it at least one key")]
    NoQuit(&'static str),
}

fn known_contexts() -> String {
    Context::ALL.map(Context::name).join(", ")
}

/// The keys as they count now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    by_key: HashMap<(Context, String), Action>,
    prefixes: HashSet<(Context, String)>,
    by_action: HashMap<(Context, Action), Vec<String>>,
}

impl Default for Keys {
    fn default() -> Self {
        match Self::with(&BTreeMap::new()) {
            Ok(keys) => keys,
            // a test holds the shipped table to being in order
            Err(bad) => unreachable!("the shipped table: {bad}"),
        }
    }
}

impl Keys {
    /// The shipped table, where `own[context][action]` goes before it.
    ///
    /// # Errors
    /// The first thing wrong with `own`.
    pub fn with(own: &BTreeMap<String, BTreeMap<String, Vec<String>>>) -> Result<Self, BadKey> {
        let mut given: HashMap<(Context, Action), &Vec<String>> = HashMap::new();
        for (context_name, actions) in own {
            let context = Context::ALL
                .into_iter()
                .find(|context| context.name() == context_name)
                .ok_or_else(|| BadKey::Context(context_name.clone()))?;
            for (action_name, keys) in actions {
                let known = TABLE
                    .iter()
                    .find(|one| one.context == context && one.action.name() == action_name);
                let Some(binding) = known else {
                    return Err(BadKey::Action {
                        context: context_name.clone(),
                        action: action_name.clone(),
                    });
                };
                if let Some(bad) = keys.iter().find(|key| parse(key).is_none()) {
                    return Err(BadKey::Key {
                        context: context_name.clone(),
                        action: action_name.clone(),
                        key: bad.clone(),
                    });
                }
                given.insert((context, binding.action), keys);
            }
        }
        let mut keys = Self {
            by_key: HashMap::new(),
            prefixes: HashSet::new(),
            by_action: HashMap::new(),
        };
        for binding in TABLE {
            let place = (binding.context, binding.action);
            let names = given.get(&place).map_or_else(
                || binding.keys.iter().map(|key| (*key).to_owned()).collect(),
                |own| (*own).clone(),
            );
            for key in &names {
                keys.bind(binding.context, key, binding.action)?;
            }
            keys.by_action.insert(place, names);
        }
        keys.check()?;
        Ok(keys)
    }

    fn bind(&mut self, context: Context, key: &str, action: Action) -> Result<(), BadKey> {
        if let Some(other) = self.by_key.insert((context, key.to_owned()), action) {
            return Err(twice(context, key, other, action));
        }
        if let Some([first, _]) = parse(key).as_deref() {
            self.prefixes.insert((context, first.clone()));
        }
        Ok(())
    }

    /// No view takes a key that counts anywhere, no key begins another, and leaving works.
    fn check(&self) -> Result<(), BadKey> {
        for ((context, key), action) in &self.by_key {
            let everywhere = (Context::Anywhere, key.clone());
            if !context.is_dialog()
                && *context != Context::Anywhere
                && let Some(other) = self.by_key.get(&everywhere)
            {
                return Err(twice(*context, key, *other, *action));
            }
            let prefixed = [*context, Context::Anywhere]
                .into_iter()
                .filter(|there| *there == *context || !context.is_dialog())
                .any(|there| self.prefixes.contains(&(there, key.clone())));
            if prefixed {
                let longer = self.by_key.iter().find(|((_, other), _)| {
                    other != key
                        && other.starts_with(key.as_str())
                        && parse(other).is_some_and(|k| k.len() == 2)
                });
                let other = longer.map_or(*action, |(_, other)| *other);
                return Err(twice(*context, key, other, *action));
            }
        }
        for context in Context::ALL {
            let has = |there| self.by_action.get(&(there, Action::Quit));
            let place = if context.is_dialog() {
                context
            } else {
                Context::Anywhere
            };
            if has(place).is_none_or(Vec::is_empty) {
                return Err(BadKey::NoQuit(place.name()));
            }
        }
        Ok(())
    }

    /// Look a key up in a context, after the prefix that came before it.
    #[must_use]
    pub fn look_up(&self, context: Context, before: Option<&str>, key: KeyEvent) -> Found {
        let Some(name) = name(key) else {
            return Found::Nothing;
        };
        let places: &[Context] = if context.is_dialog() {
            &[context]
        } else {
            &[context, Context::Anywhere]
        };
        let exactly = |wanted: &str| {
            places
                .iter()
                .find_map(|place| self.by_key.get(&(*place, wanted.to_owned())))
                .copied()
        };
        let joined = before.and_then(|before| exactly(&format!("{before}{name}")));
        if let Some(action) = joined.or_else(|| exactly(&name)) {
            return Found::Action(action);
        }
        let begins = places
            .iter()
            .any(|place| self.prefixes.contains(&(*place, name.clone())));
        if begins {
            Found::Prefix(name)
        } else {
            Found::Nothing
        }
    }

    /// The keys of an action in a context, as the help shows them.
    #[must_use]
    pub fn of(&self, context: Context, action: Action) -> &[String] {
        self.by_action
            .get(&(context, action))
            .map_or(&[], Vec::as_slice)
    }

    /// The first key of an action as it counts in a context, for a hint; `-` where it has
    /// none.
    #[must_use]
    pub fn first(&self, context: Context, action: Action) -> &str {
        let everywhere = (!context.is_dialog()).then_some(Context::Anywhere);
        let places = std::iter::once(context).chain(everywhere);
        let mut keys = places.flat_map(|place| self.of(place, action));
        keys.next().map_or("-", String::as_str)
    }
}

fn twice(context: Context, key: &str, first: Action, second: Action) -> BadKey {
    let (a, b) = (
        first.name().min(second.name()),
        first.name().max(second.name()),
    );
    BadKey::Twice {
        context: context.name(),
        key: key.to_owned(),
        first: a,
        second: b,
    }
}
