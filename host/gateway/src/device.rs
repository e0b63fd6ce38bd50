//! A device key: the Ed25519 key that stands for this client on gateways, in a private
//! file, and what it signs.
//!
//! Layouts are those of OpenClaw's own clients (`src/gateway/device-auth` upstream): a
//! key file made by one of them is read here, and the other way round.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fmt, io};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::address::Address;
use crate::secret::{Secret, SecretError, private_file};
use crate::tokens::{self, DeviceToken};

/// The largest key file, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// Where a device key is kept, and beside it the tokens that gateways gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRef {
    /// The key's file; only its owner may read it.
    pub key: PathBuf,
    /// The tokens' file; without it tokens are used but not kept.
    pub tokens: Option<PathBuf>,
}

impl DeviceRef {
    /// A key's file, with its tokens beside it: `device.json`, `device.tokens.json`.
    #[must_use]
    pub fn at(key: impl Into<PathBuf>) -> Self {
        let key = key.into();
        let tokens = key.with_extension("tokens.json");
        Self {
            key,
            tokens: Some(tokens),
        }
    }
}

impl DeviceRef {
    /// Keeps a token that a gateway made for this device, in the place of the one before: no
    /// where the device is another, or tokens are not kept.
    ///
    /// # Errors
    /// Where the key or the file of tokens cannot be read or written.
    pub fn keep(
        &self,
        gateway: &Address,
        device_id: &str,
        role: &str,
        token: Secret,
        scopes: &[String],
    ) -> Result<bool, DeviceError> {
        let own = DeviceKey::load(&self.key)?;
        let Some(path) = self.tokens.as_ref().filter(|_| own.id() == device_id) else {
            return Ok(false);
        };
        let gateway = gateway.to_string();
        let key = tokens::Key {
            gateway: &gateway,
            device_id,
            role,
        };
        let scopes = scopes.to_vec();
        tokens::keep(path, key, &DeviceToken { token, scopes })?;
        Ok(true)
    }
}

/// Why a device key cannot be used. Never shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Its file cannot be read, or others may read it.
    #[error("the device key: {0}")]
    File(#[from] SecretError),
    /// Its file holds something else. It is not made anew by itself: gateways know this
    /// device by it.
    #[error(
        "{path} holds no device key ({cause}): put back the right one, or move it away to \
         make a new one, which gateways will have to approve"
    )]
    NoKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The file of its tokens holds something else.
    #[error("{path} holds no tokens of this device ({cause}): move it away")]
    NoTokens {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A file of it cannot be written.
    #[error("{path} cannot be written: {cause}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

/// A device key.
#[derive(Clone)]
pub struct DeviceKey {
    key: SigningKey,
    id: String,
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({})", self.id)
    }
}

/// The key's file, as OpenClaw's clients write it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyFile {
    version: u32,
    device_id: String,
    public_key_pem: String,
    #[serde(with = "crate::secret::written")]
    private_key_pem: Secret,
    created_at_ms: i64,
}

impl DeviceKey {
    /// A key of random bytes.
    #[must_use]
    pub fn generate() -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rand::fill(&mut seed[..]);
        Self::of(SigningKey::from_bytes(&seed))
    }

    fn of(key: SigningKey) -> Self {
        let id = device_id(&key.verifying_key());
        Self { key, id }
    }

    /// Reads a key's file.
    ///
    /// # Errors
    /// [`DeviceError`], which says what to do.
    pub fn load(path: &Path) -> Result<Self, DeviceError> {
        let text = private_file(path, MAX_BYTES)?;
        let no_key = |cause: String| DeviceError::NoKey {
            path: path.to_owned(),
            cause,
        };
        // neither cause repeats what the file holds
        let file: KeyFile = serde_json::from_str(&text)
            .map_err(|error| no_key(format!("no JSON of it, line {}", error.line())))?;
        if file.version != 1 {
            return Err(no_key(format!("version {}, not 1", file.version)));
        }
        // the id is derived: one that disagrees was copied from somewhere else
        SigningKey::from_pkcs8_pem(file.private_key_pem.expose())
            .map(Self::of)
            .map_err(|_| no_key("no Ed25519 key in PKCS#8".into()))
    }

    /// Reads a key's file, or makes a new key where there is no file.
    ///
    /// # Errors
    /// [`DeviceError`], which says what to do.
    pub fn load_or_create(path: &Path) -> Result<Self, DeviceError> {
        match Self::create(path) {
            Err(DeviceError::Write { .. }) if path.exists() => Self::load(path),
            made => made,
        }
    }

    /// Makes a new key; its file must not be there yet.
    ///
    /// # Errors
    /// [`DeviceError::Write`].
    pub fn create(path: &Path) -> Result<Self, DeviceError> {
        let made = Self::generate();
        let failed = |cause: String| DeviceError::Write {
            path: path.to_owned(),
            cause,
        };
        let file = KeyFile {
            version: 1,
            device_id: made.id.clone(),
            public_key_pem: made
                .key
                .verifying_key()
                .to_public_key_pem(LineEnding::LF)
                .map_err(|error| failed(error.to_string()))?,
            private_key_pem: made
                .key
                .to_pkcs8_pem(LineEnding::LF)
                .map(|pem| Secret::new(pem.as_str()))
                .map_err(|error| failed(error.to_string()))?,
            created_at_ms: now_ms(),
        };
        let text = serde_json::to_vec_pretty(&file)
            .map(Zeroizing::new)
            .map_err(|error| failed(error.to_string()))?;
        let written: io::Result<()> = (|| {
            let mut to = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?;
            to.write_all(&text)?;
            to.sync_all()
        })();
        written.map_err(|error| failed(error.to_string()))?;
        Ok(made)
    }

    /// What gateways know this device by: the SHA-256 of its public key, in hex.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The raw public key, base64url without padding.
    #[must_use]
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes())
    }

    /// Signs a payload; base64url without padding.
    #[must_use]
    pub fn sign(&self, payload: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.key.sign(payload.as_bytes()).to_bytes())
    }
}

