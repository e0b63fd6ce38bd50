//! What was filled in, as people read it before it is committed.

use dispatch_contract::Timestamp;
use dispatch_contract::time::{Window, Zone};

use super::body::Zones;
use super::value::instant;
use super::{Field, Form, Kind};

/// An instant by the clock at the site, and in UTC beside it.
pub(crate) fn both_clocks(at: Timestamp, zone: Option<Zone>) -> String {
    let utc = at.utc();
    let Some(zone) = zone else {
        return utc.format("%Y-%m-%d %H:%M UTC").to_string();
    };
    let local = utc.with_timezone(&zone.0);
    let there = local.format("%Y-%m-%d %H:%M");
    let same_day = local.date_naive() == utc.date_naive();
    let day = if same_day {
        "%H:%M UTC"
    } else {
        "%Y-%m-%d %H:%M UTC"
    };
    format!("{there} {zone}, {}", utc.format(day))
}

impl Form {
    /// Where the site is, as far as is known.
    pub(crate) fn zone(&self) -> Option<Zone> {
        self.known.zone
    }

    /// Each field that is filled in: its name, and names in place of ids, both clocks in
    /// place of a time.
    pub(crate) fn told(&self) -> Vec<(String, String)> {
        let zones = Zones::of(&self.fields, self.known.zone);
        let filled = self.fields.iter().filter(|field| !field.is_empty());
        let told = |field: &Field| (field.label(), said(field, zones.at(field)));
        filled.map(told).collect()
    }
}

fn said(field: &Field, zone: Option<Zone>) -> String {
    let text = field.line.text().trim().to_owned();
    match &field.kind {
        Kind::Choice(choices) => {
            let Some((value, said)) = choices.get(field.choice) else {
                return String::new();
            };
            match serde_json::from_value::<Window>(value.clone()) {
                Ok(window) => {
                    let clocks = [window.window_start, window.window_end]
                        .map(|at| both_clocks(at, Some(window.timezone)));
                    clocks.join(" to ")
                }
                Err(_) => said.clone(),
            }
        }
        Kind::Time => instant(&text, zone).map_or(text, |at| both_clocks(at, zone)),
        Kind::Text | Kind::File | Kind::Integer | Kind::Number | Kind::Cents => text,
    }
}
