//! A pack's own tests: questions, and the verdicts it must give.
//!
//! The format is described in `policies/real-dispatch/tests/README.md`.

mod format;
pub(crate) mod matrix;
mod read;
mod rewrite;
mod run;
mod scene;

pub use matrix::{MATRIX_CELL, MATRIX_FILE, MATRIX_NAME};
pub use read::{PackCase, PackCases};
pub use rewrite::RewrittenCases;
pub use run::{CaseFailure, CaseResult, TestReport};
