//! Every event as it is committed: where it stands in its chain, and whether it verifies.

mod chain;
mod filter;

use std::collections::{HashSet, VecDeque};

use dispatch_contract::{Event, EventId, TicketId, Timestamp, Tool};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use self::chain::Chains;
pub(crate) use self::chain::Standing;
use self::filter::{Filter, tool};
use super::browser::Browser;
use super::fields::{Field, field, of_event};
use super::{Act, Listed, Mouse, View};
use crate::ask::{Answered, Ask, Got};
use crate::draw::pane;
use crate::grid::draw::Look;
use crate::grid::{Column, Item, Width};
use crate::keys::{Action, Context};
use crate::shell::query::Query;
use crate::text::{short_time, tail};
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// Events held at most.
const MOST: usize = 2_000;
/// Among so many of the newest an event may stand already, where a page had it before the
/// stream told of it.
const NEAR_DOUBLES: usize = 256;
/// How close to the last row the cursor comes before more is asked for.
const NEAR: usize = 20;

/// An event, and how it stands in its chain.
pub(crate) struct Row {
    pub(crate) event: Event,
    pub(crate) standing: Standing,
}

impl Item for Row {
    fn id(&self) -> String {
        self.event.event_id.to_string()
    }

    fn besides(&self) -> Vec<(&'static str, String)> {
        let event = &self.event;
        let ticket = event.ticket_id.map(|id| ("TICKET", id.to_string()));
        let tool = tool(event).map(|tool| (TOOL, tool.name().to_owned()));
        let actor = ("ACTOR", event.actor.id.to_string());
        [Some(actor), ticket, tool].into_iter().flatten().collect()
    }

    fn whole(&self) -> serde_json::Value {
        serde_json::to_value(&self.event).unwrap_or_default()
    }
}

/// What an event is filtered by, and has no column for.
const TOOL: &str = "TOOL";

static COLUMNS: [Column<Row>; 7] = [
    Column::new("AT", Width::Fixed(15), |row: &Row, _| {
        short_time(row.event.occurred_at)
    })
    .by(|row, _| row.event.occurred_at.micros())
    .whole(|row, _| row.event.occurred_at.to_string()),
    Column::new("OK", Width::Fixed(2), |row: &Row, _| {
        row.standing.mark().to_string()
    })
    .colored(|row, _| Some(row.standing.role())),
    Column::new("TYPE", Width::Grow(20, 2), |row: &Row, _| {
        row.event.kind.name().into()
    }),
    Column::new("TICKET", Width::Fixed(6), |row: &Row, _| {
        row.event.ticket_id.map_or("house".into(), |id| tail(&id))
    })
    .whole(|row, _| {
        row.event
            .ticket_id
            .map_or("house".into(), |id| id.to_string())
    }),
    Column::new("SEQ", Width::Fixed(4), |row: &Row, _| {
        row.event.sequence.to_string()
    })
    .by(|row, _| i64::try_from(row.event.sequence).unwrap_or(i64::MAX))
    .right(),
    Column::new("ACTOR", Width::Grow(10, 1), |row: &Row, _| {
        format!("{} {}", row.event.actor.role, tail(&row.event.actor.id))
    })
    .whole(|row, _| format!("{} {}", row.event.actor.role, row.event.actor.id)),
    Column::new("MOVE", Width::Grow(10, 2), |row: &Row, _| {
        match (row.event.previous_state, row.event.next_state) {
            (Some(from), Some(to)) => format!("{from} -> {to}"),
            _ => "-".into(),
        }
    })
    .from(92),
];

/// See the module.
pub(crate) struct Audit {
    list: Browser<Row>,
    chains: Chains,
    trouble: Option<Trouble>,
    read: bool,
    stale: bool,
    asked: Option<Ask>,
    /// Came while the newest were read: they may be in no page of it.
    came: VecDeque<Event>,
    next: Option<String>,
    /// What of the filter is not of the rows held.
    filter: Filter,
    /// The filter as it was typed: a part of it is the host's.
    typed: String,
    /// By this clock `2h` ago is counted, and today is.
    now: Option<Timestamp>,
    /// A chain that is being read whole, to be verified.
    verifying: Option<(TicketId, Option<String>)>,
    said: Option<(Role, String)>,
}

impl Audit {
    pub(crate) fn new() -> Self {
        Self {
            list: Browser::live(&COLUMNS, MOST),
            chains: Chains::default(),
            trouble: None,
            read: false,
            stale: true,
            asked: None,
            came: VecDeque::new(),
            next: None,
            filter: Filter::default(),
            typed: String::new(),
            now: None,
            verifying: None,
            said: None,
        }
    }

    fn row(&mut self, event: Event) -> Row {
        let standing = self.chains.keep(&event);
        Row { event, standing }
    }

