//! A pack's author from outside: `dispatch policy new` and `build`, in a folder that is
//! not this repository's, with the compilers that set-up has made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde_json::Value;

struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

fn ran(command: &mut Command) -> Ran {
    for (name, _) in std::env::vars() {
        if name.starts_with("DISPATCH_") {
            command.env_remove(name);
        }
    }
    // what the guests need is in cargo's home since this repository's own were built
    let output = command
        .env("CARGO_NET_OFFLINE", "true")
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ran {
        status: output.status.code().expect("it ended by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn dispatch(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dispatch"));
    ran(command.current_dir(folder).args(arguments))
}

/// It must end well; gives what it printed.
fn must(folder: &Path, arguments: &[&str]) -> String {
    let ran = dispatch(folder, arguments);
    let Ran { stdout, stderr, .. } = &ran;
    assert_eq!(ran.status, 0, "{arguments:?}\n{stdout}\n{stderr}");
    ran.stdout
}

fn built(folder: &Path, arguments: &[&str]) -> Vec<(String, String)> {
    let json = must(
        folder,
        &[&["policy", "build", "--json"], arguments].concat(),
    );
    let report: Value = serde_json::from_str(&json).expect("JSON");
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    report["components"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|made| made["outcome"] != "fresh")
        .map(|made| (word(&made["file"]), word(&made["outcome"])))
        .collect()
}

fn shipped() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/real-dispatch");
    assert!(
        folder.join("components/ticket-create.wasm").exists(),
        "run `cargo xtask guests` first"
    );
    folder
}

fn modified(file: &Path) -> SystemTime {
    let metadata = fs::metadata(file).expect("it is there");
    metadata.modified().expect("a time")
}

#[test]
fn a_new_pack_builds_and_would_be_taken_as_it_stands() {
    let home = tempfile::tempdir().expect("a folder");
    let told = must(home.path(), &["policy", "new", "night-shift"]);
    assert!(told.contains("dispatch policy build night-shift"), "{told}");
    let all = built(home.path(), &["night-shift", "--locked"]);
    assert_eq!(all.len(), 12, "{all:?}");
    assert!(all.iter().all(|(_, outcome)| outcome == "built"), "{all:?}");
    must(home.path(), &["policy", "check", "night-shift"]);
    assert_eq!(built(home.path(), &["night-shift"]), [], "nothing changed");
}

#[test]
fn a_variant_builds_what_was_edited_and_copies_the_rest() {
    let home = tempfile::tempdir().expect("a folder");
    let base = shipped();
    let base = base.to_str().expect("text");
    let tool = ["--tool", "ticket.set_priority"];
    let new = ["policy", "new", "calm", "--base", base];
    must(home.path(), &[&new[..], &tool].concat());
    let made = built(home.path(), &["calm"]);
    let count = |outcome: &str| made.iter().filter(|(_, is)| is == outcome).count();
    assert_eq!((count("built"), count("copied")), (1, 11), "{made:?}");
    must(home.path(), &["policy", "check", "calm"]);

    // the guest's own tests, natively and outside the repository
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let tests = ran(cargo
        .current_dir(home.path().join("calm/guests"))
        .env("CARGO_TARGET_DIR", home.path().join("native"))
        .args(["test", "--locked", "--quiet"]));
    assert_eq!(tests.status, 0, "{}\n{}", tests.stdout, tests.stderr);
    assert!(tests.stdout.contains("test result: ok"), "{}", tests.stdout);

    // one edit: one component
    let pack = home.path().join("calm");
    let source = pack.join("guests/ticket-set-priority/src/lib.rs");
    let component = pack.join("components/ticket-set-priority.wasm");
    let copied = pack.join("components/ticket-create.wasm");
    let (before, others) = (modified(&component), modified(&copied));
    let text = fs::read_to_string(&source).expect("readable");
    let edited = text.replace("the priority stands", "the priority is fixed");
    assert_ne!(edited, text);
    fs::write(&source, &edited).expect("written");
    let one = [(
        "components/ticket-set-priority.wasm".to_owned(),
        "built".to_owned(),
    )];
    assert_eq!(built(home.path(), &["calm"]), one);
    assert_ne!(modified(&component), before);
    assert_eq!(
        modified(&copied),
        others,
        "an unchanged component is not written"
    );

    // an edit that changes no code: built, and not written again
    let before = modified(&component);
    fs::write(&source, format!("{edited}\n// a word\n")).expect("written");
    assert_eq!(built(home.path(), &["calm"]), one);
    assert_eq!(modified(&component), before);

    // an edit that does not compile: the compiler's own words, and the old component
    fs::write(
        &source,
        edited.replace("Proposal::illegal", "Proposal::ilegal"),
    )
    .expect("written");
    let failed = dispatch(home.path(), &["policy", "build", "calm"]);
    assert_eq!(failed.status, 1, "{}", failed.stdout);
    for said in [
        "error: guest-ticket-set-priority does not compile:",
        "ticket-set-priority/src/lib.rs:",
        "no variant, associated function, or constant named `ilegal`",
    ] {
        assert!(failed.stderr.contains(said), "{}", failed.stderr);
    }
    assert_eq!(modified(&component), before);
}

#[test]
fn what_cannot_be_is_said_before_anything_is_written() {
    let home = tempfile::tempdir().expect("a folder");
    for (arguments, said) in [
        (&["policy", "new", "Night_Shift"][..], "a-z, 0-9 and dashes"),
        (&["policy", "new", "x", "--tool", "ticket.create"], "--base"),
        (&["policy", "new", "x", "--base", "nowhere"], "nowhere"),
        (&["policy", "build"], "there is no build.toml"),
    ] {
        let ran = dispatch(home.path(), arguments);
        assert_ne!(ran.status, 0, "{arguments:?}");
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
    must(home.path(), &["policy", "new", "x"]);
    let again = dispatch(home.path(), &["policy", "new", "x"]);
    assert_eq!(again.status, 2);
    assert!(
        again.stderr.contains("nothing is overwritten"),
        "{}",
        again.stderr
    );
}
