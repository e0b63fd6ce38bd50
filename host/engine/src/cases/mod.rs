//! A pack's own tests: questions, and the verdicts it must give.
//!
//! The format is described in `policies/real-dispatch/tests/README.md`.

mod format;
mod run;
mod scene;

pub use run::{CaseFailure, TestReport};
