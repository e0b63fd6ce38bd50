//! The first exchange on a socket: the gateway's challenge, who we are, its hello.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::device::{DeviceKey, Statement};
use crate::dial::{self, Socket};
use crate::error::GatewayError;
use crate::frame::{self, Incoming};
use crate::hello::Hello;
use crate::scope::Scope;
use crate::secret::Secret;
use crate::target::{StatementLayout, Target};
use crate::tokens::{self, DeviceToken, Key};

/// What we are to every gateway.
const ROLE: &str = "operator";

/// The connect request's id; ids of calls look different.
const CONNECT_ID: &str = "connect";

/// At most so many frames before the hello.
const MAX_FRAMES_BEFORE_HELLO: usize = 32;

/// Who connects, as resolved for one attempt.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The gateway's shared token.
    pub(crate) token: Option<Secret>,
    /// A device key.
    device: Option<DeviceKey>,
    /// The token that this gateway gave the device before.
    device_token: Option<DeviceToken>,
    /// Where such tokens are kept.
    tokens: Option<PathBuf>,
    /// The gateway, as its tokens are kept by.
    gateway: String,
}

impl Identity {
    /// Resolves the target's references. Blocks for small files.
    pub(crate) fn resolve(target: &Target) -> Result<Self, GatewayError> {
        let credential = &target.credential;
        let token = match &credential.token {
            Some(source) => Some(source.resolve()?),
            None => None,
        };
        let mut identity = Self {
            token,
            device: None,
            device_token: None,
            tokens: None,
            gateway: target.address.to_string(),
        };
        if let Some(device) = &credential.device {
            let key = DeviceKey::load(&device.key)?;
            identity.tokens.clone_from(&device.tokens);
            if let Some(path) = &device.tokens
                && identity.token.is_none()
            {
                identity.device_token = tokens::find(path, identity.key(key.id()))?;
            }
            identity.device = Some(key);
        }
        Ok(identity)
    }

    fn key<'a>(&'a self, device_id: &'a str) -> Key<'a> {
        Key {
            gateway: &self.gateway,
            device_id,
            role: ROLE,
        }
    }

    /// The secret that is sent, and signed: the shared one, else the device's.
    pub(crate) fn secret(&self) -> Option<&Secret> {
        self.token
            .as_ref()
            .or(self.device_token.as_ref().map(|kept| &kept.token))
    }

    /// Keeps the token that the gateway gave this device.
    fn keep(&self, hello: &Hello) -> Result<(), GatewayError> {
        if let (Some(path), Some(device), Some(token)) =
            (&self.tokens, &self.device, &hello.device_token)
        {
            let token = DeviceToken {
                token: token.clone(),
                scopes: hello.scopes.clone(),
            };
            tokens::keep(path, self.key(device.id()), &token)?;
        }
        Ok(())
    }

    /// A refusal because the device's token was given for less than is asked for now, with what
    /// it was given for: asked for no more, it still lets in.
    fn narrower(&self, error: GatewayError, asked: &[Scope]) -> GatewayError {
        let Some(kept) = self
            .device_token
            .as_ref()
            .filter(|_| error.detail() == Some("AUTH_SCOPE_MISMATCH"))
        else {
            return error;
        };
        let missing: Vec<String> = asked
            .iter()
            .map(ToString::to_string)
            .filter(|scope| !kept.scopes.contains(scope))
            .collect();
        if missing.is_empty() || kept.scopes.is_empty() {
            return error;
        }
        GatewayError::Scopes {
            missing,
            granted: kept.scopes.clone(),
        }
    }

    /// Forgets the device's token where the gateway no longer takes it.
    fn forget(&self, error: &GatewayError) -> Result<(), GatewayError> {
        if error.detail() == Some("AUTH_DEVICE_TOKEN_MISMATCH")
            && let (Some(path), Some(device), Some(kept)) =
                (&self.tokens, &self.device, &self.device_token)
        {
            tokens::forget(path, self.key(device.id()), &kept.token)?;
        }
        Ok(())
    }
}

/// What the gateway wants signed.
#[derive(Debug, Default)]
struct Challenge {
    nonce: Option<String>,
    ts: Option<i64>,
}

