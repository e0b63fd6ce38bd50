//! A message's last step: out through a gateway's channel.

use std::time::Duration;

use dispatch_contract::OrganizationId;
use dispatch_contract::channel::{Channel, ChannelKind};
use dispatch_contract::gateway::{Gateway, SendChannel};
use dispatch_contract::outbox::Delivery;
use dispatch_gateway::methods::channels::Sent;
use dispatch_gateway::{Caller, GatewayError, Trouble};
use dispatch_provision::AgentKey;
use serde_json::{Value, json};

use crate::Switchboard;

/// How long a gateway may take: some channels are slow.
const WITHIN: Duration = Duration::from_secs(40);

/// A message that did not leave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotSent {
    /// It was not tried: the gateway is away.
    Away(String),
    /// The gateway says that it failed this time.
    Failed {
        /// In its words.
        message: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// Nobody knows whether it left.
    Unknown(String),
    /// The gateway will not.
    Refused(String),
}

/// How this house stands to gateways that send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Means {
    /// No gateway is registered.
    NoGateway,
    /// None of those registered has a channel to send by.
    NoChannel,
    /// There is one.
    Ready,
}

impl Switchboard {
    /// Can anything be sent at all? Known once the gateways are watched.
    #[must_use]
    pub fn means(&self) -> Means {
        let gateways = self.senders();
        if gateways.is_empty() {
            Means::NoGateway
        } else if gateways.iter().all(|one| one.send_channels.is_empty()) {
            Means::NoChannel
        } else {
            Means::Ready
        }
    }

    /// Does any gateway send on this kind of channel?
    #[must_use]
    pub fn sends(&self, kind: ChannelKind) -> bool {
        let gateways = self.senders();
        gateways
            .iter()
            .any(|gateway| gateway.send_channels.contains_key(&kind))
    }

    /// Send a text, through the first registered gateway that sends on this kind of channel:
    /// always the same one, since it is the one that knows which keys it took.
    ///
    /// # Errors
    /// [`NotSent`].
    pub async fn send(&self, to: &Channel, text: &str, key: &str) -> Result<Delivery, NotSent> {
        let gateways = self.senders();
        let found = gateways
            .iter()
            .find_map(|gateway| Some((gateway, gateway.send_channels.get(&to.kind)?)));
        let Some((gateway, by)) = found else {
            return Err(NotSent::Away("no gateway sends on this channel".into()));
        };
        let link =
            self.inner.links.link(gateway).map_err(|refusal| {
                NotSent::Away(format!("{}: {}", gateway.name, refusal.detail))
            })?;
        let Some(connection) = link.connection() else {
            let state = link.state();
            let state = state.borrow();
            let why = state.error.as_ref().map(ToString::to_string);
            return Err(NotSent::Away(format!(
                "{} is away: {}",
                gateway.name,
                why.unwrap_or_else(|| "it is not connected yet".into())
            )));
        };
        let params = params(gateway, by, connection.hello().protocol, to, text, key);
        let caller: &dyn Caller = &connection;
        let answer = caller.call("send", params, WITHIN).await;
        let mut delivery = Delivery {
            gateway: gateway.name.clone(),
            kind: to.kind,
            channel: by.channel.clone(),
            to: to.peer.clone(),
            key: key.to_owned(),
            message_id: None,
            queued: false,
        };
        match answer {
            Ok(answer) => {
                // whatever it says of it: it took it
                let sent: Sent = serde_json::from_value(answer).unwrap_or_default();
                delivery.message_id = sent.message_id;
                Ok(delivery)
            }
            // it keeps the message and tries by itself: a second one would double it
            Err(error) if error.detail() == Some("OUTBOUND_DELIVERY_QUEUED") => {
                delivery.queued = true;
                Ok(delivery)
            }
            Err(error) => Err(not_sent(&gateway.name, &error)),
        }
    }

    /// The gateways of this house, the oldest first.
    fn senders(&self) -> Vec<Gateway> {
        let mut gateways = self.inner.watch.gateways();
        gateways.retain(|gateway| gateway.organization_id == OrganizationId::HOUSE);
        gateways
    }
}

fn params(
    gateway: &Gateway,
    by: &SendChannel,
    protocol: u16,
    to: &Channel,
    text: &str,
    key: &str,
) -> Value {
    let mut params = json!({
        "to": to.peer, "message": text, "channel": by.channel, "idempotencyKey": key,
    });
    if let Some(account) = &by.account_id {
        params["accountId"] = json!(account);
    }
    // a gateway with several agents asks whose message it is; those of old know no such field
    if protocol >= 4 {
        params["agentId"] = json!(AgentKey::Main(gateway.gateway_id).agent_id());
    }
    params
}

fn not_sent(gateway: &str, error: &GatewayError) -> NotSent {
    let said = format!("{gateway}: {error}.");
    match error {
        GatewayError::Refused {
            code,
            details,
            retryable,
            retry_after,
            ..
        } => {
            let partly = details
                .as_ref()
                .is_some_and(|details| details.get("partialDelivery").is_some());
            if partly {
                return NotSent::Refused(format!("{said} A part of it was delivered."));
            }
            if Trouble::of(error) == Trouble::Starting {
                return NotSent::Away(said);
            }
            let later = retryable.unwrap_or(code == "UNAVAILABLE" || retry_after.is_some());
            if later {
                return NotSent::Failed {
                    message: said,
                    retry_after: *retry_after,
                };
            }
            NotSent::Refused(said)
        }
        GatewayError::TooLarge { .. } => NotSent::Refused(said),
        // the call may have gone out before
        _ => NotSent::Unknown(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, message: &str, details: Value) -> GatewayError {
        GatewayError::Refused {
            code: code.into(),
            message: message.into(),
            details: Some(Box::new(details)),
            retryable: None,
            retry_after: None,
        }
    }

    #[test]
    fn what_a_gateway_answers_says_whether_and_how_it_is_tried_again() {
        let of = |error| not_sent("g", &error);
        let down = refused("UNAVAILABLE", "Outbound not configured", Value::Null);
        assert!(matches!(of(down), NotSent::Failed { .. }));
        let no_channel = refused("INVALID_REQUEST", "unsupported channel: fax", Value::Null);
        assert!(matches!(of(no_channel), NotSent::Refused(_)));
        let partly = refused("UNAVAILABLE", "x", json!({ "partialDelivery": {} }));
        assert!(matches!(of(partly), NotSent::Refused(_)));
        let starting = refused(
            "UNAVAILABLE",
            "gateway starting; retry shortly",
            json!({ "reason": "startup-sidecars" }),
        );
        assert!(matches!(of(starting), NotSent::Away(_)));
        let closed = GatewayError::Closed {
            code: 1006,
            reason: String::new(),
        };
        assert!(matches!(of(closed), NotSent::Unknown(_)));
    }
}
