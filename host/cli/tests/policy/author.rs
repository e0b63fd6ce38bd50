//! `dispatch policy check`, `test`, `run`, `explain`, `bench` and `inspect`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::dispatch::{Copied, policy, run, shipped};

const STEPS: [&str; 7] = [
    "read",
    "signature",
    "manifest",
    "cedar",
    "components",
    "settings",
    "tests",
];

fn shipped_path() -> String {
    shipped().to_str().expect("text").to_owned()
}

#[test]
fn check_shows_every_step_with_its_evidence() {
    let path = shipped_path();
    let checked = run(&["check", &path, "--deny-warnings", "--json"])
        .is(0)
        .json();
    let steps = checked["steps"].as_array().expect("steps");
    let names: Vec<_> = steps.iter().map(|step| step["step"].clone()).collect();
    assert_eq!(names, STEPS);
    assert!(steps.iter().all(|step| step["took_ms"].as_f64().is_some()));
    let evidence = |n: usize| steps[n]["evidence"].as_str().expect("words");
    assert!(
        evidence(4).starts_with("12 components, "),
        "{}",
        evidence(4)
    );
    assert!(
        evidence(6).ends_with(" decision cases hold"),
        "{}",
        evidence(6)
    );
    assert_eq!(checked["refused"], serde_json::Value::Null);
    run(&["check", "/nowhere/at/all"]).is(2);
}

#[test]
fn check_points_at_file_line_and_column_and_says_what_to_do() {
    for (file, from, to, line, words) in [
        (
            "pack.toml",
            "revision = 1",
            "revision = 0",
            true,
            "counts from 1",
        ),
        (
            "cedar/customers.cedar",
            "permit (",
            "permit",
            true,
            "not Cedar",
        ),
        (
            "cedar/customers.cedar",
            "Action::\"ticket.add_message\"",
            "Action::\"ticket.add_mesage\"",
            true,
            "did you mean",
        ),
        ("tests/closeout.toml", "name = ", "nome = ", true, "nome"),
        (
            "pack.toml",
            "components/ticket-create.wasm",
            "components/none.wasm",
            false,
            "dispatch policy build",
        ),
    ] {
        let pack = Copied::new();
        pack.edit(file, from, to);
        let refused = &run(&["check", pack.path(), "--json"]).is(1).json()["refused"];
        assert_eq!(refused["line"].is_u64(), line, "{refused}");
        if line {
            assert_eq!(refused["file"], file);
            assert!(refused["column"].is_u64(), "{refused}");
        }
        let told = run(&["check", pack.path()]).is(1);
        told.says(&["refused:", words]);
        assert!(!told.stdout.contains('\u{1b}'), "no colour in a pipe");
    }
}

#[test]
fn check_finds_policies_that_never_apply_and_what_nobody_may() {
    let pack = Copied::new();
    let file = pack.folder.join("cedar/agents.cedar");
    let mut text = std::fs::read_to_string(&file).expect("a text");
    text.push_str(
        "\n@id(\"agents.misspelt\")\n@reason(\"a role that there is not\")\n\
         permit (principal in Role::\"system_intake_agnet\", action == Action::\"ticket.read\", resource);\n\
         \n@id(\"agents.nowhere\")\n@reason(\"a move that there is not\")\n\
         permit (principal, action == Action::\"transition\", resource)\n\
         when { context.from == \"closed\" && context.to == \"new\" };\n",
    );
    std::fs::write(&file, text).expect("written");
    // nobody may cancel any more
    let forbid = "\n@id(\"never.cancel\")\n@reason(\"tickets are not canceled here\")\n\
         forbid (principal, action == Action::\"transition\", resource) when { context.to == \"canceled\" };\n";
    let file = pack.folder.join("cedar/house.cedar");
    std::fs::write(&file, forbid).expect("written");
    // the pack's own cases that cancel are refused now
    run(&["test", pack.path(), "--update"]).is(0);
    let told = run(&["check", pack.path()]).is(0);
    told.says(&[
        "warning: cedar/agents.cedar:",
        "policy agents.misspelt can never apply",
        "policy agents.nowhere can never apply",
        "no policy permits anybody to move a ticket from new to canceled",
    ]);
    run(&["check", pack.path(), "--deny-warnings"]).is(1);
}

