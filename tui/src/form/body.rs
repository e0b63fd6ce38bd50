//! From fields to a body.

use dispatch_contract::time::Zone;
use serde_json::{Map, Value, json};

use super::value::{cents, instant};
use super::{Field, Kind};

/// By which clock times are typed: a window's own zone goes before the site's.
pub(super) struct Zones {
    own: Vec<(String, Option<Zone>)>,
    site: Option<Zone>,
}

impl Zones {
    pub(super) fn of(fields: &[Field], site: Option<Zone>) -> Self {
        let named = fields.iter().filter_map(|field| {
            let above = field.pointer.strip_suffix("/timezone")?;
            Some((above.to_owned(), field.line.text().trim().parse().ok()))
        });
        Self {
            own: named.collect(),
            site,
        }
    }

    pub(super) fn at(&self, field: &Field) -> Option<Zone> {
        let (beside, _) = field.pointer.rsplit_once('/')?;
        let own = self.own.iter().find(|(above, _)| above == beside);
        own.and_then(|(_, zone)| *zone).or(self.site)
    }
}

/// The body, or none where a field cannot be read: its problem says why.
pub(super) fn build(fields: &mut [Field], zone: Option<Zone>) -> Option<Value> {
    let filled: Vec<String> = fields
        .iter()
        .filter(|field| !field.is_empty())
        .map(|field| field.pointer.clone())
        .collect();
    let zones = Zones::of(fields, zone);
    let mut body = json!({});
    let mut sound = true;
    for field in fields.iter_mut() {
        field.problem = None;
        if field.is_empty() {
            let wanted = field.required
                && field.optional_above.as_ref().is_none_or(|above| {
                    filled.iter().any(|pointer| {
                        pointer
                            .strip_prefix(above.as_str())
                            .is_some_and(|rest| rest.starts_with('/'))
                    })
                });
            if wanted {
                field.problem = Some("this is needed".into());
                sound = false;
            }
            continue;
        }
        match value(field, zones.at(field)) {
            Ok(value) => put(&mut body, &field.pointer, value),
            Err(problem) => {
                field.problem = Some(problem);
                sound = false;
            }
        }
    }
    sound.then_some(body)
}

fn value(field: &Field, zone: Option<Zone>) -> Result<Value, String> {
    let text = field.line.text();
    let text = text.trim();
    Ok(match &field.kind {
        Kind::Text | Kind::File => json!(text),
        Kind::Choice(choices) => choices
            .get(field.choice)
            .map(|(value, _)| value.clone())
            .unwrap_or_default(),
        Kind::Integer => {
            json!(text.parse::<i64>().map_err(|_| "write a whole number")?)
        }
        Kind::Number => {
            let number: f64 = text.parse().map_err(|_| "write a number")?;
            serde_json::Number::from_f64(number)
                .map(Value::Number)
                .ok_or("write a number")?
        }
        Kind::Cents => json!(cents(text)?),
        Kind::Time => json!(instant(text, zone)?.to_string()),
    })
}

/// Put a value at a pointer, making what is above it.
fn put(body: &mut Value, pointer: &str, value: Value) {
    let mut at = body;
    let mut parts = pointer.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let below = match parts.peek() {
            Some(next) if next.parse::<usize>().is_ok() => json!([]),
            Some(_) => Value::Object(Map::new()),
            None => Value::Null,
        };
        at = match (at, part.parse::<usize>()) {
            (Value::Array(items), Ok(n)) => {
                while items.len() <= n {
                    items.push(below.clone());
                }
                &mut items[n]
            }
            (Value::Object(fields), _) => fields.entry(part.to_owned()).or_insert(below),
            _ => return,
        };
    }
    *at = value;
}
