//! A panic on a real terminal: each test runs itself again as a program in one.

use std::process::Command;

use dispatch_testing::terminal::{Modes, Terminal};

use super::Screen;

const INSIDE: &str = "CONSOLE_TEST_INSIDE_A_TERMINAL";

/// This test again, as a program in a terminal; how the terminal is left, and its screen.
async fn inside(test: &str) -> (Modes, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture"])
        .arg(format!("terminal::tests::{test}"))
        .env(INSIDE, "1")
        .env("RUST_BACKTRACE", "0");
    let mut terminal = Terminal::start(command, (100, 30)).unwrap();
    let status = terminal.ended().await.unwrap();
    assert!(!status.success(), "it panicked: {status}");
    let printed = terminal.printed();
    assert!(printed.contains("\x1b[?1049h"), "it took it: {printed}");
    (terminal.modes().unwrap(), terminal.screen())
}

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

#[tokio::test]
async fn a_panic_in_drawing_is_told_on_a_sane_terminal() {
    if is_inside() {
        let mut screen = Screen::take().unwrap();
        screen
            .draw(|frame| frame.render_widget("a whole picture", frame.area()))
            .unwrap();
        let _ = screen.draw(|frame| {
            frame.render_widget("half a picture", frame.area());
            panic!("the picture fell over");
        });
        return;
    }
    let (modes, screen) = inside("a_panic_in_drawing_is_told_on_a_sane_terminal").await;
    assert_eq!(modes, Modes::SANE);
    assert!(screen.contains("the picture fell over"), "{screen}");
    assert!(!screen.contains("a picture"), "{screen}");
}

#[tokio::test]
async fn nothing_is_drawn_over_what_a_panic_elsewhere_said() {
    if is_inside() {
        let mut screen = Screen::take().unwrap();
        let task = tokio::spawn(async { panic!("a task fell over") });
        assert!(task.await.is_err());
        let late = screen.draw(|frame| frame.render_widget("a late picture", frame.area()));
        panic!("{}", late.unwrap_err());
    }
    let (modes, screen) = inside("nothing_is_drawn_over_what_a_panic_elsewhere_said").await;
    assert_eq!(modes, Modes::SANE);
    for said in ["a task fell over", "the console had to stop"] {
        assert!(screen.contains(said), "{screen}");
    }
    assert!(!screen.contains("a late picture"), "{screen}");
}
