//! Where a message's recipient can be reached: now, not when it was owed, so that a number
//! that was learnt since mends a dead letter.

use dispatch_contract::channel::{Channel, ChannelKind};
use dispatch_contract::outbox::Topic;
use dispatch_contract::reading::Technician;
use dispatch_ledger::Reach;

/// Where to reach them, the best first.
pub(crate) fn channels(
    topic: Topic,
    reach: &Reach,
    technician: Option<&Technician>,
) -> Vec<Channel> {
    let of = |kind, peer: Option<&String>| {
        let peer = peer.map(|peer| peer.trim()).filter(|peer| !peer.is_empty());
        peer.map(|peer| Channel {
            kind,
            peer: peer.to_owned(),
        })
    };
    if topic == Topic::TechnicianAssignment {
        let phone = technician.and_then(|technician| technician.phone.as_ref());
        return of(ChannelKind::Sms, phone).into_iter().collect();
    }
    let customer = &reach.ticket.customer;
    let mut channels: Vec<Channel> = Vec::new();
    // where they wrote to us, they read us
    let candidates = [
        reach.last_inbound.clone(),
        of(ChannelKind::Sms, customer.phone.as_ref()),
        of(ChannelKind::Email, customer.email.as_ref()),
    ];
    for channel in candidates.into_iter().flatten() {
        if !channels.iter().any(|known| known.kind == channel.kind) {
            channels.push(channel);
        }
    }
    channels
}

/// What an operator does about a recipient who cannot be reached.
pub(crate) fn nobody(topic: Topic) -> &'static str {
    match topic {
        Topic::TechnicianAssignment => {
            "The technician has no phone in the register: add it with `dispatch technician set`, \
             then replay the message, or tell them yourself."
        }
        _ => {
            "The ticket has no channel, phone or email of the customer: add one with \
             ticket.add_message (`intake.customer`), then replay the message, or tell them yourself."
        }
    }
}
