//! Guests that mean harm: each is stopped, nothing is allowed, the next call is served.

use dispatch_contract::call::Override;
use dispatch_contract::{Code, Phase, Refusal, Role, State, Tool, Verdict};
use dispatch_engine::{Engine, EngineConfig, FaultKind, Pack, SandboxConfig};

use crate::house::engine;
use crate::house::hostile::{Guest, load_with, with_components};
use crate::house::scene::plain;

const TOOL: Tool = Tool::CloseoutAddNote;

fn refusal(pack: &Pack, tool: Tool, role: Role, state: State, with_override: bool) -> Refusal {
    let mut question = plain(tool, role, state);
    question.call.gate_override = with_override.then(|| Override {
        reason: "because I say so".into(),
    });
    match pack.judge(&question).verdict {
        Verdict::Refuse(refusal) => *refusal,
        Verdict::Allow(outcome) => panic!("{tool} {role} {state}: {outcome:?}"),
    }
}

#[test]
fn each_fault_is_told_apart_and_refused_as_unavailable() {
    let stack = "(func $deep (result i32) (i32.add (call $deep) (i32.const 1)))";
    let many = "(data (i32.const 1024) \"\\00\\10\\00\\00\\33\\00\\00\\00\")";
    let long = "(data (i32.const 1024) \"\\00\\10\\00\\00\\01\\00\\00\\00\")
                (data (i32.const 4096) \"\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\01\\04\\00\\00\")";
    let flood = "(data (i32.const 1024) \"\\00\\10\\00\\00\\00\\ff\\00\\00\")";
    for (kind, extra, validate, pages) in [
        (FaultKind::Deadline, "", "(loop (br 0)) unreachable", 2),
        (
            FaultKind::Memory,
            "",
            "(loop (drop (memory.grow (i32.const 16))) (br 0)) unreachable",
            2,
        ),
        (FaultKind::Stack, stack, "call $deep", 2),
        (FaultKind::Trap, "", "unreachable", 2),
        (FaultKind::Trap, "", "i32.const -8", 2),
        (FaultKind::Oversized, many, "i32.const 1024", 2),
        (FaultKind::Oversized, long, "i32.const 1024", 2),
        (FaultKind::Oversized, flood, "i32.const 1024", 100),
    ] {
        let guest = Guest {
            extra,
            validate,
            pages,
            ..Guest::default()
        };
        let pack = load_with(&[TOOL], &guest.component()).unwrap();
        for _ in 0..3 {
            let judged = pack.judge(&plain(TOOL, Role::OperatorAdmin, State::Onsite));
            let fault = judged.fault.expect("a fault");
            assert_eq!(
                (fault.kind, fault.component),
                (kind, TOOL),
                "{validate}: {fault}"
            );
            let Verdict::Refuse(refusal) = judged.verdict else {
                panic!("allowed");
            };
            assert_eq!(
                (refusal.code, refusal.phase),
                (Code::PolicyUnavailable, Phase::Validate)
            );
            assert_eq!(refusal.retry_after_s, Some(1));
        }
        let other = pack.judge(&plain(
            Tool::CloseoutAddPhoto,
            Role::OperatorAdmin,
            State::Onsite,
        ));
        assert!(
            matches!(other.verdict, Verdict::Allow(_)),
            "{kind:?} spoiled another tool"
        );
    }
}

/// Its time is the processor's: 64 calls at once on few cores each take long by the
/// clock, and none of them has done anything wrong.
#[test]
fn a_guest_that_waits_for_the_processor_is_not_stopped() {
    let work = "(func $work (local $n i32)
        (loop $on
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $on (i32.lt_u (local.get $n) (i32.const 40000000)))))";
    let guest = Guest {
        extra: work,
        validate: "call $work i32.const 2048",
        ..Guest::default()
    };
    let pack = load_with(&[TOOL], &guest.component()).unwrap();
    let question = plain(TOOL, Role::OperatorAdmin, State::Onsite);
    let faults: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..64)
            .map(|_| scope.spawn(|| pack.judge(&question).fault))
            .collect();
        calls
            .into_iter()
            .filter_map(|call| call.join().expect("judged"))
            .collect()
    });
    assert_eq!(faults, []);
}

/// `explain` and `bench` count fuel, a host does not where no pack asks for it: what takes
/// much of it is judged alike.
#[test]
fn counting_fuel_alone_changes_no_verdict() {
    let work = "(func $work (local $n i32)
        (loop $on
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $on (i32.lt_u (local.get $n) (i32.const 4000000)))))";
    let guest = Guest {
        extra: work,
        validate: "call $work i32.const 2048",
        ..Guest::default()
    };
    let files = with_components(&[TOOL], &guest.component());
    let counting = Engine::new(EngineConfig {
        sandbox: SandboxConfig {
            metered: true,
            ..SandboxConfig::default()
        },
        ..EngineConfig::default()
    });
    let metered = counting.unwrap().load(&files).unwrap();
    let question = plain(TOOL, Role::OperatorAdmin, State::Onsite);
    let (in_host, explained) = (
        engine().load(&files).unwrap().judge_patiently(&question),
        metered.judge_patiently(&question),
    );
    assert_eq!(explained.fault, None);
    assert_eq!(in_host.verdict, explained.verdict);
    assert!(matches!(in_host.verdict, Verdict::Allow(_)));
    let phases = explained.trace.phases.iter();
    let fuel: u64 = phases.filter_map(|phase| phase.fuel).sum();
    assert!(fuel > 20_000_000, "{fuel}");
}

