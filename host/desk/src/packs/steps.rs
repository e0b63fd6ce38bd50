//! Steps as they are told: the engine's evidence in the contract's words.

use std::error::Error;
use std::time::Instant;

use dispatch_contract::packs::{StepFailed, StepTaken};
use dispatch_engine::{PackError, Step, Taken};
use dispatch_ledger::LedgerError;

use crate::refuse::micros;

/// Characters of a reason that are kept.
const MAX_REASON: usize = 2_000;

/// Collects the steps that were passed.
pub(super) struct Steps {
    pub(super) taken: Vec<StepTaken>,
    last: Instant,
}

impl Steps {
    pub(super) fn begin() -> Self {
        Self {
            taken: Vec::new(),
            last: Instant::now(),
        }
    }

    /// From now on another step is timed.
    pub(super) fn start(&mut self) {
        self.last = Instant::now();
    }

    /// The engine's, which it timed itself.
    pub(super) fn passed(&mut self, passed: Vec<Taken>) {
        self.taken.extend(passed.into_iter().map(|taken| StepTaken {
            step: taken.step.name().to_owned(),
            took_us: micros(taken.took),
            evidence: taken.evidence,
        }));
    }

    pub(super) fn done(&mut self, step: Step, evidence: impl Into<String>) {
        self.taken.push(StepTaken {
            step: step.name().to_owned(),
            took_us: micros(self.last.elapsed()),
            evidence: evidence.into(),
        });
        self.start();
    }
}

pub(super) fn failed(step: Step, reason: impl Into<String>) -> StepFailed {
    StepFailed {
        step: step.name().to_owned(),
        reason: reason.into().chars().take(MAX_REASON).collect(),
        file: None,
        line: None,
        column: None,
        tool: None,
        help: None,
        may_pass: false,
    }
}

/// The database did not do what this step takes.
pub(super) fn away(step: Step, error: &LedgerError) -> StepFailed {
    tracing::error!(
        step = step.name(),
        error = error as &dyn Error,
        "the ledger did not answer"
    );
    StepFailed {
        may_pass: true,
        ..failed(step, in_full(error.to_string(), error.source()))
    }
}

/// Another was first, or goes first: nothing is wrong with the pack.
pub(super) fn gave_way(step: Step, to: impl Into<String>) -> StepFailed {
    StepFailed {
        help: Some("try again".into()),
        may_pass: true,
        ..failed(step, to)
    }
}

/// A step of the engine's that failed.
pub(super) fn refused(error: &PackError) -> StepFailed {
    StepFailed {
        file: error.file.clone(),
        line: error.line.map(|line| line as u64),
        column: error.column.map(|column| column as u64),
        help: error.help.clone(),
        tool: error.component,
        ..failed(error.step, in_full(error.message.clone(), error.source()))
    }
}

/// The message with what lies beneath; what a field of its own says is not repeated.
fn in_full(mut text: String, mut next: Option<&(dyn Error + 'static)>) -> String {
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

/// The revision does not grow.
pub(super) fn behind(candidate: u64, active: u64) -> StepFailed {
    StepFailed {
        file: Some("pack.toml".into()),
        help: Some(format!(
            "set `revision` in pack.toml to {} or more; to return to older content, `dispatch \
             policy rollback`",
            active + 1
        )),
        ..failed(
            Step::Revision,
            format!("its revision {candidate} does not grow beyond the active {active}"),
        )
    }
}
