//! The keyring: from the environment, or from a file that is made at the first start.

use std::path::Path;

use dispatch_contract::Timestamp;
use dispatch_identity::{Alg, KEYRING_ENV, Key, Keyring, KeyringError};
use ulid::Ulid;

use crate::failure::Failure;

/// The keyring of the environment, else of the file.
pub(crate) fn load(path: &Path) -> Result<Keyring, Failure> {
    if let Ok(text) = std::env::var(KEYRING_ENV) {
        return Keyring::parse(&text).map_err(wrong);
    }
    if !path.exists() {
        return Err(Failure::usage(format!(
            "there is no keyring at {}: `dispatch serve` makes one at its first start, and so \
             does `dispatch token keygen`; another is named with --keyring or --data-dir",
            path.display()
        )));
    }
    Keyring::load(path).map_err(wrong)
}

/// The same; a file that is not there is made, with one key, for its owner alone.
pub(crate) fn load_or_make(path: &Path) -> Result<Keyring, Failure> {
    if std::env::var_os(KEYRING_ENV).is_none() && !path.exists() {
        let ring = Keyring::of(fresh_key(Alg::EdDSA, None)?);
        ring.save(path).map_err(wrong)?;
        tracing::info!(file = %path.display(), "made a keyring");
    }
    load(path)
}

/// A key named by the day and four letters.
pub(crate) fn fresh_key(alg: Alg, not_before: Option<Timestamp>) -> Result<Key, Failure> {
    let tail = Ulid::generate().to_string().split_off(22).to_lowercase();
    let kid = format!("{}-{tail}", chrono::Utc::now().format("%Y-%m-%d"));
    Key::generate(&kid, alg, not_before).map_err(|error| Failure::Other(error.into()))
}

/// A keyring that is not as it should be, as a failure.
pub(crate) fn wrong(error: KeyringError) -> Failure {
    Failure::Other(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_makes_a_keyring_and_the_next_finds_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keyring.toml");
        assert!(matches!(load(&path), Err(Failure::Usage(_))));
        let made = load_or_make(&path).expect("made");
        let found = load_or_make(&path).expect("found");
        assert_eq!(made.keys()[0].kid(), found.keys()[0].kid());
        assert_eq!(found.keys().len(), 1);
    }
}
