//! From a JSON Schema to fields.

use serde_json::{Value, json};

use super::file::{FILE, is_upload};
use super::value::local;
use super::{Field, Kind, Known};
use crate::shell::line::Line;

/// What every call carries: filled in by the console, not by hand.
const CARRIED: [&str; 6] = [
    "request_id",
    "ticket_id",
    "actor",
    "expected_version",
    "override",
    "channel",
];

/// Letters of a field at most, whatever the schema allows.
const MOST_LETTERS: usize = 32_768;
/// Letters of a path at most.
const MOST_PATH: usize = 4_096;
const FILE_HELP: &str = "A photo on this machine, such as ~/door.jpg: it is uploaded, and the \
                         rest filled in. Or the key that an upload answered, uploads/…";
/// How deep objects may stand in each other.
const DEEPEST: usize = 8;

/// A list in a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct List {
    pub(super) pointer: String,
    pub(super) least: usize,
    pub(super) most: usize,
}

/// A schema without the choice of leaving it out, and whether it may be.
fn bare(schema: &Value) -> (&Value, bool) {
    if let Some(all) = schema["anyOf"].as_array() {
        let null = json!({ "type": "null" });
        let some = all.iter().find(|one| **one != null);
        return (some.unwrap_or(schema), all.contains(&null));
    }
    let nullable = schema["type"]
        .as_array()
        .is_some_and(|types| types.iter().any(|one| one == "null"));
    (schema, nullable)
}

fn is_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(one) => one == name,
        Value::Array(types) => types.iter().any(|one| one == name),
        _ => false,
    }
}

/// A window reads from its start to its end, then where; a file goes before what it is; a
/// message from its channel and its words to how they are meant.
fn order(name: &str) -> usize {
    match name {
        FILE | "channel" | "raw" => 0,
        "normalized" => 1,
        _ if name.ends_with("_start") => 0,
        _ if name.ends_with("_end") => 1,
        _ => 2,
    }
}

/// The properties of a body that are filled in by hand, in the schema's order; those that
/// must be there first.
fn properties(schema: &Value) -> Vec<(&String, &Value, bool)> {
    let required = |name: &str| {
        let all = schema["required"].as_array();
        all.is_some_and(|all| all.iter().any(|one| one == name))
    };
    let own = schema["properties"].as_object();
    let mut all: Vec<_> = own
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name, schema, required(name)))
        .filter(|(name, _, needed)| {
            !CARRIED.contains(&name.as_str()) || *needed && *name == "channel"
        })
        .collect();
    all.sort_by_key(|(name, _, needed)| (!needed, order(name)));
    all
}

/// Every field of a body.
pub(super) fn fields(schema: &Value, known: &Known) -> Vec<Field> {
    let mut fields = Vec::new();
    for (name, property, required) in properties(schema) {
        let place = Place {
            pointer: format!("/{name}"),
            required,
            above: None,
            depth: 0,
        };
        walk(property, place, known, &mut fields);
    }
    fields
}

struct Place {
    pointer: String,
    required: bool,
    above: Option<String>,
    depth: usize,
}

fn walk(schema: &Value, place: Place, known: &Known, fields: &mut Vec<Field>) {
    let help = schema["description"].as_str().unwrap_or("").to_owned();
    let (schema, nullable) = bare(schema);
    let required = place.required && !nullable;
    if place.depth > DEEPEST {
        return;
    }
    if place.pointer.ends_with("/selected_window") && !known.offered.is_empty() {
        let choices = known.offered.iter().map(|window| {
            let schedule = dispatch_contract::ticket::Schedule::of(
                window,
                dispatch_contract::ticket::ScheduleStatus::Confirmed,
            );
            let said = format!("{} {}", crate::text::window(&schedule), window.timezone);
            (serde_json::to_value(window).unwrap_or_default(), said)
        });
        return fields.push(field(
            &place,
            true,
            Kind::Choice(choices.collect()),
            help,
            0,
        ));
    }
    if is_type(schema, "object") {
        let above = if required {
            place.above
        } else {
            Some(place.pointer.clone())
        };
        let needed = schema["required"].as_array();
        let mut own: Vec<_> = schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, property)| {
                let all = needed.is_some_and(|all| all.iter().any(|one| one == name));
                (name, property, all)
            })
            .collect();
        own.sort_by_key(|(name, _, needed)| (!needed, order(name)));
        for (name, property, needed) in own {
            let below = Place {
                pointer: format!("{}/{name}", place.pointer),
                required: needed,
                above: above.clone(),
                depth: place.depth + 1,
            };
            if name == FILE && is_upload(schema) {
                let help = FILE_HELP.to_owned();
                fields.push(field(&below, needed, Kind::File, help, MOST_PATH));
            } else {
                walk(property, below, known, fields);
            }
        }
        return;
    }
    if is_type(schema, "array") {
        let least = if required {
            schema["minItems"].as_u64().unwrap_or(0)
        } else {
            0
        };
        for n in 0..least {
            let below = Place {
                pointer: format!("{}/{n}", place.pointer),
                required: true,
                above: place.above.clone(),
                depth: place.depth + 1,
            };
            walk(&schema["items"], below, known, fields);
        }
        return;
    }
    fields.push(leaf(schema, &place, required, help, known));
}