    /// The newest page. What came by the stream since it was asked for stands before it, and
    /// what is held after it, where the two meet; a gap begins anew.
    fn fill(&mut self, events: Vec<Event>, next: Option<String>) {
        let mut known: HashSet<EventId> = events.iter().map(|event| event.event_id).collect();
        let mut held = self.list.rows.take().into_iter();
        let last = events.last().map(|event| event.event_id);
        // up to where they meet it is all in the page, or came meanwhile
        let meets = held.any(|row| Some(row.event.event_id) == last);
        if !meets {
            self.next = next.filter(|_| !self.filter.ends(&events));
        }
        let came = std::mem::take(&mut self.came).into_iter().rev();
        let came: Vec<Event> = came.filter(|event| known.insert(event.event_id)).collect();
        let filter = self.filter.clone();
        let new = came.into_iter().chain(events);
        let new: Vec<Event> = new.filter(|event| filter.within(event)).collect();
        let mut rows = self.rows_of(new);
        rows.extend(held.filter(|row| known.insert(row.event.event_id)));
        self.list.rows.older(rows);
        self.stand();
    }

    /// Rows of events, the newest first. They are looked at the oldest first, so that each
    /// finds the one before it.
    fn rows_of(&mut self, events: Vec<Event>) -> Vec<Row> {
        let rows = events.into_iter().rev().map(|event| self.row(event));
        let mut rows: Vec<Row> = rows.collect();
        rows.reverse();
        rows
    }

    fn is_reading_newest(&self) -> bool {
        matches!(self.asked, Some(Ask::Events { cursor: None, .. }))
    }

    /// What came later may tell how the rows before stand.
    fn stand(&mut self) {
        for row in self.list.rows.items_mut() {
            row.standing = self.chains.stand(&row.event);
        }
    }

    fn fields(&self) -> Vec<Field> {
        let Some(row) = self.list.rows.selected() else {
            return Vec::new();
        };
        let event = &row.event;
        let mut fields = vec![
            field("verifies", row.standing.says()),
            field("tool", tool(event).map_or("-", Tool::name)),
            field("sequence", event.sequence.to_string()),
            field("hash", event.hash.clone()),
            field("before", event.previous_hash.clone()),
        ];
        fields.extend(of_event(event));
        fields
    }

    fn taken(&mut self, id: TicketId, answered: Answered) {
        match answered {
            Ok(Got::Events(page)) => {
                let before = self.verifying.as_ref().is_some_and(|(_, at)| at.is_some());
                let said = self.chains.walk(&page.items, !before);
                match (said, page.next_cursor) {
                    (Err(wrong), _) => {
                        self.verifying = None;
                        self.said = Some((Role::Alarm, format!("chain of {id}: {wrong}")));
                    }
                    (Ok(_), Some(next)) => self.verifying = Some((id, Some(next))),
                    (Ok(length), None) => {
                        self.verifying = None;
                        let said =
                            format!("chain of {id} holds: {length} events, each hash verified");
                        self.said = Some((Role::Good, said));
                    }
                }
                self.stand();
            }
            Ok(_) => {}
            Err(trouble) => {
                self.verifying = None;
                self.said = Some((Role::Alarm, format!("chain of {id}: {trouble}")));
            }
        }
    }
}

