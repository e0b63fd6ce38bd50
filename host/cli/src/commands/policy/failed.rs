//! A decision case that does not hold, or that is none, as an author is told.

use std::fmt;
use std::path::Path;

use dispatch_engine::{CaseFailure, Step};
use serde::Serialize;

use super::wrong::Wrong;
use crate::show::clean;
use crate::show::paint::Paint;

/// Where, which, and why, with `--json`.
#[derive(Serialize)]
pub(super) struct Failed {
    pub(super) file: String,
    pub(super) line: Option<usize>,
    pub(super) column: Option<usize>,
    pub(super) case: String,
    pub(super) reason: String,
}

impl From<CaseFailure> for Failed {
    fn from(failure: CaseFailure) -> Self {
        Self {
            file: failure.file,
            line: failure.line,
            column: failure.column,
            case: failure.case,
            reason: failure.message,
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        match self.case.as_str() {
            "" => write!(f, ": {}", self.reason),
            case => write!(f, ": \"{case}\": {}", self.reason),
        }
    }
}

impl Failed {
    /// On a line of its own.
    pub(super) fn text(&self, paint: Paint) -> String {
        format!("{}  {}\n", paint.bad("no"), clean(&self.to_string()))
    }

    /// The same with the text around it, of what could not be put to the pack at all.
    pub(super) fn drawn(&self, folder: &Path, paint: Paint) -> String {
        if !paint.draws() {
            return self.text(paint);
        }
        let reason = match self.case.as_str() {
            "" => self.reason.clone(),
            case => format!("\"{case}\": {}", self.reason),
        };
        let wrong = Wrong {
            step: Step::Tests.name(),
            file: Some(self.file.clone()),
            line: self.line,
            column: self.column,
            tool: None,
            reason,
            help: None,
        };
        wrong.text("no case", Some(folder), paint)
    }
}
