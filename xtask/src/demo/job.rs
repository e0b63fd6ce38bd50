//! The job the demo tells of: what was said, found, done and charged. Only the times
//! depend on the day it is told.

use chrono::{DateTime, Duration, NaiveTime, Utc};
use serde_json::{Value, json};

/// Where the customer reads windows.
const ZONE: &str = "America/Los_Angeles";

/// The customer's messenger.
pub(super) fn channel() -> Value {
    json!({ "kind": "whatsapp", "peer": "+13605550142" })
}

/// The request as the intake agent understood it; its kind is not clear yet.
pub(super) fn request() -> Value {
    json!({
        "channel": channel(),
        "customer": {
            "site_name": "Harbor Lane Self Storage",
            "contact_name": "Maya Okafor",
            "phone": "+1 360 555 0142",
            "email": "maya@harborlane.example",
        },
        "service_location": {
            "address_line1": "1180 Harbor Lane",
            "address_line2": "Building C",
            "city": "Vancouver",
            "region": "WA",
            "postal_code": "98660",
            "country": "US",
        },
        "issue": {
            "summary": "The roll-up door of unit C 14 came off its track on the right side. It \
                        hangs crooked a metre above the floor and does not move any more.",
            "security_safety_status": "Unit stands open; a guard is there until 20:00.",
        },
        "billing_account_type": "account",
        "initial_message": {
            "raw": "hi its maya from harbor lane, door on c14 jumped the track, hanging crooked, \
                    tenants stuff is in there!! who can come",
            "normalized": "Roll-up door of unit C 14 is off its track on the right side, open and \
                           stuck. Tenant's goods inside. Asks for a visit.",
        },
    })
}

/// A message of the customer, or to them.
pub(super) fn message(direction: &str, raw: &str, normalized: &str) -> Value {
    json!({
        "channel": channel(),
        "message": { "direction": direction, "raw": raw, "normalized": normalized },
    })
}

/// The technician's arrival.
pub(super) fn check_in() -> Value {
    json!({
        "channel": { "kind": "sms", "peer": "+13605550117" },
        "message": {
            "direction": "inbound",
            "raw": "here at harbor lane, maya let me in",
            "normalized": "On site.",
            "intent": "check_in",
        },
    })
}

/// Three windows on the days after this one, two hours each.
pub(super) fn windows(now: DateTime<Utc>) -> Vec<Value> {
    [(1, 17), (1, 21), (2, 16)]
        .map(|(days, hour)| {
            let day = (now + Duration::days(days)).date_naive();
            let time = NaiveTime::from_hms_opt(hour, 0, 0).expect("an hour of the day");
            let start = day.and_time(time).and_utc();
            json!({
                "window_start": start.to_rfc3339(),
                "window_end": (start + Duration::hours(2)).to_rfc3339(),
                "timezone": ZONE,
            })
        })
        .into()
}

/// What was found before the work.
pub(super) const FOUND: &str = "Right track bent inwards at the third bracket, two rollers out, \
    top hinge cracked. Curtain undamaged. Springs hold their tension.";

/// What was done.
pub(super) const DONE: &str = "Replaced the right track section, both rollers and the hinge, \
    re-hung and balanced the door, greased both tracks. Ten full cycles without a catch.";

/// What it costs.
pub(super) fn invoice() -> Value {
    json!({
        "line_items": [
            { "description": "Service call, first hour on site", "quantity": 1, "unit_amount_cents": 14_500 },
            { "description": "Labour, further half hours", "quantity": 3, "unit_amount_cents": 5_750 },
            { "description": "Track section 2.1 m, galvanized", "quantity": 1, "unit_amount_cents": 8_640 },
            { "description": "Nylon roller 2 in", "quantity": 2, "unit_amount_cents": 1_195 },
            { "description": "Top hinge, heavy duty", "quantity": 1, "unit_amount_cents": 2_380 },
            { "description": "Account discount", "quantity": 1, "unit_amount_cents": -2_000 },
        ],
        "tax_basis_points": 880,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_ahead_whatever_the_time_is() {
        for now in ["2026-03-07T23:59:59Z", "2026-03-08T00:00:00Z"] {
            let now: DateTime<Utc> = now.parse().expect("a time");
            for window in windows(now) {
                let start: DateTime<Utc> = window["window_start"]
                    .as_str()
                    .and_then(|text| text.parse().ok())
                    .expect("a time");
                assert!(start > now);
            }
        }
    }
}
