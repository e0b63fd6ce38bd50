//! How one gateway is reached: where, as whom, within which limits.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::address::Address;
use crate::device::DeviceRef;
use crate::error::GatewayError;
use crate::scope::Scope;
use crate::secret::{Secret, SecretError, SecretRef};
use crate::version::CalVer;

/// The protocol versions that this client speaks. Gateways since May 2026 want 4.
pub const PROTOCOLS: RangeInclusive<u16> = 3..=4;

/// How one gateway is reached. Debug shows no secret.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where.
    pub address: Address,
    /// As whom.
    pub credential: Credential,
    /// Everything else.
    pub options: ConnectOptions,
}

impl Target {
    /// A gateway with the usual options.
    #[must_use]
    pub fn new(address: Address, credential: Credential) -> Self {
        Self {
            address,
            credential,
            options: ConnectOptions::default(),
        }
    }

    /// Does what is sent leave this machine unencrypted?
    #[must_use]
    pub fn sends_plainly(&self) -> bool {
        !self.address.is_tls() && !self.address.is_loopback()
    }

    /// Nothing in here contradicts the rest, and no token is sent in clear over a public network.
    ///
    /// # Errors
    /// [`GatewayError::Options`], which says what to change.
    pub fn check(&self) -> Result<(), GatewayError> {
        let wrong = |text: &str| Err(GatewayError::Options(text.to_owned()));
        let options = &self.options;
        if options.allow_insecure_tls && !self.address.is_tls() {
            return wrong("unverified TLS can only be allowed for a wss:// address");
        }
        let shows = self.credential.token.is_some() || self.credential.device.is_some();
        if shows && self.sends_plainly() && !self.address.is_private() && !options.allow_plain {
            return wrong(
                "the gateway's token would cross a public network unencrypted: give a wss:// \
                 address, or one of this machine with a tunnel behind it",
            );
        }
        if options.protocols.is_empty() {
            return wrong("the range of protocol versions is empty");
        }
        if options.max_in_flight == 0 || options.events_buffered == 0 {
            return wrong("at least one call in flight and one buffered event are needed");
        }
        Ok(())
    }
}

/// Who connects: by the gateway's shared token, by a device key, or by both.
#[derive(Clone, Debug, Default)]
pub struct Credential {
    /// The gateway's shared token, or a device's token.
    pub token: Option<TokenSource>,
    /// A device key that signs the gateway's challenge.
    pub device: Option<DeviceRef>,
}

impl Credential {
    /// The gateway's shared token, by reference.
    #[must_use]
    pub fn token(reference: SecretRef) -> Self {
        Self {
            token: Some(TokenSource::Reference(reference)),
            device: None,
        }
    }

    /// The gateway's shared token itself.
    #[must_use]
    pub fn given(token: Secret) -> Self {
        Self {
            token: Some(TokenSource::Given(token)),
            device: None,
        }
    }

    /// A device key alone: its token is the one that a gateway gave it before.
    #[must_use]
    pub fn device(device: DeviceRef) -> Self {
        Self {
            token: None,
            device: Some(device),
        }
    }

    /// The same with a device key besides.
    #[must_use]
    pub fn with_device(mut self, device: DeviceRef) -> Self {
        self.device = Some(device);
        self
    }
}

/// Where the token comes from. A reference is resolved at every connect, so that a
/// changed token is found.
#[derive(Clone, Debug)]
pub enum TokenSource {
    /// Kept elsewhere.
    Reference(SecretRef),
    /// Given as it is.
    Given(Secret),
}

impl TokenSource {
    /// The token as it is now. Blocks for one small file at most.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn resolve(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Reference(reference) => reference.resolve(),
            Self::Given(token) => Ok(token.clone()),
        }
    }
}

/// What the client says it is. The gateway knows a closed list of names; any pair but
/// these is let in without scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientKind {
    /// `gateway-client` as `backend`: what a host is. On loopback the shared token is
    /// enough, and no pairing record is made.
    #[default]
    Backend,
    /// `cli` as `cli`: what pairs a device key on loopback by itself.
    Cli,
    /// `openclaw-control-ui` as `ui`, with an Origin: document 003's way where device
    /// pairing is off. A gateway must allow the origin.
    ControlUi,
}

