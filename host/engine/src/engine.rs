//! The engine: one per process, from which packs are loaded.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::cache::{Cache, CacheError};
use crate::compare::MAX_THREADS;
use crate::pack::{Pack, PackError, PackFiles, Proven, Rejected, Step, Steps, Trust, TrustedKey};
use crate::sandbox::{PoolShape, Sandbox, SandboxConfig, SandboxError};

/// How the engine is set up.
#[derive(Clone, Debug, Default)]
pub struct EngineConfig {
    /// A private folder for compiled components; none: every start compiles,
    /// about half a second for twelve.
    pub cache_dir: Option<PathBuf>,
    /// Pool size, and whether fuel is counted for every pack.
    pub sandbox: SandboxConfig,
    /// Whose signatures count. A pack that is signed must then be signed by one of
    /// them, and be as it was signed.
    pub trusted_keys: Vec<TrustedKey>,
    /// Take no pack that is not signed by a trusted key.
    pub require_signed: bool,
}

/// The engine could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// No cache.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// Where calls are judged, and where everything else is. A pool is guarded by locks: a thread
/// that lets others go first and is stopped while it holds one would have calls wait for it.
#[derive(Clone)]
pub(crate) struct Pools {
    /// For calls.
    pub(crate) calls: Sandbox,
    /// For proofs, comparisons and the shadow.
    pub(crate) aside: Sandbox,
}

impl Pools {
    fn of(calls: Sandbox) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = u32::try_from(threads.min(MAX_THREADS)).unwrap_or(1);
        // a comparison, and one that was given up and ends its page; two that prove, the shadow
        let aside = calls.beside((2 * threads + 4).max(8));
        Self { calls, aside }
    }
}

struct Inner {
    config: EngineConfig,
    pools: Pools,
    /// Made for the first pack that asks for fuel: counting is compiled in.
    metered: OnceLock<Pools>,
    cache: Cache,
}

/// One per process; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("pool", &self.pool())
            .finish()
    }
}

impl Engine {
    /// Reserve the pool, start the ticker, open the cache.
    ///
    /// # Errors
    /// Where the address space holds no pool at all, or the cache folder is not private.
    pub fn new(config: EngineConfig) -> Result<Self, EngineError> {
        let cache = Cache::open(config.cache_dir.clone())?;
        let pools = Pools::of(Sandbox::new(&config.sandbox)?);
        Ok(Self(Arc::new(Inner {
            config,
            pools,
            metered: OnceLock::new(),
            cache,
        })))
    }

    /// Load a pack: manifest, policies, components, settings. Its decision cases
    /// are another step, see [`Pack::run_tests`].
    ///
    /// Takes about half a second where nothing is cached: not for a thread that
    /// serves calls.
    ///
    /// # Errors
    /// The first thing that is wrong with it, naming step, file and line.
    pub fn load(&self, files: &PackFiles) -> Result<Pack, PackError> {
        self.load_by_steps(files, &mut Steps::default())
    }

    /// Load a pack and put its decision cases to it, every step timed.
    ///
    /// # Errors
    /// As [`Engine::load`], and where a case fails; with the steps passed before.
    pub fn prove(&self, files: &PackFiles) -> Result<Proven, Rejected> {
        let mut steps = Steps::default();
        let proven = self.load_by_steps(files, &mut steps).and_then(|pack| {
            steps.take(Step::Tests, || {
                let cases = pack.run_tests().into_result()?;
                Ok((pack, format!("{cases} decision cases hold")))
            })
        });
        let passed = steps.0;
        match proven {
            Ok(pack) => Ok(Proven { pack, passed }),
            Err(error) => Err(Rejected { error, passed }),
        }
    }

    fn load_by_steps(&self, files: &PackFiles, steps: &mut Steps) -> Result<Pack, PackError> {
        let trust = Trust {
            keys: &self.0.config.trusted_keys,
            required: self.0.config.require_signed,
        };
        let pools = |fuel| self.pools(fuel);
        Pack::load(files, &trust, pools, &self.0.cache, steps)
    }

    pub(crate) fn parts(&self) -> (&Sandbox, &Cache) {
        (&self.0.pools.aside, &self.0.cache)
    }

    fn pools(&self, fuel: bool) -> Result<Pools, PackError> {
        let inner = &self.0;
        if !fuel || inner.pools.calls.metered() {
            return Ok(inner.pools.clone());
        }
        if let Some(metered) = inner.metered.get() {
            return Ok(metered.clone());
        }
        let config = SandboxConfig {
            metered: true,
            ..inner.config.sandbox
        };
        let made = Sandbox::new(&config).map_err(|error| {
            PackError::new(Step::Components, "no sandbox that counts fuel").because(error)
        })?;
        Ok(inner.metered.get_or_init(|| Pools::of(made)).clone())
    }

    /// What the pool for calls turned out to be.
    #[must_use]
    pub fn pool(&self) -> PoolShape {
        self.0.pools.calls.shape()
    }
}
