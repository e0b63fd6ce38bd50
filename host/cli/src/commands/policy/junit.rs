//! A test report as JUnit XML, as build servers read it.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as JUnit, TestCase, TestCaseStatus, TestSuite};

use super::test::Report;
use crate::failure::Failure;

/// One suite per file of cases, one test case per case; what is wrong beside them is a
/// suite of its own.
pub(super) fn xml(report: &Report) -> Result<String, Failure> {
    let name = report.pack.clone();
    let mut junit = JUnit::new(name.unwrap_or_else(|| report.folder.display().to_string()));
    junit.set_time(Duration::from_secs_f64(report.took_ms / 1000.0));
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for case in &report.cases {
        let status = match &case.failure {
            None => TestCaseStatus::success(),
            Some(why) => failed(why),
        };
        let mut shown = TestCase::new(case.case.clone(), status);
        shown.set_classname(case.tool.clone());
        shown.set_time(Duration::from_secs_f64(case.took_us / 1e6));
        shown.extra.insert("file".into(), case.file.as_str().into());
        shown
            .extra
            .insert("line".into(), case.line.to_string().into());
        let suite = suites.entry(&case.file);
        suite
            .or_insert_with(|| TestSuite::new(case.file.clone()))
            .add_test_case(shown);
    }
    junit.add_test_suites(suites.into_values());
    let refused = report.refused.as_ref().map(|wrong| wrong.reason.clone());
    let beside: Vec<String> = refused
        .into_iter()
        .chain(report.broken.iter().cloned())
        .chain(report.matrix.clone())
        .collect();
    if !beside.is_empty() {
        let mut suite = TestSuite::new("pack");
        suite.add_test_cases(
            beside
                .iter()
                .map(|why| TestCase::new("in order", failed(why))),
        );
        junit.add_test_suite(suite);
    }
    junit
        .to_string()
        .map_err(|error| Failure::Other(anyhow::Error::new(error)))
}

fn failed(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(why);
    status
}