impl View for Audit {
    fn list(&self) -> &dyn Listed {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn Listed {
        &mut self.list
    }

    fn context(&self) -> Context {
        Context::Audit
    }

    fn news(&mut self, event: &Event, _world: &World) {
        if !self.filter.fits(event) {
            return;
        }
        // whether the page that is being read has it is not known yet
        if self.is_reading_newest() {
            self.came.push_back(event.clone());
            if self.came.len() > MOST {
                self.came.pop_front();
            }
        }
        let rows = &self.list.rows;
        let known = |row: &Row| row.event.event_id == event.event_id;
        if self.read && !rows.items().take(NEAR_DOUBLES).any(known) {
            let row = self.row(event.clone());
            self.list.rows.newest(row);
        }
    }

    fn reload(&mut self) {
        self.stale = true;
        self.asked = None;
    }

    fn wants(&mut self, _world: &World, _room: usize) -> Vec<Ask> {
        let mut asks = Vec::new();
        if let Some((id, cursor)) = &self.verifying {
            let ask = Ask::Chain(*id, cursor.clone());
            if self.asked.as_ref() != Some(&ask) {
                self.asked = Some(ask.clone());
                return vec![ask];
            }
            return asks;
        }
        if self.asked.is_some() {
            return asks;
        }
        let near = self.list.rows.index() + NEAR >= self.list.rows.len();
        let cursor = if std::mem::take(&mut self.stale) {
            self.came.clear();
            None
        } else if near && self.next.is_some() && !self.list.rows.is_full() && self.read {
            self.next.clone()
        } else {
            return asks;
        };
        let ask = Ask::Events {
            ticket: self.filter.ticket,
            kind: self.filter.kind,
            actor: self.filter.actor,
            cursor,
        };
        self.asked = Some(ask.clone());
        asks.push(ask);
        asks
    }

    fn take(&mut self, ask: &Ask, answered: Answered, _world: &World) {
        if self.asked.as_ref() != Some(ask) {
            return;
        }
        self.asked = None;
        if let Ask::Chain(id, _) = ask {
            return self.taken(*id, answered);
        }
        match (ask, answered) {
            (Ask::Events { cursor: None, .. }, Ok(Got::Events(page))) => {
                (self.read, self.trouble) = (true, None);
                self.fill(page.items, page.next_cursor);
            }
            (Ask::Events { .. }, Ok(Got::Events(page))) => {
                self.next = page.next_cursor.filter(|_| !self.filter.ends(&page.items));
                let mut events = page.items;
                events.retain(|event| self.filter.within(event));
                let rows = self.rows_of(events);
                self.list.rows.older(rows);
                self.stand();
            }
            (_, Err(trouble)) => {
                self.stale = !trouble.is_final() && !self.read;
                self.trouble = Some(trouble);
            }
            _ => {}
        }
    }

    fn act(&mut self, action: Action, half: isize, _world: &World) -> Act {
        if action != Action::Verify {
            return self.list.act(action, half);
        }
        let Some(row) = self.list.rows.selected() else {
            return Act::Nothing;
        };
        match row.event.ticket_id {
            Some(id) => {
                self.verifying = Some((id, None));
                // what was being read is asked for again after it
                self.stale |= self.is_reading_newest();
                self.asked = None;
                Act::Say(Role::Strong, format!("reading the chain of {id}"))
            }
            None => Act::Say(
                Role::Warn,
                "the house's own chain has no timeline to read; `dispatch audit verify` walks it"
                    .into(),
            ),
        }
    }

    fn filter(&self) -> &str {
        &self.typed
    }

    /// See [`Filter`].
    fn set_filter(&mut self, text: &str) {
        self.typed = text.trim().to_owned();
        let (filter, rest, wrong) = Filter::parse(text, self.now);
        if filter != self.filter {
            self.filter = filter;
            self.list.rows.clear();
            self.came.clear();
            self.reload();
        }
        if let Some(wrong) = wrong {
            self.said = Some((Role::Warn, wrong));
        }
        let mut names = self.list.columns();
        names.extend(["ID", TOOL]);
        self.list.rows.filter(Query::parse(&rest, &names));
        self.list.inside = false;
    }

    fn has_more(&self) -> bool {
        self.next.is_some()
    }

    fn ticket(&self) -> Option<TicketId> {
        self.list
            .rows
            .selected()
            .and_then(|row| row.event.ticket_id)
    }

    fn said(&mut self) -> Option<(Role, String)> {
        self.said.take()
    }

    fn waiting(&self, _world: &World) -> usize {
        let broken = |row: &&Row| row.standing.is_broken();
        self.list.rows.items().filter(broken).count()
    }

    fn settle(&mut self, area: Rect, world: &World) {
        self.now = Some(world.now);
        let fields = self.fields();
        self.list.settle(area, world, &fields);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        let parts = self.list.parts(area);
        let mut title = "Audit".to_owned();
        if let Some(id) = self.filter.ticket {
            title.push_str(&format!(" of {id}"));
        }
        if let Some(kind) = self.filter.kind {
            title.push_str(&format!(" {}", kind.name()));
        }
        if let Some(id) = self.filter.actor {
            title.push_str(&format!(" by {}", tail(&id)));
        }
        for (word, at) in [("since", self.filter.since), ("until", self.filter.until)] {
            if let Some(at) = at {
                title.push_str(&format!(" {word} {}", short_time(at)));
            }
        }
        if self.asked.is_some() && self.read {
            title.push_str(" reading");
        }
        let look = |row: &Row| Look {
            role: row.standing.is_broken().then_some(Role::Alarm),
            ..Look::default()
        };
        self.list.draw_list(frame, parts.list, world, &title, &look);
        if self.list.rows.len() == 0 {
            let inner = pane::inside(parts.list);
            let faint = world.theme.style(Role::Faint);
            match &self.trouble {
                Some(trouble) => pane::say_trouble(frame, inner, trouble, world),
                None if self.asked.is_some() => {
                    pane::say(frame, inner, &[("Reading events.", faint)])
                }
                None if self.read => pane::say(frame, inner, &[("No event is like that.", faint)]),
                None => pane::say(frame, inner, &[("Reading events.", faint)]),
            }
        }
        if !parts.open.is_empty() {
            let fields = self.fields();
            self.list
                .draw_open(frame, parts.open, world, "open event", &fields);
        }
    }

    fn mouse(&mut self, area: Rect, at: Position, what: Mouse, _world: &World) {
        self.list.mouse(area, at, what);
    }
}

#[cfg(test)]
mod tests;
