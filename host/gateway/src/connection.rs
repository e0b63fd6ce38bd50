//! One socket to a gateway, for many calls at a time.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{Stream, StreamExt as _};
use serde_json::Value;

use crate::caller::Caller;
use crate::error::GatewayError;
use crate::frame::Event;
use crate::hello::Hello;
use crate::target::Target;

/// One socket to a gateway. Clones share it; it is closed when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    hello: Arc<Hello>,
}

impl Connection {
    /// Connects, says who we are, and checks what we may do.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn open(target: &Target) -> Result<Self, GatewayError> {
        target.check()?;
        Err(GatewayError::Stopped)
    }

    /// What the gateway said when it let us in.
    #[must_use]
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Puts one call and waits for its answer, at most `within` altogether.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn call(
        &self,
        method: &str,
        params: Value,
        within: Duration,
    ) -> Result<Value, GatewayError> {
        let _ = (method, params, within);
        Err(GatewayError::Stopped)
    }

    /// What the gateway tells from now on.
    pub fn events(&self) -> impl Stream<Item = Event> + Send + Unpin + 'static {
        futures::stream::empty().boxed()
    }

    /// Resolves when the connection has ended, with why.
    pub async fn closed(&self) -> GatewayError {
        GatewayError::Stopped
    }

    /// The time between the last ping and its pong.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        None
    }

    /// Closes it.
    pub async fn close(self) {}
}

impl Caller for Connection {
    fn call(
        &self,
        method: &str,
        params: Value,
        within: Duration,
    ) -> BoxFuture<'_, Result<Value, GatewayError>> {
        let method = method.to_owned();
        Box::pin(async move { Connection::call(self, &method, params, within).await })
    }
}
