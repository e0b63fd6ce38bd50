//! Put a pack's cases to it and compare.

use std::fmt;
use std::time::{Duration, Instant};

use dispatch_contract::{State, Tool, Verdict};

use super::format::{BrokenRule, Expected};
use super::read::{PackCase, PackCases};
use super::scene::Posed;
use crate::budget::Budget;
use crate::pack::{Pack, PackError, Step};

/// Cases whose component faulted, after which the rest is not put: each may take up to its
/// deadline, several times.
const MAX_FAULTS: usize = 3;
/// Processor time of all cases; some hundred take a few milliseconds.
const PROCESSOR: Duration = Duration::from_secs(20);

/// A case that the pack does not answer as it must, or that is no case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseFailure {
    /// The file within the pack.
    pub file: String,
    /// The line where the case begins, counted from 1; none: of the file as a whole.
    pub line: Option<usize>,
    /// The place in the line, where the text itself is wrong.
    pub column: Option<usize>,
    /// The case's name; empty where it could not be read.
    pub case: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        write!(f, ": ")?;
        if !self.case.is_empty() {
            write!(f, "\"{}\": ", self.case)?;
        }
        f.write_str(&self.message)
    }
}

/// What came of one case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseResult {
    /// The file within the pack.
    pub file: String,
    /// The line where the case begins, counted from 1.
    pub line: usize,
    /// The case's name.
    pub case: String,
    /// The tool that is called.
    pub tool: Tool,
    /// How long judging took.
    pub took: Duration,
    /// What is wrong, where it does not hold.
    pub failure: Option<String>,
}

/// What came of a pack's cases.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TestReport {
    /// Cases that were found.
    pub cases: usize,
    /// Those that were put to the pack, in the order of files and cases.
    pub results: Vec<CaseResult>,
    /// What was not put first, then those that do not hold.
    pub failures: Vec<CaseFailure>,
    /// How many of the failures are of what was not put.
    pub not_put: usize,
}

impl TestReport {
    /// Did every case hold?
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// The report as a refusal of the pack, where a case failed or there is none.
    ///
    /// # Errors
    /// The first failure, and how many there are.
    pub fn into_result(self) -> Result<usize, PackError> {
        let Some(first) = self.failures.first() else {
            return match self.cases {
                0 => Err(PackError::new(
                    Step::Tests,
                    "a pack needs at least one decision case in tests/",
                )),
                cases => Ok(cases),
            };
        };
        let case = match first.case.as_str() {
            "" => String::new(),
            case => format!("\"{case}\": "),
        };
        let message = format!(
            "{case}{} ({} of {} cases fail)",
            first.message,
            self.failures.len(),
            self.cases
        );
        let mut error =
            PackError::new(Step::Tests, message).in_file(first.file.clone(), first.line);
        error.column = first.column;
        Err(error)
    }
}

impl Pack {
    /// Put every decision case of the pack's `tests/` to it. A few milliseconds
    /// for some hundred cases.
    #[must_use]
    pub fn run_tests(&self) -> TestReport {
        let mut found = self.files().cases();
        let mut report = TestReport {
            cases: found.cases.len() + found.broken.len(),
            results: Vec::with_capacity(found.cases.len()),
            not_put: found.broken.len(),
            failures: std::mem::take(&mut found.broken),
        };
        let budget = Budget::begin(PROCESSOR);
        let mut faults = 0;
        for case in &found.cases {
            let (result, faulted) = case.put_and_see(self);
            faults += usize::from(faulted && result.failure.is_some());
            if let Some(message) = &result.failure {
                report.failures.push(CaseFailure {
                    file: result.file.clone(),
                    line: Some(result.line),
                    column: None,
                    case: result.case.clone(),
                    message: message.clone(),
                });
            }
            report.results.push(result);
            let why = match faults {
                MAX_FAULTS.. => format!("{faults} cases faulted"),
                _ if budget.is_spent() => format!("they took over {} s", PROCESSOR.as_secs()),
                _ => continue,
            };
            if let Some(left_out) = found.left_out(report.results.len(), &why) {
                report.failures.insert(report.not_put, left_out);
                report.not_put += 1;
            }
            break;
        }
        report
    }
}

