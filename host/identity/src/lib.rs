//! Who calls: bearer tokens, the keys that sign them, and what was revoked.
//!
//! Knows nothing of HTTP, tickets or rules, has no clock of its own and logs
//! nothing. The algorithm is always the key's, never what a token claims.

mod key;
mod keyring;
mod mint;
mod refused;
mod revoked;
mod verifier;

pub use key::{Alg, Key, KeyError};
pub use keyring::{KEYRING_ENV, Keyring, KeyringError};
pub use mint::{Claims, ISSUER, MintError};
pub use refused::CredentialError;
pub use revoked::RevocationList;
pub use verifier::{LEEWAY_SECONDS, MAX_TOKEN_BYTES, Principal, Verifier, VerifierConfig};