fn leaf(schema: &Value, place: &Place, required: bool, help: String, known: &Known) -> Field {
    let name = place.pointer.rsplit('/').next().unwrap_or("");
    let most = schema["maxLength"].as_u64().unwrap_or(4_000);
    let most = usize::try_from(most)
        .unwrap_or(MOST_LETTERS)
        .min(MOST_LETTERS);
    let nothing = (Value::Null, "-".to_owned());
    let choice = |choices: Vec<(Value, String)>| {
        let mut all = choices;
        if !required {
            all.insert(0, nothing.clone());
        }
        Kind::Choice(all)
    };
    let kind = if name == "technician_id" && !known.technicians.is_empty() {
        let all = known.technicians.iter();
        choice(all.map(|(id, name)| (json!(id), name.clone())).collect())
    } else if let Some(words) = schema["enum"].as_array() {
        let words = words.iter().filter_map(Value::as_str);
        choice(words.map(|word| (json!(word), word.to_owned())).collect())
    } else if is_type(schema, "boolean") {
        choice(vec![
            (json!(true), "yes".into()),
            (json!(false), "no".into()),
        ])
    } else if is_type(schema, "integer") && name.ends_with("_cents") {
        Kind::Cents
    } else if is_type(schema, "integer") {
        Kind::Integer
    } else if is_type(schema, "number") {
        Kind::Number
    } else if schema["format"] == "date-time" {
        Kind::Time
    } else {
        Kind::Text
    };
    let mut made = field(place, required, kind, help, most);
    if let Some((_, given)) = known.given.iter().find(|(at, _)| *at == place.pointer) {
        give(&mut made, given);
    } else if schema["format"] == "iana-time-zone"
        && let Some(zone) = known.zone
        && required
    {
        made.line.set(&zone.to_string());
    } else if let (Kind::Time, true, Some(now)) = (&made.kind, required, known.now) {
        // the next whole hour, and two hours more for an end
        let ahead = if name.ends_with("_end") { 4 } else { 2 };
        made.line.set(&local(now, known.zone, ahead));
    }
    made
}

fn give(field: &mut Field, given: &str) {
    if let Kind::Choice(choices) = &field.kind {
        let at = choices.iter().position(|(value, _)| value == given);
        field.choice = at.unwrap_or(0);
    } else {
        field.line.set(given);
    }
}

fn field(place: &Place, required: bool, kind: Kind, help: String, most: usize) -> Field {
    Field {
        pointer: place.pointer.clone(),
        line: Line::new("", most.max(64)),
        choice: 0,
        kind,
        required,
        optional_above: place.above.clone(),
        help,
        problem: None,
        note: None,
        seen: None,
    }
}

/// The lists of a body.
pub(super) fn lists(schema: &Value) -> Vec<List> {
    let all = properties(schema).into_iter();
    all.filter_map(|(name, property, required)| {
        let (bare, nullable) = bare(property);
        is_type(bare, "array").then(|| List {
            pointer: format!("/{name}"),
            least: if required && !nullable {
                bare["minItems"]
                    .as_u64()
                    .map_or(0, |n| usize::try_from(n).unwrap_or(0))
            } else {
                0
            },
            most: bare["maxItems"]
                .as_u64()
                .map_or(100, |n| usize::try_from(n).unwrap_or(100)),
        })
    })
    .collect()
}

/// The fields of one more item of a list.
pub(super) fn item(schema: &Value, list: &str, n: usize, known: &Known) -> Vec<Field> {
    let mut fields = Vec::new();
    let name = list.trim_start_matches('/');
    let (array, _) = bare(&schema["properties"][name]);
    let place = Place {
        pointer: format!("{list}/{n}"),
        required: true,
        above: None,
        depth: 1,
    };
    walk(&array["items"], place, known, &mut fields);
    fields
}

/// The operator's reason to pass a gate.
pub(super) fn override_field(schema: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    let place = Place {
        pointer: "/override".into(),
        required: false,
        above: None,
        depth: 0,
    };
    walk(
        &schema["properties"]["override"],
        place,
        &Known::default(),
        &mut fields,
    );
    fields
}
