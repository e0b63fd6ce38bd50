//! What is refused when a pack is loaded: at which step, and in which words.

use std::collections::BTreeMap;

use dispatch_contract::Tool;
use dispatch_engine::{PackError, PackFiles, Step};

use crate::house::hostile::{Guest, load_with};
use crate::house::{engine, shipped_files};

const TOOL: Tool = Tool::DispatchSetEta;

fn component_refused(bytes: &[u8], step: Step, words: &str) {
    let error = load_with(&[TOOL], bytes).unwrap_err();
    assert_eq!((error.step, error.component), (step, Some(TOOL)), "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn components_that_are_none_or_of_another_kind() {
    let good = Guest::default().component();
    load_with(&[TOOL], &good).unwrap();
    component_refused(b"MZ\x90\0\0\0\0\0", Step::Components, "not a component");
    component_refused(&good[..good.len() - 3], Step::Components, "truncated");
    component_refused(
        &Guest::default().module(),
        Step::Components,
        "a core module",
    );
    let text = |source: &str| wat::parse_str(source).unwrap();
    component_refused(&text("(component)"), Step::Components, "wrong world");
    component_refused(
        &text("(component (import \"wasi:clocks/wall-clock@0.2.0\" (instance)))"),
        Step::Components,
        "imports `wasi:clocks/wall-clock@0.2.0`",
    );
    component_refused(
        &text(
            "(component (instance $i)
                (export \"dispatch:policy/types@0.1.0\" (instance $i))
                (export \"dispatch:policy/rules@0.1.0\" (instance $i)))",
        ),
        Step::Components,
        "misses an export: dispatch:policy/rules@0.1.0#check-settings",
    );
}

#[test]
fn components_that_want_more_than_a_slot_has() {
    let large = Guest {
        pages: 200,
        ..Guest::default()
    };
    component_refused(&large.component(), Step::Components, "12800 KiB of memory");
    let table = Guest {
        extra: "(table 20000 funcref)",
        ..Guest::default()
    };
    component_refused(&table.component(), Step::Components, "table");
    let parts = "(core instance (instantiate $m))".repeat(9);
    let many = format!("(component (core module $m) {parts})");
    component_refused(
        &wat::parse_str(many).unwrap(),
        Step::Components,
        "core module instances",
    );
}

#[test]
fn components_that_do_not_start_or_do_not_take_their_settings() {
    let looping = Guest {
        extra: "(func $spin (loop (br 0))) (start $spin)",
        ..Guest::default()
    };
    component_refused(
        &looping.component(),
        Step::Settings,
        "cannot be started: deadline",
    );
    let trapping = Guest {
        check_settings: "unreachable",
        ..Guest::default()
    };
    component_refused(&trapping.component(), Step::Settings, "trap");
}

/// The shipped pack with one replacement in one file.
fn edited(path: &str, from: &str, to: &str) -> PackFiles {
    let mut files: BTreeMap<String, Vec<u8>> = shipped_files()
        .iter()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect();
    let text = String::from_utf8(files[path].clone()).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    files.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
    PackFiles::of(files).unwrap()
}

fn refused(path: &str, from: &str, to: &str) -> PackError {
    let rejected = engine().prove(&edited(path, from, to)).unwrap_err();
    rejected.error
}

#[test]
fn manifests_by_line() {
    for (from, to, words) in [
        (
            "contract = \"0\"",
            "contract = \"1\"",
            "written for contract \"1\"",
        ),
        ("revision = 1", "revision = 0", "revision: counts from 1"),
        (
            "revision = 1",
            "revision = 9223372036854775807",
            "to 1000000000000000 at most",
        ),
        (
            "revision = 1",
            "revision = 1\nsurplus = 1",
            "unknown field `surplus`",
        ),
        (
            "[tools.\"dispatch.set_eta\"]",
            "[tools.\"dispatch.set_fire\"]",
            "no tool \"dispatch.set_fire\"",
        ),
        (
            "[tools.\"dispatch.set_eta\"]\ncomponent = \"components/dispatch-set-eta.wasm\"",
            "",
            "dispatch.set_eta\"] is missing",
        ),
        (
            "name = \"real-dispatch\"",
            "name = \"Real Dispatch\"",
            "name: 1 to 64",
        ),
    ] {
        let error = refused("pack.toml", from, to);
        assert_eq!(
            (error.step, error.file.as_deref()),
            (Step::Manifest, Some("pack.toml")),
            "{error}"
        );
        assert!(
            error.line.is_some() && error.message.contains(words),
            "{error}"
        );
    }
    let error = refused(
        "pack.toml",
        "components/ticket-create.wasm",
        "components/none.wasm",
    );
    assert_eq!(
        (error.step, error.component),
        (Step::Components, Some(Tool::TicketCreate))
    );
    let error = refused("pack.toml", "notes_min = 1", "notes_min = \"one\"");
    assert_eq!(error.step, Step::Settings, "{error}");
    let error = refused("pack.toml", "notes_min = 1", "no_such_setting = 1");
    assert!(error.message.contains("no_such_setting"), "{error}");
}

#[test]
fn policies_by_line() {
    let file = "cedar/customers.cedar";
    for (from, to, words) in [
        ("@id(\"customer.tools\")", "", "needs an @id"),
        (
            "@id(\"customer.tools\")",
            "@id(\"customer.read\")",
            "ids are unique",
        ),
        (
            "@reason(\"A customer writes on their own ticket\")",
            "",
            "needs a @reason",
        ),
        (
            "resource.customer == principal",
            "resource.owner == principal",
            "owner",
        ),
        ("resource.customer == principal", "false", "impossible"),
        ("permit (", "permit", "not Cedar"),
        (
            "Action::\"ticket.add_message\"",
            "Action::\"ticket.ad_message\"",
            "ticket.ad_message",
        ),
    ] {
        let error = refused(file, from, to);
        assert_eq!(
            (error.step, error.file.as_deref()),
            (Step::Cedar, Some(file)),
            "{error}"
        );
        assert!(
            error.line.is_some() && error.message.contains(words),
            "{error}"
        );
    }
    let schema = "cedar/schema.cedarschema";
    for (from, to) in [
        ("action override", "action pass"),
        ("priority?: String", "priority?: Long"),
        ("from: String, ", ""),
    ] {
        let error = refused(schema, from, to);
        assert_eq!(error.step, Step::Cedar, "{error}");
    }
}

/// A condition of so many operators, in a text that is Cedar but for its length.
fn conditions(count: usize) -> Vec<String> {
    vec![
        format!("{}true{}", "(".repeat(count), ")".repeat(count)),
        format!("{}true", "!".repeat(count)),
        format!("true{}", " && true".repeat(count)),
        format!("true{}", " || false".repeat(count)),
        format!("{}true", "if true then true else ".repeat(count)),
        format!("{}resource.state == \"new\"", "[".repeat(count)),
    ]
}

#[test]
fn what_would_take_all_of_a_stack_is_refused_by_line() {
    let file = "cedar/customers.cedar";
    let from = "resource.customer == principal";
    let refused_at = |path: &str, from: &str, to: &str, words: &str| {
        let error = refused(path, from, to);
        let place = (error.step, error.file.as_deref(), error.line.is_some());
        assert_eq!(place, (Step::Cedar, Some(path), true), "{error}");
        assert!(error.message.contains(words), "{error}");
    };
    for condition in conditions(100_000) {
        refused_at(file, from, &condition, "than");
    }
    let schema = "cedar/schema.cedarschema";
    let sets = format!("{}Long{}", "Set<".repeat(100_000), ">".repeat(100_000));
    refused_at(schema, "now: Long", &format!("now: {sets}"), "sets nest");
    let records = format!("{}Long{}", "{a: ".repeat(100_000), "}".repeat(100_000));
    refused_at(schema, "now: Long", &format!("now: {records}"), "brackets");
    // no brackets, and as deep
    let chain: String = (1..100_000)
        .map(|n| format!("type T{n} = Set<T{}>;\n", n - 1))
        .collect();
    let chain = format!("type T0 = Long;\n{chain}type Move");
    refused_at(schema, "type Move", &chain, "types");
    for deep in [
        "a.".repeat(100_000) + "b = 1\n",
        "[".to_owned() + &"a.".repeat(100_000) + "b]\n",
    ] {
        let error = refused("pack.toml", "name = ", &format!("{deep}name = "));
        assert_eq!(error.step, Step::Manifest, "{error:.200}");
    }
}

/// Whatever is taken is judged, told of and let go on any thread: this one has a small stack.
#[test]
fn as_much_as_is_taken_does_no_harm_later() {
    let from = "resource.customer == principal";
    for condition in [
        format!("true{}", " && resource.customer == principal".repeat(600)),
        format!("{from}{}", format!(" || {from}").repeat(600)),
        format!("{}{from}{}", "(".repeat(60), ")".repeat(60)),
    ] {
        let files = edited("cedar/customers.cedar", from, &condition);
        let pack = engine().load(&files).unwrap();
        assert!(pack.policy("customer.tools").is_some());
        let report = pack.run_tests();
        assert!(report.cases > 100);
        assert!(pack.never().len() < 100);
    }
}

#[test]
fn cases_that_fail_by_file_and_name() {
    let error = refused(
        "tests/closeout.toml",
        "expect = { verdict = \"allow\" }",
        "expect = { verdict = \"allow\", to = \"closed\" }",
    );
    assert_eq!(
        (error.step, error.file.as_deref()),
        (Step::Tests, Some("tests/closeout.toml"))
    );
    assert!(
        error.message.contains("a technician notes what they did"),
        "{error}"
    );
    let error = refused("tests/closeout.toml", "name = ", "nome = ");
    assert!(
        error.line.is_some() && error.message.contains("nome"),
        "{error}"
    );
}
