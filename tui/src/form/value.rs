//! Values: read as they are typed, shown as they are read, made up where one is needed.

use chrono::{DateTime, Duration, LocalResult, NaiveDateTime, TimeZone, Timelike, Utc};
use dispatch_contract::Timestamp;
use dispatch_contract::time::Zone;
use serde_json::{Map, Value, json};

use super::Known;

/// An instant as the clock at the site shows it, `ahead` hours on, at the whole hour.
pub(super) fn local(now: Timestamp, zone: Option<Zone>, ahead: i64) -> String {
    let at = now.utc() + Duration::hours(ahead);
    let at = at
        .with_minute(0)
        .and_then(|at| at.with_second(0))
        .unwrap_or(at);
    shown(at, zone)
}

fn shown(at: DateTime<Utc>, zone: Option<Zone>) -> String {
    match zone {
        Some(zone) => at
            .with_timezone(&zone.0)
            .format("%Y-%m-%d %H:%M")
            .to_string(),
        None => at.format("%Y-%m-%d %H:%M").to_string(),
    }
}

/// An instant: RFC 3339 with an offset, or `2026-03-01 09:00` by the clock at the site.
///
/// # Errors
/// What would be right.
pub(super) fn instant(text: &str, zone: Option<Zone>) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let naive = NaiveDateTime::parse_from_str(&text.replace('T', " "), "%Y-%m-%d %H:%M")
        .map_err(|_| "write 2026-03-01 09:00, by the clock at the site".to_owned())?;
    let Some(zone) = zone else {
        return Ok(Utc.from_utc_datetime(&naive).into());
    };
    match zone.0.from_local_datetime(&naive) {
        LocalResult::Single(at) => Ok(at.with_timezone(&Utc).into()),
        LocalResult::Ambiguous(..) => Err(format!(
            "the clock in {zone} shows this twice that day: write it with an offset, such as \
             2026-11-01T01:30:00-05:00"
        )),
        LocalResult::None => Err(format!(
            "the clock in {zone} never shows this: it jumps over it"
        )),
    }
}

/// Cents: `125`, `125.5`, `-3.07`.
///
/// # Errors
/// What would be right.
pub(super) fn cents(text: &str) -> Result<i64, String> {
    let wrong = || "write an amount such as 125.00".to_owned();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) || part.len() > 2 {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    let part: i64 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
    whole
        .checked_mul(100)
        .and_then(|cents| cents.checked_add(part))
        .map(|cents| sign * cents)
        .ok_or_else(wrong)
}

/// A value that is in order by the schema, what may be left out left out.
pub(super) fn sample(schema: &Value, known: &Known) -> Value {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut body = Map::new();
    for name in required {
        body.insert(
            name.to_owned(),
            one(name, &schema["properties"][name], known),
        );
    }
    body.into()
}

fn one(name: &str, schema: &Value, known: &Known) -> Value {
    let is = |kind: &str| schema["type"] == kind;
    if name == "technician_id" {
        let first = known.technicians.first();
        return json!(first.map_or("00000000000000000000000000", |(id, _)| id.as_str()));
    }
    if name == "selected_window"
        && let Some(window) = known.offered.first()
    {
        return serde_json::to_value(window).unwrap_or_default();
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.first().cloned().unwrap_or_default();
    }
    let hours = if name.ends_with("_end") { 26 } else { 24 };
    if is("object") {
        return sample(schema, known);
    }
    if is("array") {
        return json!([one("", &schema["items"], known)]);
    }
    if is("integer") || is("number") {
        return json!(schema["minimum"].as_i64().unwrap_or(1).max(1));
    }
    if is("boolean") {
        return json!(true);
    }
    if schema["format"] == "date-time" {
        let now = known.now.map_or(0, Timestamp::micros);
        let at = Timestamp::from_micros(now + hours * 3_600_000_000);
        return json!(at.map(|at| at.to_string()));
    }
    if schema["format"] == "iana-time-zone" {
        return json!(known.zone.map_or("UTC".to_owned(), |zone| zone.to_string()));
    }
    json!("a text to ask with")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_by_the_clock_at_the_site() {
        let chicago = "America/Chicago".parse().ok();
        let at = |text, zone| instant(text, zone).map(|at| at.to_string());
        let expected = Ok("2026-03-01T15:00:00.000000Z".to_owned());
        assert_eq!(at("2026-03-01 09:00", chicago), expected);
        assert_eq!(at("2026-03-01T09:00:00-06:00", None), expected);
        // the clock jumps from 2 to 3, and shows 1:30 twice in autumn
        assert!(
            at("2026-03-08 02:30", chicago)
                .unwrap_err()
                .contains("never")
        );
        assert!(
            at("2026-11-01 01:30", chicago)
                .unwrap_err()
                .contains("twice")
        );
        assert!(at("tomorrow", chicago).unwrap_err().contains("2026-03-01"));
        let now = crate::testing::at(0);
        assert_eq!(local(now, chicago, 2), "2026-03-01 08:00");
    }

    #[test]
    fn amounts_are_whole_cents_and_never_a_float() {
        for (text, expected) in [
            ("125", 12_500),
            ("125.5", 12_550),
            ("-3.07", -307),
            ("0.10", 10),
        ] {
            assert_eq!(cents(text), Ok(expected), "{text}");
        }
        for bad in [
            "",
            "1,5",
            "1.234",
            "--1",
            ".5",
            "1e3",
            "99999999999999999999",
        ] {
            assert!(cents(bad).is_err(), "{bad}");
        }
    }
}
