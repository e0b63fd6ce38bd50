//! One key: its name, its algorithm and its material, which is never shown.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dispatch_contract::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};

/// Bytes of an Ed25519 key, private or public.
const ED25519_BYTES: usize = 32;

/// Bytes of a shared secret: fewer could be guessed, more add nothing (RFC 7518, 3.2).
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 32..=128;

/// Characters of a key id at most.
const MAX_KID_CHARS: usize = 64;

/// PKCS#8 of an Ed25519 key is always these bytes and then the key.
const ED25519_PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// How a key signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Alg {
    /// Ed25519: hosts that only verify hold the public half alone.
    EdDSA,
    /// HMAC with SHA-256: whoever verifies can also sign.
    HS256,
}

impl Alg {
    pub(crate) fn of_token(self) -> Algorithm {
        match self {
            Self::EdDSA => Algorithm::EdDSA,
            Self::HS256 => Algorithm::HS256,
        }
    }
}

/// Key material that makes no key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// An id that cannot stand in a header.
    #[error("a kid is 1 to 64 letters, digits, '-', '_' or '.'")]
    Kid,
    /// Not text of base64url.
    #[error("`{field}` is not base64url without padding")]
    Encoding {
        /// Which field of the key.
        field: &'static str,
    },
    /// Too short or too long.
    #[error("`{field}` has {actual} bytes; it needs {needed}")]
    Length {
        /// Which field of the key.
        field: &'static str,
        /// What it has.
        actual: usize,
        /// What it needs.
        needed: &'static str,
    },
    /// A field of the other algorithm, or none at all.
    #[error("an EdDSA key has `private` or `public` and no `secret`, an HS256 key `secret` alone")]
    Material,
    /// The two halves are of different keys.
    #[error("`public` does not belong to `private`: leave `public` out")]
    Halves,
}

/// A key as the keyring's file has it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyForm {
    pub(crate) kid: String,
    pub(crate) alg: Alg,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) private: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) public: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) retired: bool,
}

/// A key of the ring.
#[derive(Clone)]
pub struct Key {
    pub(crate) form: KeyForm,
    pub(crate) signs: Option<EncodingKey>,
    pub(crate) verifies: DecodingKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("kid", &self.form.kid)
            .field("alg", &self.form.alg)
            .field("retired", &self.form.retired)
            .finish_non_exhaustive()
    }
}

impl Key {
    /// A new key with material of the system's randomness.
    ///
    /// # Errors
    /// [`KeyError::Kid`].
    pub fn generate(kid: &str, alg: Alg, not_before: Option<Timestamp>) -> Result<Self, KeyError> {
        let mut material = [0_u8; ED25519_BYTES];
        rand::fill(&mut material);
        let text = Some(URL_SAFE_NO_PAD.encode(material));
        let (secret, private) = match alg {
            Alg::EdDSA => (None, text),
            Alg::HS256 => (text, None),
        };
        Self::of(KeyForm {
            kid: kid.to_owned(),
            alg,
            secret,
            private,
            public: None,
            not_before,
            retired: false,
        })
    }

    pub(crate) fn of(mut form: KeyForm) -> Result<Self, KeyError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if !(1..=MAX_KID_CHARS).contains(&form.kid.len()) || !form.kid.bytes().all(plain) {
            return Err(KeyError::Kid);
        }
        let (signs, verifies) = match (form.alg, &form.secret, &form.private, &form.public) {
            (Alg::HS256, Some(secret), None, None) => {
                let secret = decode("secret", secret)?;
                if !SECRET_BYTES.contains(&secret.len()) {
                    return Err(length("secret", &secret, "32 to 128"));
                }
                (
                    Some(EncodingKey::from_secret(&secret)),
                    DecodingKey::from_secret(&secret),
                )
            }
            (Alg::EdDSA, None, Some(private), public) => {
                let private = ed25519("private", private)?;
                let der = [&ED25519_PKCS8[..], &private].concat();
                let signs = EncodingKey::from_ed_der(&der);
                let derived = public_half(&signs)?;
                if public.as_ref().is_some_and(|public| *public != derived) {
                    return Err(KeyError::Halves);
                }
                let verifies = DecodingKey::from_ed_der(&ed25519("public", &derived)?);
                form.public = Some(derived);
                (Some(signs), verifies)
            }
            (Alg::EdDSA, None, None, Some(public)) => {
                (None, DecodingKey::from_ed_der(&ed25519("public", public)?))
            }
            _ => return Err(KeyError::Material),
        };
        Ok(Self {
            form,
            signs,
            verifies,
        })
    }

    /// The key's name.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.form.kid
    }

    /// How it signs.
    #[must_use]
    pub fn alg(&self) -> Alg {
        self.form.alg
    }

    /// Signs nothing more; what it signed is good until it expires.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.form.retired
    }

    /// From when on it signs.
    #[must_use]
    pub fn not_before(&self) -> Option<Timestamp> {
        self.form.not_before
    }

    /// Holds what signing needs.
    #[must_use]
    pub fn can_sign(&self) -> bool {
        self.signs.is_some()
    }

    /// The public half in base64url, for a host that only verifies; `None` for HS256.
    #[must_use]
    pub fn public(&self) -> Option<&str> {
        self.form.public.as_deref()
    }
}

fn public_half(signs: &EncodingKey) -> Result<String, KeyError> {
    match Jwk::from_encoding_key(signs, Algorithm::EdDSA).map(|jwk| jwk.algorithm) {
        Ok(AlgorithmParameters::OctetKeyPair(pair)) => Ok(pair.x),
        _ => Err(KeyError::Material),
    }
}

fn ed25519(field: &'static str, text: &str) -> Result<Vec<u8>, KeyError> {
    let bytes = decode(field, text)?;
    if bytes.len() == ED25519_BYTES {
        Ok(bytes)
    } else {
        Err(length(field, &bytes, "32"))
    }
}

fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, KeyError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| KeyError::Encoding { field })
}

fn length(field: &'static str, bytes: &[u8], needed: &'static str) -> KeyError {
    KeyError::Length {
        field,
        actual: bytes.len(),
        needed,
    }
}
