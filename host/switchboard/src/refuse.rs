//! What goes wrong, as a refusal: what is configured wrong, what a gateway did wrong.

use std::error::Error;

use dispatch_contract::{Code, Phase, Refusal, Violation};
use dispatch_gateway::GatewayError;
use dispatch_gateway::diagnosis::normalised;
use dispatch_ledger::{Clash, LedgerError};

/// Something is configured wrong: 422.
pub(crate) fn wrong(detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::InvalidInput, Phase::Validate, detail)
}

/// A field is configured wrong: 422.
pub(crate) fn wrong_at(field: &str, rule: &str, message: impl Into<String>) -> Refusal {
    let message = message.into();
    wrong(message.clone()).with_violations(vec![Violation {
        path: format!("/{field}"),
        rule: rule.to_owned(),
        message,
    }])
}

/// There is no such thing, or none that this visitor may know of: 404.
pub(crate) fn no_such(what: &str, id: impl std::fmt::Display) -> Refusal {
    Refusal::new(
        Code::NotFound,
        Phase::Request,
        format!("There is no {what} {id}."),
    )
}

/// It is not as whoever asks takes it to be: 409.
pub(crate) fn conflict(detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::Conflict, Phase::Invariant, detail)
}

/// A gateway did wrong: 502, in document 003's words.
pub(crate) fn failed(what: &str, error: &GatewayError) -> Refusal {
    failed_saying(what, &normalised(error))
}

/// The same, with what it said.
pub(crate) fn failed_saying(what: &str, said: &str) -> Refusal {
    let detail = format!("Gateway {what} failed: {said}");
    Refusal::new(Code::GatewayFailed, Phase::Gateway, detail)
}

/// It clashes with what is there: 409; or it stands on what is gone: 422.
pub(crate) fn clash(clash: Clash, what: &str, name: &str) -> Refusal {
    match clash {
        Clash::NameTaken => conflict(format!(
            "Another {what} is called `{name}`: take another name."
        )),
        Clash::RoleTaken => conflict(format!(
            "There is one already, and no more than one {what} may be there."
        )),
        Clash::BoardFull { max_agents } => conflict(format!(
            "The board has its {max_agents} workers: remove one, or raise its max_agents."
        )),
        Clash::Staffed => conflict("The board has agents: remove them first."),
        Clash::Settled => conflict(
            "The board has agents on its gateway, which would run on there: remove them first \
             (`dispatch agent list --board`, `dispatch agent remove`), move the board, then add them \
             again.",
        ),
        Clash::Changed => conflict(format!(
            "Somebody else changed the {what} `{name}` meanwhile: look at it again, then send your \
             change anew."
        )),
        Clash::Gone => wrong(format!(
            "What this {what} stands on is not there: its gateway or board was removed, or is of \
             another organization."
        )),
    }
}

/// The store did not answer, or was asked for a page that there is not.
pub(crate) fn unread(error: LedgerError) -> Refusal {
    if let LedgerError::BadCursor = error {
        return Refusal::new(Code::InvalidInput, Phase::Request, format!("{error}."));
    }
    tracing::error!(error = &error as &dyn Error, "the ledger did not answer");
    let mut refusal = Refusal::new(
        Code::StoreUnavailable,
        Phase::Store,
        "The database did not answer. Send the same request again.",
    );
    refusal.retry_after_s = Some(1);
    refusal
}
