//! Words and tables for people. Knows the contract's types, not where they come from.

pub(crate) mod case_file;
pub(crate) mod fields;
pub(crate) mod paint;
pub(crate) mod refusal;
pub(crate) mod table;
pub(crate) mod tickets;

use std::fmt::Display;

/// A text of somebody else's on one line: nothing in it reaches the terminal as a command.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The same, cut to a number of characters.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    let clean = clean(text);
    if clean.chars().count() <= characters {
        return clean;
    }
    let mut short: String = clean.chars().take(characters.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Names with commas.
pub(crate) fn list<T: Display>(items: &[T]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// An instant, to the second.
pub(crate) fn time(at: dispatch_contract::Timestamp) -> String {
    at.utc().format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A span, as the clock on the customer's wall shows it.
pub(crate) fn window(window: &dispatch_contract::time::Window) -> String {
    let zone = window.timezone.0;
    let start = window.window_start.utc().with_timezone(&zone);
    let end = window.window_end.utc().with_timezone(&zone);
    let end_form = if start.date_naive() == end.date_naive() {
        "%H:%M"
    } else {
        "%a %Y-%m-%d %H:%M"
    };
    format!(
        "{} - {} {}",
        start.format("%a %Y-%m-%d %H:%M"),
        end.format(end_form),
        window.timezone
    )
}

/// Cents as units: `USD 324.74`.
pub(crate) fn money(money: &dispatch_contract::ticket::Money) -> String {
    let sign = if money.amount_cents < 0 { "-" } else { "" };
    let cents = money.amount_cents.unsigned_abs();
    format!(
        "{} {sign}{}.{:02}",
        clean(&money.currency),
        cents / 100,
        cents % 100
    )
}

#[cfg(test)]
mod tests {
    use dispatch_contract::ticket::Money;

    use super::*;

    #[test]
    fn a_customers_text_is_no_command_to_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc"), "a [2Jb c");
        assert_eq!(cut("überlang", 5), "über…");
        assert_eq!(cut("kurz", 5), "kurz");
    }

    #[test]
    fn money_and_windows_read_as_people_write_them() {
        assert_eq!(money(&Money::usd(32_474)), "USD 324.74");
        assert_eq!(money(&Money::usd(-5)), "USD -0.05");
        let span = dispatch_contract::time::Window {
            window_start: "2026-03-02T14:00:00Z".parse().expect("a time"),
            window_end: "2026-03-02T16:00:00Z".parse().expect("a time"),
            timezone: "America/New_York".parse().expect("a zone"),
        };
        assert_eq!(
            window(&span),
            "Mon 2026-03-02 09:00 - 11:00 America/New_York"
        );
    }
}
