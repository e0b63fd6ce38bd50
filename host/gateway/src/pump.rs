//! What runs behind a connection: it writes what calls give it, hands answers to those
//! who wait for them, and notices when the gateway falls silent.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::dial::{self, Socket};
use crate::error::GatewayError;
use crate::frame::{self, Event, Incoming};
use crate::metered::Heard;
use crate::secret::Secret;

/// A write that is slower than this, in bytes a second, is one that stands still.
const SLOWEST_WRITE: u64 = 64 * 1024;

/// How long the last farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

type Answer = Result<Value, GatewayError>;

/// What a connection's handles and its pump share.
#[derive(Debug)]
pub(crate) struct Shared {
    calls: Mutex<Calls>,
    pub(crate) events: broadcast::Sender<Event>,
    /// Why it ended, once it has.
    pub(crate) ended: watch::Sender<Option<GatewayError>>,
    /// Between the last ping and its pong, in microseconds; 0 before the first.
    latency_us: AtomicU64,
}

#[derive(Debug, Default)]
struct Calls {
    waiting: HashMap<u64, oneshot::Sender<Answer>>,
    last_id: u64,
    ended: Option<GatewayError>,
}

impl Shared {
    pub(crate) fn new(events_buffered: usize) -> Self {
        Self {
            calls: Mutex::default(),
            events: broadcast::channel(events_buffered).0,
            ended: watch::channel(None).0,
            latency_us: AtomicU64::new(0),
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        // nobody panics while holding it
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for an answer, under a fresh id.
    pub(crate) fn wait(&self) -> Result<(u64, oneshot::Receiver<Answer>), GatewayError> {
        let mut calls = self.calls();
        if let Some(error) = &calls.ended {
            return Err(error.clone());
        }
        calls.last_id += 1;
        let id = calls.last_id;
        let (to, from) = oneshot::channel();
        calls.waiting.insert(id, to);
        Ok((id, from))
    }

    /// Nobody waits for this answer any more.
    pub(crate) fn forget(&self, id: u64) {
        self.calls().waiting.remove(&id);
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.calls().waiting.len()
    }

    fn answer(&self, id: &str, answer: Answer) {
        let waiter = id
            .parse()
            .ok()
            .and_then(|id: u64| self.calls().waiting.remove(&id));
        match waiter {
            // the waiter may have left in between
            Some(waiter) => drop(waiter.send(answer)),
            None => tracing::debug!("gateway: an answer that nobody waits for"),
        }
    }

    fn end(&self, error: &GatewayError) {
        let waiting = {
            let mut calls = self.calls();
            calls.ended = Some(error.clone());
            std::mem::take(&mut calls.waiting)
        };
        for waiter in waiting.into_values() {
            drop(waiter.send(Err(error.clone())));
        }
        self.ended.send_replace(Some(error.clone()));
    }

    pub(crate) fn why_ended(&self) -> Option<GatewayError> {
        self.calls().ended.clone()
    }

    pub(crate) fn latency(&self) -> Option<Duration> {
        match self.latency_us.load(Ordering::Relaxed) {
            0 => None,
            us => Some(Duration::from_micros(us)),
        }
    }
}

/// What is written.
#[derive(Debug)]
pub(crate) enum Out {
    Text(String),
    Ping(u64),
}

/// How a connection is watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watching {
    pub(crate) ping_every: Duration,
    pub(crate) pong_within: Duration,
    /// The gateway sends a tick so often.
    pub(crate) tick_interval: Duration,
}

/// A ping that was written, and not answered yet.
type Outstanding = Arc<Mutex<Option<(u64, Instant)>>>;

/// Runs until the connection ends, or the last handle is dropped.
pub(crate) async fn run(
    socket: Socket,
    heard: Heard,
    shared: Arc<Shared>,
    out: mpsc::Receiver<Out>,
    pings: mpsc::WeakSender<Out>,
    watching: Watching,
    secret: Option<Secret>,
) {
    let (sink, stream) = socket.split();
    let outstanding = Outstanding::default();
    let reader = Reader {
        stream,
        heard,
        shared: &shared,
        pings,
        watching,
        outstanding: Arc::clone(&outstanding),
        secret,
    };
    let why = tokio::select! {
        why = reader.read() => why,
        why = write(sink, out, outstanding, watching.pong_within) => why,
    };
    tracing::debug!(error = %why, "gateway: connection ended");
    shared.end(&why);
}

/// Writes until it cannot, or nobody is left who could give it something.
async fn write(
    mut sink: SplitSink<Socket, Message>,
    mut out: mpsc::Receiver<Out>,
    outstanding: Outstanding,
    patience: Duration,
) -> GatewayError {
    while let Some(message) = out.recv().await {
        let (message, ping) = match message {
            Out::Text(text) => (Message::text(text), None),
            Out::Ping(id) => (Message::Ping(id.to_be_bytes().to_vec().into()), Some(id)),
        };
        let within = patience + Duration::from_secs(message.len() as u64 / SLOWEST_WRITE);
        match timeout(within, sink.send(message)).await {
            Ok(Ok(())) => {
                if let Some(id) = ping {
                    *lock(&outstanding) = Some((id, Instant::now()));
                }
            }
            Ok(Err(error)) => return dial::ended(&error),
            Err(_) => return GatewayError::Silent { after: within },
        }
    }
    let goodbye = CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    // whether it arrives or not, this side is done
    let _ = timeout(FAREWELL, sink.send(Message::Close(Some(goodbye)))).await;
    GatewayError::Stopped
}

fn lock(outstanding: &Outstanding) -> MutexGuard<'_, Option<(u64, Instant)>> {
    outstanding.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Reader<'a> {
    stream: SplitStream<Socket>,
    heard: Heard,
    shared: &'a Shared,
    pings: mpsc::WeakSender<Out>,
    watching: Watching,
    outstanding: Outstanding,
    secret: Option<Secret>,
}

