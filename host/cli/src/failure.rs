//! How a command ends when it does not end well: what is printed, and the exit status.

use std::error::Error;

use dispatch_gateway::{GatewayError, Trouble};
use serde_json::json;

use crate::client::problem::Refused;
use crate::out;
use crate::show::{clean, paint::Paint, refusal};

/// Exit statuses, besides 0.
const REFUSED: u8 = 1;
const USAGE: u8 = 2;
const UNREACHABLE: u8 = 3;

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The host turned the request away and said why.
    #[error("{}", .0.problem.detail)]
    Refused(Box<Refused>),
    /// A gateway that was spoken with directly did not do what it was asked to.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// What the command looked at is not in order; it has printed what and where.
    #[error("not in order")]
    Found,
    /// The command was used wrongly.
    #[error("{0}")]
    Usage(String),
    /// Host or database did not answer.
    #[error("{message}")]
    Unreachable {
        /// What to do about it.
        message: String,
        /// Why.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Anything else that stopped it.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn unreachable(
        message: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unreachable {
            message: message.into(),
            source: Some(source.into()),
        }
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Refused(refused) if refused.problem.status >= 500 => UNREACHABLE,
            Self::Refused(_) | Self::Found | Self::Other(_) => REFUSED,
            Self::Usage(_) => USAGE,
            Self::Unreachable { .. } => UNREACHABLE,
            Self::Gateway(error) => match Trouble::of(error) {
                Trouble::Unreachable | Trouble::Silent | Trouble::Starting | Trouble::Tls => {
                    UNREACHABLE
                }
                Trouble::Misconfigured => USAGE,
                _ => REFUSED,
            },
        }
    }

    /// Print it: with `--json` a document to standard output, the host's own where it
    /// refused; else words to standard error.
    pub(crate) fn report(&self, json: bool) {
        match self {
            Self::Refused(refused) if json => out::json(&refused.raw),
            Self::Refused(refused) => {
                out::error(&refusal::text(&refused.problem, Paint::of_stderr()));
            }
            Self::Found => {}
            Self::Gateway(error) if json => out::value(&gateway_document(error)),
            Self::Gateway(error) => {
                let paint = Paint::of_stderr();
                out::error(&format!(
                    "{} {}\n{}\n",
                    paint.bad("error:"),
                    clean(&chain(error)),
                    Trouble::of(error).next_step()
                ));
            }
            other if json => out::value(&other.document()),
            other => out::error(&format!(
                "{} {}\n",
                Paint::of_stderr().bad("error:"),
                chain(other)
            )),
        }
    }

    /// For programs, where neither the host nor a gateway has said why.
    fn document(&self) -> serde_json::Value {
        let kind = match self {
            Self::Usage(_) => "usage",
            Self::Unreachable { .. } => "unreachable",
            _ => "failed",
        };
        json!({ "error": { "kind": kind, "message": chain(self) } })
    }
}

/// A gateway's failure for programs.
fn gateway_document(error: &GatewayError) -> serde_json::Value {
    let trouble = Trouble::of(error);
    let mut document = json!({
        "trouble": trouble.as_str(),
        "message": error.message(),
        "next_step": trouble.next_step(),
    });
    if let Some(code) = error.code() {
        document["code"] = code.into();
    }
    if let Some(detail) = error.detail() {
        document["detail"] = detail.into();
    }
    if let Some(request) = error.pairing_request() {
        document["pairing_request"] = request.into();
    }
    json!({ "error": document })
}

/// An error with its sources, each said once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let said = source.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_said_once_each() {
        let inner = std::io::Error::other("connection refused");
        let failure = Failure::unreachable("no host answers", inner);
        assert_eq!(chain(&failure), "no host answers: connection refused");
        assert_eq!(failure.status(), 3);
        let other = Failure::from(anyhow::anyhow!("inner").context("outer"));
        assert_eq!(chain(&other), "outer: inner");
        assert_eq!(other.status(), 1);
        assert_eq!(Failure::usage("x").status(), 2);
    }
}
