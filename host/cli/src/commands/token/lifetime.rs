//! Lifetimes as people write them: `30d`, `12h`, `90m`, `45s`.

use std::str::FromStr;

/// The longest that a host accepts, in seconds: a year and a day.
const MAX_SECONDS: i64 = 366 * 86_400;

/// A token's lifetime, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lifetime(pub(crate) i64);

impl FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a lifetime is a number and s, m, h or d: 45s, 90m, 12h, 30d".to_owned();
        let unit = text.chars().last().ok_or_else(wrong)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return Err(wrong()),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
        let total = i64::from(count) * seconds;
        if !(1..=MAX_SECONDS).contains(&total) {
            return Err("a token lives 1 second to 366 days".to_owned());
        }
        Ok(Self(total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_have_a_unit_and_a_limit() {
        assert_eq!("30d".parse(), Ok(Lifetime(2_592_000)));
        assert_eq!("90m".parse(), Ok(Lifetime(5400)));
        for wrong in [
            "",
            "30",
            "d",
            "-1d",
            "1w",
            "0s",
            "367d",
            "99999999999d",
            "é",
        ] {
            assert!(wrong.parse::<Lifetime>().is_err(), "{wrong}");
        }
    }
}
