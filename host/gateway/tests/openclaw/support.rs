//! What the tests share.

use std::time::Duration;

use dispatch_gateway::{Address, Connection, Credential, GatewayError, Secret, Target};
use dispatch_testing::openclaw::{Installation, RealGateway};
use serde_json::json;

/// Longer than anything here takes, on busy cores too; only a hang reaches it.
pub(crate) const HANG: Duration = Duration::from_secs(120);

/// A gateway, where one is installed.
pub(crate) async fn started() -> Option<RealGateway> {
    let installation = Installation::found()?;
    let config = json!({"agents": {"entries": {"main": {}}}});
    let gateway = RealGateway::start(&installation, config).await;
    Some(gateway.expect("the gateway starts"))
}

pub(crate) fn target(gateway: &RealGateway) -> Target {
    target_with(gateway, Credential::given(Secret::new(gateway.token())))
}

pub(crate) fn target_with(gateway: &RealGateway, credential: Credential) -> Target {
    let address = Address::parse(&gateway.url()).expect("an address");
    let mut target = Target::new(address, credential);
    // two busy cores are shared with other gateways
    target.options.connect_within = Duration::from_secs(60);
    target.options.pong_within = Duration::from_secs(60);
    target
}

pub(crate) async fn connected(target: &Target) -> Connection {
    Connection::open(target).await.expect("let in")
}

pub(crate) async fn refused(target: &Target) -> GatewayError {
    match Connection::open(target).await {
        Ok(connection) => panic!("let in: {:?}", connection.hello().scopes),
        Err(error) => error,
    }
}
