//! Whoever takes a message to its recipient.

use std::pin::Pin;
use std::time::Duration;

use dispatch_contract::channel::{Channel, ChannelKind};
use dispatch_contract::outbox::Delivery;

/// A future that a trait object gives.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Delivery, SendError>> + Send + 'a>>;

/// A message that is ready to leave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// To whom, on which kind of channel.
    pub to: Channel,
    /// Its text.
    pub text: String,
    /// The same for every try whose outcome nobody knows, so that it is taken once.
    pub key: String,
}

/// Can anything leave at all?
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Standing {
    /// No gateway is registered.
    NoGateway,
    /// Gateways are registered, and none has a channel to send by.
    NoChannel,
    /// A gateway has.
    Ready,
}

impl Standing {
    /// Every standing.
    pub(crate) const ALL: [Self; 3] = [Self::NoGateway, Self::NoChannel, Self::Ready];

    /// Its name in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NoGateway => "no_gateway",
            Self::NoChannel => "no_channel",
            Self::Ready => "ready",
        }
    }
}

/// A message that was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// It was not tried: the gateway is away, or starting. Costs no attempt.
    #[error("{0}")]
    Away(String),
    /// The gateway answered that it failed this time: the next try takes another key, since
    /// a gateway answers a key that failed with the same failure for a while.
    #[error("{message}")]
    Failed {
        /// What it said.
        message: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether it was taken: the next try has the same key.
    #[error("{0}")]
    Unknown(String),
    /// The gateway refuses it, and will again.
    #[error("{0}")]
    Refused(String),
}

/// Takes messages to their recipients.
pub trait Sender: Send + Sync {
    /// Can anything leave at all?
    fn standing(&self) -> Standing;

    /// Is there a gateway that sends on this kind of channel?
    fn sends(&self, kind: ChannelKind) -> bool;

    /// Send it. Whoever calls gives up after a while, and drops the future.
    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> Sending<'a>;
}
