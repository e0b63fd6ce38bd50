//! `dispatch gateway logs`.

use std::fmt::Write as _;
use std::time::Duration;

use dispatch_gateway::Method as _;
use dispatch_gateway::methods::system::{Lines, LogsTail};
use serde_json::Value;

use super::reach::Reach;
use crate::failure::Failure;
use crate::out;
use crate::show::clean;
use crate::show::paint::Paint;

/// New lines are asked for so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// So many lines and bytes a gateway gives at once, at most.
const MOST_LINES: u32 = 5000;
const MOST_BYTES: u32 = 1_000_000;

/// Show the end of a gateway's log
#[derive(clap::Args)]
pub(super) struct Args {
    /// Go on as lines come
    #[arg(long, short)]
    follow: bool,
    /// So many lines to begin with
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=5000))]
    lines: u32,
    #[command(flatten)]
    reach: Reach,
}

impl Args {
    pub(super) async fn run(self, json: bool) -> Result<(), Failure> {
        let paint = Paint::of_stdout();
        let connection = self.reach.connect(&[LogsTail::SCOPE]).await?;
        let mut ask = LogsTail {
            limit: Some(self.lines),
            ..LogsTail::default()
        };
        loop {
            let (_, tail) = self.reach.ask_on(&connection, &ask).await?;
            if let Some(lost) = ask.cursor.and_then(|_| lost(&tail)) {
                // beside the lines: what reads those reads documents
                out::error(lost);
            }
            for line in &tail.lines {
                if json {
                    out::json(&document(line));
                } else {
                    out::text(&text(line, paint));
                }
            }
            if !self.follow {
                connection.close().await;
                return Ok(());
            }
            // from here on nothing is left out that a gateway can give
            ask = LogsTail {
                cursor: Some(tail.cursor),
                limit: Some(MOST_LINES),
                max_bytes: Some(MOST_BYTES),
            };
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// What is said where lines between two looks did not come. A gateway that is asked for more lines
/// than it gives leaves out the first without a word.
fn lost(tail: &Lines) -> Option<&'static str> {
    if tail.reset && !tail.truncated {
        return Some("… the log began anew: lines before it may be lost\n");
    }
    let full = tail.lines.len() >= MOST_LINES as usize;
    (tail.reset || tail.truncated || full)
        .then_some("… lines were lost: the log is written faster than it is read\n")
}

/// A line as the document that it is; what is none becomes a text.
fn document(line: &str) -> Vec<u8> {
    match serde_json::from_str::<Value>(line) {
        Ok(_) => line.into(),
        Err(_) => Value::from(line).to_string().into(),
    }
}

/// One line for people: time, level, what it is about, what it says.
fn text(line: &str, paint: Paint) -> String {
    let Ok(entry) = serde_json::from_str::<Value>(line) else {
        return format!("{}\n", clean(line));
    };
    let at = |path: &str| {
        entry
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let mut text = String::new();
    let time = at("/time");
    let _ = write!(
        text,
        "{}  ",
        paint.faint(&clean(time.get(..19).unwrap_or(time)))
    );
    let level = at("/_meta/logLevelName");
    let shown = format!("{level:5}");
    text.push_str(&match level {
        "WARN" | "ERROR" | "FATAL" => paint.bad(&shown),
        _ => shown,
    });
    let about = subsystem(at("/_meta/name")).unwrap_or_default();
    if !about.is_empty() {
        let _ = write!(text, "  {}", paint.faint(&clean(&about)));
    }
    let _ = writeln!(text, "  {}", clean(at("/message")));
    text
}

/// The gateway writes the logger's name as JSON: `{"subsystem":"gateway/reload"}`.
fn subsystem(name: &str) -> Option<String> {
    let name: Value = serde_json::from_str(name).ok()?;
    name.get("subsystem")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_did_not_come_are_told() {
        let tail = |truncated, reset, lines| Lines {
            truncated,
            reset,
            lines: vec![String::new(); lines],
            ..Lines::default()
        };
        assert_eq!(lost(&tail(false, false, 3)), None);
        assert!(lost(&tail(true, false, 3)).is_some_and(|said| said.contains("lost")));
        assert!(lost(&tail(true, true, 3)).is_some_and(|said| said.contains("lines were lost")));
        assert!(lost(&tail(false, true, 3)).is_some_and(|said| said.contains("anew")));
        assert!(lost(&tail(false, false, 5000)).is_some());
    }

    #[test]
    fn a_line_is_said_in_one_line() {
        let line = r#"{"time":"2026-11-20T05:50:48.077+00:00","message":"two\nlines",
            "_meta":{"logLevelName":"INFO","name":"{\"subsystem\":\"gateway/reload\"}"}}"#;
        assert_eq!(
            text(line, Paint::never()),
            "2026-11-20T05:50:48  INFO   gateway/reload  two lines\n"
        );
        assert_eq!(text("no JSON\u{1b}", Paint::never()), "no JSON \n");
    }
}
