//! For tests: tickets, events and keys made from little.

use crossterm::event::{KeyEvent, KeyModifiers};
use dispatch_contract::decision::Decision;
use dispatch_contract::event::ChainHead;
use dispatch_contract::gateway::{Gateway, GatewayStatus};
use dispatch_contract::gateway_health::GatewayHealth;
use dispatch_contract::{Code, Event, State, Ticket, TicketId, Timestamp, Tool, schema};
use serde_json::json;

use crate::app::{App, Effect, Message};
use crate::ask::ToolEntry;
use crate::keys::code;
use crate::link::Link;
use crate::theme::Theme;
use crate::world::World;

/// 2026-03-01T12:00:00Z and so many seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_772_366_400 + seconds) * 1_000_000).unwrap()
}

pub(crate) fn id(n: u128) -> TicketId {
    TicketId(n.to_be_bytes().into())
}

pub(crate) fn world() -> World {
    World {
        now: at(0),
        link: Link::Live,
        technicians: Default::default(),
        host: "home".into(),
        url: "http://h".into(),
        read_only: false,
        theme: Theme::default(),
    }
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

/// A ticket with a window agreed, from and to these seconds.
pub(crate) fn scheduled(n: u128, from: i64, to: i64) -> Ticket {
    let mut ticket = ticket(n);
    ticket.state = State::Scheduled;
    ticket.schedule = serde_json::from_value(json!({
        "status": "confirmed", "window_start": at(from), "window_end": at(to),
        "timezone": "America/Chicago"
    }))
    .unwrap();
    ticket
}

/// The ticket's event with this sequence, which is its version too.
pub(crate) fn event(n: u128, sequence: u64, kind: &str) -> Event {
    serde_json::from_value(json!({
        "event_id": id((n << 64) + u128::from(sequence)), "occurred_at": at(-60), "request_id": "call-1",
        "type": kind, "ticket_id": id(n), "ticket_version": sequence,
        "actor": {"role": "operator_admin", "operator_id": id(3)},
        "payload": {"priority": "emergency", "reason": {"text": "door stuck"}},
        "pack": {"name": "real-dispatch", "version": "1.0.0", "digest": "d"},
        "request_sha256": "0", "sequence": sequence, "previous_hash": "0", "hash": "h"
    }))
    .unwrap()
}

/// The ticket's move.
pub(crate) fn moved(n: u128, version: u64, from: State, to: State) -> Event {
    let mut event = event(n, version, "ticket.state_changed");
    event.payload = json!({"from": from, "to": to, "tool": "ticket.add_message"});
    (event.previous_state, event.next_state) = (Some(from), Some(to));
    event
}

/// A ticket's chain of so many notes, sealed as a host does it.
pub(crate) fn chain(n: u128, length: u64) -> Vec<Event> {
    let mut head = ChainHead::default();
    (1..=length)
        .map(|sequence| {
            let mut event = event(n, sequence, "closeout.note_added");
            event.payload = json!({"note_id": id(9), "text": format!("note {sequence}")});
            head.append(&mut event);
            event
        })
        .collect()
}

/// A decision by number; refused where there is a code.
pub(crate) fn decision(n: u128, code: Option<Code>, judged_us: u64) -> Decision {
    serde_json::from_value(json!({
        "decision_id": id(n), "decided_at": at(-30 + i64::try_from(n % 30).unwrap()),
        "request_id": format!("call-{n}"), "tool": "ticket.set_priority", "ticket_id": id(n),
        "actor": {"role": "operator_admin", "operator_id": id(3)},
        "allowed": code.is_none(), "code": code,
        "phase": code.map(|_| "transition"),
        "determining_policies": ["operator.tools"],
        "pack": {"name": "real-dispatch", "version": "1.0.0", "digest": "d"},
        "judged_us": judged_us
    }))
    .unwrap()
}

/// A gateway by number.
pub(crate) fn gateway(n: u128) -> Gateway {
    serde_json::from_value(json!({
        "gateway_id": id(n), "organization_id": id(0), "name": format!("gateway-{n}"),
        "url": format!("wss://gw{n}.example:18789"), "token_ref": format!("env:GATEWAY_{n}_TOKEN"),
        "device_pairing": true, "allow_insecure_tls": false, "token_in_query": false,
        "workspace_root": "~/.openclaw", "send_channels": {"sms": {"channel": "signal"}},
        "created_at": at(-900_000), "updated_at": at(-900_000)
    }))
    .unwrap()
}

/// How it is, where nothing more is known of it.
pub(crate) fn health(n: u128, status: GatewayStatus) -> GatewayHealth {
    serde_json::from_value(json!({
        "gateway_id": id(n), "name": format!("gateway-{n}"), "status": status, "since": at(-40_000),
        "scopes": [], "latency": {"history": []}, "connections": 1, "failures": 0, "channels": [],
        "agents": [], "sessions": 0, "errors": [], "recorded_here": true
    }))
    .unwrap()
}

pub(crate) fn key(name: &str) -> KeyEvent {
    match name.strip_prefix("ctrl-") {
        Some(bare) => KeyEvent::new(code(bare), KeyModifiers::CONTROL),
        None => KeyEvent::from(code(name)),
    }
}

pub(crate) fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for name in keys.split(' ') {
        effects.extend(app.update(Message::Key(key(name))));
    }
    effects
}

/// The tools as a host lists them.
pub(crate) fn tools() -> Vec<ToolEntry> {
    let entries = Tool::ALL.map(|tool| ToolEntry {
        name: tool,
        purpose: tool.purpose().to_owned(),
        roles: tool.roles().to_vec(),
        legal_states: tool.legal_states().to_vec(),
        schema: schema::of(tool).clone(),
    });
    entries.into()
}

/// A file of this crate, by its path, holds this; rewritten where `UPDATE_GOLDEN` is set.
pub(crate) fn golden(path: &str, expected: &str) {
    let whole = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(whole.parent().unwrap()).unwrap();
        std::fs::write(&whole, expected).unwrap();
    }
    let found = std::fs::read_to_string(&whole).unwrap_or_default();
    assert!(
        found == expected,
        "tui/{path} is not fresh; `cargo xtask pictures` makes it again, then read the diff"
    );
}

/// The same for a part of a file, between `<!-- NAME -->` and `<!-- /NAME -->`.
pub(crate) fn golden_part(path: &str, name: &str, expected: &str) {
    let whole = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&whole).unwrap();
    let (begins, ends) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begins).expect("where it begins");
    let (_, after) = rest.split_once(&ends).expect("where it ends");
    golden(path, &format!("{before}{begins}{expected}{ends}{after}"));
}
