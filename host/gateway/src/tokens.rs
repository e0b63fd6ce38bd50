//! The tokens that gateways gave a device: kept per gateway, device and role in one
//! private file, written whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::device::DeviceError;
use crate::secret::{Secret, private_file};

/// The largest file of tokens, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// More gateways than this are forgotten, the oldest first.
const MAX_TOKENS: usize = 64;

/// A token that a gateway gave a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceToken {
    pub(crate) token: Secret,
    /// What it was given for; asked for again with it.
    pub(crate) scopes: Vec<String>,
}

/// For whom a token is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    /// The gateway's address.
    pub(crate) gateway: &'a str,
    pub(crate) device_id: &'a str,
    pub(crate) role: &'a str,
}

#[derive(Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    tokens: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    gateway: String,
    device_id: String,
    role: String,
    #[serde(with = "crate::secret::written")]
    token: Secret,
    scopes: Vec<String>,
}

impl Entry {
    fn is(&self, key: Key<'_>) -> bool {
        self.gateway == key.gateway && self.device_id == key.device_id && self.role == key.role
    }
}

/// The token kept for this gateway, device and role.
///
/// # Errors
/// Where the file is there and cannot be read, or others may read it.
pub(crate) fn find(path: &Path, key: Key<'_>) -> Result<Option<DeviceToken>, DeviceError> {
    let kept = read(path)?;
    Ok(kept
        .tokens
        .into_iter()
        .find(|entry| entry.is(key))
        .map(|entry| DeviceToken {
            token: entry.token,
            scopes: entry.scopes,
        }))
}

/// Keeps a token. The same token as before keeps the scopes it was given for.
///
/// # Errors
/// Where the file cannot be read or written.
pub(crate) fn keep(path: &Path, key: Key<'_>, token: &DeviceToken) -> Result<(), DeviceError> {
    let _turn = lock(path)?;
    let mut kept = read(path)?;
    let same = |entry: &Entry| entry.is(key) && entry.token == token.token;
    if kept.tokens.iter().any(same) {
        return Ok(());
    }
    kept.tokens.retain(|entry| !entry.is(key));
    kept.tokens.push(Entry {
        gateway: key.gateway.to_owned(),
        device_id: key.device_id.to_owned(),
        role: key.role.to_owned(),
        token: token.token.clone(),
        scopes: token.scopes.clone(),
    });
    let over = kept.tokens.len().saturating_sub(MAX_TOKENS);
    kept.tokens.drain(..over);
    write(path, &kept)
}

/// Forgets a token that its gateway no longer takes.
///
/// # Errors
/// Where the file cannot be read or written.
pub(crate) fn forget(path: &Path, key: Key<'_>, token: &Secret) -> Result<(), DeviceError> {
    let _turn = lock(path)?;
    let mut kept = read(path)?;
    let before = kept.tokens.len();
    kept.tokens
        .retain(|entry| !(entry.is(key) && entry.token == *token));
    if kept.tokens.len() == before {
        return Ok(());
    }
    write(path, &kept)
}

/// Links to several gateways may write at once, as may another process.
fn lock(path: &Path) -> Result<File, DeviceError> {
    let locked = (|| {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.with_extension("lock"))?;
        file.lock()?;
        Ok(file)
    })();
    locked.map_err(|error| unwritten(path, &error))
}

fn read(path: &Path) -> Result<Kept, DeviceError> {
    if !path.exists() {
        return Ok(Kept {
            version: 1,
            tokens: Vec::new(),
        });
    }
    let text = private_file(path, MAX_BYTES)?;
    let no_tokens = |cause: String| DeviceError::NoTokens {
        path: path.to_owned(),
        cause,
    };
    let kept: Kept = serde_json::from_str(&text)
        .map_err(|error| no_tokens(format!("no JSON of it, line {}", error.line())))?;
    if kept.version != 1 {
        return Err(no_tokens(format!("version {}, not 1", kept.version)));
    }
    Ok(kept)
}

fn write(path: &Path, kept: &Kept) -> Result<(), DeviceError> {
    let written: io::Result<()> = (|| {
        let text = zeroize::Zeroizing::new(serde_json::to_vec_pretty(kept)?);
        let beside = path.with_extension("new");
        let mut to = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        to.write_all(&text)?;
        to.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &io::Error) -> DeviceError {
    DeviceError::Write {
        path: path.to_owned(),
        cause: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const KEY: Key<'static> = Key {
        gateway: "ws://h:1",
        device_id: "d",
        role: "operator",
    };

    fn token(text: &str, scopes: &[&str]) -> DeviceToken {
        DeviceToken {
            token: Secret::new(text),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        }
    }

    #[test]
    fn a_token_is_kept_per_gateway_device_and_role_in_a_private_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device.tokens.json");
        assert_eq!(find(&path, KEY).expect("no file"), None);
        keep(&path, KEY, &token("one", &["operator.read"])).expect("kept");
        keep(
            &path,
            Key {
                gateway: "ws://h:2",
                ..KEY
            },
            &token("two", &[]),
        )
        .expect("kept");
        keep(
            &path,
            Key {
                role: "node",
                ..KEY
            },
            &token("three", &[]),
        )
        .expect("kept");
        assert_eq!(
            find(&path, KEY).expect("read"),
            Some(token("one", &["operator.read"]))
        );
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        forget(&path, KEY, &Secret::new("another")).expect("nothing to forget");
        assert!(find(&path, KEY).expect("read").is_some());
        forget(&path, KEY, &Secret::new("one")).expect("forgotten");
        assert_eq!(find(&path, KEY).expect("read"), None);
        assert!(
            find(
                &path,
                Key {
                    role: "node",
                    ..KEY
                }
            )
            .expect("read")
            .is_some()
        );
    }

    #[test]
    fn the_same_token_keeps_its_scopes_and_a_new_one_brings_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device.tokens.json");
        let wide = token("one", &["operator.read", "operator.admin"]);
        keep(&path, KEY, &wide).expect("kept");
        keep(&path, KEY, &token("one", &["operator.read"])).expect("kept");
        assert_eq!(find(&path, KEY).expect("read"), Some(wide));
        keep(&path, KEY, &token("two", &["operator.read"])).expect("kept");
        assert_eq!(
            find(&path, KEY).expect("read"),
            Some(token("two", &["operator.read"]))
        );
    }

    #[test]
    fn no_more_are_kept_than_the_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("device.tokens.json");
        for n in 0..=MAX_TOKENS {
            let gateway = format!("ws://h:{n}");
            keep(
                &path,
                Key {
                    gateway: &gateway,
                    ..KEY
                },
                &token("t", &[]),
            )
            .expect("kept");
        }
        assert_eq!(
            find(
                &path,
                Key {
                    gateway: "ws://h:0",
                    ..KEY
                }
            )
            .expect("read"),
            None
        );
        assert!(find(&path, KEY).expect("read").is_some());
    }
}
