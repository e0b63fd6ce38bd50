//! What must go out once a call is committed, and what came of it. Sending is the worker's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::fact::Fact;
use crate::id::{EventId, TicketId};
use crate::state::State;
use crate::time::Timestamp;

/// What a row of the outbox is about.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Tell the customer which window stands.
    CustomerConfirmation,
    /// Tell the customer when somebody comes.
    CustomerEta,
    /// Tell the technician what they are on.
    TechnicianAssignment,
    /// Tell the customer that the job is done.
    CustomerClosure,
    /// Tell the customer that the job is called off.
    CustomerCancellation,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 5] = [
        Self::CustomerConfirmation,
        Self::CustomerEta,
        Self::TechnicianAssignment,
        Self::CustomerClosure,
        Self::CustomerCancellation,
    ];

    /// The topic's name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CustomerConfirmation => "customer_confirmation",
            Self::CustomerEta => "customer_eta",
            Self::TechnicianAssignment => "technician_assignment",
            Self::CustomerClosure => "customer_closure",
            Self::CustomerCancellation => "customer_cancellation",
        }
    }
}

/// Where a message stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// It is still to be sent, or is being sent now.
    Waiting,
    /// A gateway took it, and sent it.
    Sent,
    /// A gateway keeps it, because its channel failed: whether and when it leaves is that
    /// gateway's alone, and nobody here is told.
    Queued,
    /// It is not sent unless an operator replays it.
    Dead,
}

impl OutboxState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Queued, Self::Dead];

    /// The state's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Queued => "queued",
            Self::Dead => "dead",
        }
    }
}

/// Why a message was given up.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DeadReason {
    /// Nobody is known to send it to.
    NoRecipient,
    /// No gateway sends on the channels where its recipient can be reached.
    NoChannel,
    /// What it tells is over, such as an ETA that has passed.
    TooLate,
    /// It waited longer than a message may.
    TooOld,
    /// The gateway refused it for good.
    Refused,
    /// It was tried as often as a message may be.
    GaveUp,
    /// Its text cannot be made, or is too long for its channel.
    NoText,
}

impl DeadReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::NoRecipient,
        Self::NoChannel,
        Self::TooLate,
        Self::TooOld,
        Self::Refused,
        Self::GaveUp,
        Self::NoText,
    ];

    /// The reason's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoRecipient => "no_recipient",
            Self::NoChannel => "no_channel",
            Self::TooLate => "too_late",
            Self::TooOld => "too_old",
            Self::Refused => "refused",
            Self::GaveUp => "gave_up",
            Self::NoText => "no_text",
        }
    }
}

/// How a message left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// The gateway that took it, by its name.
    pub gateway: String,
    /// The kind of channel.
    pub kind: ChannelKind,
    /// The gateway's name for the channel.
    pub channel: String,
    /// To whom, as that channel names them.
    pub to: String,
    /// The key under which the gateway took it.
    pub key: String,
    /// The channel's own id of the message, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The channel failed at the first try: the gateway keeps it, and tries by itself.
    #[serde(default)]
    pub queued: bool,
}

/// A message that a committed call owes, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OutboxEntry {
    /// Which; grows, so that a ticket's messages leave in this order.
    pub outbox_id: u64,
    /// The ticket.
    pub ticket_id: TicketId,
    /// The event that owes it.
    pub event_id: EventId,
    /// What it is about.
    pub topic: Topic,
    /// Where it stands.
    pub state: OutboxState,
    /// When the call was committed.
    pub owed_since: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Waiting: not tried again before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Waiting: a host is at it, and has until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    /// What went wrong last, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Sent or queued: when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// Sent or queued: how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Dead: since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_at: Option<Timestamp>,
    /// Dead: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_reason: Option<DeadReason>,
    /// When an operator last had it tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed_at: Option<Timestamp>,
}

/// What a listing of the outbox asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OutboxFilter {
    /// Standing here.
    pub state: Option<OutboxState>,
    /// Of this ticket.
    pub ticket_id: Option<TicketId>,
    /// After this page.
    pub cursor: Option<String>,
    /// So many; 0 for a page.
    pub limit: u32,
}

/// How many messages stand where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OutboxCounts {
    /// Still to be sent.
    pub waiting: u64,
    /// Given up.
    pub dead: u64,
    /// When the oldest that waits was owed, or replayed.
    pub oldest_waiting: Option<Timestamp>,
}

/// Payload of the house's `outbound.dead_lettered`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// Which message.
    pub outbox_id: u64,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// The event that owes it.
    pub event_id: EventId,
    /// What it is about.
    pub topic: Topic,
    /// Why it was given up.
    pub reason: DeadReason,
    /// The same in words, with what to do.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
}

/// Payload of the house's `outbound.replayed`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// Which message.
    pub outbox_id: u64,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// The event that owes it.
    pub event_id: EventId,
    /// What it is about.
    pub topic: Topic,
    /// Why it had been given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<DeadReason>,
}

/// What these facts owe to the outside, with the place of the fact that owes it.
#[must_use]
pub fn owed(facts: &[Fact]) -> Vec<(usize, Topic)> {
    facts
        .iter()
        .enumerate()
        .filter_map(|(at, fact)| {
            let topic = match fact {
                Fact::Confirmed(_) => Topic::CustomerConfirmation,
                Fact::EtaSet(_) => Topic::CustomerEta,
                Fact::TechAssigned(_) => Topic::TechnicianAssignment,
                Fact::StateChanged(change) if change.to == State::Closed => Topic::CustomerClosure,
                Fact::StateChanged(change) if change.to == State::Canceled => {
                    Topic::CustomerCancellation
                }
                _ => return None,
            };
            Some((at, topic))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_wire_are_the_serde_names() {
        for topic in Topic::ALL {
            assert_eq!(serde_json::to_value(topic).unwrap(), topic.name());
        }
        for state in OutboxState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        for reason in DeadReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }
}
