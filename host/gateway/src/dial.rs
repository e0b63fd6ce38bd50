//! From an address to a WebSocket: TCP, TLS where asked for, the upgrade.

use std::io;

use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::TlsError;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, error::CapacityError, error::ProtocolError};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use crate::address::Address;
use crate::error::GatewayError;
use crate::metered::{Heard, Metered};
use crate::secret::Secret;
use crate::target::{ClientKind, Target};
use crate::tls;

/// A socket to a gateway.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<Metered<TcpStream>>>;

/// The close code that stands for a peer that vanished without one.
const VANISHED: u16 = 1006;

/// Small buffers: a host keeps dozens of mostly idle connections.
const BUFFER_BYTES: usize = 16 * 1024;

/// Dials a gateway. The token goes into the address only where the options say so.
pub(crate) async fn dial(
    target: &Target,
    token: Option<&Secret>,
) -> Result<(Socket, Heard), GatewayError> {
    let address = &target.address;
    let options = &target.options;
    let url = address.dialled(token.filter(|_| options.token_in_query));
    let mut request = url
        .as_str()
        .into_client_request()
        .map_err(|error| failed(address, error))?;
    if options.client == ClientKind::ControlUi {
        let origin = HeaderValue::from_str(&address.origin())
            .map_err(|_| GatewayError::Options("the address makes no Origin header".into()))?;
        request.headers_mut().insert("Origin", origin);
    }
    let connector = if address.is_tls() {
        let config =
            tls::config(!options.allow_insecure_tls).map_err(|error| GatewayError::Tls {
                address: address.to_string(),
                cause: error.to_string(),
            })?;
        Connector::Rustls(config)
    } else {
        Connector::Plain
    };
    let stream = TcpStream::connect(address.host_and_port())
        .await
        .map_err(|error| unreachable(address, &error))?;
    // requests are small and waited for
    stream
        .set_nodelay(true)
        .map_err(|error| unreachable(address, &error))?;
    let heard = Heard::new();
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(options.max_frame))
        .max_frame_size(Some(options.max_frame));
    let stream = Metered::new(stream, heard.clone());
    let (socket, _) = client_async_tls_with_config(request, stream, Some(config), Some(connector))
        .await
        .map_err(|error| failed(address, error))?;
    Ok((socket, heard))
}

/// Why no WebSocket came to be.
fn failed(address: &Address, error: tungstenite::Error) -> GatewayError {
    let address_text = address.to_string();
    match error {
        tungstenite::Error::Io(error) => unreachable(address, &error),
        tungstenite::Error::Tls(error) => GatewayError::Tls {
            address: address_text,
            cause: match error {
                TlsError::Rustls(error) => error.to_string(),
                other => other.to_string(),
            },
        },
        tungstenite::Error::Http(response) => GatewayError::Http {
            address: address_text,
            status: response.status().as_u16(),
        },
        tungstenite::Error::Protocol(ProtocolError::HandshakeIncomplete) => {
            GatewayError::Unreachable {
                address: address_text,
                cause: "connection closed before the upgrade".into(),
            }
        }
        // the URL is not repeated: it can hold the token
        tungstenite::Error::Url(_) | tungstenite::Error::HttpFormat(_) => {
            GatewayError::Options("the gateway's address cannot be dialled".into())
        }
        // what is starting or going down there may answer so for a while
        tungstenite::Error::Protocol(ProtocolError::HttparseError(error)) => {
            GatewayError::Unreachable {
                address: address_text,
                cause: format!("did not receive a valid HTTP response: {error}"),
            }
        }
        other => GatewayError::Protocol(format!("{address_text}: no WebSocket: {other}")),
    }
}

fn unreachable(address: &Address, error: &io::Error) -> GatewayError {
    let tls = error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>());
    let (address, cause) = (address.to_string(), error.to_string());
    if tls {
        GatewayError::Tls { address, cause }
    } else {
        GatewayError::Unreachable { address, cause }
    }
}

/// Why a socket that was open gives no more frames.
pub(crate) fn ended(error: &tungstenite::Error) -> GatewayError {
    match error {
        tungstenite::Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            GatewayError::TooLarge {
                bytes: *size,
                limit: *max_size,
            }
        }
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | tungstenite::Error::ConnectionClosed
        | tungstenite::Error::AlreadyClosed
        | tungstenite::Error::Io(_) => vanished(&error.to_string()),
        other => GatewayError::Protocol(other.to_string()),
    }
}

/// The peer vanished without a close frame.
pub(crate) fn vanished(reason: &str) -> GatewayError {
    GatewayError::Closed {
        code: VANISHED,
        reason: reason.to_owned(),
    }
}

/// The peer closed.
pub(crate) fn closed(frame: Option<CloseFrame>) -> GatewayError {
    match frame {
        Some(frame) => GatewayError::Closed {
            code: frame.code.into(),
            reason: frame.reason.as_str().to_owned(),
        },
        None => GatewayError::Closed {
            code: 1005,
            reason: String::new(),
        },
    }
}
