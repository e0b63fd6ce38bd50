//! One try of one message, from its lease to what became of it.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dispatch_contract::channel::{Channel, ChannelKind};
use dispatch_contract::event::EventType;
use dispatch_contract::outbox::{DeadReason, Delivery};
use dispatch_ledger::{FailedTry, LeasedMessage, Ledger, LedgerError};
use dispatch_switchboard::{House, Visitor};

use crate::backoff;
use crate::lateness::{too_late, too_old};
use crate::limits::Limits;
use crate::metrics::{OutboundMetrics, TryOutcome};
use crate::recipient;
use crate::sender::{Outgoing, SendError, Sender};
use crate::texts::Texts;
use crate::words::{Company, Words};

/// How often an outcome is written down again where the database is away.
const WRITES: u32 = 4;

/// The wait between.
const WRITE_AGAIN: Duration = Duration::from_secs(2);

/// What every try stands on.
pub(crate) struct Desk {
    pub(crate) ledger: Ledger,
    pub(crate) sender: Arc<dyn Sender>,
    pub(crate) texts: Texts,
    pub(crate) company: Company,
    pub(crate) house: House,
    pub(crate) metrics: OutboundMetrics,
    pub(crate) limits: Limits,
}

/// What is to be written down of a try.
enum Outcome {
    Sent(Delivery),
    Failed(FailedTry),
    /// Not tried after all; it waits so long.
    Postponed(String, Duration),
    Dead(DeadReason, String),
}

impl Desk {
    /// Try a message that was leased at `leased`, and write down what became of it.
    pub(crate) async fn try_one(&self, message: &LeasedMessage, leased: Instant) {
        let outcome = match self.prepare(message).await {
            Ok(Ok(outgoing)) => self.send(message, &outgoing, leased).await,
            Ok(Err((reason, why))) => Outcome::Dead(reason, why),
            // what is stored cannot be read: it will not mend itself
            Err(error @ LedgerError::Stored { .. }) => {
                Outcome::Dead(DeadReason::NoText, chain(&error))
            }
            Err(error) => Outcome::Postponed(chain(&error), self.limits.away_wait),
        };
        self.write(message, outcome).await;
    }

    /// The message as it is to leave, or why it is not.
    async fn prepare(
        &self,
        message: &LeasedMessage,
    ) -> Result<Result<Outgoing, (DeadReason, String)>, LedgerError> {
        let now = self.house.now();
        if let Some(old) = too_old(message.waiting_since, now, self.limits.age) {
            return Ok(Err(old));
        }
        if message.attempts > self.limits.attempts {
            return Ok(Err((
                DeadReason::GaveUp,
                format!(
                    "It was tried {} times, the last of them without an outcome. Look at the \
                     gateway, then replay it.",
                    self.limits.attempts
                ),
            )));
        }
        let call = self
            .ledger
            .committed_call(message.ticket_id, message.event_id);
        let reach = self.ledger.reach(message.ticket_id);
        let (Some(call), Some(reach)) = (call.await?, reach.await?) else {
            let why = "The call that owes it is not in the database.".to_owned();
            return Ok(Err((DeadReason::NoText, why)));
        };
        let case = &call.case;
        if let Some(late) = too_late(message.topic, &case.ticket, &reach.ticket, now) {
            return Ok(Err(late));
        }
        let technician = match case.ticket.assigned_technician_id {
            Some(id) => self.ledger.technician(id).await?,
            None => None,
        };
        let channels = recipient::channels(message.topic, &reach, technician.as_ref());
        let to = match self.reachable(channels) {
            Ok(to) => to,
            Err(None) => {
                let why = recipient::nobody(message.topic).to_owned();
                return Ok(Err((DeadReason::NoRecipient, why)));
            }
            Err(Some(kinds)) => return Ok(Err((DeadReason::NoChannel, unsent(&kinds)))),
        };
        let words = Words::of(&self.company, case, technician.as_ref());
        Ok(match self.texts.text(message.topic, to.kind, &words) {
            Ok(text) => Ok(Outgoing {
                to,
                text,
                key: key(message),
            }),
            Err(no_text) => Err((DeadReason::NoText, no_text.0)),
        })
    }

    /// The first of these that somebody sends on; else the kinds that nobody does.
    fn reachable(&self, channels: Vec<Channel>) -> Result<Channel, Option<Vec<ChannelKind>>> {
        if channels.is_empty() {
            return Err(None);
        }
        let kinds = channels.iter().map(|channel| channel.kind).collect();
        channels
            .into_iter()
            .find(|channel| self.sender.sends(channel.kind))
            .ok_or(Some(kinds))
    }

