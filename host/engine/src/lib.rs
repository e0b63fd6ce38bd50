//! What is judged: a pack is loaded, proven and swapped; a call on a case becomes a verdict.
//!
//! A pack is rules as WebAssembly components and authority as Cedar policies.
//! Components run in a sandbox without imports, in a fresh instance per call;
//! what they propose is checked again by Cedar and by the host's invariants.
//! A verdict is a pure function of pack, actor, call, facts and time.
//!
//! Knows no SQL, no HTTP, no clock but for measuring, no randomness.

mod active;
mod budget;
mod cache;
mod cases;
mod cedar;
mod compare;
mod engine;
mod judge;
mod leisure;
mod pack;
mod sandbox;
mod view;
mod watch;

pub use active::{ActivePack, Standing};
pub use cache::CacheError;
pub use cases::{
    CaseFailure, CaseResult, MATRIX_CELL, MATRIX_FILE, MATRIX_NAME, PackCase, PackCases,
    RewrittenCases, TestReport,
};
pub use compare::{
    Comparison, FaultedCall, FlipReport, FlippedCall, Manner, Opened, RecordedCall, opened,
    opened_in_words,
};
pub use engine::{Engine, EngineConfig, EngineError};
pub use judge::{Flip, Judged, PhaseTrace, Trace, VERDICT_CODES};
pub use leisure::Leisure;
pub use pack::{
    ComponentInfo, Limits, Manifest, Pack, PackError, PackFiles, PolicyInfo, Proven, Rejected,
    SettingValue, Step, Taken, ToolEntry, TrustedKey, TrustedKeyError,
};
pub use sandbox::{Fault, FaultKind, PoolShape, RunLimits, SandboxConfig, SandboxError};
pub use watch::{FolderContent, FolderNews, PackWatcher};
