//! The binary from outside: exit statuses and texts. Needs no host; where one must
//! answer, a listener of the test's own says one fixed thing.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

const TICKET: &str = "01J9ZQ4Y7M8K6T5R4E3W2Q1P0N";

/// How a run ended.
struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

fn dispatch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dispatch"));
    for (name, _) in std::env::vars() {
        if name.starts_with("DISPATCH_") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command.env("DISPATCH_TOKEN", "not.a.token");
    command
}

fn run(arguments: &[&str]) -> Ran {
    ran(dispatch().args(arguments))
}

fn ran(command: &mut Command) -> Ran {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ran {
        status: output.status.code().expect("it ended by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Answers one request with these bytes and gives back what was asked.
fn answering(status: &str, headers: &str, body: &str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let answer = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let mut asked = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let read = stream.read(&mut buffer).expect("readable");
            asked.extend_from_slice(&buffer[..read]);
            if read == 0 || is_whole(&asked) {
                break;
            }
        }
        stream.write_all(answer.as_bytes()).expect("answered");
        String::from_utf8_lossy(&asked).into_owned()
    });
    (url, asked)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    body.len() >= length
}

#[test]
fn nobody_there_is_3_and_the_key_to_try_again_with_is_said() {
    let nowhere = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}", listener.local_addr().expect("bound"))
    };
    let list = run(&["--url", &nowhere, "ticket", "list"]);
    assert_eq!(list.status, 3);
    assert!(list.stderr.contains("dispatch serve"), "{}", list.stderr);
    let arguments = [
        "call",
        "ticket.set_priority",
        "--ticket",
        TICKET,
        "--set",
        "priority=standard",
        "--request-id",
        "again-1",
        "--url",
        &nowhere,
    ];
    let call = run(&arguments);
    assert_eq!(call.status, 3);
    assert!(
        call.stderr.contains("--request-id again-1"),
        "{}",
        call.stderr
    );
    assert_eq!(call.stdout, "");
}

#[test]
fn what_is_no_host_of_ours_is_3_too() {
    for (status, body) in [("502 Bad Gateway", "<html>"), ("200 OK", "<html>")] {
        let (url, _asked) = answering(status, "", body);
        let list = run(&["ticket", "list", "--url", &url]);
        assert_eq!(list.status, 3, "{status}: {}", list.stderr);
        assert!(list.stderr.contains("--url"), "{}", list.stderr);
    }
}

