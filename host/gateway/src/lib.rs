//! Speaking with an OpenClaw gateway: frames, handshake, one connection for many calls.
//!
//! [`Connection`] is one socket; [`Link`] keeps one, connecting again as long as it is
//! not stopped. Both are a [`Caller`]: [`ask`] puts one of the typed calls in [`methods`],
//! [`Caller::call`] any other. What went wrong is a [`GatewayError`]; [`Trouble`] says what
//! it means and what an operator does about it.
//!
//! Must not know SQL, tickets, agents' templates, nor who asks. A token is never in a log,
//! an error or a debug form.

mod address;
mod caller;
mod connection;
mod device;
pub mod diagnosis;
mod dial;
mod error;
mod frame;
mod handshake;
mod hello;
pub mod known;
mod link;
mod metered;
pub mod methods;
mod pump;
pub mod retry;
mod scope;
mod secret;
mod target;
mod tls;
mod tokens;
pub mod version;

/// The WebSocket library's part of a log, by what its targets begin with.
const WEBSOCKET_TARGETS: [&str; 2] = ["tungstenite", "tokio_tungstenite"];

/// What a log leaves out, whatever an operator asks for: below a warning, the WebSocket library
/// writes out whole frames and addresses, tokens among them. A filter of its own, since a
/// directive is overridden by any that names its target better.
#[must_use]
pub fn may_be_logged(metadata: &tracing::Metadata<'_>) -> bool {
    let quiet = WEBSOCKET_TARGETS
        .iter()
        .any(|begin| metadata.target().starts_with(begin));
    !quiet || *metadata.level() <= tracing::Level::WARN
}

pub use address::{Address, AddressError};
pub use caller::{Caller, ask};
pub use connection::Connection;
pub use device::{DeviceError, DeviceKey, DeviceRef, Statement};
pub use diagnosis::Trouble;
pub use error::GatewayError;
pub use frame::Event;
pub use hello::{Hello, Policy};
pub use link::{Link, LinkState, Phase};
pub use methods::Method;
pub use scope::Scope;
pub use secret::{Secret, SecretError, SecretRef};
pub use target::{
    ClientKind, ConnectOptions, Credential, PROTOCOLS, StatementLayout, Target, TokenSource,
};
