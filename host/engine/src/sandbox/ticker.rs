//! The thread that counts time for guests.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::EngineWeak;

/// One tick. A guest's time counts from the first tick it meets and ends at the first
/// one after its deadline, so a stop may come two ticks late.
const TICK: Duration = Duration::from_millis(2);

/// Moves the engines' epochs until dropped.
pub(super) struct Ticker {
    engines: Arc<Mutex<Vec<EngineWeak>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(super) fn start(engine: EngineWeak) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let engines = Arc::new(Mutex::new(vec![engine]));
        let ticked = Arc::clone(&engines);
        let thread = std::thread::Builder::new()
            .name("policy-ticker".into())
            .spawn(move || {
                while !seen.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK);
                    let mut ticked = ticked.lock().unwrap_or_else(PoisonError::into_inner);
                    ticked.retain(|engine| match engine.upgrade() {
                        Some(engine) => {
                            engine.increment_epoch();
                            true
                        }
                        None => false,
                    });
                }
            })?;
        Ok(Self {
            engines,
            stop,
            thread: Some(thread),
        })
    }

    /// Move another engine's epoch too.
    pub(super) fn also(&self, engine: EngineWeak) {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        engines.push(engine);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}
