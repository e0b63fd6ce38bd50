//! The author's guide is true: every command of `policies/README.md` is run, in its order,
//! as a reader would, with the real binary against a real host on a real Postgres.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use dispatch_testing::TestDatabase;
use tokio::process::Command;

/// What a line ends with whose command must not end well.
const FAILS: &str = "# exit status 1";

/// One command of the guide; `text` may go on over lines, where it hands over a text.
struct Step {
    line: usize,
    text: String,
}

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/README.md")
}

/// The commands of the fenced `console` blocks: what follows `$ `, with the lines up to
/// `END` where a text is handed over. All other lines are what a command prints.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut in_block, mut in_text) = (false, false);
    for (index, line) in text.lines().enumerate() {
        if in_text {
            let step = steps.last_mut().expect("a text belongs to a command");
            step.text.push('\n');
            step.text.push_str(line);
            in_text = line != "END";
        } else if line.starts_with("```") {
            in_block = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| in_block) {
            in_text = command.ends_with("<<'END'");
            steps.push(Step {
                line: index + 1,
                text: command.to_owned(),
            });
        }
    }
    steps
}

/// One script of all steps: each is announced, and the first that ends otherwise than the
/// guide says ends it. What runs in the background ends with the script.
fn script(steps: &[Step]) -> String {
    let mut script = String::from("trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n");
    for Step { line, text } in steps {
        let first = text.lines().next().unwrap_or_default();
        let wanted = u8::from(first.ends_with(FAILS));
        let shown = format!("=== policies/README.md:{line}: {first}").replace('\'', r"'\''");
        let _ = write!(
            script,
            "echo '{shown}'\n{text}\nstatus=$?\n\
             if [ $status -ne {wanted} ]; then\n\
             echo \"=== ended with $status, not {wanted}\"; exit 9; fi\n"
        );
    }
    script
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_guide_does_what_it_says() {
    let text = std::fs::read_to_string(guide()).expect("the guide");
    let steps = steps(&text);
    assert!(steps.len() > 10, "{} commands", steps.len());
    let database = TestDatabase::new().await;
    let home = tempfile::tempdir().expect("a folder");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("bound").to_string();
    drop(free);
    let binary = Path::new(env!("CARGO_BIN_EXE_dispatch"));
    let path = std::env::var("PATH").unwrap_or_default();
    let folder = binary.parent().expect("a folder").display().to_string();
    let mut bash = Command::new("bash");
    for (name, _) in std::env::vars() {
        if name.starts_with("DISPATCH_") {
            bash.env_remove(name);
        }
    }
    let shipped = guide().with_file_name("real-dispatch");
    let output = bash
        .args(["-c", &script(&steps)])
        .current_dir(home.path())
        .env("PATH", format!("{folder}:{path}"))
        .env("DATABASE_URL", database.url())
        .env("DISPATCH_DATA_DIR", home.path().join("data"))
        .env("DISPATCH_LISTEN", &address)
        .env("DISPATCH_URL", format!("http://{address}"))
        .env("DISPATCH_POLICIES", shipped)
        // what guests need is in cargo's home since this repository's own were built
        .env("CARGO_NET_OFFLINE", "true")
        .env("RUST_LOG", "warn")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("bash runs");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn commands_are_told_from_what_they_print() {
    let text = "$ not a block\n```console\n$ one <<'END'\n$ not a command\nEND\nprinted\n\
                $ two   # exit status 1\n```\n$ nor here\n```sh\n$ nor here\n```\n";
    let steps = steps(text);
    let found: Vec<_> = steps.iter().map(|it| (it.line, it.text.as_str())).collect();
    assert_eq!(
        found,
        [
            (3, "one <<'END'\n$ not a command\nEND"),
            (7, "two   # exit status 1")
        ]
    );
    let script = script(&steps);
    assert!(script.contains("=== policies/README.md:7: two"), "{script}");
    assert!(
        script.contains("-ne 1 ]") && script.contains("-ne 0 ]"),
        "{script}"
    );
}
