//! One connection per gateway, kept and shared by everybody here.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use dispatch_contract::gateway::Gateway;
use dispatch_contract::{GatewayId, Refusal};
use dispatch_gateway::retry::{Again, again};
use dispatch_gateway::{Caller, GatewayError, Link, Phase};
use futures::future::BoxFuture;
use serde_json::Value;

use crate::target::{Wiring, target};

/// How long a call waits for a connection: a gateway that takes none is known by then.
const CONNECTED_WITHIN: Duration = Duration::from_secs(9);

/// The connections there are.
#[derive(Default)]
pub(crate) struct Links {
    open: Mutex<HashMap<GatewayId, (Wiring, Link)>>,
}

impl Links {
    /// The gateway's connection, begun where there is none for the entry as it stands.
    pub(crate) fn link(&self, gateway: &Gateway) -> Result<Link, Refusal> {
        let wiring = Wiring::of(gateway);
        let mut open = self.lock();
        if let Some((as_made, link)) = open.get(&gateway.gateway_id)
            && *as_made == wiring
            && link.state().borrow().phase != Phase::Stopped
        {
            return Ok(link.clone());
        }
        let link = Link::start(target(gateway)?);
        // the one before is stopped when the last call that uses it lets go of it
        open.insert(gateway.gateway_id, (wiring, link.clone()));
        Ok(link)
    }

    /// The gateway is no longer spoken with.
    pub(crate) async fn drop_link(&self, gateway_id: GatewayId) {
        let link = self.lock().remove(&gateway_id);
        if let Some((_, link)) = link {
            link.stop().await;
        }
    }

    /// No gateway is.
    pub(crate) async fn stop(&self) {
        let links: Vec<_> = self.lock().drain().collect();
        for (_, (_, link)) in links {
            link.stop().await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<GatewayId, (Wiring, Link)>> {
        // nothing panics while it is held
        self.open
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A connection whose calls fail soon where there is none: whoever waits is a person.
pub(crate) struct Prompt(pub(crate) Link);

impl Prompt {
    /// Waits for the connection, or for the next attempt at it to fail.
    pub(crate) async fn connected(&self) -> Result<(), GatewayError> {
        let link = &self.0;
        let mut state = link.state();
        let before = {
            let now = state.borrow_and_update();
            if now.is_online() {
                return Ok(());
            }
            if now.phase == Phase::Waiting
                && let Some(error) = &now.error
            {
                // a token that was refused is not shown again and again: gateways count
                if again(error) == Again::Never {
                    return Err(error.clone());
                }
                link.nudge();
            }
            now.failures
        };
        let ends = |state: &dispatch_gateway::LinkState| {
            state.is_online() || state.phase == Phase::Stopped || state.failures > before
        };
        match tokio::time::timeout(CONNECTED_WITHIN, state.wait_for(ends)).await {
            Ok(Ok(state)) if state.is_online() => Ok(()),
            Ok(Ok(state)) => Err(state.error.clone().unwrap_or(GatewayError::Stopped)),
            Ok(Err(_)) => Err(GatewayError::Stopped),
            Err(_) => Err(GatewayError::Timeout {
                what: "connect".into(),
                after: CONNECTED_WITHIN,
            }),
        }
    }
}

impl Caller for Prompt {
    fn call(
        &self,
        method: &str,
        params: Value,
        within: Duration,
    ) -> BoxFuture<'_, Result<Value, GatewayError>> {
        let method = method.to_owned();
        Box::pin(async move {
            self.connected().await?;
            self.0.call(&method, params, within).await
        })
    }
}