impl ClientKind {
    /// `client.id` on the wire.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Backend => "gateway-client",
            Self::Cli => "cli",
            Self::ControlUi => "openclaw-control-ui",
        }
    }

    /// `client.mode` on the wire.
    #[must_use]
    pub fn mode(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Cli => "cli",
            Self::ControlUi => "ui",
        }
    }
}

/// How a device's statement is laid out for its signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatementLayout {
    /// With nonce, for gateways that do not know version 3 yet.
    V2,
    /// With nonce and platform.
    #[default]
    V3,
}

/// What a connection asks for, and its limits.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// What the client says it is.
    pub client: ClientKind,
    /// What it asks to be allowed. One that is not given fails the connection.
    pub scopes: Vec<Scope>,
    /// The protocol versions offered.
    pub protocols: RangeInclusive<u16>,
    /// How a device key signs.
    pub statement: StatementLayout,
    /// Do not verify the gateway's certificate; for `wss` alone.
    pub allow_insecure_tls: bool,
    /// Send the token unencrypted over a public network, where nothing else will do.
    pub allow_plain: bool,
    /// Send the token in the address too, as document 003 has it (`?token=`). It may then
    /// be in the logs of whatever stands between.
    pub token_in_query: bool,
    /// The oldest version that a [`Link`](crate::Link) calls compatible.
    pub minimum_version: Option<CalVer>,
    /// From dialling until the gateway said hello.
    pub connect_within: Duration,
    /// How long to wait for the challenge before connecting without one.
    pub challenge_within: Duration,
    /// A ping goes out so often.
    pub ping_every: Duration,
    /// Nothing heard so long after a ping: the gateway is silent.
    pub pong_within: Duration,
    /// More calls wait for their turn.
    pub max_in_flight: usize,
    /// A reader of events that is further behind loses the oldest, and is told how many.
    pub events_buffered: usize,
    /// The largest frame taken, in bytes, whatever the gateway's policy says.
    pub max_frame: usize,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            client: ClientKind::default(),
            scopes: Scope::ALL.to_vec(),
            protocols: PROTOCOLS,
            statement: StatementLayout::default(),
            allow_insecure_tls: false,
            allow_plain: false,
            token_in_query: false,
            minimum_version: None,
            // a gateway that takes the connection and says nothing is known within 10 s too
            connect_within: Duration::from_secs(8),
            challenge_within: Duration::from_secs(2),
            // 3 s and 4 s: a gateway that stopped answering is known within 10 s
            ping_every: Duration::from_secs(3),
            pong_within: Duration::from_secs(4),
            max_in_flight: 128,
            events_buffered: 256,
            // the gateway's own limit is 25 MiB
            max_frame: 32 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_crosses_a_public_network_encrypted_or_where_that_was_said() {
        let at = |address: &str| {
            let address = Address::parse(address).expect("an address");
            Target::new(address, Credential::given(Secret::new("s3cret")))
        };
        for fine in [
            "ws://127.0.0.1:1",
            "ws://10.0.0.1:1",
            "ws://gateway:1",
            "wss://g.example",
        ] {
            assert!(at(fine).check().is_ok(), "{fine}");
        }
        let mut public = at("ws://g.example:1");
        let error = public.check().expect_err("in clear").to_string();
        assert!(error.contains("wss://"), "{error}");
        let key = Credential::device(DeviceRef::at("/device.json"));
        assert!(Target::new(public.address.clone(), key).check().is_err());
        assert!(
            Target::new(public.address.clone(), Credential::default())
                .check()
                .is_ok()
        );
        public.options.allow_plain = true;
        assert!(public.check().is_ok());
        assert!(public.sends_plainly() && at("ws://10.0.0.1:1").sends_plainly());
        assert!(!at("ws://127.0.0.1:1").sends_plainly() && !at("wss://g.example").sends_plainly());
    }

    #[test]
    fn unverified_tls_is_for_wss_alone() {
        let at = |address: &str| {
            let address = Address::parse(address).expect("an address");
            let mut target = Target::new(address, Credential::given(Secret::new("s3cret")));
            target.options.allow_insecure_tls = true;
            target
        };
        assert!(at("wss://h").check().is_ok());
        let error = at("ws://h").check().expect_err("plain").to_string();
        assert!(error.contains("wss://"), "{error}");
        assert!(!format!("{:?}", at("wss://h")).contains("s3cret"));
    }
}