#[test]
fn test_reports_as_table_as_json_and_as_junit() {
    let pack = Copied::new();
    let junit = pack.house.path().join("junit.xml");
    let junit_path = junit.to_str().expect("text");
    run(&["test", pack.path(), "--junit", junit_path])
        .is(0)
        .says(&["FILE", "tests/closeout.toml", "cases hold"]);
    let xml = std::fs::read_to_string(&junit).expect("written");
    assert!(
        xml.contains("<testsuites") && xml.contains("failures=\"0\""),
        "{xml:.300}"
    );

    pack.edit("pack.toml", "photos_after_min = 1", "photos_after_min = 2");
    let failed = run(&["test", pack.path(), "--junit", junit_path]).is(1);
    failed.says(&[
        "do not hold",
        "tests/closeout.toml:",
        "gate_blocked",
        "--update",
    ]);
    let xml = std::fs::read_to_string(&junit).expect("written");
    assert!(xml.contains("<failure message="), "{xml:.300}");
    let cases = run(&["test", pack.path(), "--json"]).is(1).json();
    let failing = cases["cases"].as_array().expect("cases").iter();
    assert!(failing.filter(|case| case["failure"].is_string()).count() > 0);
}

#[test]
fn update_writes_what_the_pack_says_and_keeps_the_rest() {
    let pack = Copied::new();
    let cases = pack.folder.join("tests/closeout.toml");
    let text = std::fs::read_to_string(&cases).expect("cases");
    std::fs::write(
        &cases,
        format!("# a comment that stays\n{text}\n# and one at the end\n"),
    )
    .expect("written");
    let before = std::fs::read_to_string(&cases).expect("cases");
    run(&["test", pack.path(), "--update"]).is(0);
    assert_eq!(
        std::fs::read_to_string(&cases).expect("cases"),
        before,
        "all held"
    );

    pack.edit("pack.toml", "photos_after_min = 1", "photos_after_min = 2");
    let updated = run(&["test", pack.path(), "--update"]).is(0);
    updated.says(&["updated: tests/closeout.toml", "cases hold"]);
    let after = std::fs::read_to_string(&cases).expect("cases");
    assert!(
        after.starts_with("# a comment that stays\n") && after.ends_with("# and one at the end\n")
    );
    assert!(
        after.contains("missing_gates = [\"evidence.photo_after\"]"),
        "{after}"
    );
    // the cases themselves, and what is said about them, are as they were
    let kept = |text: &str| -> Vec<String> {
        let stays = |line: &&str| {
            let parts = [
                "#",
                "[[case]]",
                "name",
                "now",
                "actor",
                "tool",
                "[case.ticket]",
            ];
            parts.iter().any(|part| line.starts_with(part))
        };
        text.lines().filter(stays).map(str::to_owned).collect()
    };
    assert!(kept(&before).len() > 100);
    assert_eq!(kept(&before), kept(&after));
    // the matrix is reviewed too
    pack.edit("golden-matrix.txt", "ok>closed", "ok");
    run(&["test", pack.path()])
        .is(1)
        .says(&["golden-matrix.txt:", "not as reviewed"]);
    run(&["test", pack.path(), "--update"])
        .is(0)
        .says(&["updated: golden-matrix.txt"]);
    run(&["test", pack.path()]).is(0);
}

