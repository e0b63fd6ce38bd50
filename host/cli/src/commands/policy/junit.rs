//! A test report as JUnit XML, as build servers read it.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch_engine::MATRIX_FILE;
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
    let mut beside = TestSuite::new("pack");
    if let Some(wrong) = &report.refused {
        beside.add_test_case(of_file(
            wrong.step,
            wrong.file.as_deref(),
            wrong.line,
            &wrong.told(),
        ));
    }
    for broken in &report.broken {
        let file = Some(broken.file.as_str());
        beside.add_test_case(of_file(
            &broken.file,
            file,
            broken.line,
            &broken.to_string(),
        ));
    }
    if let Some(why) = &report.matrix {
        beside.add_test_case(of_file(MATRIX_FILE, Some(MATRIX_FILE), None, why));
    }
    if !beside.test_cases.is_empty() {
        junit.add_test_suite(beside);
    }
    junit
        .to_string()
        .map_err(|error| Failure::Other(anyhow::Error::new(error)))
}

/// What is wrong with the pack itself, as a test case that fails.
fn of_file(name: &str, file: Option<&str>, line: Option<usize>, why: &str) -> TestCase {
    let mut shown = TestCase::new(name, failed(why));
    shown.set_classname("pack");
    for (key, value) in [
        ("file", file.map(str::to_owned)),
        ("line", line.map(|line| line.to_string())),
    ] {
        if let Some(value) = value {
            shown.extra.insert(key.into(), value.as_str().into());
        }
    }
    shown
}

fn failed(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(why);
    status
}
