//! `pack.toml`: what the pack is, and which component and settings each tool has.

use std::collections::BTreeMap;

use dispatch_contract::Tool;
use serde::{Deserialize, Deserializer};
use toml_edit::{Document, TableLike};

use super::error::PackError;
use super::files::MANIFEST;
use super::step::Step;
use crate::sandbox::{MAX_FUEL, RunLimits};

/// The contract this host speaks.
pub(crate) const CONTRACT: &str = "0";

/// The highest revision a pack may name: whatever is activated after it needs a higher one.
/// Room for a time in milliseconds, should somebody count by it, and for many rollbacks after
/// it; not for the last number that the database can hold.
const MAX_REVISION: u64 = 1_000_000_000_000_000;

/// Settings of one tool at most, and bytes in a text of one.
const MAX_SETTINGS: usize = 50;
const MAX_TEXT_BYTES: usize = 4096;

/// The value of one setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingValue {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

impl<'de> Deserialize<'de> for SettingValue {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(d)? {
            toml::Value::String(text) => Ok(Self::Text(text)),
            toml::Value::Integer(number) => Ok(Self::Integer(number)),
            toml::Value::Boolean(truth) => Ok(Self::Boolean(truth)),
            other => Err(serde::de::Error::custom(format_args!(
                "a setting is a text, a whole number or a boolean, not {}",
                other.type_str()
            ))),
        }
    }
}

/// What a call may use; what is left out has the host's default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Time for one call's three phases: 1 to 1000 milliseconds.
    pub deadline_ms: Option<u64>,
    /// Linear memory: 1 to 16 MiB.
    pub memory_mib: Option<u64>,
    /// Count fuel, and stop at so much. Deterministic, and 8 to 11 % dearer.
    pub fuel: Option<u64>,
}

impl Limits {
    fn check(&self, at: &[&str]) -> Result<(), Wrong> {
        for (name, given, most) in [
            ("deadline_ms", self.deadline_ms, 1000),
            ("memory_mib", self.memory_mib, 16),
            ("fuel", self.fuel, MAX_FUEL),
        ] {
            if given.is_some_and(|value| value == 0 || value > most) {
                let message = format!("{name}: 1 to {most}");
                return refuse(&[at, &[name]].concat(), message);
            }
        }
        Ok(())
    }
}

/// What `pack.toml` says of one tool.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolEntry {
    /// The component's path in the pack.
    pub component: String,
    /// Handed to the component with every call.
    #[serde(default)]
    pub settings: BTreeMap<String, SettingValue>,
    /// Instead of the pack's.
    #[serde(default)]
    pub limits: Limits,
}

impl ToolEntry {
    fn check(&self, tool: Tool) -> Result<(), Wrong> {
        let long = |(key, value): &(&String, &SettingValue)| {
            key.len() > 100 || matches!(value, SettingValue::Text(t) if t.len() > MAX_TEXT_BYTES)
        };
        let at = ["tools", tool.name(), "settings"];
        if self.settings.len() > MAX_SETTINGS {
            return refuse(&at, format!("{tool}: at most {MAX_SETTINGS} settings"));
        }
        if let Some((key, _)) = self.settings.iter().find(long) {
            return refuse(
                &[&at[..], &[key]].concat(),
                format!("{tool}: keys up to 100 and texts up to {MAX_TEXT_BYTES} bytes"),
            );
        }
        self.limits.check(&["tools", tool.name(), "limits"])
    }
}

/// `pack.toml`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The pack's name: 1 to 64 of a-z, 0-9 and dashes.
    pub name: String,
    /// The pack's version, for people.
    pub version: String,
    /// Grows with every change that is activated.
    pub revision: u64,
    /// The contract it is written for.
    pub contract: String,
    /// For every tool that has none of its own.
    #[serde(default)]
    pub limits: Limits,
    /// The tools by name; all twelve.
    pub tools: BTreeMap<String, ToolEntry>,
}

/// Where `pack.toml` speaks of this: the last part of the path that it has.
pub(crate) fn offset_of(text: &str, path: &[&str]) -> Option<usize> {
    let document = Document::parse(text).ok()?;
    let mut table: &dyn TableLike = document.as_table();
    let mut found = None;
    for name in path {
        let Some((key, item)) = table.get_key_value(name) else {
            break;
        };
        found = key.span().map(|span| span.start).or(found);
        match item.as_table_like() {
            Some(below) => table = below,
            None => break,
        }
    }
    found
}