fn device_id(key: &VerifyingKey) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// What a device signs when it connects.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The device.
    pub device_id: &'a str,
    /// What it says it is.
    pub client_id: &'a str,
    /// How it runs.
    pub client_mode: &'a str,
    /// What it wants to be.
    pub role: &'a str,
    /// What it wants to do.
    pub scopes: &'a [&'a str],
    /// The challenge's `ts`, in milliseconds since 1970.
    pub signed_at_ms: i64,
    /// The token it connects with, or nothing.
    pub token: &'a str,
    /// The challenge's nonce.
    pub nonce: &'a str,
}

impl Statement<'_> {
    /// The layout of version 1, for gateways that send no nonce.
    #[must_use]
    pub fn v1(&self) -> Zeroizing<String> {
        self.layout("v1")
    }

    /// The layout of version 2.
    #[must_use]
    pub fn v2(&self) -> Zeroizing<String> {
        let mut text = self.layout("v2");
        text.push('|');
        text.push_str(self.nonce);
        text
    }

    /// The layout of version 3, which holds the platform too: trimmed, ASCII in lower case.
    #[must_use]
    pub fn v3(&self, platform: &str, device_family: &str) -> Zeroizing<String> {
        let mut text = self.layout("v3");
        text.push('|');
        text.push_str(self.nonce);
        for part in [platform, device_family] {
            text.push('|');
            text.push_str(&part.trim().to_ascii_lowercase());
        }
        text
    }

    fn layout(&self, version: &str) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(512));
        let _ = write!(
            text,
            "{version}|{}|{}|{}|{}|{}|{}|{}",
            self.device_id,
            self.client_id,
            self.client_mode,
            self.role,
            self.scopes.join(","),
            self.signed_at_ms,
            self.token
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use ed25519_dalek::{Signature, Verifier};

    use super::*;

    #[test]
    fn statements_are_laid_out_as_upstream_has_them() {
        let two = Statement {
            device_id: "dev-1",
            client_id: "openclaw-macos",
            client_mode: "ui",
            role: "operator",
            scopes: &["operator.admin", "operator.read"],
            signed_at_ms: 1_700_000_000_000,
            token: "",
            nonce: "nonce-abc",
        };
        assert_eq!(
            *two.v2(),
            "v2|dev-1|openclaw-macos|ui|operator|operator.admin,operator.read|1700000000000||nonce-abc"
        );
        let three = Statement {
            token: "tok-123",
            ..two
        };
        assert_eq!(
            *three.v3(" iOS ", "iPhone"),
            "v3|dev-1|openclaw-macos|ui|operator|operator.admin,operator.read|1700000000000|tok-123|nonce-abc|ios|iphone"
        );
        let empty = Statement {
            device_id: "dev-2",
            client_id: "openclaw-ios",
            scopes: &["operator.read"],
            signed_at_ms: 1_700_000_000_001,
            nonce: "nonce-def",
            ..two
        };
        assert_eq!(
            *empty.v3("", ""),
            "v3|dev-2|openclaw-ios|ui|operator|operator.read|1700000000001||nonce-def||"
        );
    }

    #[test]
    fn a_key_lasts_and_its_signature_verifies() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device.json");
        let made = DeviceKey::load_or_create(&path).expect("made");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read = DeviceKey::load_or_create(&path).expect("read");
        assert_eq!(made.id(), read.id());
        assert_eq!(made.id().len(), 64);
        let signature = URL_SAFE_NO_PAD.decode(read.sign("v3|x")).expect("base64");
        let signature = Signature::from_slice(&signature).expect("64 bytes");
        let raw = URL_SAFE_NO_PAD.decode(made.public_key()).expect("base64");
        let public = VerifyingKey::from_bytes(&raw.try_into().expect("32 bytes")).expect("a key");
        assert!(public.verify(b"v3|x", &signature).is_ok());
        assert_eq!(device_id(&public), made.id());
        let text = fs::read_to_string(&path).expect("read");
        let shown = format!("{made:?}");
        assert!(shown.contains(made.id()) && !text.is_empty());
        assert_eq!(shown, format!("DeviceKey({})", made.id()));
    }

    #[test]
    fn a_spoilt_or_open_key_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device.json");
        fs::write(&path, r#"{"version":1,"privateKeyPem":"s3cret"}"#).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("set");
        let error = DeviceKey::load_or_create(&path)
            .expect_err("spoilt")
            .to_string();
        assert!(
            error.contains("move it away") && !error.contains("s3cret"),
            "{error}"
        );
        assert!(fs::read_to_string(&path).expect("kept").contains("s3cret"));
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("set");
        let error = DeviceKey::load(&path).expect_err("open").to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_key_file_with_another_id_is_known_by_its_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device.json");
        let made = DeviceKey::create(&path).expect("made");
        let text = fs::read_to_string(&path).expect("read");
        fs::write(&path, text.replace(made.id(), &"0".repeat(64))).expect("written");
        assert_eq!(DeviceKey::load(&path).expect("read").id(), made.id());
    }
}
