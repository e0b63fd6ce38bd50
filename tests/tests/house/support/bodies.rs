//! What the tools are given: bodies without `request_id` and `ticket_id`.

use std::time::{SystemTime, UNIX_EPOCH};

use dispatch_contract::Timestamp;
use serde_json::{Value, json};
use ulid::Ulid;

/// A picture of eight by eight dots.
pub(crate) const PHOTO: &[u8] = include_bytes!("photo.png");

/// The five items of the checklist, in order.
pub(crate) const ITEMS: [&str; 5] = [
    "work_performed",
    "parts_used_or_needed",
    "resolution_status",
    "onsite_photos_after",
    "billing_authorization",
];

/// The machine's clock, which is also the hosts'.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    Timestamp::from_micros(i64::try_from(since.as_micros()).expect("fits")).expect("in range")
}

/// So many minutes from now, as it is written in a body.
pub(crate) fn minutes(from_now: i64) -> String {
    Timestamp::from_micros(now().micros() + from_now * 60_000_000)
        .expect("in the calendar")
        .to_string()
}

/// A fresh `request_id`.
pub(crate) fn key() -> String {
    Ulid::generate().to_string()
}

/// A telephone number nobody else has.
pub(crate) fn phone() -> String {
    let random = Ulid::generate().random();
    format!("+1312{:010}", random % 10_000_000_000)
}

/// A request of which nothing is known but where the work is and what is wrong.
pub(crate) fn bare() -> Value {
    json!({
        "customer": { "contact_name": "Ada Byrne" },
        "service_location": {
            "address_line1": "12 Dock Street", "city": "Chicago", "region": "IL",
            "postal_code": "60601", "country": "US",
        },
        "issue": { "summary": "The dock door is off its track" },
    })
}

/// A request that is triaged at once.
pub(crate) fn triaged() -> Value {
    let mut body = bare();
    body["issue"]["classification"] = json!("door_off_track");
    body["priority"] = json!("standard");
    body
}

/// A request that is schedulable at once, from a customer of its own.
pub(crate) fn schedulable() -> Value {
    let mut body = triaged();
    body["customer"]["site_name"] = json!("Dock 4");
    body["customer"]["phone"] = json!(phone());
    body["issue"]["access_details"] = json!("Ring twice at the gate");
    body["issue"]["door_system_type"] = json!("sectional");
    body["billing_account_type"] = json!("account");
    body["initial_message"] =
        json!({ "raw": "door broken!!", "normalized": "The door is broken." });
    body
}

/// A window of two hours that begins so many hours from now.
pub(crate) fn window(hours: i64) -> Value {
    json!({
        "window_start": minutes(hours * 60), "window_end": minutes(hours * 60 + 120),
        "timezone": "America/Chicago",
    })
}

/// A message, inbound by text.
pub(crate) fn message(text: &str) -> Value {
    json!({
        "channel": { "kind": "sms", "peer": "+13125550100" },
        "message": { "raw": text, "normalized": text, "direction": "inbound" },
    })
}

/// A message that does something.
pub(crate) fn intent(intent: &str) -> Value {
    let mut body = message("It is so.");
    body["message"]["intent"] = json!(intent);
    body
}

/// An override with a reason.
pub(crate) fn overriding(mut body: Value) -> Value {
    body["override"] = json!({ "reason": "The customer signed for it on paper" });
    body
}

/// An invoice of 299.99 and 8.25 % tax: 324.74.
pub(crate) fn invoice() -> Value {
    json!({
        "line_items": [
            { "description": "Labour, hours", "quantity": 2, "unit_amount_cents": 12_500 },
            { "description": "Roller", "quantity": 1, "unit_amount_cents": 4_999 },
        ],
        "tax_basis_points": 825,
    })
}
