//! `dispatch gateway config`: what is rendered is in order, and what is not is named.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn dispatch(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dispatch"));
    for (name, _) in std::env::vars() {
        if name.starts_with("DISPATCH_") || name.starts_with("OPENCLAW_") {
            command.env_remove(name);
        }
    }
    command.args(["gateway", "config"]).args(arguments);
    command.stdin(Stdio::null()).output().expect("it runs")
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn plugin() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin");
    let folder = folder.canonicalize().expect("the plugin's folder");
    folder.to_str().expect("a text").to_owned()
}

#[test]
fn what_is_rendered_is_in_order_and_what_breaks_a_rule_is_named() {
    let rendered = dispatch(&["render", "--plugin", &plugin()]);
    assert!(rendered.status.success(), "{}", said(&rendered.stderr));
    let rendered = said(&rendered.stdout);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("openclaw.json");
    let file = path.to_str().expect("a text");
    std::fs::write(&path, &rendered).expect("written");

    let fine = dispatch(&["check", file]);
    assert!(fine.status.success(), "{}", said(&fine.stdout));
    assert_eq!(said(&fine.stdout), "nothing breaks the rules\n");

    let wrong = rendered.replace("\"loopback\"", "\"lan\"");
    assert_ne!(wrong, rendered);
    std::fs::write(&path, wrong).expect("written");
    let found = dispatch(&["check", file]);
    assert_eq!(found.status.code(), Some(1));
    let text = said(&found.stdout);
    assert!(text.contains("gateway.bind"), "{text}");
    assert!(text.contains("set: \"loopback\""), "{text}");
    assert!(
        text.contains("1 rules broken, 0 things to look at"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_rendered_or_read_is_a_usage_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let elsewhere = folder.path().to_str().expect("a text");
    for (arguments, word) in [
        (vec!["render", "--plugin", elsewhere], "--plugin"),
        (vec!["render", "--intake", "eyJhbGci"], "env:NAME"),
        (vec!["check", elsewhere], elsewhere),
    ] {
        let output = dispatch(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            said(&output.stderr).contains(word),
            "{}",
            said(&output.stderr)
        );
    }
}
