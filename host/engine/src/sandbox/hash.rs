//! A name for an engine's settings, so that compiled code meets only its own engine.

use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

/// Feeds a `Hash` into SHA-256.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks: the digest is taken whole.
    fn finish(&self) -> u64 {
        0
    }
}

/// The first 16 bytes, in hexadecimal, of a digest over version and settings.
pub(crate) fn compatibility(engine: &wasmtime::Engine) -> String {
    let mut hasher = Sha256Hasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hex::encode(&hasher.0.finalize()[..16])
}
