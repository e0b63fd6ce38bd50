//! A connection that is kept: made again when it ends, watched while it lasts.

mod keeper;
mod pause;
mod state;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::Stream;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{Instant, timeout_at};

pub use state::{LinkState, Phase};

use crate::caller::Caller;
use crate::connection::{Connection, next_event};
use crate::error::GatewayError;
use crate::frame::Event;
use crate::retry::{Again, again};
use crate::target::Target;
use keeper::Keeper;

/// A reader of events that is further behind loses the oldest, and is told how many.
const EVENTS_BUFFERED: usize = 256;

/// A connection that is kept. Clones share it; it is stopped when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Link {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: watch::Receiver<LinkState>,
    current: watch::Receiver<Option<Connection>>,
    events: broadcast::Sender<Event>,
    nudge: Arc<Notify>,
    /// `true` stops it; so does dropping this.
    stop: watch::Sender<bool>,
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
        let (to_state, state) = watch::channel(LinkState::new(SystemTime::now()));
        let (to_current, current) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let events = broadcast::channel(EVENTS_BUFFERED).0;
        let nudge = Arc::new(Notify::new());
        let keeper = Keeper {
            resolve: Box::new(resolve),
            state: to_state,
            current: to_current,
            events: events.clone(),
            nudge: Arc::clone(&nudge),
            stopped,
        };
        tokio::spawn(keeper.run());
        Self {
            inner: Arc::new(Inner {
                state,
                current,
                events,
                nudge,
                stop,
            }),
        }
    }

    /// How it stands, now and from now on.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<LinkState> {
        self.inner.state.clone()
    }

    /// The connection that there is now.
    #[must_use]
    pub fn connection(&self) -> Option<Connection> {
        self.inner.current.borrow().clone()
    }

    /// The time between the last ping and its pong, while connected.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.inner.current.borrow().as_ref()?.latency()
    }

    /// Puts one call, waiting for a connection if there is none; at most `within`
    /// altogether. A call whose connection ends is not put again: the gateway may have
    /// done it.
    ///
    /// # Errors
    /// [`GatewayError`]; where there was no connection in time, why. What cannot pass by
    /// itself (a wrong token) is not waited for.
    pub async fn call(
        &self,
        method: &str,
        params: Value,
        within: Duration,
    ) -> Result<Value, GatewayError> {
        let ends = Instant::now() + within;
        let connection = match timeout_at(ends, self.connected()).await {
            Ok(connection) => connection?,
            Err(_) => {
                let why = self.inner.state.borrow().error.clone();
                return Err(why.unwrap_or_else(|| GatewayError::Timeout {
                    what: method.to_owned(),
                    after: within,
                }));
            }
        };
        let left = ends.saturating_duration_since(Instant::now());
        connection.call(method, params, left).await
    }

    /// Waits for a connection as long as one may come.
    async fn connected(&self) -> Result<Connection, GatewayError> {
        let mut state = self.inner.state.clone();
        loop {
            if let Some(connection) = self.connection() {
                return Ok(connection);
            }
            {
                let state = state.borrow_and_update();
                if state.phase == Phase::Stopped {
                    return Err(GatewayError::Stopped);
                }
                if let (Phase::Waiting, Some(error)) = (state.phase, &state.error)
                    && again(error) == Again::Never
                {
                    return Err(error.clone());
                }
            }
            if state.changed().await.is_err() {
                return Err(GatewayError::Stopped);
            }
        }
    }

    /// What the gateway tells from now on, across connections. While there is none,
    /// nothing is told; what happened meanwhile is not told later.
    pub fn events(&self) -> impl Stream<Item = Event> + Send + Unpin + 'static {
        let from = self.inner.events.subscribe();
        Box::pin(futures::stream::unfold(from, |mut from| async move {
            next_event(&mut from).await.map(|event| (event, from))
        }))
    }

    /// Connects at once, instead of when its pause is over.
    pub fn nudge(&self) {
        self.inner.nudge.notify_one();
    }

    /// Stops it, for all its clones, and waits until it is.
    pub async fn stop(self) {
        let mut state = self.inner.state.clone();
        self.inner.stop.send_replace(true);
        let _ = state.wait_for(|state| state.phase == Phase::Stopped).await;
    }
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
