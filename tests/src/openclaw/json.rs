//! Configurations laid over each other.

use serde_json::Value;

/// `over` laid over `base`: objects are merged key by key, anything else is replaced.
pub fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                match base.get_mut(&key) {
                    Some(under) => merge(under, value),
                    None => {
                        base.insert(key, value);
                    }
                }
            }
        }
        (base, over) => *base = over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_laid_over_wins_and_the_rest_stays() {
        let mut base = json!({ "a": { "b": 1, "c": [1, 2] }, "d": 1 });
        merge(&mut base, json!({ "a": { "c": [3] }, "e": { "f": null } }));
        assert_eq!(
            base,
            json!({ "a": { "b": 1, "c": [3] }, "d": 1, "e": { "f": null } })
        );
    }
}