#[test]
fn watch_runs_again_when_the_pack_changes() {
    let pack = Copied::new();
    let mut watching = policy()
        .args(["test", pack.path(), "--watch"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(watching.stdout.take().expect("piped")).lines();
    let mut until = |words: &str| {
        let found = lines
            .by_ref()
            .any(|line| line.expect("a line").contains(words));
        assert!(found, "{words}");
    };
    until("cases hold");
    pack.edit("pack.toml", "photos_after_min = 1", "photos_after_min = 2");
    until("do not hold");
    pack.edit("pack.toml", "photos_after_min = 2", "photos_after_min = 1");
    until("cases hold");
    watching.kill().expect("ended");
    watching.wait().expect("ended");
}

#[test]
fn run_and_explain_a_case_and_a_question() {
    let path = shipped_path();
    let cases = format!("{path}/tests/closeout.toml");
    let name = "a technician notes what they did";
    run(&["run", &path, &cases, "--case", name])
        .is(0)
        .says(&[name, "closeout.add_note", "allow"]);
    // the file holds refusals too, and one that no pack is asked about
    run(&["run", &path, &cases]).is(1).says(&[
        "gate_blocked (transition)",
        "an item is given",
        "invalid_input (schema)",
    ]);
    let schema = ["explain", &path, &cases, "--case", "an item is given"];
    let refused = run(&schema).is(1);
    assert!(
        refused.stderr.contains("before any pack is asked"),
        "{}",
        refused.stderr
    );
    let nothing = run(&["run", &path, &cases, "--case", "nothing such"]).is(2);
    assert!(nothing.stderr.contains(name), "{}", nothing.stderr);

    let explained = run(&["explain", &path, &cases, "--case", name]).is(0);
    explained.says(&[
        "PHASE",
        "authorization",
        "validate",
        "transition",
        "permit technician",
        "verdict: allow",
    ]);
    let json = run(&["explain", &path, &cases, "--case", name, "--json"])
        .is(0)
        .json();
    let phases = json["phases"].as_array().expect("phases");
    let validate = phases
        .iter()
        .find(|phase| phase["phase"] == "validate")
        .expect("reached");
    assert!(validate["fuel"].as_u64().expect("counted") > 0);
    assert!(validate["took_us"].as_f64().expect("measured") > 0.0);
    let policy = &json["policies"][0];
    assert!(!policy["reason"].as_str().expect("a reason").is_empty());
    // what Cedar permitted and a component refused: both say why
    let refused = "work without a note is not done";
    let refused = run(&["explain", &path, &cases, "--case", refused]).is(1);
    refused.says(&["permit liaison", "gate_blocked", "evidence.note"]);
    let several = run(&["explain", &path, &cases]).is(2);
    assert!(several.stderr.contains("--case"), "{}", several.stderr);

    let house = tempfile::tempdir().expect("a folder");
    let question = house.path().join("question.json");
    let files = dispatch_engine::PackFiles::read(&shipped()).expect("readable");
    let found = files.cases();
    let case = found
        .cases
        .iter()
        .find(|case| case.name == name)
        .expect("the case");
    let text = serde_json::to_vec(case.question().expect("a question")).expect("JSON");
    std::fs::write(&question, text).expect("written");
    run(&["run", &path, question.to_str().expect("text")]).is(0);
    std::fs::write(&question, "{}").expect("written");
    run(&["run", &path, question.to_str().expect("text")]).is(2);
}

#[test]
fn bench_and_inspect_name_every_tool_and_component() {
    let path = shipped_path();
    let bench = run(&["bench", &path, "--rounds", "2", "--json"])
        .is(0)
        .json();
    let tools = bench["tools"].as_array().expect("tools");
    assert_eq!(tools.len(), 12);
    for tool in tools {
        assert!(tool["p99_us"].as_f64() >= tool["p50_us"].as_f64(), "{tool}");
        assert!(tool["fuel_max"].as_u64() > Some(0), "{tool}");
    }
    run(&["bench", &path, "--rounds", "1"])
        .is(0)
        .says(&["FUEL MAX", "billing.compile_closeout_packet"]);

    let inspected = run(&["inspect", &path, "--json"]).is(0).json();
    let components = inspected["components"].as_array().expect("components");
    assert_eq!(components.len(), 12);
    for component in components {
        assert_eq!(component["imports"].as_array().map(Vec::len), Some(0));
        assert_eq!(component["sha256"].as_str().map(str::len), Some(64));
        let exports = component["exports"].to_string();
        assert!(exports.contains("rules@0.1.0#transition"), "{exports}");
    }
    run(&["inspect", &path])
        .is(0)
        .says(&["digest", "12 components export"]);
}
