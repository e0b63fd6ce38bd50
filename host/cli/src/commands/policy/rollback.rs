//! `dispatch policy rollback`: older content judges again, under a new revision.

use dispatch_contract::packs::PackOutcome;
use reqwest::Method;
use serde_json::{Value, json};

use super::activate::text;
use crate::failure::Failure;
use crate::global::Global;
use crate::out;
use crate::show::paint::Paint;

/// Let older content judge again, under the next revision (operators)
///
/// Revisions only grow: `dispatch policy log` shows which there were. The folder keeps what
/// it holds, and takes over again once its content changes and its revision is higher.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// revision:N, or a digest (its first 8 digits will do)
    to: To,
    /// Why, for the log
    #[arg(long)]
    reason: String,
}

/// What to return to.
#[derive(Clone, PartialEq, Eq, Debug)]
enum To {
    Revision(u64),
    Digest(String),
}

impl std::str::FromStr for To {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // a digest is named by 8 digits at least: a shorter number is a revision
        let number = text
            .strip_prefix("revision:")
            .or((text.len() < 8).then_some(text));
        match number {
            Some(number) => number
                .parse()
                .map(Self::Revision)
                .map_err(|_| "give revision:N, or 8 digits or more of a digest".to_owned()),
            None => Ok(Self::Digest(text.to_ascii_lowercase())),
        }
    }
}

impl Args {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Failure> {
        let mut body = json!({ "reason": self.reason });
        match self.to {
            To::Revision(revision) => body["revision"] = Value::from(revision),
            To::Digest(digest) => body["digest"] = Value::from(digest),
        }
        let client = global.client()?;
        let path = ["v0", "packs", "rollback"];
        let answer = client.slow_json(Method::POST, &path, &body).await?;
        let told: PackOutcome = answer.read()?;
        if global.json {
            out::json(&answer.bytes);
        } else {
            out::text(&text(&told, Paint::of_stdout()));
        }
        match told.failed {
            None => Ok(()),
            Some(_) => Err(Failure::Found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_told_from_a_digest() {
        assert_eq!("7".parse(), Ok(To::Revision(7)));
        assert_eq!("revision:12345678".parse(), Ok(To::Revision(12_345_678)));
        assert_eq!("12345678".parse(), Ok(To::Digest("12345678".into())));
        assert_eq!("DEADBEEF01".parse(), Ok(To::Digest("deadbeef01".into())));
        assert!("beef".parse::<To>().is_err());
        assert!("revision:x".parse::<To>().is_err());
    }
}