#[test]
fn wrong_use_is_2() {
    let wrong: &[&[&str]] = &[
        &[],
        &["fly"],
        &["call"],
        &["call", "ticket.delete"],
        &["call", "dispatch.set_eta", "--data", "{"],
        &["call", "dispatch.set_eta", "--set", "nothing"],
        &["ticket", "show", "42"],
        &["ticket", "list", "--limit", "0"],
        &["ticket", "list", "--state", "asleep"],
        &["ticket", "list", "--url", "127.0.0.1:7711"],
        &["ticket", "list", "--token-file", "/nowhere/at/all"],
        &["ticket", "list", "--token", "x"],
        &["technician", "set", TICKET],
        &["technician", "add", "Ines", "--timezone", "Mars/Olympus"],
        &["token", "mint", "--role", "king"],
        &["token", "mint", "--role", "technician"],
        &["token", "mint", "--role", "operator_admin", "--ttl", "1y"],
        &["token", "list-keys", "--keyring", "/nowhere/at/all"],
        &["completions", "cmd.exe"],
    ];
    for arguments in wrong {
        let ran = run(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn without_a_token_it_says_where_one_comes_from() {
    let ran = ran(dispatch()
        .env_remove("DISPATCH_TOKEN")
        .args(["ticket", "list"]));
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("dispatch token mint"), "{}", ran.stderr);
}

const PROBLEM: &str = r#"{"type":"urn:real-dispatch:problem:gate_blocked","title":"A gate does not hold yet","status":409,"detail":"Two gates are open.","instance":"/v0/tools/x","code":"gate_blocked","phase":"transition","request_id":"r1","correlation_id":"c1","violations":[{"path":"/item_key","rule":"already_complete","message":"done before"}],"current_state":"onsite","allowed_tools":["closeout.add_note"],"missing_gates":["evidence.note"]}"#;

#[test]
fn a_refusal_is_1_and_says_everything() {
    let arguments = [
        "call",
        "closeout.checklist_complete",
        "--ticket",
        TICKET,
        "--set",
        "item_key=work_performed",
        "--override",
        "the customer insists",
        "--url",
    ];
    let (url, asked) = answering("409 Conflict", "", PROBLEM);
    let told = ran(dispatch().args(arguments).arg(&url));
    assert_eq!((told.status, told.stdout.as_str()), (1, ""));
    for said in [
        "refused: A gate does not hold yet (409 gate_blocked, phase transition)",
        "Two gates are open.",
        "/item_key: done before (already_complete)",
        "onsite",
        "closeout.add_note",
        "evidence.note",
        "c1",
    ] {
        assert!(told.stderr.contains(said), "{said} in {}", told.stderr);
    }
    assert!(!told.stderr.contains('\u{1b}'), "no colour in a pipe");
    let asked = asked.join().expect("one request");
    assert!(asked.starts_with("POST /v0/tools/closeout.checklist_complete HTTP/1.1"));
    assert!(
        asked
            .to_ascii_lowercase()
            .contains("authorization: bearer not.a.token")
    );
    assert!(
        asked.contains(r#""override":{"reason":"the customer insists"}"#),
        "{asked}"
    );

    let (url, _asked) = answering("409 Conflict", "", PROBLEM);
    let json = ran(dispatch().args(arguments).arg(&url).arg("--json"));
    assert_eq!((json.status, json.stdout.trim_end()), (1, PROBLEM));
    assert_eq!(json.stderr, "");
}

#[test]
fn a_store_that_is_away_is_3_with_its_problem() {
    let problem = r#"{"title":"The store cannot answer","status":503,"detail":"Again.","code":"store_unavailable","phase":"store"}"#;
    let (url, _asked) = answering("503 Service Unavailable", "Retry-After: 7\r\n", problem);
    let list = run(&["ticket", "list", "--url", &url]);
    assert_eq!(list.status, 3);
    assert!(list.stderr.contains("in 7 s"), "{}", list.stderr);
}

#[test]
fn filters_become_the_query_and_an_empty_page_says_so() {
    let (url, asked) = answering("200 OK", "", r#"{"items":[],"next_cursor":"c2"}"#);
    let list = run(&[
        "ticket",
        "list",
        "--url",
        &url,
        "--state",
        "onsite",
        "--priority",
        "emergency",
        "--technician",
        TICKET,
        "--customer",
        TICKET,
        "--text",
        "roll & gate",
        "--cursor",
        "c1",
        "--limit",
        "5",
    ]);
    assert_eq!(list.status, 0, "{}", list.stderr);
    assert!(list.stdout.contains("no tickets") && list.stdout.contains("--cursor c2"));
    let asked = asked.join().expect("one request");
    let query = format!(
        "GET /v0/tickets?state=onsite&priority=emergency&technician_id={TICKET}\
         &customer_id={TICKET}&text=roll+%26+gate&cursor=c1&limit=5 "
    );
    assert!(asked.starts_with(&query), "{asked}");
}

#[test]
fn an_upload_streams_with_its_type() {
    let folder = tempfile::tempdir().expect("a folder");
    let photo = folder.path().join("door.PNG");
    std::fs::write(&photo, "not really a photo").expect("written");
    let kept = r#"{"storage_key":"k1","sha256":"00","content_type":"image/png","size_bytes":18}"#;
    let (url, asked) = answering("201 Created", "", kept);
    let name = photo.to_str().expect("text");
    let upload = run(&["attachment", "upload", name, "--url", &url]);
    assert_eq!(upload.status, 0, "{}", upload.stderr);
    assert!(upload.stdout.contains("k1"));
    let asked = asked.join().expect("one request");
    assert!(asked.starts_with("PUT /v0/attachments "), "{asked}");
    assert!(
        asked
            .to_ascii_lowercase()
            .contains("content-type: image/png")
    );
    assert!(asked.contains("not really a photo"));
}

#[test]
fn tools_need_no_host() {
    let table = run(&["tools"]);
    assert_eq!(table.status, 0);
    assert_eq!(table.stdout.lines().count(), 14, "{}", table.stdout);
    assert!(table.stdout.contains("technician (own)"));
    let json = run(&["tools", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let tools = list["tools"].as_array().expect("a list");
    assert_eq!(tools.len(), 12);
    assert_eq!(tools[0]["name"], "ticket.create");
    assert_eq!(tools[0]["schema"]["required"][0], "request_id");
    let one = run(&["tools", "dispatch.set_eta", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&one.stdout).expect("JSON");
    assert_eq!(list["tools"].as_array().map(Vec::len), Some(1));
}

#[test]
fn completions_name_the_commands_and_the_tools() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]);
        assert_eq!(script.status, 0, "{shell}");
        for word in ["technician", "completions", "attachment"] {
            assert!(script.stdout.contains(word), "{word} in {shell}");
        }
    }
}

#[test]
fn help_shows_no_secret_of_the_environment() {
    let help = ran(dispatch()
        .env("DISPATCH_TOKEN", "hush-hush")
        .env("DATABASE_URL", "postgres://u:hush-hush@h/d")
        .args(["help", "call"]));
    assert_eq!(help.status, 0);
    assert!(!help.stdout.contains("hush-hush"));
}

#[test]
fn tokens_are_minted_from_a_keyring_that_rotates_and_nobody_else_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = folder.path().to_str().expect("text");
    let mint = |more: &[&str]| {
        let first = [
            "token",
            "mint",
            "--data-dir",
            data_dir,
            "--role",
            "operator_admin",
        ];
        run(&[&first, more].concat())
    };
    let none = mint(&[]);
    assert_eq!(none.status, 2);
    assert!(none.stderr.contains("token keygen"), "{}", none.stderr);

    let keygen = ["token", "keygen", "--data-dir", data_dir, "--json", "--kid"];
    let first = run(&[&keygen[..], &["one"]].concat());
    assert_eq!(first.status, 0, "{}", first.stderr);
    let file = folder.path().join("keyring.toml");
    assert_eq!(mode(&file), 0o600);

    let told = mint(&["--ttl", "12h"]);
    assert_eq!(told.status, 0, "{}", told.stderr);
    assert_eq!(told.stdout.trim().matches('.').count(), 2, "a JWT");
    assert!(told.stderr.contains("token revoke") && !told.stderr.contains(told.stdout.trim()));
    let json = mint(&["--json", "--id", TICKET]);
    let minted: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(minted["sub"], TICKET);
    assert_eq!(minted["role"], "operator_admin");

    let rotated = run(&[&keygen[..], &["two", "--retire", "one"]].concat());
    assert_eq!(rotated.status, 0, "{}", rotated.stderr);
    let keys: serde_json::Value = serde_json::from_str(&rotated.stdout).expect("JSON");
    let signs: Vec<_> = keys["keys"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|key| (key["kid"].as_str(), key["signs"].as_str()))
        .collect();
    assert_eq!(
        signs,
        [(Some("one"), Some("retired")), (Some("two"), Some("now"))]
    );
    let listed = run(&["token", "list-keys", "--data-dir", data_dir]);
    let secret = std::fs::read_to_string(&file).expect("ours");
    for line in secret.lines().filter(|line| line.starts_with("private")) {
        let material = line.split('"').nth(1).expect("quoted");
        assert!(!listed.stdout.contains(material) && !rotated.stdout.contains(material));
    }
    assert_eq!(
        run(&[&keygen[..], &["two"]].concat()).status,
        1,
        "a name twice"
    );
}

fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let meta = std::fs::metadata(file).expect("there");
    meta.permissions().mode() & 0o777
}

/// What the README says of the binary is what the binary says of itself.
#[test]
fn the_readme_names_every_command_and_every_option_of_serve() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).expect("the README is there");
    let help = run(&["serve", "--help"]).stdout;
    let own = help.split("Options of every command:").next().unwrap_or("");
    let words = |text: &str, from: &str| -> Vec<String> {
        text.split(from)
            .skip(1)
            .map(|rest| {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
                format!("{from}{}", &rest[..end.unwrap_or(rest.len())])
            })
            .collect()
    };
    let mut named: Vec<String> = words(own, " --").iter().map(|w| w.trim().into()).collect();
    named.extend(words(own, "DISPATCH_"));
    assert!(named.len() > 20, "the help is read: {named:?}");
    for word in named.iter().filter(|word| *word != "--help") {
        assert!(
            readme.contains(&format!("`{word}`")),
            "README.md lacks `{word}`"
        );
    }
    let commands = run(&["--help"]).stdout;
    let list = commands.split("Commands:").nth(1).unwrap_or("");
    let names = list
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    let mut seen = 0;
    for name in names.filter(|name| *name != "help") {
        seen += 1;
        assert!(
            readme.contains(&format!("dispatch {name}")),
            "README.md lacks `dispatch {name}`"
        );
    }
    assert!(seen >= 10, "the commands are read: {commands}");
}

#[test]
fn the_console_needs_a_terminal_and_has_no_json() {
    let ran = run(&["console"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("needs a terminal"), "{}", ran.stderr);
    assert!(ran.stderr.contains("dispatch ticket list"));
    let ran = run(&["console", "--json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (2, ""));
    assert!(ran.stdout.contains("ticket list --json"), "{}", ran.stdout);
}

#[test]
fn a_database_url_of_another_kind_is_wrong_use_and_touches_nothing() {
    let folder = std::env::temp_dir().join(format!("dispatch-cli-url-{}", std::process::id()));
    let ran = ran(dispatch()
        .args([
            "serve",
            "--database-url",
            "mysql://x:secret@h/d",
            "--data-dir",
        ])
        .arg(&folder));
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("postgres://user:password@host/database")
    );
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    assert!(!folder.exists(), "nothing was made");
}
