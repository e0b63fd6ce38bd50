//! `pack.toml`: what the pack is, and which component and settings each tool has.

use std::collections::BTreeMap;

use dispatch_contract::Tool;
use serde::{Deserialize, Deserializer};

use super::error::PackError;
use super::files::MANIFEST;
use super::step::Step;
use crate::sandbox::RunLimits;

/// The contract this host speaks.
pub(crate) const CONTRACT: &str = "0";

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

/// Where a line begins with this, comments aside; else where it stands at all.
fn offset_of(text: &str, near: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(near) {
            return Some(start);
        }
        start += line.len();
    }
    text.find(near)
}

/// Where `pack.toml` speaks of this tool.
pub(crate) fn offset_of_tool(text: &str, tool: Tool) -> Option<usize> {
    offset_of(text, &format!("[tools.\"{tool}\"]"))
}

impl Manifest {
    pub(crate) fn read(text: &str) -> Result<Self, PackError> {
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let offset = error.span().map(|span| span.start);
            PackError::new(Step::Manifest, error.message().to_owned()).at(MANIFEST, text, offset)
        })?;
        manifest.check().map_err(|(near, message)| {
            PackError::new(Step::Manifest, message).at(MANIFEST, text, offset_of(text, &near))
        })?;
        Ok(manifest)
    }

    /// What the shape alone does not say; with a text to find the line by.
    fn check(&self) -> Result<(), (String, String)> {
        let refuse = |near: &str, message: String| Err((near.to_owned(), message));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(plain) {
            return refuse("name", "name: 1 to 64 of a-z, 0-9 and dashes".into());
        }
        if self.version.is_empty() || self.version.len() > 64 {
            return refuse("version", "version: 1 to 64 characters".into());
        }
        if self.revision == 0 || i64::try_from(self.revision).is_err() {
            return refuse("revision", "revision: counts from 1".into());
        }
        if self.contract != CONTRACT {
            return refuse(
                "contract",
                format!(
                    "written for contract \"{}\"; this host speaks \"{CONTRACT}\"",
                    self.contract
                ),
            );
        }
        if let Some(unknown) = self.tools.keys().find(|name| name.parse::<Tool>().is_err()) {
            return refuse(unknown, format!("there is no tool \"{unknown}\""));
        }
        for tool in Tool::ALL {
            let Some(entry) = self.tools.get(tool.name()) else {
                return refuse(
                    "[tools",
                    format!("[tools.\"{tool}\"] is missing; all twelve tools are needed"),
                );
            };
            let near = format!("\"{tool}\"");
            if entry.settings.len() > MAX_SETTINGS
                || entry.settings.iter().any(|(key, value)| {
                    key.len() > 100
                        || matches!(value, SettingValue::Text(t) if t.len() > MAX_TEXT_BYTES)
                })
            {
                return refuse(
                    &near,
                    format!(
                        "{tool}: at most {MAX_SETTINGS} settings, keys up to 100 and texts up to {MAX_TEXT_BYTES} bytes"
                    ),
                );
            }
            for limits in [&self.limits, &entry.limits] {
                let outside = |given: Option<u64>, most: u64| {
                    given.is_some_and(|value| value == 0 || value > most)
                };
                if outside(limits.deadline_ms, 1000)
                    || outside(limits.memory_mib, 16)
                    || outside(limits.fuel, 1_000_000_000_000)
                {
                    return refuse(
                        "limits",
                        "limits: deadline_ms 1 to 1000, memory_mib 1 to 16, fuel 1 to 10^12".into(),
                    );
                }
            }
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
