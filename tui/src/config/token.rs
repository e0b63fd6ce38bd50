//! Where a host's token comes from: never from this program's command line, where every
//! user of the machine could read it. Never printed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The longest token that is read, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// A file that holds it, and nothing else. `~/` stands for the user's home.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A program that prints it, with its arguments; it may ask on the terminal.
    Command(Vec<String>),
}

impl Source {
    /// The token.
    ///
    /// # Errors
    /// Why it is not to be had, in words without it.
    pub(crate) fn resolve(&self, env: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let text = match self {
            Self::File(path) => {
                let path = crate::local::path(path, env);
                std::fs::read_to_string(&path)
                    .map_err(|error| format!("{} cannot be read: {error}", path.display()))?
            }
            Self::Env(name) => env(name).ok_or_else(|| format!("{name} is not set"))?,
            Self::Command(words) => printed(words)?,
        };
        let token = text.trim();
        let sound = !token.is_empty()
            && token.len() <= MAX_BYTES
            && token.bytes().all(|b| b.is_ascii_graphic());
        if sound {
            Ok(token.to_owned())
        } else {
            Err(format!("{} holds no token", self.says()))
        }
    }

    fn says(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Env(name) => name.clone(),
            Self::Command(words) => format!("what `{}` printed", words.join(" ")),
        }
    }
}

fn printed(words: &[String]) -> Result<String, String> {
    let (program, arguments) = words.split_first().ok_or("no command is named")?;
    let out = Command::new(program)
        .args(arguments)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{program}` did not start: {error}"))?;
    if !out.status.success() {
        return Err(format!("`{}` ended with {}", words.join(" "), out.status));
    }
    String::from_utf8(out.stdout).map_err(|_| format!("`{program}` printed no text"))
}
