//! Agents told something by this house or by each other: to a lead, to all leads, to the
//! person behind the main agent, to one agent.
//!
//! Every message goes to a session that is made first where there is none, and is tried for
//! 45 s where the gateway says that it may succeed later. What somebody else wrote is fenced
//! off from what this house says.

mod text;

use dispatch_contract::BoardId;
use dispatch_gateway::GatewayError;
use dispatch_gateway::methods::idempotency_key;
use dispatch_gateway::retry::{Budget, COORDINATION};
use serde::{Deserialize, Serialize};

use crate::control::{ControlPlane, Message};
use crate::keys::AgentKey;
use crate::patient::Patient;

pub use text::{LeadMessage, LeadMessageKind, QuestionForUser, fenced};

/// The longest message, in characters: more than an agent needs, less than a frame holds.
pub const MAX_CONTENT: usize = 16_000;

/// A message that did not go out.
#[derive(Debug, thiserror::Error)]
pub enum CoordinationError {
    /// There is nothing to say. (422)
    #[error("the message is empty: say something")]
    Empty,
    /// There is too much to say. (422)
    #[error("the message has {0} characters: at most {MAX_CONTENT} are sent")]
    TooLong(usize),
    /// The gateway failed, for the whole budget where it might have succeeded later. (502)
    #[error("{}", .0.message())]
    Gateway(#[from] GatewayError),
}

/// An agent that is told something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Addressee {
    /// Which agent.
    pub key: AgentKey,
    /// Its name, which becomes its session's label.
    pub name: String,
}

/// A lead that is told something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lead {
    /// Its board.
    pub board_id: BoardId,
    /// The board's name.
    pub board_name: String,
    /// The lead's own name.
    pub name: String,
}

/// A message that went out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sent {
    /// The session it went to.
    pub session_key: String,
    /// What an answer refers to, and what logs are searched for.
    pub correlation_id: String,
}

/// What became of a broadcast on one board.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BoardResult {
    /// The board.
    pub board_id: BoardId,
    /// It went out.
    pub ok: bool,
    /// Why not.
    pub error: Option<String>,
}

/// What became of a broadcast.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Broadcast {
    /// What answers refer to.
    pub correlation_id: String,
    /// Board by board, in the order given.
    pub results: Vec<BoardResult>,
    /// How many it went out to.
    pub sent: u32,
    /// How many it did not.
    pub failed: u32,
}

/// Puts a text to an agent's main session as it is; `deliver` says whether the agent's answer
/// goes out to the session's channel. The base of all the others.
///
/// # Errors
/// [`CoordinationError`].
pub async fn say(
    plane: &dyn ControlPlane,
    to: &Addressee,
    text: &str,
    deliver: bool,
    correlation_id: Option<String>,
) -> Result<Sent, CoordinationError> {
    check(text)?;
    let correlation_id = correlation(correlation_id, "say");
    let patient = patience(plane, COORDINATION);
    put(&patient, to, text, deliver, &correlation_id).await
}

/// Pokes an agent: its answer goes out to its channel.
///
/// # Errors
/// [`CoordinationError`].
pub async fn nudge(
    plane: &dyn ControlPlane,
    to: &Addressee,
    from: &str,
    content: &str,
    correlation_id: Option<String>,
) -> Result<Sent, CoordinationError> {
    check(content)?;
    let correlation_id = correlation(correlation_id, "nudge");
    let text = text::nudge(&to.name, from, content, &correlation_id);
    put(
        &patience(plane, COORDINATION),
        to,
        &text,
        true,
        &correlation_id,
    )
    .await
}

/// Asks a board's lead something, or hands something over to it.
///
/// # Errors
/// [`CoordinationError`].
pub async fn message_lead(
    plane: &dyn ControlPlane,
    lead: &Lead,
    message: &LeadMessage,
    correlation_id: Option<String>,
) -> Result<Sent, CoordinationError> {
    check(&message.content)?;
    let correlation_id = correlation(correlation_id, "lead");
    let patient = patience(plane, COORDINATION);
    tell_lead(&patient, lead, message, &correlation_id).await
}

