//! The real binary in a real terminal: it starts, is steered, shows what others do, and
//! leaves the terminal as it was.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use nix::pty::{Winsize, openpty};
use nix::sys::termios::{LocalFlags, tcgetattr};
use serde_json::json;

use crate::support::process::binary;
use crate::support::{House, bodies, eventually};

/// A console in a terminal of its own.
struct Terminal {
    child: Child,
    keyboard: File,
    slave: File,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn start(house: &House) -> Self {
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).expect("a terminal");
        let slave = File::from(pty.slave);
        let end = || Stdio::from(slave.try_clone().expect("its end"));
        let child = Command::new(binary())
            .args(["console", "--url", &house.base])
            .env("DISPATCH_TOKEN", &house.operator().token)
            .env("DISPATCH_CONSOLE_CONFIG", "/nowhere/console.toml")
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .env_remove("DISPATCH_TOKEN_FILE")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("it starts");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(24, 80, 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let keyboard = File::from(pty.master);
        let mut output = keyboard.try_clone().expect("its output");
        let (into, all) = (screen.clone(), raw.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = output.read(&mut bytes) {
                into.lock().expect("whole").process(&bytes[..n]);
                all.lock().expect("whole").extend_from_slice(&bytes[..n]);
            }
        });
        Self {
            child,
            keyboard,
            slave,
            screen,
            raw,
        }
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("typed");
    }

    async fn sees(&self, words: &str) {
        eventually(words, || async {
            let screen = self.screen.lock().expect("whole").screen().contents();
            screen.contains(words).then_some(())
        })
        .await;
    }

    async fn ends(&mut self) -> bool {
        eventually("it ends", || {
            let ended = self.child.try_wait().expect("a child");
            async move { ended }
        })
        .await
        .success()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // it has ended already, unless the test failed
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_starts_filters_shows_others_work_and_leaves_the_terminal_as_it_was() {
    let house = House::start().await;
    let (ticket, _) = house.open(&bodies::triaged()).await;
    let mut terminal = Terminal::start(&house);
    terminal.sees("Ada Byrne").await;
    let during = tcgetattr(&terminal.slave).expect("how it is set");
    assert!(
        !during.local_flags.contains(LocalFlags::ICANON),
        "it is raw"
    );
    terminal.types("/dock\r");
    terminal.sees("Tickets /dock 1/1").await;
    let urgent = json!({ "priority": "emergency" });
    let answer = house.on(&house.intake(), "ticket.set_priority", &ticket, &urgent);
    answer.await.ok();
    terminal.sees("!EMG").await;
    terminal.types("q");
    assert!(terminal.ends().await);
    let after = tcgetattr(&terminal.slave).expect("how it is set");
    assert!(
        after
            .local_flags
            .contains(LocalFlags::ICANON | LocalFlags::ECHO)
    );
    let raw = terminal.raw.lock().expect("whole").clone();
    let text = String::from_utf8_lossy(&raw);
    for (taken, given) in [
        ("\u{1b}[?1049h", "\u{1b}[?1049l"),
        ("\u{1b}[?1000h", "\u{1b}[?1000l"),
        ("\u{1b}[?2004h", "\u{1b}[?2004l"),
    ] {
        let (taken, given) = (text.rfind(taken), text.rfind(given));
        assert!(
            taken.is_some() && given > taken,
            "what was taken is given back"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_to_end_leaves_the_terminal_as_it_was() {
    let house = House::start().await;
    let mut terminal = Terminal::start(&house);
    terminal.sees("No tickets yet.").await;
    let pid = i32::try_from(terminal.child.id()).expect("a process");
    let pid = nix::unistd::Pid::from_raw(pid);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("told");
    assert!(terminal.ends().await);
    let after = tcgetattr(&terminal.slave).expect("how it is set");
    assert!(
        after
            .local_flags
            .contains(LocalFlags::ICANON | LocalFlags::ECHO)
    );
}
