//! What is wrong is said where it is, in full and in every form: on a terminal with the
//! text around it, as JSON, as JUnit.

use std::fs;
use std::path::Path;

use crate::dispatch::{Copied, on_terminal, policy, ran, run};

const CUSTOMERS: &str = "cedar/customers.cedar";

#[test]
fn whatever_ends_a_command_is_json_where_json_is_asked_for() {
    let pack = Copied::new();
    let key = pack.house.path().join("ours");
    let key = key.to_str().expect("text");
    run(&["keygen", key, "--no-password"]).is(0);
    let secret = format!("{key}.key");
    let cases = format!("{}/tests/closeout.toml", pack.path());
    pack.edit(CUSTOMERS, "permit (", "permit");
    for arguments in [
        &["sign", pack.path(), "--key", &secret][..],
        &["bench", pack.path()],
        &["run", pack.path(), &cases],
        &[
            "explain",
            pack.path(),
            &cases,
            "--case",
            "a technician notes what they did",
        ],
    ] {
        let told = run(&[arguments, &["--json"]].concat()).is(1).json();
        let refused = &told["refused"];
        assert_eq!(refused["file"], CUSTOMERS, "{arguments:?}: {told}");
        assert!(
            refused["line"].is_u64() && refused["column"].is_u64(),
            "{told}"
        );
    }
    fs::remove_file(pack.folder.join("pack.toml")).expect("removed");
    for arguments in [&["inspect", pack.path()][..], &["activate", pack.path()]] {
        let told = run(&[arguments, &["--json"]].concat()).is(1).json();
        assert_eq!(
            told["refused"]["file"], "pack.toml",
            "{arguments:?}: {told}"
        );
    }
    let nowhere = run(&["check", "/nowhere/at/all", "--json"]).is(2);
    assert_eq!(nowhere.json()["error"]["kind"], "usage");
    assert_eq!(nowhere.stderr, "");
    let away = ["log", "--url", "http://127.0.0.1:1", "--json"];
    let away = ran(policy().args(away).env("DISPATCH_TOKEN", "a.b.c")).is(3);
    assert_eq!(away.json()["error"]["kind"], "unreachable");
}

#[test]
fn who_limits_flips_must_look_for_some() {
    let pack = Copied::new();
    let blind = [
        "activate",
        pack.path(),
        "--max-flips",
        "0",
        "--replay",
        "0",
        "--json",
    ];
    let told = run(&blind).is(2).json();
    assert_eq!(told["error"]["kind"], "usage");
    let why = told["error"].to_string();
    assert!(why.contains("--replay 0"), "{why}");
}

#[test]
fn policies_without_a_bottom_are_refused_by_line() {
    let pack = Copied::new();
    let whole = fs::read_to_string(pack.folder.join(CUSTOMERS)).expect("policies");
    let many = 100_000;
    for condition in [
        format!("{}true{}", "(".repeat(many), ")".repeat(many)),
        format!("{}true", "!".repeat(many)),
        format!("true{}", " && true".repeat(many)),
    ] {
        let text = whole.replacen("resource.customer == principal", &condition, 1);
        assert_ne!(text, whole);
        fs::write(pack.folder.join(CUSTOMERS), text).expect("written");
        // a status, and no signal
        let told = run(&["check", pack.path(), "--json"]).is(1).json();
        let refused = &told["refused"];
        assert_eq!(
            (&refused["step"], &refused["file"]),
            (&"cedar".into(), &CUSTOMERS.into())
        );
        assert!(refused["line"].is_u64(), "{refused}");
    }
}

