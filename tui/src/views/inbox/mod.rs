//! What waits for a person: escalations, and calls put before an operator. What an
//! operator has decided since is shown with it.

use std::collections::HashMap;

use dispatch_contract::event::EventType;
use dispatch_contract::{Event, TicketId};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::browser::Browser;
use super::fields::{Field, field, of_event};
use super::{Act, Listed, Mouse, View};
use crate::ask::{Answered, Ask, Got};
use crate::draw::pane;
use crate::grid::draw::Look;
use crate::grid::{Column, Item, Width};
use crate::keys::Action;
use crate::text::{age, short_time, tail};
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// Entries held at most.
const MOST: usize = 1_000;

/// The types of event that it is made of.
const KINDS: [EventType; 4] = [
    EventType::EscalationRaised,
    EventType::ProposalCreated,
    EventType::ProposalApproved,
    EventType::ProposalRejected,
];

/// How an entry stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Waits,
    Approved,
    Rejected,
    /// An escalation: nothing in the audit says that somebody saw to it.
    Raised,
}

impl Standing {
    fn says(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Raised => "raised",
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Waits => Role::Warn,
            Self::Approved => Role::Good,
            Self::Rejected => Role::Faint,
            Self::Raised => Role::Alarm,
        }
    }
}

struct Entry {
    event: Event,
    standing: Standing,
    decided: Option<Event>,
}

impl Item for Entry {
    fn id(&self) -> String {
        self.event.event_id.to_string()
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
    .by(|entry, _| -entry.event.occurred_at.micros()),
    Column::new("WHAT", Width::Fixed(17), |entry: &Entry, _| {
        entry.event.kind.name().into()
    }),
    Column::new("TICKET", Width::Fixed(6), |entry: &Entry, _| {
        entry.event.ticket_id.map_or("house".into(), |id| tail(&id))
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

/// See the module.
pub(crate) struct Inbox {
    list: Browser<Entry>,
    events: Vec<Event>,
    read: usize,
    trouble: Option<Trouble>,
    stale: bool,
    reading: usize,
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
        }
    }

    fn keep(&mut self, event: Event) {
        if self
            .events
            .iter()
            .any(|known| known.event_id == event.event_id)
        {
            return;
        }
        self.events.push(event);
        self.events
            .sort_by_key(|event| std::cmp::Reverse((event.occurred_at, event.event_id)));
        self.events.truncate(2 * MOST);
        self.sort_out();
    }

    fn sort_out(&mut self) {
        let decided: HashMap<&str, &Event> = self
            .events
            .iter()
            .filter(|event| {
                matches!(
                    event.kind,
                    EventType::ProposalApproved | EventType::ProposalRejected
                )
            })
            .filter_map(|event| Some((proposal(event)?, event)))
            .collect();
        let entries = self.events.iter().filter_map(|event| {
            let answer = proposal(event).and_then(|id| decided.get(id)).copied();
            let standing = match (event.kind, answer.map(|event| event.kind)) {
                (EventType::EscalationRaised, _) => Standing::Raised,
                (EventType::ProposalCreated, Some(EventType::ProposalApproved)) => {
                    Standing::Approved
                }
                (EventType::ProposalCreated, Some(_)) => Standing::Rejected,
                (EventType::ProposalCreated, None) => Standing::Waits,
                _ => return None,
            };
            Some(Entry {
                event: event.clone(),
                standing,
                decided: answer.cloned(),
            })
        });
        let mut entries: Vec<Entry> = entries.collect();
        // what waits stands first, then the newest
        entries.sort_by_key(|entry| entry.standing != Standing::Waits);
        self.list.rows.clear();
        self.list.rows.older(entries);
    }

    fn fields(&self) -> Vec<Field> {
        let Some(entry) = self.list.rows.selected() else {
            return Vec::new();
        };
        let mut fields = vec![field("stands", entry.standing.says())];
        if let Some(decided) = &entry.decided {
            fields.push(field(
                "decided",
                format!(
                    "{} by {} {}",
                    short_time(decided.occurred_at),
                    decided.actor.role,
                    decided.actor.id
                ),
            ));
            super::fields::flatten("decision", &decided.payload, &mut fields);
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
        if KINDS.contains(&event.kind) {
            self.keep(event.clone());
        }
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

    fn take(&mut self, _ask: &Ask, answered: Answered, _world: &World) {
        self.reading = self.reading.saturating_sub(1);
        match answered {
            Ok(Got::Events(page)) => {
                self.read += 1;
                self.trouble = None;
                for event in page.items {
                    self.keep(event);
                }
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

    fn waiting(&self, _world: &World) -> usize {
        let waits = |entry: &&Entry| entry.standing == Standing::Waits;
        self.list.rows.items().filter(waits).count()
    }

    fn settle(&mut self, area: Rect, world: &World) {
        let fields = self.fields();
        self.list.settle(area, world, &fields);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        let parts = self.list.parts(area);
        let look = |entry: &Entry| Look {
            role: matches!(entry.standing, Standing::Approved | Standing::Rejected)
                .then_some(Role::Faint),
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
mod tests {
    use super::*;
    use crate::testing::{event, world};
    use serde_json::json;

    #[test]
    fn what_waits_stands_first_until_somebody_decides() {
        let mut inbox = Inbox::new();
        let mut put = event(1, 1, "proposal.created");
        put.payload = json!({"proposal_id": "P1", "tool": "ticket.create"});
        let mut raised = event(2, 2, "escalation.raised");
        raised.payload = json!({"reason": "nobody answers"});
        for event in [&put, &raised, &put] {
            inbox.news(event, &world());
        }
        inbox.settle(Rect::new(0, 0, 120, 30), &world());
        let stands = |inbox: &Inbox| -> Vec<&str> {
            let shown = inbox.list.rows.shown();
            shown.iter().map(|entry| entry.standing.says()).collect()
        };
        assert_eq!(stands(&inbox), ["waits", "raised"]);
        assert_eq!(inbox.waiting(&world()), 1);
        let mut decided = event(1, 3, "proposal.rejected");
        decided.payload = json!({"proposal_id": "P1", "reason": "no"});
        inbox.news(&decided, &world());
        inbox.settle(Rect::new(0, 0, 120, 30), &world());
        assert_eq!(inbox.waiting(&world()), 0);
        assert!(stands(&inbox).contains(&"rejected"));
    }
}
