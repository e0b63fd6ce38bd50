//! JSON merge patches: what turns one value into another.

use serde_json::{Map, Value};

/// A merge patch, and the arrays that lose something by it.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// The patch; null deletes.
    pub patch: Value,
    /// Dotted paths of arrays that lose entries; the gateway wants them named.
    pub shrinks: Vec<String>,
}

/// What turns `from` into `to`; none where they are equal. A key of null is as good as none,
/// since no merge patch can tell them apart.
#[must_use]
pub(crate) fn difference(from: &Value, to: &Value) -> Option<Difference> {
    let mut shrinks = Vec::new();
    let patch = between(from, to, "", &mut shrinks)?;
    Some(Difference { patch, shrinks })
}

fn between(from: &Value, to: &Value, path: &str, shrinks: &mut Vec<String>) -> Option<Value> {
    if from == to {
        return None;
    }
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => {
            let mut patch = Map::new();
            for (key, found) in from {
                if !found.is_null() && !to.contains_key(key) {
                    patch.insert(key.clone(), Value::Null);
                }
            }
            for (key, wanted) in to {
                let found = from.get(key).unwrap_or(&Value::Null);
                let below = below(path, key);
                if let Some(change) = between(found, wanted, &below, shrinks) {
                    patch.insert(key.clone(), change);
                }
            }
            (!patch.is_empty()).then_some(Value::Object(patch))
        }
        (Value::Array(from), Value::Array(to)) => {
            if from
                .iter()
                .any(|entry| !to.iter().any(|kept| same(entry, kept)))
            {
                shrinks.push(path.to_owned());
            }
            Some(Value::Array(to.clone()))
        }
        _ => Some(to.clone()),
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// An entry that has an id is the same entry whatever else changes in it.
fn same(one: &Value, other: &Value) -> bool {
    match (one.get("id"), other.get("id")) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A merge patch as RFC 7396 applies it.
    fn apply(target: &mut Value, patch: &Value) {
        let Value::Object(patch) = patch else {
            *target = patch.clone();
            return;
        };
        if !target.is_object() {
            *target = json!({});
        }
        for (key, value) in patch {
            if value.is_null() {
                target.as_object_mut().unwrap().remove(key);
            } else {
                apply(&mut target[key], value);
            }
        }
    }

    #[test]
    fn a_difference_applied_is_what_was_wanted_and_says_which_arrays_lose() {
        let table: [(Value, Value, Option<Value>, &[&str]); 8] = [
            (json!({"a": 1}), json!({"a": 1}), None, &[]),
            (
                json!({}),
                json!({"a": {"b": 1}}),
                Some(json!({"a": {"b": 1}})),
                &[],
            ),
            (
                json!({"a": {"b": 1, "c": 2}}),
                json!({"a": {"b": 1}}),
                Some(json!({"a": {"c": null}})),
                &[],
            ),
            (
                json!({"a": {"b": 1}}),
                json!({"a": 2}),
                Some(json!({"a": 2})),
                &[],
            ),
            (
                json!({"a": [1, 2]}),
                json!({"a": [1, 2, 3]}),
                Some(json!({"a": [1, 2, 3]})),
                &[],
            ),
            (
                json!({"x": {"a": [1, 2]}}),
                json!({"x": {"a": [2]}}),
                Some(json!({"x": {"a": [2]}})),
                &["x.a"],
            ),
            (
                json!({"l": [{"id": "a", "w": 1}, {"id": "b"}]}),
                json!({"l": [{"id": "a", "w": 2}, {"id": "b"}, {"id": "c"}]}),
                Some(json!({"l": [{"id": "a", "w": 2}, {"id": "b"}, {"id": "c"}]})),
                &[],
            ),
            (
                json!({"l": [{"id": "a"}]}),
                json!({"l": [{"id": "b"}]}),
                Some(json!({"l": [{"id": "b"}]})),
                &["l"],
            ),
        ];
        for (from, to, patch, shrinks) in table {
            let found = difference(&from, &to);
            assert_eq!(
                found.as_ref().map(|found| &found.patch),
                patch.as_ref(),
                "{from} {to}"
            );
            assert_eq!(
                found.map_or(vec![], |found| found.shrinks),
                shrinks,
                "{from} {to}"
            );
            if let Some(patch) = patch {
                let mut applied = from.clone();
                apply(&mut applied, &patch);
                assert_eq!(applied, to);
            }
        }
    }

    #[test]
    fn null_and_absent_are_the_same() {
        assert_eq!(
            difference(&json!({"a": {}}), &json!({"a": {"b": null}})),
            None
        );
        assert_eq!(
            difference(&json!({"a": {"b": null}}), &json!({"a": {}})),
            None
        );
    }
}