/// Commit, and move to the state with this number.
fn moving_to(state: u8) -> String {
    format!("(data (i32.const 1024) \"\\00\\00\\00\\00\\01\\{state:02x}\\00\\00\")")
}

#[test]
fn one_that_allows_everything_cannot_close_a_new_ticket() {
    let extra = moving_to(7);
    let guest = Guest {
        extra: &extra,
        transition: "i32.const 1024",
        ..Guest::default()
    };
    let pack = load_with(&Tool::ALL, &guest.component()).unwrap();
    for tool in Tool::ALL {
        for role in Role::ALL {
            for state in [State::New, State::Onsite, State::Closed] {
                for with_override in [false, true] {
                    refusal(&pack, tool, role, state, with_override);
                }
            }
        }
    }
}

#[test]
fn one_that_moves_nothing_lends_nobody_a_role_or_a_state() {
    let pack = load_with(&Tool::ALL, &Guest::default().component()).unwrap();
    for tool in Tool::ALL
        .into_iter()
        .filter(|tool| *tool != Tool::TicketCreate)
    {
        for role in Role::ALL {
            for state in State::ALL {
                let allowed = tool.roles().contains(&role) && tool.legal_states().contains(&state);
                let verdict = pack.judge(&plain(tool, role, state)).verdict;
                assert_eq!(
                    matches!(verdict, Verdict::Allow(_)),
                    allowed,
                    "{tool} {role} {state}"
                );
            }
        }
    }
    let customer = refusal(
        &pack,
        Tool::TicketSetPriority,
        Role::Customer,
        State::New,
        false,
    );
    assert_eq!(
        (customer.code, customer.phase),
        (Code::RoleForbidden, Phase::Authorization)
    );
}

#[test]
fn a_move_that_is_not_the_tools_own_is_refused_to_operators_too() {
    // canceled: legal from new, but not by setting a priority
    let extra = moving_to(8);
    let guest = Guest {
        extra: &extra,
        transition: "i32.const 1024",
        ..Guest::default()
    };
    let pack = load_with(&[Tool::TicketSetPriority], &guest.component()).unwrap();
    let tool = Tool::TicketSetPriority;
    let refusal = refusal(&pack, tool, Role::OperatorAdmin, State::New, false);
    assert_eq!(
        (refusal.code, refusal.phase),
        (Code::IllegalTransition, Phase::Invariant)
    );
}

#[test]
fn gates_are_passed_by_operators_with_an_override_and_never_all_of_them() {
    // commit, stay, overridden = one text at 4096
    let passing = |gate: &str| {
        format!(
            "(data (i32.const 1024) \"\\00\\00\\00\\00\\00\\00\\00\\00\\00\\10\\00\\00\\01\\00\\00\\00\")
             (data (i32.const 4096) \"\\00\\20\\00\\00\\{:02x}\\00\\00\\00\")
             (data (i32.const 8192) \"{gate}\")",
            gate.len()
        )
    };
    let pack = |gate: &str| {
        let extra = passing(gate);
        let guest = Guest {
            extra: &extra,
            transition: "i32.const 1024",
            ..Guest::default()
        };
        load_with(&[TOOL], &guest.component()).unwrap()
    };
    let evidence = pack("evidence.note");
    let liaison = Role::SystemTechnicianLiaisonAgent;
    let without = refusal(&evidence, TOOL, liaison, State::Onsite, false);
    assert_eq!(
        (without.code, without.phase),
        (Code::GateBlocked, Phase::Invariant)
    );
    assert_eq!(without.missing_gates, ["evidence.note"]);
    let with = refusal(&evidence, TOOL, liaison, State::Onsite, true);
    assert_eq!(
        (with.code, with.phase),
        (Code::RoleForbidden, Phase::Authorization)
    );
    refusal(&evidence, TOOL, Role::OperatorAdmin, State::Onsite, false);
    let mut question = plain(TOOL, Role::OperatorAdmin, State::Onsite);
    question.call.gate_override = Some(Override {
        reason: "because I say so".into(),
    });
    let Verdict::Allow(outcome) = evidence.judge(&question).verdict else {
        panic!("an operator may pass it");
    };
    assert_eq!(outcome.overridden, ["evidence.note"]);
    let billing = pack("billing.invoice_draft");
    let refused = refusal(&billing, TOOL, Role::OperatorAdmin, State::Onsite, true);
    assert_eq!(refused.missing_gates, ["billing.invoice_draft"]);
}
