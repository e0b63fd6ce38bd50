//! Suspended and continued, in a real terminal and under a real shell: the shell gets its
//! terminal back, and the console comes back as the world is by then.

use std::process::Command;

use dispatch_testing::terminal::{Modes, Screen, Terminal};
use nix::sys::signal::Signal;
use serde_json::json;

use super::terminal::{SMALL, TAKEN, console, modes, sees, start};
use crate::support::{House, bodies};

const CTRL_Z: &str = "\u{1a}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspended_it_gives_the_terminal_back_and_continued_it_shows_what_happened() {
    let house = House::start().await;
    let (ticket, _) = house.open(&bodies::triaged()).await;
    let mut terminal = start(&house);
    let mut priority = "emergency";
    // by its key, and by a stop from outside
    for from_outside in [false, true] {
        sees(&terminal, &["● live", "Ada Byrne"]).await;
        if from_outside {
            terminal.signal(Signal::SIGTSTP).expect("told");
        } else {
            terminal.types(CTRL_Z).expect("typed");
        }
        terminal.stopped().await.expect("it stops");
        assert_eq!(modes(&terminal), Modes::SANE);
        let set = json!({ "priority": priority });
        let answer = house.on(&house.intake(), "ticket.set_priority", &ticket, &set);
        answer.await.ok();
        terminal.signal(Signal::SIGCONT).expect("told");
        let shown = if from_outside { "std" } else { "!EMG" };
        sees(&terminal, &["● live", "Ada Byrne", shown]).await;
        assert_eq!(modes(&terminal), TAKEN);
        priority = "standard";
    }
    terminal.types("q").expect("typed");
    assert!(terminal.ended().await.expect("it ends").success());
    assert_eq!(modes(&terminal), Modes::SANE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_size_that_changed_meanwhile_counts_when_it_goes_on() {
    let house = House::start().await;
    house.open(&bodies::triaged()).await;
    let terminal = start(&house);
    sees(&terminal, &["● live", "Ada Byrne"]).await;
    terminal.types(CTRL_Z).expect("typed");
    terminal.stopped().await.expect("it stops");
    // nobody tells it: a stopped job is not the one in front
    terminal.resize(120, 40).expect("another size");
    terminal.signal(Signal::SIGCONT).expect("told");
    // as wide as this, the ticket stands beside the queue, and is read for it
    sees(&terminal, &["● live", "Ada Byrne", "checklist"]).await;
    assert_eq!(terminal.screen().lines().count(), 40);
}

/// The shell reads its next line: what is typed before that may be another's.
async fn prompts(terminal: &Terminal) {
    let waits = |screen: &Screen| {
        !screen.alternate_screen() && screen.contents().trim_end().ends_with("ready>")
    };
    if let Err(error) = terminal.until(waits).await {
        panic!("no prompt: {error:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_a_shell_it_is_a_job_like_another() {
    let house = House::start().await;
    house.open(&bodies::triaged()).await;
    let mut shell = Command::new("bash");
    let console = console(&house);
    shell
        .args(["--norc", "--noprofile", "-i"])
        .env("PS1", "ready> ");
    for (name, value) in console.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let terminal = Terminal::lead(&shell, SMALL).expect("a terminal");
    prompts(&terminal).await;
    let line: Vec<String> = std::iter::once(console.get_program())
        .chain(console.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    let type_line = |line: &str| terminal.types(&format!("{line}\r")).expect("typed");
    type_line(&line.join(" "));
    sees(&terminal, &["● live", "Ada Byrne"]).await;
    terminal.types(CTRL_Z).expect("typed");
    sees(&terminal, &["Stopped"]).await;
    prompts(&terminal).await;
    type_line("echo between-$((40 + 2))");
    sees(&terminal, &["between-42"]).await;
    prompts(&terminal).await;
    let between = modes(&terminal);
    assert!(!between.other_screen && !between.mouse && between.cursor);
    type_line("fg");
    sees(&terminal, &["● live", "Ada Byrne"]).await;
    assert!(modes(&terminal).other_screen);
    terminal.types("q").expect("typed");
    prompts(&terminal).await;
    type_line("echo ended-$?");
    sees(&terminal, &["between-42", "ended-0"]).await;
}
