//! Time: instants in UTC with microseconds, IANA zones, windows.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, SecondsFormat, TimeZone, Timelike, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: read as RFC 3339 with any offset, kept and written as UTC with
/// six digits of a second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// From microseconds since 1970-01-01T00:00:00Z; `None` where the calendar ends.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// The instant as chrono knows it.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// Cut to whole microseconds, as the database keeps them.
    fn from(at: DateTime<Utc>) -> Self {
        Self::from_micros(at.timestamp_micros()).unwrap_or(Self(at))
    }
}

/// A text that is not an instant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "not a time: write RFC 3339 with an offset, such as 2026-03-01T09:00:00-05:00, in a year \
     from 1 to 9999"
)]
pub struct BadTime;

impl FromStr for Timestamp {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| BadTime)?;
        let at = at.with_timezone(&Utc);
        // beyond, it is written in a form that nobody reads
        let is_written = (1..=9_999).contains(&at.year());
        is_written.then(|| at.into()).ok_or(BadTime)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "maxLength": 64 })
    }
}

/// An IANA time zone, checked against the real database.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Zone(pub chrono_tz::Tz);

impl FromStr for Zone {
    type Err = BadZone;
    fn from_str(text: &str) -> Result<Self, BadZone> {
        text.parse().map(Self).map_err(|_| BadZone)
    }
}

/// A text that is not a zone of the IANA database.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a known time zone: write an IANA name, such as America/New_York")]
pub struct BadZone;

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Zone {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Zone".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "iana-time-zone", "maxLength": 64 })
    }
}

/// A wall clock's reading: ISO weekday (1 Monday to 7 Sunday), hour, minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalTime {
    /// 1 Monday to 7 Sunday.
    pub weekday: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// A span in which a technician may arrive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First instant of the span.
    pub window_start: Timestamp,
    /// End of the span, after its start.
    pub window_end: Timestamp,
    /// The zone the customer reads the span in.
    pub timezone: Zone,
}

impl Window {
    /// What a clock on the customer's wall shows at `at`.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> LocalTime {
        let local = self.timezone.0.from_utc_datetime(&at.utc().naive_utc());
        let small = |n: u32| u8::try_from(n).expect("weekday, hour and minute are below 60");
        LocalTime {
            weekday: small(local.weekday().number_from_monday()),
            hour: small(local.hour()),
            minute: small(local.minute()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_utc_with_six_digits() {
        let at: Timestamp = "2026-03-01T09:00:00.1234567-05:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-03-01T14:00:00.123456Z");
        assert_eq!("2026-03-01T09:00:00".parse::<Timestamp>(), Err(BadTime));
    }

    #[test]
    fn a_window_reads_as_the_wall_clock_of_its_zone() {
        let window = Window {
            window_start: "2026-03-01T14:30:00Z".parse().unwrap(),
            window_end: "2026-03-01T15:30:00Z".parse().unwrap(),
            timezone: "America/New_York".parse().unwrap(),
        };
        let local = window.local(window.window_start);
        assert_eq!((local.weekday, local.hour, local.minute), (7, 9, 30));
        assert_eq!("Mars/Olympus".parse::<Zone>(), Err(BadZone));
    }
}
