//! The five minutes are true: every command of that section of `plugin/README.md` is run, in its
//! order, as a reader would, with the real binary, a real host and a real gateway.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dispatch_testing::openclaw::Installation;

use crate::world::Host;

/// The section that is run.
const SECTION: &str = "## Five minutes";

/// What the last command of a block begins with that goes on until it is ended.
const STAYS: &str = "OPENCLAW_CONFIG_PATH=";

/// Where the guide says that the host listens.
const DOCUMENTED_HOST: &str = "http://127.0.0.1:7711";

/// How long a gateway may take to be ready, in seconds, beside whatever else runs.
const READY_WITHIN_S: u32 = 240;

fn plugin() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin")
}

/// The fenced `sh` blocks of the section.
fn blocks(text: &str) -> Vec<String> {
    let section = text.split_once(SECTION).map_or("", |(_, after)| after);
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut blocks = Vec::new();
    for block in section.split("```sh\n").skip(1) {
        let (block, _) = block.split_once("```").expect("a block ends");
        blocks.push(block.to_owned());
    }
    blocks
}

/// One script of all blocks, which the first command ends that fails. What stays is left running
/// until the script ends, and waited for.
fn script(blocks: &[String], port: u16, host: &str) -> String {
    let mut script = format!(
        "set -euo pipefail -m\n\
         trap 'for job in $(jobs -p); do kill -9 -- -$job; done 2>/dev/null' EXIT\n\
         ready() {{ for _ in $(seq {READY_WITHIN_S}); do\n\
         curl -fs http://127.0.0.1:{port}/readyz >/dev/null && return; sleep 1; done\n\
         cat gateway.log; exit 9; }}\n"
    );
    for block in blocks {
        for line in block.lines() {
            let _ = match line.strip_prefix(STAYS) {
                Some(_) => writeln!(script, "{line} >gateway.log 2>&1 &\nready"),
                None => writeln!(script, "{line}"),
            };
        }
        // the test's own host and port stand for the documented ones
        if block.contains("> openclaw.json") {
            let _ = writeln!(
                script,
                "sed -i 's|{DOCUMENTED_HOST}|{host}|; s|18789|{port}|' openclaw.json"
            );
        }
    }
    script
}

/// `openclaw` as a program on the PATH.
fn openclaw(installation: &Installation, folder: &Path) {
    let text = format!(
        "#!/bin/sh\nexec '{}' '{}' \"$@\"\n",
        installation.node().display(),
        installation.program().display()
    );
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o755)
        .open(folder.join("openclaw"))
        .expect("a program");
    std::io::Write::write_all(&mut file, text.as_bytes()).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_five_minutes_does_what_it_says() {
    let Some(installation) = Installation::found() else {
        return;
    };
    let text = std::fs::read_to_string(plugin().join("README.md")).expect("the guide");
    let blocks = blocks(&text);
    assert!(blocks.len() >= 6, "{blocks:?}");
    let host = Host::start(&[]).await;
    let home = tempfile::tempdir().expect("a folder");
    let programs = home.path().join("bin");
    std::fs::create_dir(&programs).expect("a folder");
    openclaw(&installation, &programs);
    let copied = Command::new("cp")
        .arg("-r")
        .args([&*plugin(), home.path()])
        .status();
    assert!(copied.expect("cp runs").success());
    let free = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = free.local_addr().expect("bound").port();
    drop(free);
    let preload = Path::new(env!("CARGO_MANIFEST_DIR")).join("openclaw/loopback-only.cjs");
    let path = format!(
        "{}:{}:/usr/local/bin:/usr/bin:/bin",
        programs.display(),
        host.binary_folder().display()
    );
    let output = tokio::process::Command::new("bash")
        .args(["-c", &script(&blocks, port, &host.base())])
        .current_dir(home.path())
        .env_clear()
        .envs(host.environment())
        .env("PATH", path)
        .env("DISPATCH_URL", host.base())
        .env("OPENCLAW_GATEWAY_URL", format!("ws://127.0.0.1:{port}"))
        .env("OPENCLAW_STATE_DIR", home.path().join("state"))
        .env("OPENCLAW_HOME", home.path())
        .env("HOME", home.path())
        .env(
            "NODE_OPTIONS",
            format!("--require \"{}\"", preload.display()),
        )
        .env("OPENCLAW_NO_RESPAWN", "1")
        .env("OPENCLAW_NO_AUTO_UPDATE", "1")
        .env("DO_NOT_TRACK", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("bash runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    let tickets = host.tickets().await;
    assert_eq!(tickets.len(), 1, "the first ticket: {said}\n{complained}");
    let ticket = tickets[0]["ticket_id"].as_str().expect("an id");
    assert!(said.contains(ticket), "it is seen: {said}");
    for token in said.split_whitespace() {
        assert!(!token.starts_with("eyJ"), "a credential is shown: {said}");
    }
}

#[test]
fn blocks_of_the_section_alone_are_run() {
    let text = "```sh\nbefore\n```\n## Five minutes\n```sh\none\nOPENCLAW_CONFIG_PATH=x run\n```\n\
                ```json\n{}\n```\n```sh\nrender > openclaw.json\n```\n## After\n```sh\nno\n```\n";
    let blocks = blocks(text);
    assert_eq!(
        blocks,
        [
            "one\nOPENCLAW_CONFIG_PATH=x run\n",
            "render > openclaw.json\n"
        ]
    );
    let script = script(&blocks, 7, "http://h");
    assert!(
        script.contains("OPENCLAW_CONFIG_PATH=x run >gateway.log 2>&1 &\nready\n"),
        "{script}"
    );
    assert!(script.contains("s|18789|7|"), "{script}");
}
