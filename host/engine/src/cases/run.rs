//! Put a pack's cases to it and compare.

use std::collections::HashMap;
use std::fmt;

use dispatch_contract::Verdict;

use super::format::{BrokenRule, CaseFile, Expected};
use super::scene::{Posed, question};
use crate::pack::{Pack, PackError, Step};

/// Cases of one pack at most.
const MAX_CASES: usize = 5000;

/// A case that the pack does not answer as it must, or that is no case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseFailure {
    /// The file within the pack.
    pub file: String,
    /// The line where the case begins, counted from 1; none: of the file as a whole.
    pub line: Option<usize>,
    /// The case's name; empty where it could not be read.
    pub case: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": ")?;
        if !self.case.is_empty() {
            write!(f, "\"{}\": ", self.case)?;
        }
        f.write_str(&self.message)
    }
}

/// What came of a pack's cases.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TestReport {
    /// Cases that were put.
    pub cases: usize,
    /// Those that failed, in the order of files and cases.
    pub failures: Vec<CaseFailure>,
}

impl TestReport {
    /// Did every case hold?
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// The report as a refusal of the pack, where a case failed.
    ///
    /// # Errors
    /// The first failure, and how many there are.
    pub fn into_result(self) -> Result<usize, PackError> {
        let Some(first) = self.failures.first() else {
            return Ok(self.cases);
        };
        let message = format!(
            "\"{}\": {} ({} of {} cases fail)",
            first.case,
            first.message,
            self.failures.len(),
            self.cases
        );
        Err(PackError::new(Step::Tests, message).in_file(first.file.clone(), first.line))
    }
}

impl Pack {
    /// Put every decision case of the pack's `tests/` to it. A few milliseconds
    /// for some hundred cases.
    #[must_use]
    pub fn run_tests(&self) -> TestReport {
        let mut report = TestReport::default();
        let mut names = HashMap::new();
        for text in self.files().texts(Step::Tests, ".toml") {
            match text {
                Ok((file, _)) if !file.starts_with("tests/") => {}
                Ok((file, text)) => self.run_file(file, text, &mut names, &mut report),
                Err(error) => report.failures.push(CaseFailure {
                    file: error.file.unwrap_or_default(),
                    line: error.line,
                    case: String::new(),
                    message: error.message,
                }),
            }
        }
        report
    }

    fn run_file(
        &self,
        file: &str,
        text: &str,
        names: &mut HashMap<String, String>,
        report: &mut TestReport,
    ) {
        let line = |offset: usize| {
            text.get(..offset)
                .map(|before| before.matches('\n').count() + 1)
        };
        let fail = |line, case: &str, message| CaseFailure {
            file: file.to_owned(),
            line,
            case: case.to_owned(),
            message,
        };
        let parsed: CaseFile = match toml::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let line = error.span().and_then(|span| line(span.start));
                report
                    .failures
                    .push(fail(line, "", error.message().to_owned()));
                return;
            }
        };
        for spanned in parsed.cases {
            let line = line(spanned.span().start);
            let case = spanned.into_inner();
            report.cases += 1;
            let first = names.insert(case.name.clone(), file.to_owned());
            let result = match (first, question(&case)) {
                _ if report.cases > MAX_CASES => {
                    Err(format!("a pack has at most {MAX_CASES} cases"))
                }
                (Some(first), _) => Err(format!("{first} has a case of this name too")),
                (None, Err(message)) => Err(message),
                (None, Ok(Posed::Refused(refusal))) => {
                    compare(&case.expect, &Verdict::Refuse(refusal))
                }
                (None, Ok(Posed::Question(question))) => {
                    let judged = self.judge(&question);
                    let fault = judged
                        .fault
                        .map(|fault| format!(" ({fault})"))
                        .unwrap_or_default();
                    compare(&case.expect, &judged.verdict).map_err(|message| message + &fault)
                }
            };
            if let Err(message) = result {
                report.failures.push(fail(line, &case.name, message));
            }
            if report.cases > MAX_CASES {
                return;
            }
        }
    }
}

fn compare(expected: &Expected, given: &Verdict) -> Result<(), String> {
    let differ = |what: &str, wanted: &dyn fmt::Debug, got: &dyn fmt::Debug| {
        Err(format!("{what}: expected {wanted:?}, got {got:?}"))
    };
    match (expected, given) {
        (Expected::Allow { to, overridden }, Verdict::Allow(outcome)) => {
            if *to != outcome.to {
                return differ("to", to, &outcome.to);
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
