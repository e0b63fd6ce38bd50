//! Other programs: found, run silently, and quoted when they fail.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::WorkshopError;

/// Of what a failed command said, this much is passed on, in bytes.
const MAX_OUTPUT: usize = 32 * 1024;

/// Runs a command silently; what it said is in the error when it fails.
///
/// # Errors
/// Where it cannot be started, or ends with another status than 0.
pub fn quiet(command: &mut Command) -> Result<Output, WorkshopError> {
    let shown = shown(command);
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(source) => {
            return Err(WorkshopError::NotRun {
                command: shown,
                source,
            });
        }
    };
    if output.status.success() {
        return Ok(output);
    }
    Err(WorkshopError::Command {
        command: shown,
        status: output.status.to_string(),
        output: said(&output),
    })
}

/// Standard output and error as text, from the start: the first error is the one to read.
pub(crate) fn said(output: &Output) -> String {
    let mut bytes = output.stdout.clone();
    bytes.extend_from_slice(&output.stderr);
    let cut = bytes.len() > MAX_OUTPUT;
    bytes.truncate(MAX_OUTPUT);
    let mut text = String::from_utf8_lossy(&bytes).trim().to_owned();
    if cut {
        text.push_str("\n…");
    }
    text
}

/// What a command prints, if it can be run and succeeds.
pub fn says(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The program of this name that would be started.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// Can a program of this name be started?
pub fn on_path(name: &str) -> bool {
    find(name).is_some()
}

/// The cargo that started us, else the one on the PATH.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // what cargo set for this process is not meant for the next one
    for (name, _) in std::env::vars_os() {
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b"CARGO_PKG_") || bytes.starts_with(b"CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// The program and its arguments, as one would type them.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// A path as one word of a shell.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_word() {
        assert_eq!(quoted(Path::new("/a b")), "'/a b'");
        assert_eq!(quoted(Path::new("/it's")), r"'/it'\''s'");
    }

    #[test]
    fn a_failed_command_is_quoted_with_what_it_said() {
        let failed = quiet(Command::new("sh").args(["-c", "echo why >&2; exit 3"]));
        let text = failed.expect_err("it failed").to_string();
        assert!(
            text.contains("exit status: 3") && text.ends_with("why"),
            "{text}"
        );
        let absent = quiet(&mut Command::new("/nowhere/at all"));
        let text = absent.expect_err("it is not there").to_string();
        assert_eq!(text, "could not run `at all`");
    }
}
