//! What the audit tells of gateways: read once, then as it is committed.

use std::cmp::Reverse;

use dispatch_contract::event::EventType;
use dispatch_contract::{Event, GatewayId};

use crate::text::short_time;
use crate::views::fields::{Field, heading};

/// Types of event that are about a gateway, read when they are looked at first.
pub(super) const KINDS: [EventType; 7] = [
    EventType::GatewayStatusChanged,
    EventType::EscalationRaised,
    EventType::GatewayRegistered,
    EventType::GatewayUpdated,
    EventType::AgentRegistered,
    EventType::AgentProvisioned,
    EventType::AgentOffline,
];

/// Events held at most, of all gateways, the newest.
const MOST: usize = 2_000;
/// Shown of one gateway.
const SHOWN: usize = 20;

/// See the module.
pub(super) struct Told {
    /// The newest first.
    events: Vec<Event>,
    /// Types that are still to be read.
    wanted: Vec<EventType>,
    asked: Vec<EventType>,
}

/// The gateway that an event is about.
pub(super) fn about(event: &Event) -> Option<GatewayId> {
    let payload = &event.payload;
    let named = [
        &payload["gateway_id"],
        &payload["gateway"]["gateway_id"],
        &payload["agent"]["gateway_id"],
    ];
    let mut named = named.into_iter().filter_map(|id| id.as_str());
    named.next()?.parse().ok()
}

impl Told {
    pub(super) fn new() -> Self {
        Self {
            events: Vec::new(),
            wanted: KINDS.into(),
            asked: Vec::new(),
        }
    }

    /// Something may have been missed.
    pub(super) fn reload(&mut self) {
        self.wanted = KINDS.into();
    }

    /// A type to read now.
    pub(super) fn next(&mut self) -> Option<EventType> {
        let at = self
            .wanted
            .iter()
            .position(|kind| !self.asked.contains(kind))?;
        let kind = self.wanted.remove(at);
        self.asked.push(kind);
        Some(kind)
    }

    /// A type was answered; `again`: it is to be asked for once more.
    pub(super) fn answered(&mut self, kind: EventType, again: bool) {
        self.asked.retain(|asked| *asked != kind);
        if again {
            self.wanted.push(kind);
        }
    }

    pub(super) fn keep(&mut self, events: impl IntoIterator<Item = Event>) {
        self.events
            .extend(events.into_iter().filter(|event| about(event).is_some()));
        let newest = |event: &Event| Reverse((event.occurred_at, event.event_id));
        self.events.sort_by_key(newest);
        self.events.dedup_by_key(|event| event.event_id);
        self.events.truncate(MOST);
    }

    /// The latest about this gateway; nothing where there are none.
    pub(super) fn fields(&self, id: GatewayId) -> Vec<Field> {
        let about = self.events.iter().filter(|event| about(event) == Some(id));
        let lines: Vec<Field> = about
            .take(SHOWN)
            .map(|event| (short_time(event.occurred_at), words(event)))
            .collect();
        if lines.is_empty() {
            return lines;
        }
        let mut fields = vec![heading("recent events")];
        fields.extend(lines);
        fields
    }
}

/// What happened, to whom, and why, in a line.
fn words(event: &Event) -> String {
    let payload = &event.payload;
    let said = |name: &str| payload[name].as_str();
    let kind = match (event.kind, payload["over"].as_bool()) {
        (EventType::EscalationRaised, Some(true)) => "escalation over",
        (kind, _) => kind.name(),
    };
    let agent = payload["agent"]["name"].as_str();
    let words = [
        said("to"),
        said("status"),
        agent,
        said("reason"),
        said("error"),
    ];
    let words = words.into_iter().flatten().filter(|word| !word.is_empty());
    std::iter::once(kind)
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}
