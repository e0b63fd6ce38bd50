//! For tests: tickets and keys made from little.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use dispatch_contract::{Event, Ticket, TicketId, Timestamp};
use serde_json::json;

use crate::app::{App, Effect, Message};

/// 2026-03-01T12:00:00Z and so many seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_772_366_400 + seconds) * 1_000_000).unwrap()
}

pub(crate) fn id(n: u128) -> TicketId {
    TicketId(n.to_be_bytes().into())
}

/// A ticket by number, taken in by that second.
pub(crate) fn ticket(n: u128) -> Ticket {
    let second = i64::try_from(n).unwrap();
    serde_json::from_value(json!({
        "ticket_id": id(n), "state": "new", "version": 1,
        "created_at": at(-10_000 + second), "updated_at": at(-90),
        "customer_id": id(7),
        "customer": {"site_name": format!("Dock {n}"), "contact_name": "Zoë 東京", "phone": "+15550100"},
        "service_location": {"address_line1": "1 Bay St", "city": "Camden", "region": "NJ",
            "postal_code": "08101", "country": "US"},
        "issue": {"summary": "Door will not open\u{1b}[2J"},
        "priority": "standard", "billing": {"account_type": "cod"},
        "closeout": {"checklist": {"work_performed": true, "parts_used_or_needed": false,
            "resolution_status": false, "onsite_photos_after": false, "billing_authorization": false}}
    }))
    .unwrap()
}

/// The ticket's event with this sequence.
pub(crate) fn event(n: u128, sequence: u64, kind: &str) -> Event {
    serde_json::from_value(json!({
        "event_id": id(u128::from(sequence)), "occurred_at": at(-60), "request_id": "call-1",
        "type": kind, "ticket_id": id(n), "ticket_version": sequence,
        "actor": {"role": "operator_admin", "operator_id": id(3)},
        "payload": {"priority": "emergency", "reason": {"text": "door stuck"}},
        "pack": {"name": "real-dispatch", "version": "1.0.0", "digest": "d"},
        "request_sha256": "0", "sequence": sequence, "previous_hash": "0", "hash": "h"
    }))
    .unwrap()
}

pub(crate) fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split(' ') {
        let code = match key {
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "tab" => KeyCode::Tab,
            "backspace" => KeyCode::Backspace,
            _ => KeyCode::Char(key.chars().last().unwrap()),
        };
        let with = if key.starts_with("ctrl-") {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        effects = app.update(Message::Key(KeyEvent::new(code, with)));
    }
    effects
}
