//! Steps as they are told: the engine's evidence in the contract's words.

use std::error::Error as _;
use std::time::Instant;

use dispatch_contract::packs::{StepFailed, StepTaken};
use dispatch_engine::{PackError, Step, Taken};

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
        ..failed(error.step, chain(error))
    }
}

/// The message with what lies beneath; step, file and tool have fields of their own.
fn chain(error: &PackError) -> String {
    let mut text = error.message.clone();
    let mut next = error.source();
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
