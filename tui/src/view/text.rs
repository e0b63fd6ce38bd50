//! Words on a screen: cleaned of what could steer a terminal, cut to columns, times.

use dispatch_contract::Timestamp;
use dispatch_contract::ticket::Schedule;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Others' text on one line: no control characters, no change of direction.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

/// Cleaned, and exactly so many columns wide.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(columns);
    let mut used = 0;
    if text.width() <= columns {
        used = text.width();
        out.push_str(&text);
    } else if columns > 0 {
        for c in text.chars() {
            let width = c.width().unwrap_or(0);
            if used + width + 1 > columns {
                break;
            }
            used += width;
            out.push(c);
        }
        out.push('…');
        used += 1;
    }
    out.push_str(&" ".repeat(columns - used.min(columns)));
    out
}

/// Cut into lines of so many columns, at spaces where there are any.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in clean(text).split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(used > 0);
        if used + gap + word.width() <= columns {
            if let Some(line) = lines.last_mut() {
                line.push_str(&" ".repeat(gap));
                line.push_str(word);
            }
            used += gap + word.width();
            continue;
        }
        if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let width = c.width().unwrap_or(0);
            if used + width > columns && used > 0 {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += width;
        }
    }
    lines
}

/// How long ago: `8s`, `5m`, `3h`, `12d`.
pub(super) fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = (now.micros() - at.micros()).max(0) / 1_000_000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `2026-03-01 12:00:05 UTC`.
pub(super) fn time(at: Timestamp) -> String {
    at.utc().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `12:00:05 UTC`.
pub(super) fn clock(at: Timestamp) -> String {
    at.utc().format("%H:%M:%S UTC").to_string()
}

/// A window where the customer is: `Mar 02 09:00-11:00`, and `?` while only offered.
pub(super) fn window(schedule: &Schedule) -> String {
    let zone = schedule.timezone.0;
    let start = schedule.window_start.utc().with_timezone(&zone);
    let end = schedule.window_end.utc().with_timezone(&zone);
    let offered = schedule.status == dispatch_contract::ticket::ScheduleStatus::Proposed;
    format!(
        "{}-{}{}",
        start.format("%b %d %H:%M"),
        end.format("%H:%M"),
        if offered { "?" } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    #[test]
    fn columns_are_kept_with_wide_letters_too() {
        for text in [
            "東京タワー",
            "Zoë",
            "e\u{301}e\u{301}e\u{301}",
            "🔧🔧🔧",
            "",
            "a\u{1b}[2J",
        ] {
            for columns in 0..9 {
                assert_eq!(fit(text, columns).width(), columns, "{text} in {columns}");
            }
            for columns in 2..9 {
                let lines = wrap(&text.repeat(3), columns);
                assert!(lines.iter().all(|line| line.width() <= columns));
            }
        }
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert!(!clean("a\u{1b}[2J\u{202e}b\n").contains(['\u{1b}', '\u{202e}', '\n']));
    }

    #[test]
    fn ages_are_short_and_never_negative() {
        let ages: Vec<_> = [-5, 59, 60, 7200, 900_000]
            .map(|ago| age(at(0), at(ago)))
            .into();
        assert_eq!(ages, ["0s", "59s", "1m", "2h", "10d"]);
    }
}
