//! Words on a screen: cleaned of what could steer a terminal, cut to columns, times.
//! Widths are columns of a terminal, not letters.

use dispatch_contract::Timestamp;
use dispatch_contract::ticket::Schedule;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Others' text on one line: no control characters, no change of direction.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

/// Cleaned, and exactly so many columns wide.
pub(crate) fn fit(text: &str, columns: usize) -> String {
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

/// The same, to the right.
pub(crate) fn fit_right(text: &str, columns: usize) -> String {
    let fitted = fit(text, columns);
    let bare = fitted.trim_end();
    format!("{}{bare}", " ".repeat(columns.saturating_sub(bare.width())))
}

/// So much of the end of a text as fits.
pub(crate) fn tail_of(text: &str, columns: usize) -> String {
    let (mut used, mut kept) = (0, Vec::new());
    for c in text.chars().rev() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(c);
    }
    kept.into_iter().rev().collect()
}

/// Cut into lines of so many columns, at spaces where there are any.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
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

/// A size: `312 bytes`, `4.0 KiB`, `2.3 MiB`.
pub(crate) fn bytes(size: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = size.saturating_mul(10) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match size {
        0..1024 => format!("{size} bytes"),
        1024..1_048_576 => format!("{} KiB", tenths(1024)),
        _ => format!("{} MiB", tenths(1_048_576)),
    }
}

/// How long ago: `8s`, `5m`, `3h`, `12d`.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = (now.micros() - at.micros()).max(0) / 1_000_000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `2026-03-01 12:00:05 UTC`.
pub(crate) fn time(at: Timestamp) -> String {
    at.utc().format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `12:00:05 UTC`.
pub(crate) fn clock(at: Timestamp) -> String {
    at.utc().format("%H:%M:%S UTC").to_string()
}

/// Of what is read again and again: a heading, and when it was so.
pub(crate) fn as_of(heading: &str, at: Option<Timestamp>) -> String {
    match at {
        Some(at) => format!("{heading}, as of {}", clock(at)),
        None => heading.to_owned(),
    }
}

/// A window where the customer is: `Mar 02 09:00-11:00`, or where it lasts for days
/// `Mar 02 09:00-Mar 04 11:00`; and `?` while only offered.
pub(crate) fn window(schedule: &Schedule) -> String {
    between(schedule, "%b %d %H:%M")
}

/// The same in twenty columns: of a window that lasts for days the last day alone.
pub(crate) fn short_window(schedule: &Schedule) -> String {
    between(schedule, "%b %d")
}

/// `other_day`: how its end is said where that is on another day than its start.
fn between(schedule: &Schedule, other_day: &str) -> String {
    let zone = schedule.timezone.0;
    let start = schedule.window_start.utc().with_timezone(&zone);
    let end = schedule.window_end.utc().with_timezone(&zone);
    let offered = schedule.status == dispatch_contract::ticket::ScheduleStatus::Proposed;
    let same_day = start.date_naive() == end.date_naive();
    format!(
        "{}-{}{}",
        start.format("%b %d %H:%M"),
        end.format(if same_day { "%H:%M" } else { other_day }),
        if offered { "?" } else { "" }
    )
}

/// A span as two units at most: `42s`, `5m 03s`, `3h 20m`, `2d 04h`.
pub(crate) fn span(micros: i64) -> String {
    let s = micros.max(0) / 1_000_000;
    match s {
        0..60 => format!("{s}s"),
        60..3600 => format!("{}m {:02}s", s / 60, s % 60),
        3600..86_400 => format!("{}h {:02}m", s / 3600, s % 3600 / 60),
        _ => format!("{}d {:02}h", s / 86_400, s % 86_400 / 3600),
    }
}

/// Microseconds as they are best read: `38 µs`, `1.2 ms`, `3.4 s`.
#[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
pub(crate) fn micros(us: u64) -> String {
    match us {
        0..1000 => format!("{us} µs"),
        1000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}

/// `Mar 01 12:00:05`, in UTC.
pub(crate) fn short_time(at: Timestamp) -> String {
    at.utc().format("%b %d %H:%M:%S").to_string()
}

/// What tells an id from others of its kind: its beginning is the time, its end is not.
pub(crate) fn tail(id: &impl ToString) -> String {
    let id = id.to_string();
    let letters = id.chars().count();
    format!(
        "…{}",
        id.chars()
            .skip(letters.saturating_sub(5))
            .collect::<String>()
    )
}

/// Cents as money: `324.74 USD`.
pub(crate) fn money(money: &dispatch_contract::ticket::Money) -> String {
    let sign = if money.amount_cents < 0 { "-" } else { "" };
    let cents = money.amount_cents.unsigned_abs();
    format!(
        "{sign}{}.{:02} {}",
        cents / 100,
        cents % 100,
        money.currency
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, scheduled};

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
                assert_eq!(fit_right(text, columns).width(), columns, "{text}");
            }
            for columns in 2..9 {
                let lines = wrap(&text.repeat(3), columns);
                assert!(lines.iter().all(|line| line.width() <= columns));
            }
        }
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            [fit_right("65 µs", 8), fit_right("12345", 3)],
            ["   65 µs", "12…"]
        );
        assert_eq!(tail_of("東京タワー", 5), "ワー");
        assert!(!clean("a\u{1b}[2J\u{202e}b\n").contains(['\u{1b}', '\u{202e}', '\n']));
    }

    #[test]
    fn spans_money_and_microseconds_read_at_a_glance() {
        let spans = [-1, 59_000_000, 303_000_000, 12_000_000_000, 187_200_000_000].map(span);
        assert_eq!(spans, ["0s", "59s", "5m 03s", "3h 20m", "2d 04h"]);
        assert_eq!(
            [38, 1200, 3_400_000].map(micros),
            ["38 µs", "1.2 ms", "3.4 s"]
        );
        let owed = |cents| money(&dispatch_contract::ticket::Money::usd(cents));
        assert_eq!([owed(32_474), owed(-5)], ["324.74 USD", "-0.05 USD"]);
        assert_eq!(tail(&"01J9ZQ4Y7M8K6T5R4E3W2Q1P0N"), "…Q1P0N");
    }

    #[test]
    fn a_window_over_several_days_says_so_by_the_clock_where_the_customer_is() {
        let said = |from, to| window(&scheduled(1, from, to).schedule.unwrap());
        assert_eq!(said(3600, 10_800), "Mar 01 07:00-09:00");
        assert_eq!(said(3600, 183_600), "Mar 01 07:00-Mar 03 09:00");
        let long = scheduled(1, 3600, 183_600).schedule.unwrap();
        assert_eq!(short_window(&long), "Mar 01 07:00-Mar 03");
        // in Chicago it is the same day still, whatever it is in UTC
        assert_eq!(said(36_000, 50_400), "Mar 01 16:00-20:00");
    }

    #[test]
    fn ages_are_short_and_never_negative() {
        let ages: Vec<_> = [-5, 59, 60, 7200, 900_000]
            .map(|ago| age(at(0), at(ago)))
            .into();
        assert_eq!(ages, ["0s", "59s", "1m", "2h", "10d"]);
    }
}
