//! What the models send: a model's part of each call.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dispatch_contract::Timestamp;
use serde_json::{Value, json};

/// A picture of eight by eight dots.
pub(crate) const PHOTO: &[u8] = include_bytes!("../../house/support/photo.png");

/// The five items of the checklist, in order.
pub(crate) const ITEMS: [&str; 5] = [
    "work_performed",
    "parts_used_or_needed",
    "resolution_status",
    "onsite_photos_after",
    "billing_authorization",
];

/// A request that can be scheduled at once. Each telephone number is another customer.
pub(crate) fn request(phone: &str) -> Value {
    json!({
        "customer": { "contact_name": "Ada Byrne", "site_name": "Dock 4", "phone": phone },
        "service_location": {
            "address_line1": "12 Dock Street", "city": "Chicago", "region": "IL",
            "postal_code": "60601", "country": "US",
        },
        "issue": {
            "summary": "The dock door is off its track", "classification": "door_off_track",
            "access_details": "Ring twice at the gate", "door_system_type": "sectional",
        },
        "priority": "standard",
        "billing_account_type": "account",
        "initial_message": { "raw": "door broken!!", "normalized": "The door is broken." },
    })
}

/// A window of two hours that begins so many hours from now.
pub(crate) fn window(hours: u64) -> Value {
    let at = |hours: u64| {
        let time = SystemTime::now() + Duration::from_secs(hours * 3600);
        let since = time.duration_since(UNIX_EPOCH).expect("after 1970");
        let micros = i64::try_from(since.as_micros()).expect("fits");
        let time = Timestamp::from_micros(micros).expect("in range");
        time.to_string()
    };
    json!({ "window_start": at(hours), "window_end": at(hours + 2), "timezone": "America/Chicago" })
}

/// This, on a ticket.
pub(crate) fn on(ticket: &str, mut input: Value) -> Value {
    input["ticket_id"] = json!(ticket);
    input
}

/// A message from outside.
pub(crate) fn message(text: &str) -> Value {
    json!({ "message": { "raw": text, "normalized": text, "direction": "inbound" } })
}
