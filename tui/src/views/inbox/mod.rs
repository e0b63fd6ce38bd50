//! What waits for a person: escalations that are not over, and calls put before an operator.
//! What ended one of them since is shown with it.

use std::cmp::Reverse;

use dispatch_contract::event::EventType;
use dispatch_contract::gateway_health::GatewayAlert;
use dispatch_contract::{Event, TicketId};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use serde::Deserialize;
use serde_json::{Value, json};

use super::browser::Browser;
use super::fields::{Field, field, of_event};
use super::{Act, Listed, Mouse, View};
use crate::ask::{Answered, Ask, Got};
use crate::draw::pane;
use crate::grid::draw::Look;
use crate::grid::{Column, Item, Width};
use crate::keys::Action;
use crate::text::{age, tail, time};
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// Entries held at most.
const MOST: usize = 1_000;

/// The types of event that it is made of.
const KINDS: [EventType; 5] = [
    EventType::EscalationRaised,
    EventType::GatewayRemoved,
    EventType::ProposalCreated,
    EventType::ProposalApproved,
    EventType::ProposalRejected,
];

/// How an entry stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// A call that nobody has decided about.
    Waits,
    /// An escalation that is not over.
    Open,
    /// An escalation of which the audit does not say whether somebody saw to it.
    Raised,
    Approved,
    Rejected,
    /// An escalation that ended by itself.
    Over,
}

impl Standing {
    fn says(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Open => "open",
            Self::Raised => "raised",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Over => "over",
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Waits => Role::Warn,
            Self::Open | Self::Raised => Role::Alarm,
            Self::Approved => Role::Good,
            Self::Rejected | Self::Over => Role::Faint,
        }
    }

    fn waits(self) -> bool {
        matches!(self, Self::Waits | Self::Open)
    }
}

struct Entry {
    event: Event,
    standing: Standing,
    /// What ended it: a decision, or the end of an escalation.
    ended: Option<Event>,
}

impl Item for Entry {
    fn id(&self) -> String {
        self.event.event_id.to_string()
    }

    fn whole(&self) -> Value {
        json!({ "stands": self.standing.says(), "event": self.event, "ended": self.ended })
    }
}

static COLUMNS: [Column<Entry>; 6] = [
    Column::new("STANDS", Width::Fixed(8), |entry: &Entry, _| {
        entry.standing.says().into()
    })
    .by(|entry, _| entry.standing as i64)
    .colored(|entry, _| Some(entry.standing.role())),
    Column::new("OLD", Width::Fixed(4), |entry: &Entry, world| {
        age(entry.event.occurred_at, world.now)
    })
    .by(|entry, _| -entry.event.occurred_at.micros())
    .whole(|entry, _| entry.event.occurred_at.to_string()),
    Column::new("WHAT", Width::Fixed(17), |entry: &Entry, _| {
        entry.event.kind.name().into()
    }),
    Column::new("TICKET", Width::Fixed(6), |entry: &Entry, _| {
        entry.event.ticket_id.map_or("house".into(), |id| tail(&id))
    })
    .whole(|entry, _| {
        entry
            .event
            .ticket_id
            .map_or("house".into(), |id| id.to_string())
    }),
    Column::new("ABOUT", Width::Grow(20, 3), |entry: &Entry, _| {
        about(&entry.event)
    }),
    Column::new("BY", Width::Grow(12, 1), |entry: &Entry, _| {
        entry.event.actor.role.to_string()
    })
    .from(90),
];

/// The words of the payload that say most.
fn about(event: &Event) -> String {
    if let Some(alert) = alert(event) {
        return says(&alert);
    }
    let payload = &event.payload;
    for name in ["reason", "summary", "subject", "message", "text", "tool"] {
        if let Some(text) = payload[name].as_str() {
            return text.to_owned();
        }
    }
    let mut fields = Vec::new();
    super::fields::flatten("", payload, &mut fields);
    let words: Vec<String> = fields
        .into_iter()
        .take(3)
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    words.join(", ")
}

