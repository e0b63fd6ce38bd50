//! A sender that writes down what it is given, and answers as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use dispatch_contract::channel::ChannelKind;
use dispatch_contract::outbox::Delivery;
use dispatch_worker::{Outgoing, SendError, Sender, Standing};
use tokio::sync::Semaphore;

/// What it is told for one try.
#[derive(Clone)]
pub(crate) enum Say {
    Taken,
    /// It keeps the message, and tries by itself.
    Queues,
    Fails(SendError),
    /// It takes the message and is never heard of again.
    Hangs,
}

#[derive(Default)]
struct Book {
    /// Every try, in order.
    tries: Vec<Outgoing>,
    /// What is said next, by a word in the text; then it is taken.
    script: BTreeMap<String, VecDeque<Say>>,
    /// Recipients that are being written to now.
    under_way: Vec<String>,
    /// Recipients that were written to twice at once.
    doubled: Vec<String>,
}

/// The sender. Clones are the same.
#[derive(Clone)]
pub(crate) struct Recorder {
    book: Arc<Mutex<Book>>,
    standing: Arc<Mutex<Standing>>,
    kinds: Arc<Vec<ChannelKind>>,
    /// A permit for each message that may be taken; closed: all.
    gate: Arc<Semaphore>,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self::of(&[ChannelKind::Sms, ChannelKind::Whatsapp])
    }

    pub(crate) fn of(kinds: &[ChannelKind]) -> Self {
        Self {
            book: Arc::default(),
            standing: Arc::new(Mutex::new(Standing::Ready)),
            kinds: Arc::new(kinds.to_vec()),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        }
    }

    /// One that takes only as many as it is let.
    pub(crate) fn gated() -> Self {
        let gate = Arc::new(Semaphore::new(0));
        Self {
            gate,
            ..Self::new()
        }
    }

    pub(crate) fn let_pass(&self, messages: usize) {
        self.gate.add_permits(messages);
    }

    pub(crate) fn stand(&self, standing: Standing) {
        *self.standing.lock().unwrap() = standing;
    }

    /// For the next tries of messages with this in their text.
    pub(crate) fn say(&self, to: &str, says: &[Say]) {
        let mut book = self.book.lock().unwrap();
        book.script
            .entry(to.into())
            .or_default()
            .extend(says.iter().cloned());
    }

    pub(crate) fn tries(&self) -> Vec<Outgoing> {
        self.book.lock().unwrap().tries.clone()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.tries().into_iter().map(|sent| sent.text).collect()
    }

    pub(crate) fn doubled(&self) -> Vec<String> {
        self.book.lock().unwrap().doubled.clone()
    }

    fn begin(&self, outgoing: &Outgoing) -> Say {
        let mut book = self.book.lock().unwrap();
        book.tries.push(outgoing.clone());
        if book.under_way.contains(&outgoing.to.peer) {
            book.doubled.push(outgoing.to.peer.clone());
        }
        book.under_way.push(outgoing.to.peer.clone());
        book.script
            .iter_mut()
            .find(|(word, says)| outgoing.text.contains(*word) && !says.is_empty())
            .and_then(|(_, says)| says.pop_front())
            .unwrap_or(Say::Taken)
    }

    fn end(&self, outgoing: &Outgoing) {
        let mut book = self.book.lock().unwrap();
        let at = book
            .under_way
            .iter()
            .position(|peer| *peer == outgoing.to.peer);
        book.under_way.remove(at.expect("it was begun"));
    }
}

impl Sender for Recorder {
    fn standing(&self) -> Standing {
        *self.standing.lock().unwrap()
    }

    fn sends(&self, kind: ChannelKind) -> bool {
        self.kinds.contains(&kind)
    }

    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing,
    ) -> Pin<Box<dyn Future<Output = Result<Delivery, SendError>> + Send + 'a>> {
        Box::pin(async move {
            let say = self.begin(outgoing);
            self.gate.acquire().await.expect("open").forget();
            let outcome = match say {
                taken @ (Say::Taken | Say::Queues) => Ok(Delivery {
                    gateway: "recorder".into(),
                    kind: outgoing.to.kind,
                    channel: "paper".into(),
                    to: outgoing.to.peer.clone(),
                    key: outgoing.key.clone(),
                    message_id: None,
                    queued: matches!(taken, Say::Queues),
                }),
                Say::Fails(error) => Err(error),
                Say::Hangs => std::future::pending().await,
            };
            self.end(outgoing);
            outcome
        })
    }
}
