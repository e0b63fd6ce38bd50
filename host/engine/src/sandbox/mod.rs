//! Where rules run: one wasmtime engine, a ticker, a fresh instance per call.
//!
//! Knows components and their limits; knows nothing of packs, Cedar, tickets'
//! rules or what a verdict becomes.

pub(crate) mod bindings;
mod config;
mod fault;
mod hash;
pub(crate) mod inspect;
mod limits;
mod rules;
mod ticker;

pub use config::{PoolShape, SandboxConfig};
pub use fault::{Fault, FaultKind};
pub(crate) use hash::compatibility;
pub(crate) use inspect::Unfit;
pub use limits::RunLimits;
pub(crate) use limits::{MAX_FUEL, MAX_MEMORY_BYTES};
pub(crate) use rules::Rules;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ticker::Ticker;

/// A wasmtime engine could not be made, not even with the smallest pool.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No pool fits into the address space.
    #[error("no room for a pool of {slots} instances; raise the address space limit (ulimit -v)")]
    NoRoom {
        /// The smallest pool that was tried.
        slots: u32,
        /// What wasmtime said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The thread that counts time did not start.
    #[error("the ticker thread did not start")]
    Ticker(#[source] std::io::Error),
}

/// One wasmtime engine and what belongs to it.
#[derive(Clone)]
pub(crate) struct Sandbox {
    engine: wasmtime::Engine,
    /// Names the engine's settings and version; compiled code of another is not loaded.
    compatibility: Arc<str>,
    shape: PoolShape,
    metered: bool,
    /// No two of a process have one: a component belongs to one engine.
    number: u64,
    ticker: Arc<Ticker>,
}

fn next_number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

impl Sandbox {
    /// Make the engine, with as large a pool as the address space takes.
    pub(crate) fn new(config: &SandboxConfig) -> Result<Self, SandboxError> {
        let (engine, shape) = config::build(config)?;
        let ticker = Ticker::start(engine.weak()).map_err(SandboxError::Ticker)?;
        Ok(Self {
            compatibility: compatibility(&engine).into(),
            engine,
            shape,
            metered: config.metered,
            number: next_number(),
            ticker: Arc::new(ticker),
        })
    }

    /// Another engine that takes this one's compiled code, with a pool of its own; this very
    /// one where there is no room.
    pub(crate) fn beside(&self, slots: u32) -> Self {
        let Some((engine, shape)) = config::beside(self.shape, self.metered, slots) else {
            tracing::debug!(slots, "no room for a pool beside the calls'");
            return self.clone();
        };
        self.ticker.also(engine.weak());
        Self {
            engine,
            shape,
            number: next_number(),
            ..self.clone()
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        &self.engine
    }

    pub(crate) fn compatibility(&self) -> &str {
        &self.compatibility
    }

    pub(crate) fn shape(&self) -> PoolShape {
        self.shape
    }

    pub(crate) fn metered(&self) -> bool {
        self.metered
    }
}
