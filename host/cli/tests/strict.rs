//! The strict pack: it proves itself, and one of its rules is judged alike whether it was
//! written in Rust with the SDK or in C from the contract alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dispatch_contract::input::Input;
use dispatch_contract::question::Question;
use dispatch_contract::ticket::Priority;
use dispatch_contract::{Override, Role, State, Tool, Verdict};
use dispatch_engine::{Engine, EngineConfig, Pack, PackFiles};

const RULED: Tool = Tool::TicketSetPriority;
const IN_C: &str = "guests-c/set-priority.wasm";

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/strict");
    assert!(
        folder.join("components/ticket-create.wasm").exists(),
        "run `cargo xtask guests` first"
    );
    folder
}

fn files() -> PackFiles {
    PackFiles::read(&folder()).expect("the strict pack can be read")
}

fn engine() -> Engine {
    Engine::new(EngineConfig::default()).expect("an engine can be made")
}

#[test]
fn a_host_would_take_it() {
    let proven = engine()
        .prove(&files())
        .map_err(|refused| refused.to_string());
    proven.expect("every case holds");
}

/// The pack with all the time it wants: a busy machine is no difference between languages.
fn patient() -> BTreeMap<String, Vec<u8>> {
    let mut all: BTreeMap<String, Vec<u8>> = files()
        .iter()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    let manifest = all.get_mut("pack.toml").expect("a pack has one");
    manifest.extend_from_slice(b"\n[limits]\ndeadline_ms = 1000\n");
    all
}

/// The pack with the rule's component from C; `None` where this machine could not build it.
fn in_c(engine: &Engine) -> Option<Pack> {
    let Ok(component) = fs::read(folder().join(IN_C)) else {
        eprintln!(
            "SKIPPED: {IN_C} was not built, for want of a C compiler; `cargo xtask guests` says why"
        );
        return None;
    };
    let mut all = patient();
    let replaced = all.insert(
        "components/ticket-set-priority.wasm".into(),
        component.clone(),
    );
    assert_ne!(
        replaced.as_ref(),
        Some(&component),
        "two components, not one"
    );
    let files = PackFiles::of(all).expect("a pack");
    Some(
        engine
            .load(&files)
            .expect("the component from C fits the contract"),
    )
}

/// The pack's own questions of the tool, and each of them asked by every role, in every
/// state, with either priority, with and without an override.
fn questions() -> Vec<Question> {
    let cases = files().cases();
    let asked: Vec<Question> = cases
        .cases
        .iter()
        .filter(|case| case.tool == RULED)
        .filter_map(|case| case.question().ok().cloned())
        .collect();
    assert!(asked.len() >= 10, "{} questions", asked.len());
    let mut all = asked.clone();
    for question in asked {
        for role in Role::ALL {
            for state in State::ALL {
                for priority in [Priority::Standard, Priority::Emergency] {
                    for reason in [None, Some("signed on paper"), Some(" \u{2003}\t")] {
                        all.push(varied(&question, role, state, priority, reason));
                    }
                }
            }
        }
    }
    all
}

fn varied(
    question: &Question,
    role: Role,
    state: State,
    priority: Priority,
    reason: Option<&str>,
) -> Question {
    let mut question = question.clone();
    question.actor.role = role;
    if let Some(case) = &mut question.facts.case {
        case.ticket.state = state;
    }
    if let Input::TicketSetPriority(input) = &mut question.call.input {
        input.priority = priority;
    }
    question.call.gate_override = reason.map(|reason| Override {
        reason: reason.to_owned(),
    });
    question
}

#[test]
fn a_rule_in_c_and_in_rust_gives_every_question_the_same_verdict() {
    let engine = engine();
    let Some(in_c) = in_c(&engine) else { return };
    let in_rust = PackFiles::of(patient()).and_then(|files| engine.load(&files));
    let in_rust = in_rust.expect("the strict pack loads");
    let (mut allowed, mut refused) = (0, 0);
    for question in questions() {
        let rust = in_rust.judge(&question);
        assert!(rust.fault.is_none(), "{:?} on {question:?}", rust.fault);
        let c = in_c.judge(&question);
        assert!(c.fault.is_none(), "{:?} on {question:?}", c.fault);
        match &rust.verdict {
            Verdict::Allow(_) => allowed += 1,
            Verdict::Refuse(_) => refused += 1,
        }
        assert_eq!(rust.verdict, c.verdict, "{question:?}");
    }
    assert!(
        allowed > 100 && refused > 100,
        "{allowed} allowed, {refused} refused"
    );
}
