//! The keys a host knows: read from a file nobody else can read, or from the
//! environment; keys are added to rotate, retired, and at last removed.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use dispatch_contract::Timestamp;
use serde::{Deserialize, Serialize};

use crate::key::{Key, KeyError, KeyForm};

/// The environment variable that may hold a keyring's text instead of a file.
pub const KEYRING_ENV: &str = "DISPATCH_KEYRING";

/// Keys of a ring at most.
const MAX_KEYS: usize = 32;

/// Bytes of a keyring's text at most.
const MAX_BYTES: u64 = 64 * 1024;

/// A keyring that cannot be used. Never holds key material.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The file is not there, or not ours to read or write.
    #[error("the keyring {} cannot be {doing}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("the keyring {} can be read by others (mode {mode:04o}): chmod 600 it", path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Not TOML, or not of this shape.
    #[error("the keyring is not as it should be{}: a list of [[keys]], each with kid, alg and its material", at(*.line))]
    Syntax {
        /// Where; the text around it may be secret and is not kept.
        line: Option<usize>,
    },
    /// A key is wrong.
    #[error("key {index} of the keyring is wrong")]
    Key {
        /// Which, counted from 1.
        index: usize,
        /// What is wrong.
        source: KeyError,
    },
    /// Two keys of one name.
    #[error("the keyring has two keys named {kid}")]
    Twice {
        /// The name.
        kid: String,
    },
    /// No key of that name.
    #[error("the keyring has no key named {kid}")]
    Unknown {
        /// The name.
        kid: String,
    },
    /// No key at all, or too many, or too much text.
    #[error("a keyring has 1 to 32 keys in at most 64 KiB")]
    Size,
}

fn at(line: Option<usize>) -> String {
    line.map(|line| format!(" (line {line})"))
        .unwrap_or_default()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RingForm {
    keys: Vec<KeyForm>,
}

/// The keys, in the order of the file.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<Key>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.keys).finish()
    }
}

impl Keyring {
    /// A ring of one new key, such as [`Key::generate`] makes.
    #[must_use]
    pub fn of(key: Key) -> Self {
        Self { keys: vec![key] }
    }

    /// Read a ring's text, as a file or [`KEYRING_ENV`] has it.
    ///
    /// # Errors
    /// [`KeyringError`], which never shows key material.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        if text.len() as u64 > MAX_BYTES {
            return Err(KeyringError::Size);
        }
        // toml's own message would quote the line, and the line may be a secret
        let form: RingForm = toml::from_str(text).map_err(|error| KeyringError::Syntax {
            line: error
                .span()
                .and_then(|span| text.get(..span.start))
                .map(|before| before.matches('\n').count() + 1),
        })?;
        let mut keys: Vec<Key> = Vec::with_capacity(form.keys.len());
        for (index, form) in form.keys.into_iter().enumerate() {
            let index = index + 1;
            let key = Key::of(form).map_err(|source| KeyringError::Key { index, source })?;
            if keys.iter().any(|other| other.kid() == key.kid()) {
                return Err(KeyringError::Twice {
                    kid: key.kid().to_owned(),
                });
            }
            keys.push(key);
        }
        if !(1..=MAX_KEYS).contains(&keys.len()) {
            return Err(KeyringError::Size);
        }
        Ok(Self { keys })
    }

    /// Read a ring from its file, which nobody but its owner may read.
    ///
    /// # Errors
    /// [`KeyringError::Mode`] where others may read it, and as [`Keyring::parse`].
    pub fn load(path: &Path) -> Result<Self, KeyringError> {
        let file = |source| KeyringError::File {
            path: path.to_owned(),
            doing: "read",
            source,
        };
        let mut open = std::fs::File::open(path).map_err(file)?;
        let meta = open.metadata().map_err(file)?;
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o7777;
            if mode & 0o077 != 0 {
                return Err(KeyringError::Mode {
                    path: path.to_owned(),
                    mode,
                });
            }
        }
        if meta.len() > MAX_BYTES {
            return Err(KeyringError::Size);
        }
        let mut text = String::new();
        std::io::Read::read_to_string(&mut open, &mut text).map_err(file)?;
        Self::parse(&text)
    }

    /// Write a ring to its file with mode 0600, in one step: whoever reads it
    /// meanwhile gets the old one or the new one.
    ///
    /// # Errors
    /// [`KeyringError::File`].
    pub fn save(&self, path: &Path) -> Result<(), KeyringError> {
        self.write(path).map_err(|source| KeyringError::File {
            path: path.to_owned(),
            doing: "written",
            source,
        })
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let new = PathBuf::from(name);
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(self.to_text().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    }

    /// The ring's text, with its secrets.
    #[must_use]
    pub fn to_text(&self) -> String {
        let form = RingForm {
            keys: self.keys.iter().map(|key| key.form.clone()).collect(),
        };
        let keys = toml::to_string(&form).expect("a list of flat tables is always TOML");
        format!("# Keys that sign and verify credentials. Secret: keep at mode 0600.\n\n{keys}")
    }

    /// The keys, in the order of the file.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    /// Add a key. From its `not_before` on it is the one that signs.
    ///
    /// # Errors
    /// [`KeyringError::Twice`] and [`KeyringError::Size`].
    pub fn add(&mut self, key: Key) -> Result<(), KeyringError> {
        if self.key(key.kid()).is_some() {
            return Err(KeyringError::Twice {
                kid: key.kid().to_owned(),
            });
        }
        if self.keys.len() == MAX_KEYS {
            return Err(KeyringError::Size);
        }
        self.keys.push(key);
        Ok(())
    }

    /// Let a key sign nothing more. What it signed is good until it expires;
    /// to end that too, remove the key from the file.
    ///
    /// # Errors
    /// [`KeyringError::Unknown`].
    pub fn retire(&mut self, kid: &str) -> Result<(), KeyringError> {
        let key = self.keys.iter_mut().find(|key| key.kid() == kid);
        key.ok_or_else(|| KeyringError::Unknown {
            kid: kid.to_owned(),
        })?
        .form
        .retired = true;
        Ok(())
    }

    /// The key that signs now: of those that can, are not retired and have
    /// begun, the one that began last; of two, the later one of the file.
    #[must_use]
    pub fn active(&self, now: Timestamp) -> Option<&Key> {
        self.keys
            .iter()
            .filter(|key| key.can_sign() && !key.is_retired())
            .filter(|key| key.not_before().is_none_or(|from| from <= now))
            .max_by_key(|key| key.not_before().map(Timestamp::micros))
    }
}
