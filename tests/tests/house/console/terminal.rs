//! The real binary in a real terminal: it starts, is steered, shows what others do, and
//! leaves the terminal as it was, however it ends.

use std::process::Command;

use dispatch_testing::terminal::{Modes, Terminal};
use nix::sys::signal::Signal;

use crate::support::process::binary;
use crate::support::{House, bodies};

pub(super) const SMALL: (u16, u16) = (80, 24);

/// The terminal is the console's.
pub(super) const TAKEN: Modes = Modes {
    cooked: false,
    other_screen: true,
    mouse: true,
    paste: true,
    cursor: false,
    drawing: false,
};

/// `dispatch console` of an operator on this house.
pub(super) fn console(house: &House) -> Command {
    let mut command = Command::new(binary());
    command
        .args(["console", "--url", &house.base])
        .env("DISPATCH_TOKEN", &house.operator().token)
        .env("DISPATCH_CONSOLE_CONFIG", "/nowhere/console.toml")
        .env("TERM", "xterm-256color")
        .env_remove("COLORTERM")
        .env_remove("NO_COLOR")
        .env_remove("DISPATCH_TOKEN_FILE");
    command
}

/// In a terminal of its own.
pub(super) fn start(house: &House) -> Terminal {
    Terminal::start(console(house), SMALL).expect("a terminal")
}

pub(super) async fn sees(terminal: &Terminal, words: &[&str]) {
    if let Err(error) = terminal.sees(words).await {
        panic!("{error:#}");
    }
}

pub(super) fn modes(terminal: &Terminal) -> Modes {
    terminal.modes().expect("how it is set")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_starts_filters_sets_a_priority_that_others_see_and_leaves_the_terminal_as_it_was() {
    let house = House::start().await;
    let (ticket, _) = house.open(&bodies::triaged()).await;
    let mut terminal = start(&house);
    sees(&terminal, &["Ada Byrne"]).await;
    assert_eq!(modes(&terminal), TAKEN);
    terminal.types("/dock\r").expect("typed");
    sees(&terminal, &["Tickets /dock 1/1"]).await;
    let message = bodies::message("when?");
    let answer = house.on(&house.intake(), "ticket.add_message", &ticket, &message);
    answer.await.ok();
    // the priority is set by hand, and a second terminal sees it
    let second = start(&house);
    sees(&second, &["● live", "Ada Byrne", "std"]).await;
    terminal
        .types(":call ticket.set_priority\r")
        .expect("typed");
    sees(&terminal, &["ticket.set_priority on", "< standard >"]).await;
    terminal.types("\x1b[C").expect("typed");
    sees(&terminal, &["< emergency >"]).await;
    terminal.types("\r").expect("typed");
    sees(&terminal, &["commit ticket.set_priority", "y commits it"]).await;
    terminal.types("\r\r").expect("typed");
    assert!(!second.screen().contains("!EMG"));
    terminal.types("y").expect("typed");
    sees(&terminal, &["ticket.set_priority committed", "!EMG"]).await;
    sees(&second, &["!EMG"]).await;
    terminal.types("q").expect("typed");
    assert!(terminal.ended().await.expect("it ends").success());
    assert_eq!(modes(&terminal), Modes::SANE);
    assert_eq!(terminal.screen().trim(), "", "nothing of it is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_to_end_leaves_the_terminal_as_it_was() {
    let house = House::start().await;
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut terminal = start(&house);
        sees(&terminal, &["No tickets yet."]).await;
        terminal.signal(signal).expect("told");
        let status = terminal.ended().await.expect("it ends");
        assert!(status.success(), "{signal}: {status}");
        assert_eq!(modes(&terminal), Modes::SANE, "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_start_leaves_the_terminal_as_it_was_by_key_and_by_signal() {
    let welcome = || {
        let mut command = Command::new(binary());
        command
            .args(["console", "--url", "http://127.0.0.1:9"])
            .env("DISPATCH_CONSOLE_CONFIG", "/nowhere/console.toml")
            .env("TERM", "xterm-256color")
            .env_remove("DISPATCH_TOKEN")
            .env_remove("DISPATCH_TOKEN_FILE");
        Terminal::start(command, SMALL).expect("a terminal")
    };
    for signal in [None, Some(Signal::SIGTERM), Some(Signal::SIGHUP)] {
        let mut terminal = welcome();
        sees(&terminal, &["/nowhere/console.toml"]).await;
        assert_eq!(modes(&terminal), TAKEN);
        match signal {
            Some(signal) => terminal.signal(signal).expect("told"),
            None => terminal.types("x").expect("typed"),
        }
        let status = terminal.ended().await.expect("it ends");
        assert!(status.success(), "{signal:?}: {status}");
        assert_eq!(modes(&terminal), Modes::SANE, "{signal:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_is_closed_ends_it() {
    let house = House::start().await;
    let mut terminal = Terminal::lead(&console(&house), SMALL).expect("a terminal");
    sees(&terminal, &["No tickets yet."]).await;
    terminal.hang_up().expect("closed");
    terminal.ended().await.expect("it ends");
}
