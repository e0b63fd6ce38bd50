//! What agents are told, word for word.

use serde::{Deserialize, Serialize};

use super::Lead;

/// What a lead is to do with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadMessageKind {
    /// Answer it.
    Question,
    /// Take it over.
    Handoff,
}

/// A message for a lead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeadMessage {
    /// What it is to do with it.
    pub kind: LeadMessageKind,
    /// Who says it: the main agent's name, or an operator's.
    pub from: String,
    /// What they say.
    pub content: String,
}

/// A question for the person behind the main agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuestionForUser {
    /// The board it is about.
    pub board_name: String,
    /// The agent that wants to know.
    pub from: String,
    /// The question.
    pub content: String,
    /// The channel to ask on, where one is preferred.
    pub preferred_channel: Option<String>,
}

/// Somebody's text between fences that are longer than any run of backquotes in it, so that
/// it cannot end its own quotation.
#[must_use]
pub fn fenced(content: &str) -> String {
    let longest = content
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}", content.trim())
}

/// A name within a line of ours: one line, no control characters.
fn line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn lead(lead: &Lead, message: &LeadMessage, correlation_id: &str) -> String {
    let (title, task) = match message.kind {
        LeadMessageKind::Question => (
            "QUESTION",
            "Answer from your board's tickets; read them, do not guess. If you cannot know, say who can.",
        ),
        LeadMessageKind::Handoff => (
            "HANDOFF",
            "This is yours now. Say what you take on and what comes next, or say at once why you cannot.",
        ),
    };
    format!(
        "GATEWAY MAIN {title}\n\
         Board: {}\n\
         Board ID: {}\n\
         From: {}\n\
         Correlation ID: {}\n\n\
         {}\n\n\
         {task}\n\
         Reply here, in this session, with `RE {}` as the first line.",
        line(&lead.board_name),
        lead.board_id,
        line(&message.from),
        line(correlation_id),
        fenced(&message.content),
        line(correlation_id),
    )
}

pub(super) fn ask_user(question: &QuestionForUser, correlation_id: &str) -> String {
    let channel = match question.preferred_channel.as_deref().map(line) {
        Some(channel) if !channel.is_empty() => channel,
        _ => "the one you last spoke with them on".to_owned(),
    };
    format!(
        "QUESTION FOR YOUR USER\n\
         Board: {}\n\
         From agent: {}\n\
         Preferred channel: {channel}\n\
         Correlation ID: {}\n\n\
         {}\n\n\
         Put this to your user in your own words, now. Do not answer for them.\n\
         When they answer, pass it on to the board's lead with `RE {}` as the first line.",
        line(&question.board_name),
        line(&question.from),
        line(correlation_id),
        fenced(&question.content),
        line(correlation_id),
    )
}

pub(super) fn nudge(name: &str, from: &str, content: &str, correlation_id: &str) -> String {
    format!(
        "NUDGE\n\
         To: {}\n\
         From: {}\n\
         Correlation ID: {}\n\n\
         {}\n\n\
         Look at this before anything else, then say what you did.",
        line(name),
        line(from),
        line(correlation_id),
        fenced(content),
    )
}
