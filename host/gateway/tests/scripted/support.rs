//! What the tests share.

use std::time::Duration;

use dispatch_gateway::{
    Address, Connection, Credential, GatewayError, Link, LinkState, Secret, Target,
};
use dispatch_testing::openclaw::scripted::{Script, ScriptedGateway};

/// Longer than anything here takes; only a hang reaches it.
pub(crate) const HANG: Duration = Duration::from_secs(30);

pub(crate) async fn started(script: Script) -> ScriptedGateway {
    ScriptedGateway::start(script).await.expect("started")
}

/// Its shared token, and short patience.
pub(crate) fn target(gateway: &ScriptedGateway) -> Target {
    target_with(gateway, Credential::given(Secret::new(gateway.token())))
}

pub(crate) fn target_with(gateway: &ScriptedGateway, credential: Credential) -> Target {
    let address = Address::parse(&gateway.url()).expect("an address");
    let mut target = Target::new(address, credential);
    target.options.challenge_within = Duration::from_millis(200);
    target.options.connect_within = Duration::from_secs(5);
    target
}

pub(crate) async fn connected(gateway: &ScriptedGateway) -> Connection {
    Connection::open(&target(gateway)).await.expect("connected")
}

/// Why a connection is refused.
pub(crate) async fn refused(target: &Target) -> GatewayError {
    match Connection::open(target).await {
        Ok(connection) => panic!("let in: {:?}", connection.hello().scopes),
        Err(error) => error,
    }
}

/// Waits until a link stands as wished.
pub(crate) async fn until(link: &Link, wished: impl FnMut(&LinkState) -> bool) -> LinkState {
    let mut state = link.state();
    tokio::time::timeout(HANG, state.wait_for(wished))
        .await
        .expect("in time")
        .expect("not gone")
        .clone()
}
