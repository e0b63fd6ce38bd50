//! One socket to a gateway, for many calls at a time.

use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio::time::{Instant, timeout_at};

use crate::caller::Caller;
use crate::dial;
use crate::error::GatewayError;
use crate::frame::{self, Event};
use crate::handshake::{self, Identity};
use crate::hello::Hello;
use crate::pump::{self, Out, Shared, Watching};
use crate::target::Target;

/// So many frames wait to be written; further calls wait for their turn.
const OUT_BUFFERED: usize = 32;

/// One socket to a gateway. Clones share it; it is closed when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    hello: Arc<Hello>,
    shared: Arc<Shared>,
    out: mpsc::Sender<Out>,
    permits: Arc<Semaphore>,
    /// The largest frame that goes out, in bytes.
    limit: usize,
}

impl Connection {
    /// Connects, says who we are, and checks what we may do. One attempt. Needs a Tokio
    /// runtime.
    ///
    /// # Errors
    /// [`GatewayError`]; [`GatewayError::Scopes`] where a scope that was asked for was
    /// not given.
    pub async fn open(target: &Target) -> Result<Self, GatewayError> {
        target.check()?;
        let options = &target.options;
        let identity = Identity::resolve(target)?;
        let connecting = async {
            let (mut socket, heard) = dial::dial(target, identity.secret()).await?;
            let hello = handshake::shake(&mut socket, target, &identity).await?;
            Ok((socket, heard, hello))
        };
        let (socket, heard, hello) = tokio::time::timeout(options.connect_within, connecting)
            .await
            .unwrap_or_else(|_| {
                Err(GatewayError::Timeout {
                    what: "connect".into(),
                    after: options.connect_within,
                })
            })
            .map_err(|error: GatewayError| error.scrubbed(identity.secret()))?;
        tracing::debug!(
            gateway = %target.address,
            protocol = hello.protocol,
            version = %hello.version,
            "gateway: connected"
        );
        let shared = Arc::new(Shared::new(options.events_buffered));
        let (out, from_calls) = mpsc::channel(OUT_BUFFERED);
        let watching = Watching {
            ping_every: options.ping_every,
            pong_within: options.pong_within,
            tick_interval: hello.policy.tick_interval,
        };
        tokio::spawn(pump::run(
            socket,
            heard,
            Arc::clone(&shared),
            from_calls,
            out.downgrade(),
            watching,
            identity.secret().cloned(),
        ));
        Ok(Self {
            limit: hello.policy.max_payload.min(options.max_frame),
            hello: Arc::new(hello),
            shared,
            out,
            permits: Arc::new(Semaphore::new(options.max_in_flight)),
        })
    }

    /// What the gateway said when it let us in.
    #[must_use]
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    pub(crate) fn shared_hello(&self) -> Arc<Hello> {
        Arc::clone(&self.hello)
    }

    /// Puts one call and waits for its answer, at most `within` altogether. Dropping the
    /// future forgets the call; the gateway may still do it.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn call(
        &self,
        method: &str,
        params: Value,
        within: Duration,
    ) -> Result<Value, GatewayError> {
        let ends = Instant::now() + within;
        let late = || GatewayError::Timeout {
            what: method.to_owned(),
            after: within,
        };
        let _permit = match timeout_at(ends, self.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(GatewayError::Stopped),
            Err(_) => return Err(late()),
        };
        let (id, answer) = self.shared.wait()?;
        let _waiting = Waiting {
            shared: &self.shared,
            id,
        };
        let text = frame::request(&id.to_string(), method, &params)?;
        drop(params);
        if text.len() > self.limit {
            return Err(GatewayError::TooLarge {
                bytes: text.len(),
                limit: self.limit,
            });
        }
        match timeout_at(ends, self.out.send(Out::Text(text))).await {
            // where nobody writes any more, the connection has ended, and the answer says why
            Ok(_) => {}
            Err(_) => return Err(late()),
        }
        match timeout_at(ends, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(self.shared.why_ended().unwrap_or(GatewayError::Stopped)),
            Err(_) => Err(late()),
        }
    }

    /// What the gateway tells from now on, until the connection ends. A reader that is
    /// too slow loses the oldest; the next event says how many ([`Event::missed`]).
    pub fn events(&self) -> impl Stream<Item = Event> + Send + Unpin + 'static {
        let from = self.shared.events.subscribe();
        let ended = self.shared.ended.subscribe();
        Box::pin(futures::stream::unfold(
            (from, ended),
            |(mut from, mut ended)| async move {
                let over = async {
                    // an error: the connection itself is gone, with its last handle
                    let _ = ended.wait_for(Option::is_some).await;
                };
                // what was told before the end is still read
                let event = tokio::select! {
                    biased;
                    event = next_event(&mut from) => event,
                    () = over => from.try_recv().ok(),
                }?;
                Some((event, (from, ended)))
            },
        ))
    }

    /// Resolves when the connection has ended, with why.
    pub async fn closed(&self) -> GatewayError {
        let mut ended = self.shared.ended.subscribe();
        match ended.wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or(GatewayError::Stopped),
            Err(_) => GatewayError::Stopped,
        }
    }

    /// The time between the last ping and its pong.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.shared.latency()
    }

    /// How many calls wait for an answer.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.waiting()
    }

    /// Closes it, where this is the last handle, and waits until it is.
    pub async fn close(self) {
        let mut ended = self.shared.ended.subscribe();
        let last = self.out.strong_count() == 1;
        drop(self);
        if last {
            let _ = ended.wait_for(Option::is_some).await;
        }
    }
}

/// The next event, with how many were lost before it.
pub(crate) async fn next_event(from: &mut broadcast::Receiver<Event>) -> Option<Event> {
    let mut missed = 0;
    loop {
        match from.recv().await {
            Ok(mut event) => {
                event.missed += missed;
                return Some(event);
            }
            Err(broadcast::error::RecvError::Lagged(lost)) => missed += lost,
            Err(broadcast::error::RecvError::Closed) => return None,
        }
    }
}

/// A call that waits; forgotten when it is dropped, answered or not.
struct Waiting<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.forget(self.id);
    }
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
