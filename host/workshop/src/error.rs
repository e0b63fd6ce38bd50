//! What can go wrong in the workshop, each said so that the reader knows what to do.

use std::fmt;
use std::io;
use std::path::Path;

/// Why a compiler could not be made ready, a pack not be built or not be laid out.
#[derive(Debug)]
pub enum WorkshopError {
    /// What is asked for cannot be; says what to do.
    Refused(String),
    /// A file or folder could not be read, written or made.
    File {
        /// What was tried, with the path.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// A command could not be started.
    NotRun {
        /// As one would type it.
        command: String,
        /// Why not.
        source: io::Error,
    },
    /// A command ended badly.
    Command {
        /// As one would type it.
        command: String,
        /// How it ended.
        status: String,
        /// What it said.
        output: String,
    },
    /// A guest is not what its language takes.
    DoesNotCompile {
        /// The crate or folder.
        guest: String,
        /// The compiler's own message.
        output: String,
    },
    /// What was compiled is no component of the contract.
    NoComponent {
        /// The crate or folder.
        guest: String,
        /// What is missing or too much.
        reason: String,
    },
}

impl WorkshopError {
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::Refused(message.into())
    }

    /// For `map_err`: `what` is "read", "write", "make" and the like.
    pub(crate) fn at(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let what = format!("could not {what} {}", path.display());
        |source| Self::File { what, source }
    }
}

impl fmt::Display for WorkshopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(message) => f.write_str(message),
            Self::File { what, .. } => f.write_str(what),
            Self::NotRun { command, .. } => write!(f, "could not run `{command}`"),
            Self::Command {
                command,
                status,
                output,
            } => {
                write!(f, "`{command}` ended with {status}")?;
                match output.as_str() {
                    "" => Ok(()),
                    output => write!(f, "; it said:\n{output}"),
                }
            }
            Self::DoesNotCompile { guest, output } => {
                write!(f, "{guest} does not compile:\n\n{output}\n")
            }
            Self::NoComponent { guest, reason } => {
                write!(f, "{guest} compiles, but to no component: {reason}")
            }
        }
    }
}

impl std::error::Error for WorkshopError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } | Self::NotRun { source, .. } => Some(source),
            _ => None,
        }
    }
}