impl PackCases {
    /// A failure for the cases from this place on, which were not put.
    fn left_out(&self, from: usize, why: &str) -> Option<CaseFailure> {
        let first = self.cases.get(from)?;
        let left = self.cases.len() - from;
        Some(CaseFailure {
            file: first.file.clone(),
            line: Some(first.line),
            column: None,
            case: first.name.clone(),
            message: format!("it and the cases after it, {left} in all, were not put: {why}"),
        })
    }
}

impl PackCase {
    /// Put it to a pack and compare.
    #[must_use]
    pub fn put(&self, pack: &Pack) -> CaseResult {
        self.put_and_see(pack).0
    }

    /// The same, and whether a component faulted.
    fn put_and_see(&self, pack: &Pack) -> (CaseResult, bool) {
        let began = Instant::now();
        let (verdict, fault) = self.verdict(pack);
        let took = began.elapsed();
        let failure = compare(&self.expect, &verdict).err();
        let result = CaseResult {
            file: self.file.clone(),
            line: self.line,
            case: self.name.clone(),
            tool: self.tool,
            took,
            failure: failure.map(|message| message + &fault),
        };
        (result, !fault.is_empty())
    }

    /// What a pack says, and in brackets which component faulted.
    pub(super) fn verdict(&self, pack: &Pack) -> (Verdict, String) {
        match &self.posed {
            Posed::Refused(refusal) => (Verdict::Refuse(refusal.clone()), String::new()),
            Posed::Question(question) => {
                let judged = pack.judge_patiently(question);
                let fault = judged.fault.map(|fault| format!(" ({fault})"));
                (judged.verdict, fault.unwrap_or_default())
            }
        }
    }
}

pub(super) fn compare(expected: &Expected, given: &Verdict) -> Result<(), String> {
    let differ = |what: &str, wanted: &dyn fmt::Debug, got: &dyn fmt::Debug| {
        Err(format!("{what}: expected {wanted:?}, got {got:?}"))
    };
    match (expected, given) {
        (Expected::Allow { to, overridden }, Verdict::Allow(outcome)) => {
            if *to != outcome.to {
                let so = |to: Option<State>| {
                    to.map_or("it stays".into(), |to| format!("it moves to {to}"))
                };
                return Err(format!(
                    "expected that {}, got that {}",
                    so(*to),
                    so(outcome.to)
                ));
            }
            if *overridden != outcome.overridden {
                return differ("overridden", overridden, &outcome.overridden);
            }
            Ok(())
        }
        (
            Expected::Refuse {
                code,
                phase,
                violations,
                missing_gates,
            },
            Verdict::Refuse(refusal),
        ) => {
            if (*code, *phase) != (refusal.code, refusal.phase) {
                return Err(format!(
                    "expected {code} at {}, got {refusal}",
                    phase.name()
                ));
            }
            let mut wanted: Vec<_> = violations
                .iter()
                .map(|BrokenRule { path, rule }| (path.as_str(), rule.as_str()))
                .collect();
            let mut got: Vec<_> = refusal
                .violations
                .iter()
                .map(|v| (v.path.as_str(), v.rule.as_str()))
                .collect();
            wanted.sort_unstable();
            got.sort_unstable();
            if wanted != got {
                return differ("violations", &wanted, &got);
            }
            if *missing_gates != refusal.missing_gates {
                return differ("missing_gates", missing_gates, &refusal.missing_gates);
            }
            Ok(())
        }
        (Expected::Allow { .. }, Verdict::Refuse(refusal)) => {
            Err(format!("expected allow, got {refusal}"))
        }
        (Expected::Refuse { code, phase, .. }, Verdict::Allow(outcome)) => Err(format!(
            "expected {code} at {}, got allow{}",
            phase.name(),
            outcome.to.map(|to| format!(" to {to}")).unwrap_or_default()
        )),
    }
}
