//! Recorded calls, judged by two packs: what would flip.

use std::collections::BTreeMap;
use std::time::Duration;

use dispatch_contract::packs::FlipKind;
use dispatch_contract::question::Question;
use dispatch_contract::{DecisionId, Role, State, Tool, Verdict};
use dispatch_engine::{
    Comparison, FlipReport, Leisure, Manner, Opened, Pack, PackFiles, RecordedCall, opened,
    opened_in_words,
};

use crate::house::hostile::{Guest, load_with};
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
    let found = opened(Some(shipped()), &wider);
    assert_eq!(
        found,
        [Opened {
            role: Role::Customer,
            tool: Tool::ScheduleConfirm
        }]
    );
    assert_eq!(opened_in_words(&found), "customer: schedule.confirm");
    assert_eq!(opened(Some(&wider), shipped()), []);
    assert_eq!(opened(Some(shipped()), shipped()), []);
}

fn compare(a: &Pack, b: &Pack, calls: Vec<RecordedCall>) -> FlipReport {
    compare_with(Some(a), b, calls)
}

fn compare_with(a: Option<&Pack>, b: &Pack, calls: Vec<RecordedCall>) -> FlipReport {
    let manner = Manner {
        threads: 2,
        leisure: Leisure::Low,
        listed: 100,
        faults: 3,
        processor: Duration::from_secs(60),
    };
    let comparison = Comparison::start(a, b, manner).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async {
            for page in calls.chunks(7) {
                if !comparison.put(page.to_vec()).await {
                    break;
                }
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

/// What was recorded stands where the pack that said it cannot be asked.
#[test]
fn without_a_pack_before_the_record_is_what_flips() {
    let strict = edited("pack.toml", "photos_after_min = 1", "photos_after_min = 2");
    let asked = compare(shipped(), &strict, history(shipped()));
    let mut calls = history(shipped());
    for call in &mut calls {
        call.pack_digest = "f".repeat(64);
    }
    let stands = compare_with(None, &strict, calls.clone());
    assert_eq!(stands.recorded_verdicts, 108);
    assert_eq!((stands.judged, &stands.by_kind), (108, &asked.by_kind));
    assert!(stands.flipped > 0);
    // the candidate compared with itself would have flipped nothing
    assert_eq!(compare(&strict, &strict, calls).flipped, 0);
    let all = Role::ALL.len() * Tool::ALL.len();
    let let_in = opened(None, shipped()).len();
    assert!(let_in > 10 && let_in < all, "{let_in}");
}

#[test]
fn a_pack_that_faults_is_named_and_the_rest_is_not_judged() {
    let trapping = Guest {
        transition: "unreachable",
        ..Guest::default()
    };
    let faulty = load_with(&[Tool::TicketAddMessage], &trapping.component()).unwrap();
    let question = plain(Tool::TicketAddMessage, Role::OperatorAdmin, State::New);
    let calls = |by: &Pack| (0..200).map(|n| recorded(n, &question, by)).collect();
    let report = compare(shipped(), &faulty, calls(shipped()));
    assert!(report.cut_short && report.judged < 20, "{report:?}");
    assert!(report.faults.len() >= 3, "{report:?}");
    let first = &report.faults[0];
    assert_eq!(first.tool, Tool::TicketAddMessage);
    assert!(first.fault.starts_with("trap: "), "{first:?}");
    // it faulted before, too: no worse than it was
    let report = compare(&faulty, &faulty, calls(&faulty));
    assert_eq!((report.judged, report.faults.len()), (200, 0), "{report:?}");
}
