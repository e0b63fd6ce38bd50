//! Agents' tokens: made of randomness, shown once, known again by a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dispatch_gateway::Secret;
use dispatch_ledger::TokenMark;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Bytes of randomness in a token.
const BYTES: usize = 32;

/// Characters by which a token is found, of its 43.
const PREFIX: usize = 8;

/// Characters of what is looked at as a token at most.
const MAX_CHARS: usize = 128;

/// A new token.
pub(crate) fn mint() -> Secret {
    let mut bytes = [0_u8; BYTES];
    rand::fill(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a token; none for what could be no token.
pub(crate) fn mark(token: &str) -> Option<TokenMark> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let possible = (PREFIX + 1..=MAX_CHARS).contains(&token.len()) && token.bytes().all(plain);
    possible.then(|| TokenMark {
        hash: hex::encode(Sha256::digest(token)),
        prefix: token[..PREFIX].to_owned(),
    })
}

/// Are they the same hash? Takes the same time wherever they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_and_found_by_how_it_begins() {
        let (one, other) = (mint(), mint());
        assert_eq!(one.expose().len(), 43);
        let mark_of = |token: &Secret| mark(token.expose()).expect("a token");
        assert!(one.expose().starts_with(&mark_of(&one).prefix));
        assert!(same(&mark_of(&one).hash, &mark_of(&one).hash));
        assert!(!same(&mark_of(&one).hash, &mark_of(&other).hash));
        assert!(!mark_of(&one).hash.contains(one.expose()));
        for nonsense in [
            "",
            "12345678",
            "ünïcödé-token",
            "a b c d e f g h",
            &"x".repeat(129),
        ] {
            assert_eq!(mark(nonsense), None, "{nonsense}");
        }
    }
}
