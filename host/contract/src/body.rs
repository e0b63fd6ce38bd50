//! A body as JSON, where what different readers would understand differently is refused or
//! made one: a name that stands twice in an object, a whole number that is written `2.0`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Beyond it, a float does not hold every whole number.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Read a body.
///
/// # Errors
/// Where it is not JSON, or an object has a name twice: which of the two counts is not
/// the same for every reader (RFC 8259, section 4).
pub(crate) fn read(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Body>(bytes).map(|body| body.0)
}

struct Body(Value);

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(AsIs).map(Self)
    }
}

struct AsIs;

impl<'de> Visitor<'de> for AsIs {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0 && value.abs() < WHOLE {
            return Ok((value as i64).into());
        }
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Body(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                let told: String = name.chars().take(100).collect();
                return Err(A::Error::custom(format!("`{told}` stands twice in it")));
            }
            let Body(value) = fields.next_value()?;
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_refused_wherever_it_is() {
        for text in [
            r#"{"priority":"standard","priority":"emergency"}"#,
            r#"{"a":[{"b":1,"c":2,"b":1}]}"#,
            // spelt otherwise, the same name
            r#"{"a":1,"\u0061":1}"#,
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("` stands twice in it at line 1"), "{error}");
        }
        let long = format!(r#"{{"{0}":1,"{0}":2}}"#, "x".repeat(10_000));
        assert!(read(long.as_bytes()).unwrap_err().to_string().len() < 200);
    }

    #[test]
    fn all_else_is_as_it_was_but_for_whole_numbers() {
        let text = r#"{"t":"\u00fc","n":null,"b":[true,-1,18446744073709551615,1.5,1e400]}"#;
        assert!(read(text.as_bytes()).is_err(), "a number that is none");
        let text = r#"{"t":"ü","n":null,"b":[true,-1,18446744073709551615,1.5,-0.25]}"#;
        assert_eq!(
            read(text.as_bytes()).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
        let whole = read(br#"[2.0,-3.0,1e3,9.1e15,41.5]"#).unwrap();
        assert_eq!(whole, json!([2, -3, 1000, 9.1e15, 41.5]));
        let deep = "[".repeat(100_000);
        assert!(read(deep.as_bytes()).is_err());
    }
}