#[test]
fn a_case_that_cannot_be_put_is_told_by_test_as_by_check() {
    let pack = Copied::new();
    // a name that another case has
    let cases = fs::read_to_string(pack.folder.join("tests/closeout.toml")).expect("cases");
    let second = cases.match_indices("[[case]]").nth(1).expect("a second").0;
    fs::write(pack.folder.join("tests/again.toml"), &cases[..second]).expect("written");
    run(&["check", pack.path()])
        .is(1)
        .says(&["of this name too"]);
    let told = run(&["test", pack.path()]).is(1);
    told.says(&["of this name too", "1 do not hold"]);

    // text that is no TOML: with line and column
    fs::write(pack.folder.join("tests/again.toml"), "[[case]]\nname = \n").expect("written");
    run(&["test", pack.path()])
        .is(1)
        .says(&["tests/again.toml:2:8: "]);
    let junit = pack.house.path().join("junit.xml");
    let told = run(&[
        "test",
        pack.path(),
        "--json",
        "--junit",
        junit.to_str().expect("text"),
    ]);
    let broken = &told.is(1).json()["broken"][0];
    assert_eq!((&broken["line"], &broken["column"]), (&2.into(), &8.into()));
    let xml = fs::read_to_string(&junit).expect("written");
    assert!(
        xml.contains("file=\"tests/again.toml\" line=\"2\""),
        "{xml}"
    );

    // a pack that cannot be put to anything
    pack.edit(CUSTOMERS, "permit (", "permit");
    run(&[
        "test",
        pack.path(),
        "--junit",
        junit.to_str().expect("text"),
    ])
    .is(1);
    let xml = fs::read_to_string(&junit).expect("written");
    assert!(xml.contains("message=\"cedar/customers.cedar:"), "{xml}");
}

#[test]
fn a_matrix_that_cannot_be_read_holds_nothing() {
    let pack = Copied::new();
    let matrix = pack.folder.join("golden-matrix.txt");
    fs::write(&matrix, b"\xff").expect("written");
    let told = run(&["test", pack.path()]).is(1);
    told.says(&["golden-matrix.txt cannot be read"]);
    run(&["test", pack.path(), "--update"]).is(1);
    fs::remove_file(&matrix).expect("removed");
    run(&["test", pack.path()]).is(0);
}

#[test]
fn what_is_no_part_of_the_pack_is_told() {
    let pack = Copied::new();
    let write = |file: &str| {
        let file = pack.folder.join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, "forbid (principal, action, resource);").expect("written");
    };
    write("cedar/night/shift.cedar");
    write("cedar/house.ceder");
    let told = run(&["check", pack.path()]).is(0);
    told.says(&[
        "warning: cedar/house.ceder: is no part of the pack",
        "warning: cedar/night: is no part of the pack",
    ]);
    run(&["check", pack.path(), "--deny-warnings"]).is(1);
}

#[test]
fn a_component_that_judges_nothing_is_told() {
    let pack = Copied::new();
    let file = |name: &str| pack.folder.join("components").join(name);
    fs::copy(file("ticket-create.wasm"), file("old.wasm")).expect("copied");
    let told = run(&["check", pack.path()]).is(0);
    told.says(&["warning: components/old.wasm: is the component of no tool"]);
}

#[test]
fn every_policy_that_is_wrong_is_named() {
    let pack = Copied::new();
    pack.edit(
        CUSTOMERS,
        "resource.customer == principal",
        "resource.owner == principal",
    );
    pack.edit("cedar/operators.cedar", "Action::\"", "Action::\"x");
    let reason = run(&["check", pack.path(), "--json"]).is(1).json()["refused"]["reason"].clone();
    let reason = reason.as_str().expect("words");
    assert!(reason.contains("more: "), "{reason}");
    assert!(reason.contains("cedar/operators.cedar:"), "{reason}");
}

