//! Recorded calls, judged by two packs: what would flip.

use std::collections::BTreeMap;

use dispatch_contract::packs::FlipKind;
use dispatch_contract::question::Question;
use dispatch_contract::{DecisionId, Role, State, Tool, Verdict};
use dispatch_engine::{
    Comparison, FlipReport, Leisure, Opened, Pack, PackFiles, RecordedCall, opened, opened_in_words,
};

use crate::house::scene::plain;
use crate::house::{engine, shipped, shipped_files};

/// The shipped pack with one replacement in one file.
fn edited(path: &str, from: &str, to: &str) -> Pack {
    let mut files: BTreeMap<String, Vec<u8>> = shipped_files()
        .iter()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    let text = String::from_utf8(files[path].clone()).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    files.insert(path.to_owned(), text.replace(from, to).into_bytes());
    engine().load(&PackFiles::of(files).unwrap()).unwrap()
}

fn recorded(n: u64, question: &Question, by: &Pack) -> RecordedCall {
    RecordedCall {
        decision_id: DecisionId(ulid::Ulid::from_parts(1_000 + n, u128::from(n))),
        question: serde_json::to_string(question).unwrap(),
        verdict: serde_json::to_string(&by.judge(question).verdict).unwrap(),
        pack_digest: by.reference().digest.clone(),
    }
}

/// Every tool by an operator in every state.
fn questions() -> Vec<Question> {
    let by = |tool| State::ALL.map(|state| plain(tool, Role::OperatorAdmin, state));
    Tool::ALL.into_iter().flat_map(by).collect()
}

#[test]
fn who_is_let_in_that_was_turned_away_before_is_told() {
    let file = "cedar/customers.cedar";
    let from = "Action::\"ticket.add_message\"";
    let wider = edited(
        file,
        &format!("action == {from}"),
        &format!("action in [{from}, Action::\"schedule.confirm\"]"),
    );
    let found = opened(shipped(), &wider);
    assert_eq!(
        found,
        [Opened {
            role: Role::Customer,
            tool: Tool::ScheduleConfirm
        }]
    );
    assert_eq!(opened_in_words(&found), "customer: schedule.confirm");
    assert_eq!(opened(&wider, shipped()), []);
    assert_eq!(opened(shipped(), shipped()), []);
}

fn compare(a: &Pack, b: &Pack, calls: Vec<RecordedCall>) -> FlipReport {
    let comparison = Comparison::start(a, b, 2, Leisure::Low).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async {
            for page in calls.chunks(7) {
                comparison.put(page.to_vec()).await;
            }
        });
    comparison.finish().unwrap()
}

fn history(by: &Pack) -> Vec<RecordedCall> {
    let mut calls: Vec<_> = questions()
        .iter()
        .enumerate()
        .map(|(n, question)| recorded(n as u64, question, by))
        .collect();
    calls.reverse();
    calls
}

#[test]
fn the_same_content_flips_nothing() {
    let same = edited("pack.toml", "revision = 1", "revision = 2");
    let report = compare(shipped(), &same, history(shipped()));
    assert_eq!((report.judged, report.flipped), (108, 0), "{report:?}");
    assert_eq!(report.recorded_verdicts, 108);
    assert_eq!(report.unreadable, 0);
}

#[test]
fn a_stricter_setting_flips_what_it_touches_both_ways() {
    let strict = edited("pack.toml", "photos_after_min = 1", "photos_after_min = 2");
    let there = compare(shipped(), &strict, history(shipped()));
    assert!(there.flipped > 0, "{there:?}");
    assert_eq!(there.by_kind.keys().next(), Some(&FlipKind::RefusedNow));
    let mut last = None;
    for flipped in &there.flips {
        assert!(flipped.flip.before != flipped.flip.after);
        assert!(
            last.is_none_or(|last| last > flipped.decision_id),
            "newest first"
        );
        last = Some(flipped.decision_id);
        if flipped.flip.kind == FlipKind::RefusedNow {
            let Verdict::Refuse(refusal) = &flipped.flip.after else {
                panic!("{flipped:?}");
            };
            assert_eq!(refusal.missing_gates, ["evidence.photo_after"], "{refusal}");
        }
    }
    // Nobody recorded a verdict of the strict pack: both are asked, and agree.
    let back = compare(&strict, shipped(), history(shipped()));
    assert_eq!(back.recorded_verdicts, 0);
    assert_eq!(back.flipped, there.flipped);
    assert_eq!(
        back.by_kind.get(&FlipKind::AllowedNow),
        there.by_kind.get(&FlipKind::RefusedNow)
    );
}

#[test]
fn a_record_that_cannot_be_read_is_counted_and_named() {
    let mut calls = history(shipped());
    calls[3].question = "{}".into();
    let name = calls[3].decision_id.to_string();
    let report = compare(shipped(), shipped(), calls);
    assert_eq!((report.judged, report.unreadable), (107, 1));
    assert!(report.unreadable_reason.unwrap().starts_with(&name));
}