/// What ties a proposal to its decision.
fn proposal(event: &Event) -> Option<&str> {
    event.payload["proposal_id"].as_str()
}

/// An escalation about a gateway: it has a beginning, and where all is well again an end.
fn alert(event: &Event) -> Option<GatewayAlert> {
    if event.kind != EventType::EscalationRaised {
        return None;
    }
    GatewayAlert::deserialize(&event.payload).ok()
}

fn says(alert: &GatewayAlert) -> String {
    let reason = alert.reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{} is {}{reason}", alert.name, alert.status.name())
}

/// See the module.
pub(crate) struct Inbox {
    list: Browser<Entry>,
    events: Vec<Event>,
    read: usize,
    trouble: Option<Trouble>,
    stale: bool,
    reading: usize,
    called: Option<(Role, String)>,
    /// Older ones are on the host.
    more: bool,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            list: Browser::new(&COLUMNS, MOST),
            events: Vec::new(),
            read: 0,
            trouble: None,
            stale: true,
            reading: 0,
            called: None,
            more: false,
        }
    }

    fn keep(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            let known = |known: &Event| known.event_id == event.event_id;
            if !self.events.iter().any(known) {
                self.events.push(event);
            }
        }
        self.events
            .sort_by_key(|event| Reverse((event.occurred_at, event.event_id)));
        self.events.truncate(2 * MOST);
        self.sort_out();
    }

    /// What came just now, for whoever looks elsewhere.
    pub(crate) fn called(&mut self) -> Option<(Role, String)> {
        self.called.take()
    }

    fn sort_out(&mut self) {
        let mut entries: Vec<Entry> = Vec::new();
        // the oldest first, so that what ends something finds its beginning
        for event in self.events.iter().rev() {
            let alert = alert(event);
            // of a gateway that was struck off nothing will be told any more
            let is_over = event.kind == EventType::GatewayRemoved
                || alert.as_ref().is_some_and(|alert| alert.over);
            let standing = match event.kind {
                EventType::ProposalCreated => Standing::Waits,
                EventType::ProposalApproved => Standing::Approved,
                EventType::ProposalRejected => Standing::Rejected,
                _ if is_over => Standing::Over,
                _ if alert.is_some() => Standing::Open,
                _ => Standing::Raised,
            };
            let ends = |entry: &&mut Entry| match event.kind {
                EventType::ProposalApproved | EventType::ProposalRejected => {
                    entry.standing == Standing::Waits && proposal(&entry.event) == proposal(event)
                }
                _ => {
                    is_over
                        && entry.standing == Standing::Open
                        && entry.event.payload["gateway_id"] == event.payload["gateway_id"]
                }
            };
            let mut ended = false;
            for entry in entries.iter_mut().filter(ends) {
                (entry.standing, entry.ended, ended) = (standing, Some(event.clone()), true);
            }
            // an end whose beginning is not held any more is worth no entry
            if !ended && (standing.waits() || standing == Standing::Raised) {
                entries.push(Entry {
                    event: event.clone(),
                    standing,
                    ended: None,
                });
            }
        }
        // what waits stands first, then the newest
        entries.reverse();
        entries.sort_by_key(|entry| !entry.standing.waits());
        self.list.rows.clear();
        self.list.rows.older(entries);
    }

    fn fields(&self) -> Vec<Field> {
        let Some(entry) = self.list.rows.selected() else {
            return Vec::new();
        };
        let mut fields = vec![field("stands", entry.standing.says())];
        if let Some(ended) = &entry.ended {
            fields.push(match entry.standing {
                Standing::Over => field("ended", time(ended.occurred_at)),
                _ => field(
                    "decided",
                    format!(
                        "{} by {} {}",
                        time(ended.occurred_at),
                        ended.actor.role,
                        ended.actor.id
                    ),
                ),
            });
            if entry.standing != Standing::Over {
                super::fields::flatten("decision", &ended.payload, &mut fields);
            }
        }
        fields.extend(of_event(&entry.event));
        fields
    }
}

