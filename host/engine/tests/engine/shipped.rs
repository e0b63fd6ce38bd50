//! The shipped pack: its own cases, the same verdict every time, what a refusal tells.

use std::collections::BTreeMap;

use dispatch_contract::{Code, Phase, Role, State, Tool, Verdict};
use dispatch_engine::{Pack, PackFiles};

use crate::house::scene::{OTHER, ask, input, plain};
use crate::house::{engine, shipped, shipped_files};

#[test]
fn it_passes_its_own_cases() {
    let report = shipped().run_tests();
    assert!(report.cases > 100, "{} cases", report.cases);
    let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_same_question_has_the_same_verdict_every_time() {
    for tool in Tool::ALL {
        for role in [
            Role::OperatorAdmin,
            Role::Technician,
            Role::SystemIntakeAgent,
        ] {
            let question = plain(tool, role, State::Onsite);
            let first = shipped().judge(&question).verdict;
            for _ in 0..100 {
                assert_eq!(shipped().judge(&question).verdict, first, "{tool} {role}");
            }
        }
    }
}

#[test]
fn what_a_role_may_never_call_is_said_by_scope_alone_and_soundly() {
    for tool in Tool::ALL {
        for role in Role::ALL {
            let allowed = State::ALL.into_iter().any(|state| {
                matches!(
                    shipped().judge(&plain(tool, role, state)).verdict,
                    Verdict::Allow(_)
                )
            });
            assert_eq!(
                shipped().may_ever_call(role, tool),
                tool.roles().contains(&role)
            );
            assert!(
                shipped().may_ever_call(role, tool) || !allowed,
                "{tool} {role}"
            );
        }
    }
}

#[test]
fn a_refusal_says_what_is_legal_now() {
    let question = plain(
        Tool::ScheduleConfirm,
        Role::SystemSchedulingAgent,
        State::Onsite,
    );
    let Verdict::Refuse(refusal) = shipped().judge(&question).verdict else {
        panic!("allowed");
    };
    assert_eq!(
        (refusal.code, refusal.phase),
        (Code::IllegalTransition, Phase::Transition)
    );
    assert_eq!(refusal.current_state, Some(State::Onsite));
    assert_eq!(
        refusal.allowed_from_states,
        [State::Schedulable, State::Scheduled]
    );
    assert_eq!(refusal.allowed_tools, [Tool::TicketAddMessage]);
}

#[test]
fn whoever_may_not_read_a_ticket_learns_nothing_of_it() {
    for (role, tool) in [
        (Role::Customer, Tool::TicketAddMessage),
        (Role::Customer, Tool::TicketSetPriority),
        (Role::Technician, Tool::CloseoutAddNote),
        (Role::Technician, Tool::ScheduleConfirm),
    ] {
        let question = ask(tool, input(tool), role, OTHER, State::Onsite);
        let Verdict::Refuse(refusal) = shipped().judge(&question).verdict else {
            panic!("allowed");
        };
        assert_eq!(refusal.current_state, None, "{role} {tool}");
        assert_eq!(refusal.allowed_tools, [], "{role} {tool}");
    }
}

#[test]
fn a_ticket_that_moved_on_is_not_judged_on() {
    let mut question = plain(Tool::CloseoutAddNote, Role::OperatorAdmin, State::Onsite);
    question.call.expected_version = Some(2);
    let Verdict::Refuse(refusal) = shipped().judge(&question).verdict else {
        panic!("allowed");
    };
    assert_eq!(refusal.code, Code::StaleVersion);
    question.call.expected_version = Some(3);
    assert!(matches!(
        shipped().judge(&question).verdict,
        Verdict::Allow(_)
    ));
}

#[test]
fn a_pack_that_asks_for_fuel_has_it_in_its_trace() {
    let mut files: BTreeMap<String, Vec<u8>> = shipped_files()
        .iter()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    let text = String::from_utf8(files["pack.toml"].clone()).unwrap();
    let metered = text.replacen("[tools.", "[limits]\nfuel = 5000000\n\n[tools.", 1);
    files.insert("pack.toml".into(), metered.into_bytes());
    let pack = engine().load(&PackFiles::of(files).unwrap()).unwrap();
    let question = plain(Tool::CloseoutAddNote, Role::OperatorAdmin, State::Onsite);
    let used = |pack: &Pack| -> Vec<(Phase, Option<u64>)> {
        let phases = pack.judge(&question).trace.phases;
        phases
            .iter()
            .map(|phase| (phase.phase, phase.fuel))
            .collect()
    };
    let counted = used(&pack);
    for (phase, fuel) in &counted {
        let of_guest = matches!(phase, Phase::Validate | Phase::Role | Phase::Transition);
        assert_eq!(fuel.is_some_and(|fuel| fuel > 0), of_guest, "{counted:?}");
    }
    assert!(counted.len() >= 4, "{counted:?}");
    assert_eq!(used(&pack), counted, "fuel is the same every time");
    assert!(used(shipped()).iter().all(|(_, fuel)| fuel.is_none()));
}
