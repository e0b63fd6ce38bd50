//! `dispatch gateway call`.

use std::io::Read;

use dispatch_gateway::Scope;
use serde_json::{Value, json};

use super::reach::Reach;
use crate::failure::Failure;
use crate::out;

/// More than a gateway takes, in bytes.
const MAX_PARAMS: u64 = 25 << 20;

/// Call any method of a gateway and print its answer as JSON
#[derive(clap::Args)]
pub(super) struct Args {
    /// The method, such as agents.list; `doctor` says how many there are
    method: String,
    /// Its parameters: JSON, @FILE, or - for standard input
    #[arg(long, value_name = "JSON")]
    params: Option<String>,
    /// A scope to ask for, such as read or operator.admin; all of them where none is given
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
    scopes: Vec<Scope>,
    #[command(flatten)]
    reach: Reach,
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::of(text)
        .or_else(|| Scope::of(&format!("operator.{text}")))
        .ok_or_else(|| "takes read, write, admin, approvals or pairing".into())
}

impl Args {
    pub(super) async fn run(self, _json: bool) -> Result<(), Failure> {
        let params = match &self.params {
            Some(given) => parse(&read(given)?)?,
            None => json!({}),
        };
        let scopes = if self.scopes.is_empty() {
            Scope::ALL.to_vec()
        } else {
            self.scopes
        };
        let connection = self.reach.connect(&scopes).await?;
        let answer = connection
            .call(&self.method, params, self.reach.within())
            .await?;
        connection.close().await;
        out::value(&answer);
        Ok(())
    }
}

fn read(given: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let outcome = match given.strip_prefix('@') {
        _ if given == "-" => std::io::stdin()
            .take(MAX_PARAMS + 1)
            .read_to_string(&mut text),
        Some(path) => std::fs::File::open(path)
            .and_then(|file| file.take(MAX_PARAMS + 1).read_to_string(&mut text))
            .map_err(|error| std::io::Error::other(format!("{path}: {error}"))),
        None => return Ok(given.to_owned()),
    };
    outcome.map_err(|error| Failure::usage(format!("--params cannot be read: {error}")))?;
    if text.len() as u64 > MAX_PARAMS {
        return Err(Failure::usage(
            "--params is over 25 MiB, more than a gateway takes",
        ));
    }
    Ok(text)
}

fn parse(text: &str) -> Result<Value, Failure> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Failure::usage(format!("--params is not JSON: {error}")))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Failure::usage(
            "--params must be one JSON object, such as '{\"limit\": 5}'",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_one_object() {
        assert_eq!(parse("{\"a\": 1}").expect("an object")["a"], 1);
        for wrong in ["", "[]", "7", "{a}"] {
            assert!(matches!(parse(wrong), Err(Failure::Usage(_))), "{wrong}");
        }
        assert!(matches!(read("@/no/such/file"), Err(Failure::Usage(_))));
    }

    #[test]
    fn scopes_are_named_in_short_or_in_full() {
        assert_eq!(scope("read"), Ok(Scope::Read));
        assert_eq!(scope("operator.admin"), Ok(Scope::Admin));
        assert!(scope("everything").is_err());
    }
}
