//! Canonical JSON (RFC 8785) and the digests made over it.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The canonical bytes of a value: keys sorted, no spacing, one form per number.
#[must_use]
pub fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value)
        .expect("contract types have text keys and finite numbers, so they always serialize")
}

/// SHA-256 of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 of some bytes as 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn order_and_spacing_do_not_matter() {
        let a: serde_json::Value = serde_json::from_str(r#"{"b": 1, "a": [1.0, "é"]}"#).unwrap();
        let b = json!({"a": [1, "é"], "b": 1});
        assert_eq!(super::bytes(&a), super::bytes(&b));
        assert_eq!(super::bytes(&b), "{\"a\":[1,\"é\"],\"b\":1}".as_bytes());
    }

    #[test]
    fn a_place_that_was_hashed_is_read_back_as_it_was() {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let share = f64::from_bits(0x3ff0_0000_0000_0000 | random >> 12) - 1.5;
            let place = json!({ "lat": share * 180.0, "lon": share * 360.0 });
            let kept = super::bytes(&place);
            let read: serde_json::Value = serde_json::from_slice(&kept).unwrap();
            assert_eq!(read, place);
            assert_eq!(super::bytes(&read), kept);
        }
    }
}
