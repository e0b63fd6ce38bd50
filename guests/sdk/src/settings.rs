//! A tool's settings: what a pack may vary without new code.

use crate::{Setting, SettingValue, Violations};

/// One setting that a tool knows, with what holds where the pack is silent.
#[derive(Debug)]
pub struct Key {
    name: &'static str,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Boolean(bool),
    Integer { default: i64, min: i64, max: i64 },
    Text(&'static str),
}

impl Key {
    /// A switch.
    pub const fn boolean(name: &'static str, default: bool) -> Self {
        let kind = Kind::Boolean(default);
        Self { name, kind }
    }

    /// A number from `min` to `max`, both included.
    pub const fn integer(name: &'static str, default: i64, min: i64, max: i64) -> Self {
        let kind = Kind::Integer { default, min, max };
        Self { name, kind }
    }

    /// A text; lists are written with commas.
    pub const fn text(name: &'static str, default: &'static str) -> Self {
        let kind = Kind::Text(default);
        Self { name, kind }
    }

    /// The key as the pack's manifest writes it.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// What the pack sets for this tool.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a>(&'a [Setting]);

impl<'a> Settings<'a> {
    /// The settings as the host hands them over.
    pub const fn new(settings: &'a [Setting]) -> Self {
        Self(settings)
    }

    /// The switch as set, else its default.
    pub fn boolean(&self, key: &Key) -> bool {
        match (self.find(key), &key.kind) {
            (Some(SettingValue::Boolean(value)), _) => *value,
            (_, Kind::Boolean(default)) => *default,
            _ => false,
        }
    }

    /// The number as set, else its default.
    pub fn integer(&self, key: &Key) -> i64 {
        match (self.find(key), &key.kind) {
            (Some(SettingValue::Integer(value)), _) => *value,
            (_, Kind::Integer { default, .. }) => *default,
            _ => 0,
        }
    }

    /// The text as set, else its default.
    pub fn text(&self, key: &Key) -> &'a str {
        match (self.find(key), &key.kind) {
            (Some(SettingValue::Text(value)), _) => value,
            (_, Kind::Text(default)) => default,
            _ => "",
        }
    }

    /// A text that is a list: its items between commas, without white space around.
    pub fn list(&self, key: &Key) -> impl Iterator<Item = &'a str> {
        self.text(key)
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
    }

    /// What is wrong with these settings for a tool that knows only `known`.
    pub fn check(&self, known: &[Key]) -> Violations {
        let mut found = Violations::none();
        for (index, Setting { key, value }) in self.0.iter().enumerate() {
            if self.0[..index].iter().any(|earlier| earlier.key == *key) {
                found.add(key, "given_twice", "give each setting once");
            }
            let Some(known) = known.iter().find(|known| known.name == key) else {
                found.add(key, "unknown_setting", "this tool has no such setting");
                continue;
            };
            match (&known.kind, value) {
                (Kind::Boolean(_), SettingValue::Boolean(_))
                | (Kind::Text(_), SettingValue::Text(_)) => {}
                (Kind::Integer { min, max, .. }, SettingValue::Integer(value)) => {
                    if value < min || value > max {
                        let message = ["from ", &min.to_string(), " to ", &max.to_string()];
                        found.add(key, "out_of_range", &message.concat());
                    }
                }
                (Kind::Boolean(_), _) => found.add(key, "wrong_type", "give true or false"),
                (Kind::Integer { .. }, _) => found.add(key, "wrong_type", "give a whole number"),
                (Kind::Text(_), _) => found.add(key, "wrong_type", "give a text"),
            }
        }
        found
    }

    fn find(&self, key: &Key) -> Option<&'a SettingValue> {
        self.0
            .iter()
            .find(|setting| setting.key == key.name)
            .map(|setting| &setting.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Key = Key::integer("length", 15, 1, 60);
    const TYPES: Key = Key::text("types", "a, b");
    const STRICT: Key = Key::boolean("strict", true);

    fn setting(key: &str, value: SettingValue) -> Setting {
        Setting {
            key: key.to_owned(),
            value,
        }
    }

    #[test]
    fn what_the_pack_leaves_out_has_its_default() {
        let none = Settings::new(&[]);
        assert_eq!(none.integer(&LENGTH), 15);
        assert!(none.boolean(&STRICT));
        assert_eq!(none.list(&TYPES).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn unknown_doubled_mistyped_and_out_of_range_settings_are_all_named() {
        let given = [
            setting("length", SettingValue::Integer(61)),
            setting("length", SettingValue::Integer(5)),
            setting("types", SettingValue::Boolean(true)),
            setting("typo", SettingValue::Integer(1)),
        ];
        let found = Settings::new(&given).check(&[LENGTH, TYPES, STRICT]);
        let rules: Vec<_> = found.into_vec().into_iter().map(|v| v.rule).collect();
        assert_eq!(
            rules,
            [
                "out_of_range",
                "given_twice",
                "wrong_type",
                "unknown_setting"
            ]
        );
    }
}