impl Reader<'_> {
    /// Reads until there is no more, or nothing came for too long.
    async fn read(mut self) -> GatewayError {
        let mut ping_id: u64 = 0;
        let mut next_ping = Instant::now() + self.watching.ping_every;
        let mut last_frame = Instant::now();
        loop {
            let wake = self.next_look(next_ping, last_frame);
            let sleeping = pin!(sleep_until(wake));
            // what came in goes first: after a pause of our own, it has been waiting
            tokio::select! {
                biased;
                message = self.stream.next() => match message {
                    Some(Ok(message)) => {
                        let data = matches!(message, Message::Text(_) | Message::Binary(_));
                        if let Err(error) = self.take(message) {
                            return error;
                        }
                        if data {
                            last_frame = Instant::now();
                        }
                    }
                    Some(Err(error)) => return dial::ended(&error),
                    None => return dial::vanished(""),
                },
                () = sleeping => {
                    if let Some(after) = self.silence(last_frame) {
                        return GatewayError::Silent { after };
                    }
                    let now = Instant::now();
                    if now >= next_ping {
                        next_ping = now + self.watching.ping_every;
                        ping_id += 1;
                        self.ping(ping_id);
                    }
                }
            }
        }
    }

    /// When to look at the clock again.
    fn next_look(&self, next_ping: Instant, last_frame: Instant) -> Instant {
        let pong = lock(&self.outstanding).map_or(next_ping, |(_, at)| {
            at.max(self.heard.at()) + self.watching.pong_within
        });
        let ticks = last_frame + self.watching.tick_interval * 2;
        // never in the past: a deadline that has passed is looked at at once
        next_ping.min(pong).min(ticks)
    }

    /// For how long nothing came, where that is too long.
    fn silence(&self, last_frame: Instant) -> Option<Duration> {
        let heard = self.heard.at();
        let unanswered = lock(&self.outstanding)
            .is_some_and(|(_, at)| at.max(heard).elapsed() >= self.watching.pong_within);
        if unanswered {
            return Some(heard.elapsed());
        }
        let frames = last_frame.elapsed();
        (frames >= self.watching.tick_interval * 2).then_some(frames)
    }

    /// One ping at a time; none where the writer is busy, whose own time is limited.
    fn ping(&self, id: u64) {
        if lock(&self.outstanding).is_none()
            && let Some(pings) = self.pings.upgrade()
        {
            let _ = pings.try_send(Out::Ping(id));
        }
    }

    fn take(&self, message: Message) -> Result<(), GatewayError> {
        match message {
            Message::Text(text) => {
                let incoming =
                    frame::read(&text).map_err(|error| error.scrubbed(self.secret.as_ref()))?;
                match incoming {
                    Incoming::Response { id, outcome } => {
                        let secret = self.secret.as_ref();
                        self.shared
                            .answer(&id, outcome.map_err(|error| error.scrubbed(secret)));
                    }
                    // nobody may be listening
                    Incoming::Event(event) => drop(self.shared.events.send(event)),
                    Incoming::Other => tracing::debug!("gateway: a frame of an unknown kind"),
                }
            }
            Message::Pong(bytes) => {
                let mut outstanding = lock(&self.outstanding);
                if let Some((id, at)) = *outstanding
                    && bytes.as_ref() == id.to_be_bytes()
                {
                    *outstanding = None;
                    let us = u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX);
                    self.shared.latency_us.store(us.max(1), Ordering::Relaxed);
                }
            }
            Message::Close(frame) => {
                return Err(dial::closed(frame).scrubbed(self.secret.as_ref()));
            }
            Message::Binary(_) | Message::Ping(_) | Message::Frame(_) => {}
        }
        Ok(())
    }
}