    async fn send(&self, message: &LeasedMessage, outgoing: &Outgoing, leased: Instant) -> Outcome {
        let limits = &self.limits;
        // a host that stood still since the lease must not send beside the next holder
        if leased.elapsed() + limits.send_within > limits.lease {
            let why = "The host stood still; the message is taken up again.".to_owned();
            return Outcome::Postponed(why, Duration::ZERO);
        }
        let sending = tokio::time::timeout(limits.send_within, self.sender.send(outgoing));
        let error = match sending.await {
            Ok(Ok(delivery)) => return Outcome::Sent(delivery),
            Ok(Err(error)) => error,
            Err(_) => SendError::Unknown(format!(
                "The gateway did not answer within {} s.",
                limits.send_within.as_secs()
            )),
        };
        let backoff = backoff::wait(limits, message.attempts, rand::random());
        let (answered, wait) = match &error {
            SendError::Away(why) => return Outcome::Postponed(why.clone(), limits.away_wait),
            SendError::Refused(why) => {
                return Outcome::Dead(
                    DeadReason::Refused,
                    format!("{why} Mend that, then replay it."),
                );
            }
            SendError::Unknown(_) => (false, backoff),
            SendError::Failed { retry_after, .. } => {
                let wait = backoff.max(retry_after.unwrap_or_default());
                (true, wait.min(limits.longest_wait))
            }
        };
        if message.attempts >= limits.attempts {
            let why = format!(
                "It was tried {} times, the last time in vain: {error} Mend that, then replay it.",
                message.attempts
            );
            return Outcome::Dead(DeadReason::GaveUp, why);
        }
        Outcome::Failed(FailedTry {
            error: error.to_string(),
            answered,
            wait,
        })
    }

    /// Write the outcome down; where the database is away, again and again while the lease
    /// holds: a message that went and is not noted is sent once more.
    async fn write(&self, message: &LeasedMessage, outcome: Outcome) {
        for left in (0..WRITES).rev() {
            match self.note(message, &outcome).await {
                Ok(held) => return self.count(message, &outcome, held),
                Err(error) if left == 0 => {
                    tracing::error!(
                        outbox_id = message.outbox_id,
                        error = &error as &dyn Error,
                        "what became of a message could not be written down; it is taken up again"
                    );
                }
                Err(_) => tokio::time::sleep(WRITE_AGAIN).await,
            }
        }
    }

    /// False where another host had the message by then.
    async fn note(&self, message: &LeasedMessage, outcome: &Outcome) -> Result<bool, LedgerError> {
        let ledger = &self.ledger;
        match outcome {
            Outcome::Sent(delivery) => {
                let now = self.house.now();
                ledger.outbox_sent(message, now, delivery).await
            }
            Outcome::Failed(failed) => ledger.outbox_failed(message, failed).await,
            Outcome::Postponed(why, wait) => ledger.postpone_outbox(message, why, *wait).await,
            Outcome::Dead(reason, why) => {
                let house = Visitor::the_house();
                let event = self.house.event(EventType::OutboundDeadLettered, &house);
                let told = ledger.outbox_dead(message, *reason, why, event).await?;
                Ok(told.is_some())
            }
        }
    }

    fn count(&self, message: &LeasedMessage, outcome: &Outcome, held: bool) {
        let LeasedMessage {
            outbox_id, topic, ..
        } = *message;
        let counted = match outcome {
            _ if !held => TryOutcome::Lost,
            Outcome::Sent(delivery) if delivery.queued => TryOutcome::Queued,
            Outcome::Sent(_) => TryOutcome::Sent,
            Outcome::Failed(failed) if failed.answered => TryOutcome::Failed,
            Outcome::Failed(_) => TryOutcome::Unknown,
            Outcome::Postponed(..) => TryOutcome::Away,
            Outcome::Dead(..) => TryOutcome::Dead,
        };
        self.metrics.tried(topic, counted);
        match outcome {
            Outcome::Sent(delivery) if held && delivery.queued => {
                tracing::warn!(outbox_id, topic = topic.name(), gateway = %delivery.gateway,
                    "the channel failed; the gateway keeps the message, and decides from here");
            }
            Outcome::Sent(delivery) if held => {
                self.metrics.waited(message.waiting_since, self.house.now());
                tracing::info!(outbox_id, topic = topic.name(), gateway = %delivery.gateway, "message sent");
            }
            Outcome::Failed(failed) => {
                tracing::warn!(outbox_id, topic = topic.name(), error = %failed.error, "message not sent; it is tried again");
            }
            Outcome::Dead(reason, why) if held => {
                self.metrics.dead(topic, *reason);
                tracing::error!(outbox_id, topic = topic.name(), reason = reason.name(), %why, "message given up");
            }
            _ => {}
        }
    }
}

/// The key by which a gateway knows a message that it took already. A gateway answers a key
/// that failed with the same failure for a while, so that each answered failure makes
/// another; a try that nobody answered keeps its key.
fn key(message: &LeasedMessage) -> String {
    let (event, topic) = (message.event_id, message.topic.name());
    match message.failures {
        0 => format!("rd-{event}-{topic}"),
        failures => format!("rd-{event}-{topic}-{failures}"),
    }
}

fn unsent(kinds: &[ChannelKind]) -> String {
    let named = |kind: &ChannelKind| crate::texts::name(*kind);
    let kinds: Vec<&str> = kinds.iter().map(named).collect();
    format!(
        "No gateway sends by {}. Say which of a gateway's channels does with `dispatch gateway \
         update`, then replay the message.",
        kinds.join(" or ")
    )
}

/// An error with what is behind it.
fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        said.push_str(": ");
        said.push_str(&cause.to_string());
        source = cause.source();
    }
    said
}
