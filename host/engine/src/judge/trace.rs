//! What a judgement took, phase by phase. Never part of the verdict.

use std::time::Instant;

use dispatch_contract::Phase;
use dispatch_contract::verdict::Verdict;

use crate::sandbox::Fault;

/// One phase.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhaseTrace {
    /// Which.
    pub phase: Phase,
    /// Time taken, in nanoseconds. `validate` includes making the instance,
    /// `transition` dropping it.
    pub elapsed_ns: u64,
    /// Fuel used in it; only where fuel is counted.
    pub fuel: Option<u64>,
}

/// The phases that were reached, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// Each phase.
    pub phases: Vec<PhaseTrace>,
    /// The Cedar policies that had permitted it, where a later phase refused; of what is
    /// allowed, the verdict names them.
    pub permitted_by: Vec<String>,
    /// Time for everything, in nanoseconds.
    pub elapsed_ns: u64,
}

/// A verdict and how it came about.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// The verdict; a pure function of pack and question.
    pub verdict: Verdict,
    /// What it took.
    pub trace: Trace,
    /// The fault of a component, where that was the reason; to be counted and shown.
    pub fault: Option<Fault>,
}

/// Measures phases.
pub(super) struct Clock {
    started: Instant,
    phases: Vec<PhaseTrace>,
    permitted_by: Vec<String>,
    fuel_before: u64,
}

fn nanoseconds_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            phases: Vec::with_capacity(6),
            permitted_by: Vec::new(),
            fuel_before: 0,
        }
    }

    pub(super) fn mark(&self) -> Instant {
        Instant::now()
    }

    /// `fuel`: used by the instance up to now.
    pub(super) fn note(&mut self, phase: Phase, since: Instant, fuel: Option<u64>) {
        let own = fuel.map(|total| total.saturating_sub(self.fuel_before));
        self.fuel_before = fuel.unwrap_or(0);
        self.phases.push(PhaseTrace {
            phase,
            elapsed_ns: nanoseconds_since(since),
            fuel: own,
        });
    }

    pub(super) fn time<T>(&mut self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let mark = self.mark();
        let done = work();
        self.phases.push(PhaseTrace {
            phase,
            elapsed_ns: nanoseconds_since(mark),
            fuel: None,
        });
        done
    }

    /// These policies permitted what was asked of Cedar.
    pub(super) fn permitted(&mut self, by: Vec<String>) {
        self.permitted_by.extend(by);
        self.permitted_by.sort_unstable();
        self.permitted_by.dedup();
    }

    /// The policies that permitted it, for the verdict that allows it.
    pub(super) fn take_permitted_by(&mut self) -> Vec<String> {
        std::mem::take(&mut self.permitted_by)
    }

    pub(super) fn stop(self) -> Trace {
        Trace {
            elapsed_ns: nanoseconds_since(self.started),
            phases: self.phases,
            permitted_by: self.permitted_by,
        }
    }
}
