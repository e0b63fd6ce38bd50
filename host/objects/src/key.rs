//! Storage keys: relative, plain, minted by the host. The type is the proof
//! that a text was checked, so nothing below ever joins an unchecked path.

use std::fmt;
use std::str::FromStr;

use ulid::Ulid;

use crate::content::ContentType;

/// Characters of a key at most.
const MAX_KEY_CHARS: usize = 200;

/// Segments of a key at most.
const MAX_SEGMENTS: usize = 6;

/// Where uploads go.
const UPLOADS: &str = "uploads";

/// Where the papers the house makes go.
const ARTIFACTS: &str = "artifacts";

/// Where an upload waits until all of it is there. No public key begins with it.
const INCOMING: &str = "incoming";

/// A text that is not a storage key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "not a storage key: send the storage_key that the upload answered, \
     such as uploads/01J9ZQ4Y7M8K6T5R4E3W2Q1P0N.jpg"
)]
pub struct BadKey;

/// The checked name of an object: `uploads/<ulid>.<ext>` or `artifacts/<ulid>/<ulid>.<ext>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorageKey(String);

impl StorageKey {
    /// The key of an upload with this id.
    #[must_use]
    pub fn upload(id: Ulid, content_type: ContentType) -> Self {
        Self(format!("{UPLOADS}/{id}.{}", content_type.extension()))
    }

    /// The key of a paper: `owner` is the ticket, `id` the attachment.
    #[must_use]
    pub fn artifact(owner: Ulid, id: Ulid, content_type: ContentType) -> Self {
        Self(format!(
            "{ARTIFACTS}/{owner}/{id}.{}",
            content_type.extension()
        ))
    }

    /// Where the bytes of a large upload wait until they are complete.
    pub(crate) fn incoming(id: Ulid) -> object_store::path::Path {
        format!("{INCOMING}/{id}").into()
    }

    /// The folder of what waits.
    pub(crate) fn incoming_folder() -> object_store::path::Path {
        INCOMING.into()
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the extension says, where it is one of ours.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType> {
        let (_, extension) = self.0.rsplit_once('.')?;
        ContentType::ALL
            .into_iter()
            .find(|known| known.extension() == extension)
    }

    pub(crate) fn path(&self) -> object_store::path::Path {
        self.0.as_str().into()
    }
}

impl FromStr for StorageKey {
    type Err = BadKey;

    /// Accepts only plain segments below `uploads/` and `artifacts/`: letters,
    /// digits, `-`, `_` and `.`, none of them beginning with a dot.
    fn from_str(text: &str) -> Result<Self, BadKey> {
        let plain = |segment: &str| {
            !segment.is_empty()
                && !segment.starts_with('.')
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        let segments: Vec<&str> = text.split('/').take(MAX_SEGMENTS + 1).collect();
        let ours = (2..=MAX_SEGMENTS).contains(&segments.len())
            && matches!(segments[0], UPLOADS | ARTIFACTS);
        if text.len() <= MAX_KEY_CHARS && ours && segments.into_iter().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadKey)
        }
    }
}

impl fmt::Display for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minted_keys_are_keys_and_keep_their_type() {
        let id = Ulid(7);
        for content_type in ContentType::ALL {
            for key in [
                StorageKey::upload(id, content_type),
                StorageKey::artifact(id, id, content_type),
            ] {
                assert_eq!(key.as_str().parse(), Ok(key.clone()));
                assert_eq!(key.content_type(), Some(content_type));
            }
        }
    }

    #[test]
    fn tricks_are_refused() {
        for bad in [
            "",
            "uploads",
            "uploads/",
            "/uploads/a",
            "uploads//a",
            "uploads/../keyring.toml",
            "uploads/.hidden",
            "uploads/a/../../b",
            "incoming/01J9ZQ4Y7M8K6T5R4E3W2Q1P0N",
            "keyring.toml",
            "uploads/a#1",
            "uploads/a b",
            "uploads/a%2fb",
            "uploads/a\\b",
            "uploads/a\0",
            "uploads/é",
            "uploads/a/b/c/d/e/f/g",
            &format!("uploads/{}", "a".repeat(MAX_KEY_CHARS)),
        ] {
            assert_eq!(bad.parse::<StorageKey>(), Err(BadKey), "{bad:?}");
        }
    }
}
