//! A configuration's values by their paths.

use serde_json::{Map, Value};

/// The value at a path of keys joined by dots; null where there is none.
pub(super) fn at<'a>(config: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(config, |value, key| &value[key])
}

/// Sets the value at a path, making the objects on the way.
pub(super) fn put(config: &mut Value, path: &str, value: Value) {
    let mut place = config;
    for key in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[key];
    }
    *place = value;
}

/// The texts of a list; none where it is no list.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

/// The fields of an object; none where it is none.
pub(super) fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Nothing at all, an empty list or an empty object.
pub(super) fn is_nothing(value: &Value) -> bool {
    value.is_null()
        || value.as_array().is_some_and(Vec::is_empty)
        || value.as_object().is_some_and(Map::is_empty)
}

/// A path that is the same wherever the gateway is started.
pub(super) fn is_rooted(path: &str) -> bool {
    path.starts_with(['/', '~', '$'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_put_is_found() {
        let mut config = json!({ "a": 1 });
        put(&mut config, "a.b.c", json!(2));
        put(&mut config, "a.d", json!([1, "x"]));
        assert_eq!(at(&config, "a.b.c"), 2);
        assert!(at(&config, "a.b.x.y").is_null());
        assert_eq!(texts(at(&config, "a.d")), ["x"]);
        assert_eq!(fields(at(&config, "a")).count(), 2);
    }
}