/// What is wrong, and where the manifest says it.
struct Wrong {
    at: Vec<String>,
    message: String,
}

fn refuse(at: &[&str], message: impl Into<String>) -> Result<(), Wrong> {
    Err(Wrong {
        at: at.iter().map(ToString::to_string).collect(),
        message: message.into(),
    })
}

impl Manifest {
    pub(crate) fn read(text: &str) -> Result<Self, PackError> {
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let offset = error.span().map(|span| span.start);
            PackError::new(Step::Manifest, error.message().to_owned()).at(MANIFEST, text, offset)
        })?;
        manifest.check().map_err(|Wrong { at, message }| {
            let at: Vec<&str> = at.iter().map(String::as_str).collect();
            PackError::new(Step::Manifest, message).at(MANIFEST, text, offset_of(text, &at))
        })?;
        Ok(manifest)
    }

    /// What the shape alone does not say.
    fn check(&self) -> Result<(), Wrong> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(plain) {
            return refuse(&["name"], "name: 1 to 64 of a-z, 0-9 and dashes");
        }
        // it is printed, and signed on a line of its own
        let version = &self.version;
        if version.is_empty() || version.len() > 64 || version.contains(char::is_control) {
            return refuse(&["version"], "version: 1 to 64 characters on one line");
        }
        if self.revision == 0 || self.revision > MAX_REVISION {
            let message = format!("revision: counts from 1, to {MAX_REVISION} at most");
            return refuse(&["revision"], message);
        }
        if self.contract != CONTRACT {
            return refuse(
                &["contract"],
                format!(
                    "written for contract \"{}\"; this host speaks \"{CONTRACT}\"",
                    self.contract
                ),
            );
        }
        if let Some(unknown) = self.tools.keys().find(|name| name.parse::<Tool>().is_err()) {
            return refuse(
                &["tools", unknown],
                format!("there is no tool \"{unknown}\""),
            );
        }
        self.limits.check(&["limits"])?;
        for tool in Tool::ALL {
            let Some(entry) = self.tools.get(tool.name()) else {
                return refuse(
                    &["tools"],
                    format!("[tools.\"{tool}\"] is missing; all twelve tools are needed"),
                );
            };
            entry.check(tool)?;
        }
        Ok(())
    }

    /// The entry of a tool; every tool has one.
    #[must_use]
    pub fn tool(&self, tool: Tool) -> &ToolEntry {
        &self.tools[tool.name()]
    }

    /// Does any tool ask for fuel to be counted?
    pub(crate) fn asks_for_fuel(&self) -> bool {
        self.limits.fuel.is_some() || self.tools.values().any(|entry| entry.limits.fuel.is_some())
    }

    /// What a call of this tool may use.
    pub(crate) fn run_limits(&self, tool: Tool) -> RunLimits {
        let (own, all) = (&self.tool(tool).limits, &self.limits);
        let default = RunLimits::default();
        RunLimits {
            deadline_ms: own
                .deadline_ms
                .or(all.deadline_ms)
                .unwrap_or(default.deadline_ms),
            memory_bytes: own
                .memory_mib
                .or(all.memory_mib)
                .and_then(|mib| usize::try_from(mib << 20).ok())
                .unwrap_or(default.memory_bytes),
            fuel: own.fuel.or(all.fuel).unwrap_or(default.fuel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_that_of_the_last_part_there_is() {
        let text = "# tools.\"a.b\" limits\nname = \"x\"\n[tools.\"a.bc\"]\nsettings = { one = 1, two = 2 }\n\
                    [tools.\"a.b\"]\n[tools.\"a.b\".limits]\nfuel = 0\n";
        let at = |path: &[&str]| offset_of(text, path).map(|at| &text[at..at + 3]);
        let line = |path: &[&str]| offset_of(text, path).map(|at| text[..at].matches('\n').count());
        assert_eq!(at(&["name"]), Some("nam"));
        assert_eq!(at(&["tools", "a.bc", "settings", "two"]), Some("two"));
        assert_eq!(at(&["tools", "a.bc", "settings", "none"]), Some("set"));
        assert_eq!(line(&["tools", "a.b"]), Some(4));
        assert_eq!(at(&["tools", "a.b", "limits", "fuel"]), Some("fue"));
        assert_eq!(line(&["tools", "none"]), Some(2));
        assert_eq!(at(&["none"]), None);
        assert_eq!(offset_of("[", &["name"]), None);
    }
}
