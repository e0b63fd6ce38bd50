//! Runs the `dispatch` binary as a user does, and reads what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::cast::Actor;
use super::interrupt::Interrupt;

/// The binary, the host it speaks with, and who may interrupt.
pub(super) struct Caller<'a> {
    binary: PathBuf,
    url: String,
    interrupt: &'a Interrupt,
}

/// A committed call.
pub(super) struct Committed {
    /// The host's answer.
    pub(super) answer: Value,
    /// How long the host took, as its caller saw it.
    pub(super) took: Duration,
}

impl<'a> Caller<'a> {
    pub(super) fn new(binary: &Path, url: &str, interrupt: &'a Interrupt) -> Self {
        Self {
            binary: binary.to_owned(),
            url: url.to_owned(),
            interrupt,
        }
    }

    /// `dispatch ARGUMENTS`, with nothing from this shell's environment but what is set here.
    fn run(&self, actor: Option<&Actor>, arguments: &[&str]) -> Result<Output> {
        self.interrupt.check()?;
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"DISPATCH_") || name == "DATABASE_URL" {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .env("DISPATCH_URL", &self.url)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        if let Some(actor) = actor {
            command.env("DISPATCH_TOKEN_FILE", actor.token_file());
        }
        command
            .output()
            .with_context(|| format!("could not run {}", self.binary.display()))
    }

    /// A command that must succeed, with `--json`.
    pub(super) fn json(&self, actor: Option<&Actor>, arguments: &[&str]) -> Result<Value> {
        let output = self.run(actor, &[arguments, &["--json"]].concat())?;
        Ok(must_succeed(arguments, &output)?.0)
    }

    /// A command that must succeed; what it says to people.
    pub(super) fn words(&self, actor: Option<&Actor>, arguments: &[&str]) -> Result<String> {
        let output = self.run(actor, arguments)?;
        ensure!(
            output.status.success(),
            "`dispatch {}` ended with {}: {}{}",
            arguments.join(" "),
            output.status,
            text(&output.stdout),
            text(&output.stderr)
        );
        Ok(text(&output.stdout))
    }

    /// A call that must be committed.
    pub(super) fn call(&self, actor: &Actor, tool: &str, body: &Value) -> Result<Committed> {
        let body = body.to_string();
        let arguments = ["call", tool, "--timing", "--json", "--data", &body];
        let output = self.run(Some(actor), &arguments)?;
        let (answer, said) = must_succeed(&arguments[..2], &output)?;
        let took = said
            .split_whitespace()
            .find_map(|word| word.parse().ok())
            .map(Duration::from_micros)
            .context("the binary did not say how long the call took")?;
        Ok(Committed { answer, took })
    }

    /// A call that must be refused with this code; what its caller is told.
    pub(super) fn refused(
        &self,
        actor: &Actor,
        tool: &str,
        body: &Value,
        code: &str,
    ) -> Result<String> {
        let body = body.to_string();
        let output = self.run(Some(actor), &["call", tool, "--data", &body])?;
        let told = text(&output.stderr);
        ensure!(
            output.status.code() == Some(1) && told.contains(code),
            "{tool} should have been refused with {code}, but ended with {}: {}{told}",
            output.status,
            text(&output.stdout)
        );
        Ok(told)
    }
}

/// Standard output as JSON, standard error as text.
fn must_succeed(what: &[&str], output: &Output) -> Result<(Value, String)> {
    let said = text(&output.stderr);
    ensure!(
        output.status.success(),
        "`dispatch {}` ended with {}: {}{said}",
        what.join(" "),
        output.status,
        text(&output.stdout)
    );
    let answer = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("`dispatch {}` printed no JSON", what.join(" ")))?;
    Ok((answer, said))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
