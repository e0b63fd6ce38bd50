//! What runs behind a link: connect, watch, wait, again.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::StreamExt as _;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{Instant, interval, sleep};

use super::pause::{Pauses, token_could_help};
use super::state::{LinkState, Phase};
use crate::connection::Connection;
use crate::error::GatewayError;
use crate::frame::Event;
use crate::secret::Secret;
use crate::target::Target;
use crate::version;

/// While a wrong token keeps us out, its reference is looked at so often.
const LOOK_AT_TOKEN: Duration = Duration::from_secs(1);

pub(super) type Resolve = Box<dyn Fn() -> Result<Target, GatewayError> + Send + Sync>;

pub(super) struct Keeper {
    pub(super) resolve: Resolve,
    pub(super) state: watch::Sender<LinkState>,
    pub(super) current: watch::Sender<Option<Connection>>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) nudge: Arc<Notify>,
    pub(super) stopped: watch::Receiver<bool>,
}

impl Keeper {
    /// Runs until the link is stopped or dropped.
    pub(super) async fn run(self) {
        let mut stopped = self.stopped.clone();
        tokio::select! {
            () = self.keep() => {}
            // an error: the last handle was dropped
            _ = stopped.wait_for(|stop| *stop) => {}
        }
        self.current.send_replace(None);
        self.change(|state| {
            state.phase = Phase::Stopped;
            state.next_attempt = None;
        });
    }

    async fn keep(&self) {
        let mut pauses = Pauses::new();
        loop {
            self.change(|state| {
                state.phase = Phase::Connecting;
                state.next_attempt = None;
            });
            let (token, opened) = self.open().await;
            let error = match opened {
                Ok((target, connection)) => {
                    let began = Instant::now();
                    let why = self.watch(&target, connection).await;
                    pauses.had(began.elapsed());
                    why
                }
                Err(error) => {
                    self.change(|state| state.failures = state.failures.saturating_add(1));
                    error
                }
            };
            let pause = pauses.after(&error);
            tracing::info!(%error, ?pause, "gateway: not connected");
            let look = token_could_help(&error);
            self.change(|state| {
                state.phase = Phase::Waiting;
                state.error = Some(error);
                state.next_attempt = SystemTime::now().checked_add(pause);
            });
            tokio::select! {
                () = sleep(pause) => {}
                () = self.nudge.notified() => {}
                () = self.token_changes(token), if look => {}
            }
        }
    }

    /// One attempt, and the token it was made with.
    async fn open(&self) -> (Option<Secret>, Result<(Target, Connection), GatewayError>) {
        let target = match (self.resolve)() {
            Ok(target) => target,
            Err(error) => return (None, Err(error)),
        };
        let token = token_of(&target);
        let opened = Connection::open(&target).await;
        (token, opened.map(|connection| (target, connection)))
    }

    /// Until the connection ends; then why.
    async fn watch(&self, target: &Target, connection: Connection) -> GatewayError {
        let mut events = connection.events();
        let hello = connection.shared_hello();
        let verdict = match target.options.minimum_version {
            Some(minimum) => Some(version::check(&connection, &hello, minimum).await),
            None => None,
        };
        self.current.send_replace(Some(connection.clone()));
        self.change(|state| {
            state.phase = Phase::Online;
            state.hello = Some(hello);
            state.version = verdict.map(Arc::new);
            state.error = None;
            state.failures = 0;
            state.connections += 1;
        });
        // nobody may be listening
        while let Some(event) = events.next().await {
            let _ = self.events.send(event);
        }
        let why = connection.closed().await;
        self.current.send_replace(None);
        why
    }

    /// Resolves when there is another token than the one that failed.
    async fn token_changes(&self, failed: Option<Secret>) {
        let mut ticks = interval(LOOK_AT_TOKEN);
        loop {
            ticks.tick().await;
            let now = (self.resolve)().ok().as_ref().and_then(token_of);
            if now.is_some() && now != failed {
                return;
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut LinkState)) {
        self.state.send_modify(|state| {
            let before = state.phase;
            change(state);
            if state.phase != before {
                state.since = SystemTime::now();
            }
        });
    }
}

/// The token as it is now; none where its reference gives none.
fn token_of(target: &Target) -> Option<Secret> {
    target.credential.token.as_ref()?.resolve().ok()
}
