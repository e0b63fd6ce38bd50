//! An agent's heartbeat and tools in the gateway's configuration: what would have to change, as a
//! function of the configuration and what is wanted.
//!
//! A write reloads or restarts the gateway and can break sessions that are under way, so
//! nothing is written where nothing changes.

use dispatch_contract::agent_tools;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::control::same_folder;
use crate::dispatch_config::PLUGIN;
use crate::merge::{Difference, difference};
use crate::plan::Registration;

/// An agent's heartbeat as far as it differs from the usual one: keys of OpenClaw's
/// `heartbeat` object (`every`, `target`, `activeHours`, …). A key of null takes the
/// usual one away.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Heartbeat(pub Map<String, Value>);

/// What every gateway has, and OpenClaw's own `minimal` profile gives: how the agent's session stands.
const LEAST: &str = "session_status";

/// How a gateway writes its agents down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// `agents.list`, an array: gateways until July 2026.
    List,
    /// `agents.entries`, a map by id: since August 2026. Knows neither
    /// `heartbeat.includeReasoning` nor `channels.defaults.heartbeat`.
    Entries,
}

/// What the gateway's configuration says that it cannot mean.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigShape {
    /// Not an object, so nothing of it can be told.
    #[error("the gateway's configuration is not an object: look at it with config.get")]
    NotAnObject,
    /// Both dialects at once.
    #[error(
        "the gateway's configuration has both agents.list and agents.entries: run `openclaw doctor --fix` there"
    )]
    BothDialects,
}

impl Dialect {
    /// The dialect of a configuration; with no agents in it, the newer one unless the
    /// version that last wrote it is older.
    ///
    /// # Errors
    /// [`ConfigShape`] where it cannot be told.
    pub fn of(config: &Value) -> Result<Self, ConfigShape> {
        if !config.is_object() {
            return Err(ConfigShape::NotAnObject);
        }
        match (
            config.pointer("/agents/list"),
            config.pointer("/agents/entries"),
        ) {
            (Some(Value::Array(_)), Some(Value::Object(_))) => Err(ConfigShape::BothDialects),
            (Some(Value::Array(_)), _) => Ok(Self::List),
            (_, Some(Value::Object(_))) => Ok(Self::Entries),
            _ => Ok(Self::by_version(config)),
        }
    }

    fn by_version(config: &Value) -> Self {
        let version = config
            .pointer("/meta/lastTouchedVersion")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut parts = version
            .trim_start_matches('v')
            .split('.')
            .map(str::parse::<u32>);
        match (parts.next(), parts.next()) {
            (Some(Ok(year)), Some(Ok(month))) if (year, month) < (2026, 8) => Self::List,
            _ => Self::Entries,
        }
    }

    /// The heartbeat of an agent that asks for nothing else.
    fn usual(self) -> Value {
        match self {
            Self::List => json!({"every": "10m", "target": "last", "includeReasoning": false}),
            Self::Entries => json!({"every": "10m", "target": "last"}),
        }
    }
}

impl Heartbeat {
    /// The whole heartbeat in a dialect: the usual one with this agent's keys over it.
    #[must_use]
    pub fn whole(&self, dialect: Dialect) -> Value {
        let mut whole = dialect.usual();
        if let Value::Object(keys) = &mut whole {
            for (key, value) in &self.0 {
                keys.insert(key.clone(), value.clone());
            }
        }
        without_nulls(whole)
    }
}

/// No configuration holds a null: a merge patch takes it for "delete this".
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(keys) => keys
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// What would have to change so that each of `wanted` has its workspace, heartbeat and tools.
/// None where everything is so already. Other agents and all other keys stay.
///
/// # Errors
/// [`ConfigShape`] where the configuration cannot be understood.
pub fn change(config: &Value, wanted: &[Registration]) -> Result<Option<Difference>, ConfigShape> {
    let dialect = Dialect::of(config)?;
    let target = match dialect {
        Dialect::Entries => with_entries(config, wanted),
        Dialect::List => with_list(config, wanted),
    };
    Ok(difference(config, &target))
}

fn with_entries(config: &Value, wanted: &[Registration]) -> Value {
    let mut target = config.clone();
    for registration in wanted {
        let entry = &mut target["agents"]["entries"][&registration.agent_id];
        set(entry, registration, Dialect::Entries);
        close(entry, tools(config, registration));
    }
    target
}

fn with_list(config: &Value, wanted: &[Registration]) -> Value {
    let mut target = config.clone();
    let mut list = match config.pointer("/agents/list") {
        Some(Value::Array(list)) => list.clone(),
        _ => Vec::new(),
    };
    for registration in wanted {
        let id = Value::from(registration.agent_id.as_str());
        match list.iter_mut().find(|entry| entry["id"] == id) {
            Some(entry) => {
                set(entry, registration, Dialect::List);
                close(entry, tools(config, registration));
            }
            None => {
                let mut entry = json!({ "id": id });
                set(&mut entry, registration, Dialect::List);
                close(&mut entry, tools(config, registration));
                list.push(entry);
            }
        }
    }
    target["agents"]["list"] = Value::Array(list);
    let shown = &mut target["channels"]["defaults"]["heartbeat"];
    for (key, value) in [
        ("showOk", false),
        ("showAlerts", true),
        ("useIndicator", true),
    ] {
        if shown[key].is_null() {
            shown[key] = Value::from(value);
        }
    }
    target
}

fn set(entry: &mut Value, registration: &Registration, dialect: Dialect) {
    let stands = entry["workspace"]
        .as_str()
        .is_some_and(|seen| same_folder(seen, &registration.workspace));
    if !stands {
        entry["workspace"] = Value::from(registration.workspace.as_str());
    }
    entry["heartbeat"] = registration.heartbeat.whole(dialect);
}

/// The tools of an agent: the house's, where the plugin that brings them is there. A gateway runs
/// no turn of an agent whose list names nothing that it has, so elsewhere it gets the least.
fn tools(config: &Value, registration: &Registration) -> Value {
    let plugin = &config["plugins"]["entries"][PLUGIN];
    if plugin["enabled"] == true {
        json!(registration.tools)
    } else {
        json!([LEAST])
    }
}

/// Without a list of its own an agent has every tool of the gateway. A list with others than the
/// house gives is somebody's own, and stays.
fn close(entry: &mut Value, tools: Value) {
    let ours: Vec<String> = agent_tools::all().into_iter().map(|it| it.name).collect();
    let mut listed = entry["tools"]["allow"].as_array().into_iter().flatten();
    let own = listed.any(|name| name != LEAST && !ours.iter().any(|our| name == our));
    if !own {
        entry["tools"]["allow"] = tools;
    }
}

#[cfg(test)]
mod tests;