#[test]
fn settings_and_tools_are_pointed_at_where_they_stand() {
    let place = |pack: &Copied| {
        let refused = run(&["check", pack.path(), "--json"]).is(1).json()["refused"].clone();
        assert_eq!(refused["file"], "pack.toml", "{refused}");
        let number = |key: &str| refused[key].as_u64().expect("a number") as usize;
        let text = fs::read_to_string(pack.folder.join("pack.toml")).expect("a manifest");
        let line = text.lines().nth(number("line") - 1).expect("a line");
        line[number("column") - 1..].to_owned()
    };
    let pack = Copied::new();
    pack.edit(
        "pack.toml",
        "min_window_minutes = 15",
        "min_window_minutes = 0",
    );
    assert!(place(&pack).starts_with("min_window_minutes"));

    let pack = Copied::new();
    let file = pack.folder.join("pack.toml");
    let mut text = fs::read_to_string(&file).expect("a manifest");
    text.push_str("\n[tools.\"ticket.creat\"]\ncomponent = \"components/ticket-create.wasm\"\n");
    fs::write(&file, &text).expect("written");
    assert!(place(&pack).starts_with("\"ticket.creat\""));
}

/// The columns of a line that a mark below it marks.
fn marked<'a>(shown: &'a str, holds: &str) -> &'a str {
    let lines: Vec<&str> = shown.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains(holds) && line.contains('│'))
        .unwrap_or_else(|| panic!("{holds} in {shown}"));
    let is_mark = |c: char| matches!(c, '─' | '┬' | '▲');
    let marks = lines[at + 1];
    let first = marks
        .chars()
        .position(is_mark)
        .unwrap_or_else(|| panic!("a mark in {shown}"));
    let (start, _) = lines[at].char_indices().nth(first).expect("as wide");
    &lines[at][start..]
}

#[test]
fn a_terminal_shows_the_text_around_a_mistake_in_its_width() {
    let pack = Copied::new();
    // what is not ASCII stands before it on its line
    pack.edit(CUSTOMERS, "permit (", "/* Übermaß, 日本 */ permit");
    for columns in [80, 140] {
        let shown = on_terminal(columns, &["check", pack.path()]);
        assert!(shown.contains("[cedar/customers.cedar:"), "{shown}");
        for line in shown.lines() {
            let wide = line.chars().count();
            assert!(wide <= usize::from(columns), "{wide} of {columns}: {line}");
        }
        assert!(!shown.contains('\u{1b}'), "NO_COLOR: {shown}");
    }
    let pack = Copied::new();
    pack.edit(
        "pack.toml",
        "min_window_minutes = 15",
        "min_window_minutes = 0",
    );
    let shown = on_terminal(80, &["check", pack.path()]);
    assert!(
        marked(&shown, "min_window_minutes = 0").starts_with("min_window_minutes"),
        "{shown}"
    );
}

#[test]
fn nothing_in_a_pack_commands_the_terminal() {
    let pack = Copied::new();
    let clear = "\u{1b}[2J\u{9b}2J";
    pack.edit(CUSTOMERS, "permit (", &format!("permit // {clear} \r x"));
    let shown = on_terminal(80, &["check", pack.path()]);
    assert!(shown.contains("[2J"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{9b}', '\r']), "{shown:?}");

    let pack = Copied::new();
    let reason = "@reason(\"A technician";
    let escaped = "@reason(\"\\u{1b}[2JA technician";
    for entry in fs::read_dir(pack.folder.join("cedar")).expect("policies") {
        let file = entry.expect("an entry").path();
        let text = fs::read_to_string(&file).expect("text");
        fs::write(file, text.replace(reason, escaped)).expect("written");
    }
    let cases = format!("{}/tests/closeout.toml", pack.path());
    let name = "a technician notes what they did";
    let shown = on_terminal(80, &["explain", pack.path(), &cases, "--case", name]);
    assert!(shown.contains("[2JA technician"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");

    let pack = Copied::new();
    pack.edit(
        "pack.toml",
        "version = \"0.1.0\"",
        "version = \"0.1.0\\u001b[2J\"",
    );
    run(&["check", pack.path()])
        .is(1)
        .says(&["pack.toml:", "on one line"]);
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for() {
    let pack = Copied::new();
    let file = pack.folder.join("tests/pipe.toml");
    nix::unistd::mkfifo(Path::new(&file), nix::sys::stat::Mode::S_IRUSR).expect("made");
    run(&["check", pack.path()])
        .is(1)
        .says(&["tests/pipe.toml: is no file"]);
}