/// The same to many leads, one after the other and within one budget: a gateway that is gone
/// costs 45 s, not 45 s per board. Says board by board what became of it.
///
/// # Errors
/// Only what is wrong with the message itself.
pub async fn broadcast(
    plane: &dyn ControlPlane,
    leads: &[Lead],
    message: &LeadMessage,
    correlation_id: Option<String>,
) -> Result<Broadcast, CoordinationError> {
    broadcast_within(COORDINATION, plane, leads, message, correlation_id).await
}

async fn broadcast_within(
    budget: Budget,
    plane: &dyn ControlPlane,
    leads: &[Lead],
    message: &LeadMessage,
    correlation_id: Option<String>,
) -> Result<Broadcast, CoordinationError> {
    check(&message.content)?;
    let correlation_id = correlation(correlation_id, "broadcast");
    let patient = patience(plane, budget);
    let mut results = Vec::with_capacity(leads.len());
    let mut spent = None;
    for lead in leads {
        let error = match &spent {
            // not even begun: what is begun and given up may arrive
            Some(why) => Some(String::clone(why)),
            None => {
                let done = tell_lead(&patient, lead, message, &correlation_id).await;
                let is_spent = matches!(
                    done,
                    Err(CoordinationError::Gateway(GatewayError::Spent { .. }))
                );
                let error = done.err().map(|error| error.to_string());
                if is_spent {
                    spent.clone_from(&error);
                }
                error
            }
        };
        results.push(BoardResult {
            board_id: lead.board_id,
            ok: error.is_none(),
            error,
        });
    }
    let sent = results.iter().filter(|result| result.ok).count();
    Ok(Broadcast {
        correlation_id,
        sent: u32::try_from(sent).unwrap_or(u32::MAX),
        failed: u32::try_from(results.len() - sent).unwrap_or(u32::MAX),
        results,
    })
}

/// Has the gateway's main agent ask the person it works for, over its own channel.
///
/// # Errors
/// [`CoordinationError`].
pub async fn ask_user(
    plane: &dyn ControlPlane,
    main: &Addressee,
    question: &QuestionForUser,
    correlation_id: Option<String>,
) -> Result<Sent, CoordinationError> {
    check(&question.content)?;
    let correlation_id = correlation(correlation_id, "ask-user");
    let text = text::ask_user(question, &correlation_id);
    put(
        &patience(plane, COORDINATION),
        main,
        &text,
        true,
        &correlation_id,
    )
    .await
}

async fn tell_lead(
    patient: &Patient<'_>,
    lead: &Lead,
    message: &LeadMessage,
    correlation_id: &str,
) -> Result<Sent, CoordinationError> {
    let to = Addressee {
        key: AgentKey::Lead(lead.board_id),
        name: lead.name.clone(),
    };
    let text = text::lead(lead, message, correlation_id);
    put(patient, &to, &text, false, correlation_id).await
}

async fn put(
    patient: &Patient<'_>,
    to: &Addressee,
    text: &str,
    deliver: bool,
    correlation_id: &str,
) -> Result<Sent, CoordinationError> {
    let session_key = to.key.session_key();
    patient.ensure_session(&session_key, Some(&to.name)).await?;
    let message = Message {
        // tried again under the same key, it is still one message; each agent has its own, and
        // so has each thing said: callers say several under one correlation id
        idempotency_key: format!(
            "rd-said-{}:{}",
            idempotency_key().to_lowercase(),
            to.key.agent_id()
        ),
        session_key: session_key.clone(),
        text: text.to_owned(),
        deliver,
    };
    patient.send(&message).await?;
    Ok(Sent {
        session_key,
        correlation_id: correlation_id.to_owned(),
    })
}

fn patience(plane: &dyn ControlPlane, budget: Budget) -> Patient<'_> {
    Patient::new(plane, budget, "gateway coordination")
}

fn check(content: &str) -> Result<(), CoordinationError> {
    if content.trim().is_empty() {
        return Err(CoordinationError::Empty);
    }
    match content.chars().count() {
        long if long > MAX_CONTENT => Err(CoordinationError::TooLong(long)),
        _ => Ok(()),
    }
}

/// The id given, else a fresh one that says what it was for.
fn correlation(given: Option<String>, what: &str) -> String {
    given
        .map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| format!("{what}:{}", idempotency_key().to_lowercase()))
}

#[cfg(test)]
mod tests;
