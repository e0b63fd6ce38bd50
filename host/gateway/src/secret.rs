//! Secrets: wiped when dropped, never shown; and references to them, resolved at use.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zeroize::Zeroizing;

/// The longest secret, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// A secret text. Debug and Display show `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps a text as a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that it goes to.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A text of somebody else's, without this secret in it.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        text.replace(self.expose(), "***")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a secret is kept: `env:NAME` or `file:/absolute/path`. The reference is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretRef {
    /// In a variable of this process's environment.
    Env(String),
    /// In a file that only its owner may read (mode 0600 or stricter).
    File(PathBuf),
}

/// Why a secret could not be had. Names the reference, never the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The text is no reference.
    #[error("a secret is given by reference: env:NAME (letters, digits, _) or file:/absolute/path")]
    NoReference,
    /// The variable is not set.
    #[error("the variable {0} is not set, or holds no text")]
    NoVariable(String),
    /// The file cannot be read.
    #[error("{path} cannot be read: {cause}")]
    NoFile {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A pipe, a socket, a folder: reading it could wait for ever.
    #[error("{0} is no regular file: put the secret into one")]
    NotAFile(PathBuf),
    /// Others may read the file.
    #[error("{path} can be read by others (mode {mode:03o}): chmod 600 {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// What is there is no secret.
    #[error("{0} holds no secret: one line of at most 16 KiB without control characters")]
    NoSecret(String),
}

impl SecretRef {
    /// Reads `env:NAME` or `file:/absolute/path`.
    ///
    /// # Errors
    /// [`SecretError::NoReference`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if let Some(name) = text.strip_prefix("env:") {
            let mut bytes = name.bytes();
            let begins = bytes
                .next()
                .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
            if begins && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Ok(Self::Env(name.to_owned()));
            }
        }
        if let Some(path) = text.strip_prefix("file:")
            && Path::new(path).is_absolute()
            && !path.contains('\0')
        {
            return Ok(Self::File(path.into()));
        }
        Err(SecretError::NoReference)
    }

    /// The secret as it is now. Blocks for one small file.
    ///
    /// # Errors
    /// [`SecretError`], which says what to do.
    pub fn resolve(&self) -> Result<Secret, SecretError> {
        let text = match self {
            Self::Env(name) => Zeroizing::new(
                std::env::var(name).map_err(|_| SecretError::NoVariable(name.clone()))?,
            ),
            Self::File(path) => private_file(path, MAX_BYTES)?,
        };
        let trimmed = text.trim();
        let in_order = !trimmed.is_empty()
            && trimmed.len() <= MAX_BYTES
            && !trimmed.chars().any(char::is_control);
        if !in_order {
            return Err(SecretError::NoSecret(self.to_string()));
        }
        Ok(Secret::new(trimmed))
    }
}

/// A file's text, where only its owner may read it; no more of it than the limit and a byte.
pub(crate) fn private_file(path: &Path, limit: usize) -> Result<Zeroizing<String>, SecretError> {
    let no_file = |error: std::io::Error| SecretError::NoFile {
        path: path.to_owned(),
        cause: error.to_string(),
    };
    // a pipe without a writer would be waited for at once: it is looked at before it is opened,
    // and again once it is open, since what is checked must be what is read
    regular(path, &std::fs::metadata(path).map_err(no_file)?)?;
    let file = File::open(path).map_err(no_file)?;
    let metadata = file.metadata().map_err(no_file)?;
    regular(path, &metadata)?;
    private(path, &metadata)?;
    let mut text = Zeroizing::new(String::new());
    file.take(limit as u64 + 1)
        .read_to_string(&mut text)
        .map_err(no_file)?;
    Ok(text)
}

fn regular(path: &Path, metadata: &Metadata) -> Result<(), SecretError> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(SecretError::NotAFile(path.to_owned()))
}

fn private(path: &Path, metadata: &Metadata) -> Result<(), SecretError> {
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

impl FromStr for SecretRef {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        Self::parse(text)
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// How a secret is written to a private file, field by field: there is no `Serialize`
/// that could write one elsewhere.
pub(crate) mod written {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::Secret;

    pub(crate) fn serialize<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Secret, D::Error> {
        String::deserialize(from).map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn references_are_read_and_written_alike() {
        for text in ["env:OPENCLAW_GATEWAY_TOKEN", "env:_a1", "file:/etc/token"] {
            assert_eq!(SecretRef::parse(text).expect(text).to_string(), text);
        }
        for text in [
            "",
            "env:",
            "env:1a",
            "env:a-b",
            "file:relative",
            "file:",
            "s3cret",
        ] {
            let error = SecretRef::parse(text).expect_err(text);
            assert!(!error.to_string().contains("s3cret"));
        }
    }

    #[test]
    fn a_file_others_may_read_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        fs::write(&path, " s3cret\n").expect("written");
        let reference = SecretRef::File(path.clone());
        for (mode, fine) in [(0o600, true), (0o400, true), (0o640, false), (0o644, false)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("set");
            match reference.resolve() {
                Ok(secret) => {
                    assert!(fine, "{mode:o}");
                    assert_eq!(secret.expose(), "s3cret");
                }
                Err(error) => {
                    assert!(!fine, "{mode:o}");
                    assert!(error.to_string().contains("chmod 600"), "{error}");
                }
            }
        }
    }

    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo")
            .args(["-m", "600"])
            .arg(&path)
            .status();
        assert!(made.expect("mkfifo runs").success());
        let (told, said) = std::sync::mpsc::channel();
        let reference = SecretRef::File(path.clone());
        std::thread::spawn(move || told.send(reference.resolve()));
        let said = said.recv_timeout(std::time::Duration::from_secs(10));
        assert_eq!(
            said.expect("at once"),
            Err(SecretError::NotAFile(path.clone()))
        );
        let folder = SecretRef::File(folder.path().to_owned());
        assert!(matches!(folder.resolve(), Err(SecretError::NotAFile(_))));
    }

    #[test]
    fn what_is_no_secret_is_said_without_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        let reference = SecretRef::File(path.clone());
        assert!(matches!(
            reference.resolve(),
            Err(SecretError::NoFile { .. })
        ));
        for text in ["", " \n", "two\nlines"] {
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("set");
            assert!(matches!(reference.resolve(), Err(SecretError::NoSecret(_))));
        }
        let unset = SecretRef::Env("REAL_DISPATCH_NEVER_SET".into());
        assert!(matches!(unset.resolve(), Err(SecretError::NoVariable(_))));
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::new("s3cret");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.scrub("bad token s3cret"), "bad token ***");
        assert_eq!(Secret::new("").scrub("as is"), "as is");
    }
}
