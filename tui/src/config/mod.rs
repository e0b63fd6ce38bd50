//! The console's configuration: a TOML file with named hosts, where their tokens come
//! from, colours and keys. Read once, at the start.

mod file;
mod token;

use std::path::{Path, PathBuf};

pub(crate) use file::File;
pub(crate) use token::Source;

use crate::keys::Keys;
use crate::theme::{Depth, Theme, detect};

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadConfig {
    /// It cannot be read.
    #[error("the configuration {path} cannot be read")]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// What is in it is wrong.
    #[error("the configuration {path} is not in order: {why}")]
    Wrong {
        /// Where.
        path: PathBuf,
        /// Where in it, and what would be right.
        why: String,
    },
    /// The host that was asked for is not in it.
    #[error("there is no host `{name}` in {path}; there are: {known}")]
    NoHost {
        /// As asked for.
        name: String,
        /// Where.
        path: PathBuf,
        /// Those there are.
        known: String,
    },
    /// A token was named and is not to be had.
    #[error("the token of host `{host}`: {why}")]
    Token {
        /// Of which host.
        host: String,
        /// Why not.
        why: String,
    },
}

/// Where the configuration is: `DISPATCH_CONSOLE_CONFIG`, else below the user's
/// configuration folder. None where there is no such folder.
#[must_use]
pub(crate) fn path(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    if let Some(path) = set("DISPATCH_CONSOLE_CONFIG") {
        return Some(path.into());
    }
    let folder = set("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(".config")))?;
    Some(folder.join("real-dispatch").join("console.toml"))
}

/// Read the file; none where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<File>, BadConfig> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(BadConfig::Unreadable {
                path: path.to_owned(),
                source,
            });
        }
    };
    File::parse(&text)
        .map(Some)
        .map_err(|why| BadConfig::Wrong {
            path: path.to_owned(),
            why,
        })
}

/// The colours: what the file says, else what the terminal does. `NO_COLOR` goes before
/// the file.
pub(crate) fn theme(file: Option<&File>, env: impl Fn(&str) -> Option<String>) -> Theme {
    let found = detect(&env);
    let Some(file) = file else {
        return Theme {
            depth: found,
            ..Theme::default()
        };
    };
    let depth = match file.depth {
        Some(wanted) if found != Depth::None => wanted,
        _ => found,
    };
    Theme {
        depth,
        palette: file.palette,
        own: file.own.clone(),
    }
}

/// The keys: the shipped ones with the file's before them.
pub(crate) fn keys(file: Option<&File>) -> Keys {
    file.map(|file| file.keys.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
