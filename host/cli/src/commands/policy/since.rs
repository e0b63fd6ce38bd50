//! Since when: a time, or how long ago: `2026-03-01T00:00:00Z`, `90m`, `12h`, `7d`.

use std::str::FromStr;

use dispatch_contract::Timestamp;

/// A point in time that lies behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Since(pub(super) Timestamp);

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::at(text, chrono::Utc::now())
    }
}

impl Since {
    fn at(text: &str, now: chrono::DateTime<chrono::Utc>) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self(time));
        }
        let wrong = || {
            "takes a time such as 2026-03-01T00:00:00Z, or how long ago: 90m, 12h, 7d".to_owned()
        };
        let unit = text.chars().last().ok_or_else(wrong)?;
        let count: u32 = text[..text.len() - unit.len_utf8()]
            .parse()
            .map_err(|_| wrong())?;
        let ago = match unit {
            's' => chrono::TimeDelta::seconds(count.into()),
            'm' => chrono::TimeDelta::minutes(count.into()),
            'h' => chrono::TimeDelta::hours(count.into()),
            'd' => chrono::TimeDelta::days(count.into()),
            _ => return Err(wrong()),
        };
        now.checked_sub_signed(ago)
            .map(|time| Self(time.into()))
            .ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_or_how_long_ago() {
        let now = "2026-03-08T12:00:00Z".parse().expect("a time");
        let of = |text| Since::at(text, now).map(|since| since.0.to_string());
        assert_eq!(of("7d"), of("2026-03-01T12:00:00Z"));
        assert_eq!(of("90m"), of("2026-03-08T10:30:00Z"));
        for wrong in ["", "d", "7", "7w", "-1d", "yesterday", "7ä"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
