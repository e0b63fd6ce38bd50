//! The real sender: the gateways that the switchboard watches.

use dispatch_contract::channel::ChannelKind;
use dispatch_switchboard::{Means, NotSent, Switchboard};

use crate::sender::{Outgoing, SendError, Sender, Sending, Standing};

/// Sends through the gateways of this house.
#[derive(Clone)]
pub struct Gateways(pub Switchboard);

impl Sender for Gateways {
    fn standing(&self) -> Standing {
        match self.0.means() {
            Means::NoGateway => Standing::NoGateway,
            Means::NoChannel => Standing::NoChannel,
            Means::Ready => Standing::Ready,
        }
    }

    fn sends(&self, kind: ChannelKind) -> bool {
        self.0.sends(kind)
    }

    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> Sending<'a> {
        Box::pin(async move {
            let Outgoing { to, text, key } = outgoing;
            self.0
                .send(to, text, key)
                .await
                .map_err(|error| match error {
                    NotSent::Away(why) => SendError::Away(why),
                    NotSent::Failed {
                        message,
                        retry_after,
                    } => SendError::Failed {
                        message,
                        retry_after,
                    },
                    NotSent::Unknown(why) => SendError::Unknown(why),
                    NotSent::Refused(why) => SendError::Refused(why),
                })
        })
    }
}
