//! A gateway that does what a test tells it to: protocol 3 or 4, and every fault that a
//! real one cannot be asked for. What it says was recorded from a real one
//! (`tests/golden/openclaw`). Cheap: fifty of them are a few tasks in one process.

mod recorded;
mod script;
mod serve;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;

pub use recorded::{Refusal, answer, refusal};
pub use script::{FirstFrame, Greeting, Reply, Script};

/// So many calls are remembered.
const MAX_CALLS: usize = 10_000;

/// So many pushed events and closes wait for a slow connection.
const PUSHES: usize = 1024;

/// A call that came in.
#[derive(Clone, Debug)]
pub struct Called {
    /// The method.
    pub method: String,
    /// Its parameters.
    pub params: Value,
}

/// What every connection is told at once.
#[derive(Clone, Debug)]
enum Push {
    Text(Arc<str>),
    Close(u16, String),
}

/// What a gateway and its connections share.
#[derive(Debug)]
struct Shared {
    script: Mutex<Script>,
    calls: Mutex<Vec<Called>>,
    connects: Mutex<Vec<Value>>,
    origins: Mutex<Vec<Option<String>>>,
    push: broadcast::Sender<Push>,
    frozen: watch::Sender<bool>,
    open: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A gateway that does what a test tells it to. Dropped, it is gone.
#[derive(Debug)]
pub struct ScriptedGateway {
    shared: Arc<Shared>,
    address: SocketAddr,
    listening: Option<AbortHandle>,
}

impl ScriptedGateway {
    /// Starts one on a free port of loopback. Needs a Tokio runtime.
    ///
    /// # Errors
    /// Where no port is to be had.
    pub async fn start(script: Script) -> Result<Self> {
        let (push, _) = broadcast::channel(PUSHES);
        let mut gateway = Self {
            shared: Arc::new(Shared {
                script: Mutex::new(script),
                calls: Mutex::default(),
                connects: Mutex::default(),
                origins: Mutex::default(),
                push,
                frozen: watch::channel(false).0,
                open: AtomicUsize::new(0),
            }),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            listening: None,
        };
        gateway.start_again().await?;
        Ok(gateway)
    }

    /// Listens again, on the port it had before.
    ///
    /// # Errors
    /// Where somebody else took the port meanwhile.
    pub async fn start_again(&mut self) -> Result<()> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket
            .bind(self.address)
            .context("the scripted gateway's port")?;
        let listener: TcpListener = socket.listen(128)?;
        self.address = listener.local_addr()?;
        let shared = Arc::clone(&self.shared);
        let task = tokio::spawn(serve::listen(listener, shared));
        self.listening = Some(task.abort_handle());
        Ok(())
    }

    /// Its address, for a client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The shared token that it asks for.
    #[must_use]
    pub fn token(&self) -> String {
        lock(&self.shared.script).token.clone()
    }

    /// Changes what it does from now on; hellos said are said.
    pub fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut lock(&self.shared.script));
    }

    /// The calls that came in since it was asked last.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Called> {
        std::mem::take(&mut lock(&self.shared.calls))
    }

    /// The parameters of every `connect` so far.
    #[must_use]
    pub fn connects(&self) -> Vec<Value> {
        lock(&self.shared.connects).clone()
    }

    /// The Origin header of every upgrade so far.
    #[must_use]
    pub fn origins(&self) -> Vec<Option<String>> {
        lock(&self.shared.origins).clone()
    }

    /// How many are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// Tells all who are connected.
    pub fn tell(&self, event: &str, payload: &Value) {
        self.say(
            serde_json::json!({"type": "event", "event": event, "payload": payload}).to_string(),
        );
    }

    /// Says a text to all who are connected, whatever it is.
    pub fn say(&self, text: impl Into<Arc<str>>) {
        let _ = self.shared.push.send(Push::Text(text.into()));
    }

    /// Closes all connections; 1006 drops them without a word.
    pub fn close(&self, code: u16, reason: &str) {
        let _ = self.shared.push.send(Push::Close(code, reason.to_owned()));
    }

    /// Half-open: connections stay, new ones are taken, and nothing is read or said, not
    /// even a pong.
    pub fn freeze(&self) {
        self.shared.frozen.send_replace(true);
    }

    /// Goes on.
    pub fn thaw(&self) {
        self.shared.frozen.send_replace(false);
    }

    /// Stops listening, and drops all connections without a word: a crash. Nobody gets in
    /// any more once this is over.
    pub async fn kill(&mut self) {
        self.end();
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn end(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
        }
        self.close(1006, "");
    }
}

impl Drop for ScriptedGateway {
    fn drop(&mut self) {
        self.end();
    }
}
