//! Which gateway is new enough: versions by calendar, `2026.9.6`.
//!
//! Betas are accepted where they are numbered (`2026.7.1-beta.2`), and are older than
//! the release of that day. A revision (`2026.2.9-1`) is newer. Anything else (`dev`,
//! `latest`, `2026.2.0-beta`) is no version, and not compatible.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::caller::{Caller, ask};
use crate::hello::Hello;
use crate::methods::config;

/// The oldest gateway that document 003 was written for.
pub const MINIMUM: CalVer = CalVer {
    year: 2026,
    month: 2,
    day: 9,
    rank: Rank::Release(0),
};

/// A version by calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalVer {
    year: u16,
    month: u8,
    day: u8,
    rank: Rank,
}

/// What came of one day, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Rank {
    Alpha(u32),
    Beta(u32),
    Candidate(u32),
    /// 0, or the revision.
    Release(u32),
}

/// The text is no version by calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no version by calendar: such as 2026.9.6, 2026.9.6-1 or 2026.9.6-beta.2")]
pub struct NoCalVer;

impl FromStr for CalVer {
    type Err = NoCalVer;

    fn from_str(text: &str) -> Result<Self, NoCalVer> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let (date, after) = match text.split_once('-') {
            Some((date, after)) => (date, Some(after)),
            None => (text, None),
        };
        let mut parts = date.split('.');
        let mut part = |longest: usize| number(parts.next().unwrap_or_default(), longest);
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let in_order = year >= 1000 && (1..=12).contains(&month) && (1..=31).contains(&day);
        if parts.next().is_some() || !in_order {
            return Err(NoCalVer);
        }
        let rank = match after {
            None => Rank::Release(0),
            Some(after) => match after.split_once('.') {
                None => Rank::Release(number(after, 9)?),
                Some(("alpha", n)) => Rank::Alpha(number(n, 9)?),
                Some(("beta", n)) => Rank::Beta(number(n, 9)?),
                Some(("rc", n)) => Rank::Candidate(number(n, 9)?),
                Some(_) => return Err(NoCalVer),
            },
        };
        Ok(Self {
            year: u16::try_from(year).map_err(|_| NoCalVer)?,
            month: u8::try_from(month).map_err(|_| NoCalVer)?,
            day: u8::try_from(day).map_err(|_| NoCalVer)?,
            rank,
        })
    }
}

fn number(text: &str, longest: usize) -> Result<u32, NoCalVer> {
    if text.is_empty() || text.len() > longest || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NoCalVer);
    }
    text.parse().map_err(|_| NoCalVer)
}

impl fmt::Display for CalVer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.year, self.month, self.day)?;
        match self.rank {
            Rank::Release(0) => Ok(()),
            Rank::Release(n) => write!(f, "-{n}"),
            Rank::Alpha(n) => write!(f, "-alpha.{n}"),
            Rank::Beta(n) => write!(f, "-beta.{n}"),
            Rank::Candidate(n) => write!(f, "-rc.{n}"),
        }
    }
}

/// Whether a gateway is new enough, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// It is.
    pub compatible: bool,
    /// What it has to be.
    pub minimum: CalVer,
    /// What it says it is, in its own words.
    pub current: Option<String>,
    /// In words.
    pub message: String,
}

/// Judges a version in words.
#[must_use]
pub fn judge(current: Option<&str>, minimum: CalVer) -> Verdict {
    let parsed = current.and_then(|text| text.parse::<CalVer>().ok());
    let (compatible, message) = match (current, parsed) {
        (Some(_), Some(version)) if version >= minimum => (
            true,
            format!("gateway {version} is compatible (minimum {minimum})"),
        ),
        (Some(_), Some(version)) => (
            false,
            format!("gateway {version} is older than {minimum}: update OpenClaw on it"),
        ),
        (Some(text), None) => (
            false,
            format!(
                "the gateway's version {text:?} is no release: it cannot be compared with {minimum}"
            ),
        ),
        (None, _) => (
            false,
            format!("the gateway did not say its version: it has to be at least {minimum}"),
        ),
    };
    Verdict {
        compatible,
        minimum,
        current: current.map(str::to_owned),
        message,
    }
}

/// Judges a gateway: by what its hello says; where that is no release (`dev`), by the
/// version that wrote its configuration last. A failure to read that is no verdict
/// of its own.
pub async fn check(caller: &dyn Caller, hello: &Hello, minimum: CalVer) -> Verdict {
    let said = hello.version.as_str();
    if said.parse::<CalVer>().is_ok() {
        return judge(Some(said), minimum);
    }
    let written = ask(caller, &config::Get {}).await.ok().and_then(|config| {
        config
            .config
            .pointer("/meta/lastTouchedVersion")
            .or_else(|| config.parsed.pointer("/meta/lastTouchedVersion"))
            .and_then(Value::as_str)
            .map(str::to_owned)
    });
    let said = (!said.is_empty()).then_some(said);
    judge(written.as_deref().or(said), minimum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_version_and_what_is_not() {
        for (text, shown) in [
            ("2026.9.6", "2026.9.6"),
            ("v2026.02.9", "2026.2.9"),
            ("2026.1.30-2", "2026.1.30-2"),
            ("2026.7.1-beta.2", "2026.7.1-beta.2"),
            ("2026.7.1-rc.1", "2026.7.1-rc.1"),
        ] {
            let version: CalVer = text.parse().expect(text);
            assert_eq!(version.to_string(), shown);
        }
        for text in [
            "",
            "dev",
            "latest",
            "2026.13.1",
            "2026.0.1",
            "2026.1.0",
            "2026.1.32",
            "2026.2.0-beta",
            "2026.2.1-beta",
            "2026.2.1-",
            "2026.2.1-x.1",
            "26.2.1",
            "2026.2",
            "2026.2.1.1",
            "2026.2.1-beta.",
            "2026.002.1",
            "+2026.2.1",
        ] {
            assert_eq!(text.parse::<CalVer>(), Err(NoCalVer), "{text}");
        }
    }

    #[test]
    fn a_beta_is_older_than_its_release_and_a_revision_newer() {
        let mut last: Option<CalVer> = None;
        for text in [
            "2026.2.9",
            "2026.7.1-alpha.9",
            "2026.7.1-beta.2",
            "2026.7.1-beta.10",
            "2026.7.1-rc.1",
            "2026.7.1",
            "2026.7.1-1",
            "2026.7.2-beta.1",
            "2026.10.1",
        ] {
            let version: CalVer = text.parse().expect(text);
            assert!(last.is_none_or(|last| last < version), "{text}");
            last = Some(version);
        }
    }

    #[test]
    fn a_verdict_says_what_to_do() {
        assert!(judge(Some("2026.9.6"), MINIMUM).compatible);
        assert!(judge(Some("2026.02.9"), MINIMUM).compatible);
        let old = judge(Some("2026.1.30"), MINIMUM);
        assert!(
            !old.compatible && old.message.contains("update OpenClaw"),
            "{old:?}"
        );
        for text in [Some("dev"), Some("2026.2.0-beta"), None] {
            assert!(!judge(text, MINIMUM).compatible, "{text:?}");
        }
    }
}