/// Says who we are, and hears what we may do.
pub(crate) async fn shake(
    socket: &mut Socket,
    target: &Target,
    identity: &Identity,
) -> Result<Hello, GatewayError> {
    let challenge = challenge(socket, target.options.challenge_within).await?;
    let params = connect_params(target, identity, &challenge);
    let request = frame::request(CONNECT_ID, "connect", &params)?;
    socket
        .send(Message::text(request))
        .await
        .map_err(|error| dial::ended(&error))?;
    let answer = match answer(socket).await {
        Ok(answer) => answer,
        Err(error) => {
            identity.forget(&error)?;
            return Err(identity.narrower(error, &target.options.scopes));
        }
    };
    let hello = Hello::read(answer).map_err(GatewayError::Protocol)?;
    let offered = &target.options.protocols;
    if !offered.contains(&hello.protocol) {
        return Err(GatewayError::Protocol(format!(
            "it chose protocol {}, and was offered {} to {}",
            hello.protocol,
            offered.start(),
            offered.end()
        )));
    }
    // kept before scopes are looked at: it is good for what was given
    identity.keep(&hello)?;
    let missing: Vec<String> = target
        .options
        .scopes
        .iter()
        .filter(|scope| !hello.has_scope(**scope))
        .map(ToString::to_string)
        .collect();
    if !missing.is_empty() {
        return Err(GatewayError::Scopes {
            missing,
            granted: hello.scopes,
        });
    }
    Ok(hello)
}

/// Waits for the challenge a while; gateways that know none say nothing.
async fn challenge(socket: &mut Socket, within: Duration) -> Result<Challenge, GatewayError> {
    let Ok(first) = timeout(within, next(socket)).await else {
        return Ok(Challenge::default());
    };
    if let Incoming::Event(event) = first?
        && &*event.name == "connect.challenge"
    {
        let nonce = event.payload.get("nonce").and_then(Value::as_str);
        return Ok(Challenge {
            nonce: nonce
                .map(|nonce| nonce.trim().to_owned())
                .filter(|nonce| !nonce.is_empty()),
            ts: event.payload.get("ts").and_then(Value::as_i64),
        });
    }
    tracing::warn!("gateway: the first frame is no connect.challenge");
    Ok(Challenge::default())
}

/// The answer to connect, past events that come before it.
async fn answer(socket: &mut Socket) -> Result<Value, GatewayError> {
    for _ in 0..MAX_FRAMES_BEFORE_HELLO {
        if let Incoming::Response { id, outcome } = next(socket).await?
            && id == CONNECT_ID
        {
            return outcome;
        }
    }
    Err(GatewayError::Protocol(
        "no answer to connect among its first frames".into(),
    ))
}

/// The next frame.
async fn next(socket: &mut Socket) -> Result<Incoming, GatewayError> {
    loop {
        return match socket.next().await {
            Some(Ok(Message::Text(text))) => frame::read(&text),
            Some(Ok(Message::Close(frame))) => Err(dial::closed(frame)),
            Some(Ok(_)) => continue,
            Some(Err(error)) => Err(dial::ended(&error)),
            None => Err(dial::vanished("")),
        };
    }
}

/// What goes into `connect`.
fn connect_params(target: &Target, identity: &Identity, challenge: &Challenge) -> Value {
    let options = &target.options;
    let scopes: Vec<&str> = options.scopes.iter().map(|scope| scope.as_str()).collect();
    let mut params = json!({
        "minProtocol": options.protocols.start(),
        "maxProtocol": options.protocols.end(),
        "client": {
            "id": options.client.id(),
            "version": env!("CARGO_PKG_VERSION"),
            "platform": platform(),
            "mode": options.client.mode(),
        },
        "role": ROLE,
        "scopes": scopes,
        "caps": [],
    });
    if let Some(token) = &identity.token {
        params["auth"] = json!({"token": token.expose()});
    } else if let Some(kept) = &identity.device_token {
        params["auth"] = json!({"deviceToken": kept.token.expose()});
    }
    if let Some(device) = &identity.device {
        let signed_at_ms = challenge.ts.unwrap_or_else(now_ms);
        let statement = Statement {
            device_id: device.id(),
            client_id: options.client.id(),
            client_mode: options.client.mode(),
            role: ROLE,
            scopes: &scopes,
            signed_at_ms,
            token: identity.secret().map_or("", Secret::expose),
            nonce: challenge.nonce.as_deref().unwrap_or(""),
        };
        let text = match (&challenge.nonce, options.statement) {
            (None, _) => statement.v1(),
            (Some(_), StatementLayout::V2) => statement.v2(),
            (Some(_), StatementLayout::V3) => statement.v3(platform(), ""),
        };
        params["device"] = json!({
            "id": device.id(),
            "publicKey": device.public_key(),
            "signature": device.sign(&text),
            "signedAt": signed_at_ms,
        });
        if let Some(nonce) = &challenge.nonce {
            params["device"]["nonce"] = nonce.as_str().into();
        }
    }
    params
}

/// This machine's system as gateways know it; pairing pins it.
fn platform() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}
