//! Values of a gateway as people read them.

use chrono::{DateTime, Utc};

/// An instant in milliseconds since 1970, to the second.
pub(super) fn instant(ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(ms).map_or_else(String::new, |at| {
        at.format("%Y-%m-%d %H:%M:%SZ").to_string()
    })
}

/// The same where there may be none.
pub(super) fn maybe_instant(ms: Option<i64>) -> String {
    ms.map(instant).unwrap_or_default()
}

/// Yes, no, or not known.
pub(super) fn yes(known: Option<bool>) -> String {
    match known {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    }
    .into()
}

/// A span in its two largest units.
pub(super) fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    if days > 0 {
        format!("{days} d {hours} h")
    } else if hours > 0 {
        format!("{hours} h {minutes} min")
    } else if minutes > 0 {
        format!("{minutes} min {} s", seconds % 60)
    } else {
        format!("{seconds} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_read_as_people_write_them() {
        assert_eq!(instant(1_795_153_708_952), "2026-11-20 05:48:28Z");
        assert_eq!(maybe_instant(None), "");
        for (ms, text) in [
            (900, "0 s"),
            (61_000, "1 min 1 s"),
            (7_260_000, "2 h 1 min"),
            (180_000_000, "2 d 2 h"),
        ] {
            assert_eq!(span(ms), text);
        }
    }
}
