//! TLS: a certificate that nobody vouches for is refused, and taken only where the
//! options of that gateway say so. The key in `tls/` is for this test alone.

use std::sync::Arc;

use dispatch_gateway::{Connection, GatewayError, Trouble};
use dispatch_testing::openclaw::scripted::Script;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::{HANG, refused, started, target};

/// TLS in front of an address; gives the port.
async fn tls_before(address: String) -> u16 {
    let certificate = CertificateDer::from_slice(include_bytes!("tls/certificate.der"));
    let key = PrivatePkcs8KeyDer::from(include_bytes!("tls/key.der").to_vec());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key))
        .expect("a certificate with its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, address) = (acceptor.clone(), address.clone());
            tokio::spawn(async move {
                // a client that does not trust it leaves here
                let mut outer = acceptor.accept(stream).await.ok()?;
                let mut inner = TcpStream::connect(address).await.ok()?;
                tokio::io::copy_bidirectional(&mut outer, &mut inner)
                    .await
                    .ok()
            });
        }
    });
    port
}

#[tokio::test]
async fn a_certificate_of_its_own_is_refused_unless_it_is_allowed() {
    let gateway = started(Script::default()).await;
    let port = tls_before(gateway.url().replace("ws://", "")).await;
    let mut target = target(&gateway);
    for host in ["localhost", "127.0.0.1"] {
        target.address = format!("wss://{host}:{port}").parse().expect("an address");
        target.options.allow_insecure_tls = false;
        let error = refused(&target).await;
        assert!(matches!(error, GatewayError::Tls { .. }), "{error:?}");
        assert_eq!(Trouble::of(&error), Trouble::Tls);

        target.options.allow_insecure_tls = true;
        let connection = Connection::open(&target).await.expect("allowed");
        connection
            .call("health", json!({}), HANG)
            .await
            .expect("answered");
    }
}