impl View for Inbox {
    fn list(&self) -> &dyn Listed {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn Listed {
        &mut self.list
    }

    fn news(&mut self, event: &Event, _world: &World) {
        if !KINDS.contains(&event.kind) {
            return;
        }
        self.called = match (event.kind, alert(event)) {
            (_, Some(alert)) if alert.over => Some((Role::Good, says(&alert))),
            (_, Some(alert)) => Some((Role::Alarm, format!("escalation: {}", says(&alert)))),
            (EventType::EscalationRaised, None) => {
                Some((Role::Alarm, format!("escalation: {}", about(event))))
            }
            (EventType::ProposalCreated, _) => Some((
                Role::Warn,
                format!("waits for an operator: {}", about(event)),
            )),
            _ => None,
        };
        self.keep([event.clone()]);
    }

    fn reload(&mut self) {
        self.stale = true;
    }

    fn wants(&mut self, _world: &World, room: usize) -> Vec<Ask> {
        if !self.stale || self.reading > 0 || room < KINDS.len() {
            return Vec::new();
        }
        self.stale = false;
        self.reading = KINDS.len();
        let ask = |kind| Ask::Events {
            ticket: None,
            kind: Some(kind),
            actor: None,
            cursor: None,
        };
        KINDS.map(ask).into()
    }

    /// All of it: its count is of what is held.
    fn wants_unseen(&mut self, world: &World, room: usize) -> Vec<Ask> {
        self.wants(world, room)
    }

    fn take(&mut self, _ask: &Ask, answered: Answered, _world: &World) {
        self.reading = self.reading.saturating_sub(1);
        match answered {
            Ok(Got::Events(page)) => {
                self.read += 1;
                self.trouble = None;
                self.more |= page.next_cursor.is_some();
                self.keep(page.items);
            }
            Ok(_) => {}
            Err(trouble) => {
                self.stale |= !trouble.is_final();
                self.trouble = Some(trouble);
            }
        }
    }

    fn act(&mut self, action: Action, half: isize, _world: &World) -> Act {
        self.list.act(action, half)
    }

    fn ticket(&self) -> Option<TicketId> {
        let entry = self.list.rows.selected()?;
        let named = entry.event.payload["ticket_id"].as_str();
        entry
            .event
            .ticket_id
            .or_else(|| named.and_then(|id| id.parse().ok()))
    }

    fn has_more(&self) -> bool {
        self.more
    }

    fn waiting(&self, _world: &World) -> usize {
        let waits = |entry: &&Entry| entry.standing.waits();
        self.list.rows.items().filter(waits).count()
    }

    fn settle(&mut self, area: Rect, world: &World) {
        let fields = self.fields();
        self.list.settle(area, world, &fields);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        let parts = self.list.parts(area);
        let look = |entry: &Entry| Look {
            role: entry.ended.as_ref().map(|_| Role::Faint),
            ..Look::default()
        };
        self.list
            .draw_list(frame, parts.list, world, "Inbox", &look);
        if self.list.rows.len() == 0 {
            let inner = pane::inside(parts.list);
            let faint = world.theme.style(Role::Faint);
            match (&self.trouble, self.read >= KINDS.len()) {
                (Some(trouble), _) => pane::say_trouble(frame, inner, trouble, world),
                (None, false) => pane::say(frame, inner, &[("Reading the inbox.", faint)]),
                (None, true) => pane::say(
                    frame,
                    inner,
                    &[
                        ("Nothing waits for you.", world.theme.style(Role::Good)),
                        (
                            "Escalations and calls that were put before an operator show here as \
                             they are committed (escalation.raised and proposal.* in the audit).",
                            faint,
                        ),
                    ],
                ),
            }
        }
        if !parts.open.is_empty() {
            let fields = self.fields();
            self.list
                .draw_open(frame, parts.open, world, "open entry", &fields);
        }
    }

    fn mouse(&mut self, area: Rect, at: Position, what: Mouse, _world: &World) {
        self.list.mouse(area, at, what);
    }
}

#[cfg(test)]
mod tests;
