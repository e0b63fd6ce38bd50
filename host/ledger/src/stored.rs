//! How a case lies in its row: the snapshot as it is answered, and beside it
//! what rules look at. Reading names what could not be read.

use dispatch_contract::case::{Case, Evidence, Proposal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::LedgerError;

/// What a case holds besides its snapshot.
#[derive(Serialize, Deserialize)]
struct Beside {
    evidence: Evidence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_proposal: Option<Proposal>,
}

/// A value's JSON text.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("contract types have text keys and finite numbers")
}

/// Characters of an error kept at most.
const MAX_ERROR: usize = 2_000;

/// Somebody else's error as it is kept: not longer than an operator reads, and text that is
/// text.
#[must_use]
pub fn short(error: &str) -> String {
    error
        .chars()
        .filter(|c| *c != '\0')
        .take(MAX_ERROR)
        .collect()
}

/// The name a value has on the wire, for values that are texts there.
pub(crate) fn name<T: Serialize>(value: &T) -> String {
    json(value).trim_matches('"').to_owned()
}

/// The value of a stored JSON text; `what` names the column.
pub(crate) fn read<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|source| LedgerError::Stored {
        what,
        source: source.into(),
    })
}

/// The value of a stored name; `what` names the column.
pub(crate) fn read_name<T: DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, LedgerError> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|source| {
        LedgerError::Stored {
            what,
            source: source.into(),
        }
    })
}

/// A stored count or size, never negative.
pub(crate) fn unsigned(what: &'static str, number: i64) -> Result<u64, LedgerError> {
    u64::try_from(number).map_err(|source| LedgerError::Stored {
        what,
        source: source.into(),
    })
}

/// A number as the database counts.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The two columns of a case.
pub(crate) fn columns(case: &Case) -> (String, String) {
    let Case {
        ticket,
        evidence,
        open_proposal,
    } = case;
    let beside = Beside {
        evidence: *evidence,
        open_proposal: open_proposal.clone(),
    };
    (json(ticket), json(&beside))
}

/// The case of two columns.
pub(crate) fn case(snapshot: &str, beside: &str) -> Result<Case, LedgerError> {
    let Beside {
        evidence,
        open_proposal,
    } = read("ticket's beside", beside)?;
    Ok(Case {
        ticket: read("ticket's snapshot", snapshot)?,
        evidence,
        open_proposal,
    })
}
