//! Every verdict: allowed and refused, by whom, at which step, in how many microseconds.

mod figures;
mod query;

use std::collections::HashSet;

use dispatch_contract::decision::Decision;
use dispatch_contract::reading::DecisionFilter;
use dispatch_contract::{DecisionId, Event, TicketId, Timestamp};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};

use super::browser::Browser;
use super::fields::{Field, field};
use super::{Act, Listed, Mouse, View};
use crate::ask::{Answered, Ask, Got};
use crate::draw::pane;
use crate::grid::draw::Look;
use crate::grid::{Column, Item, Width};
use crate::keys::{Action, Context};
use crate::text::{micros, short_time, tail, time};
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// Decisions held at most.
const MOST: usize = 2_000;
/// How close to the last row the cursor comes before more is asked for.
const NEAR: usize = 20;
/// Between two looks at the newest, in microseconds, however fast news come.
const SPACING_US: i64 = 100_000;

impl Item for Decision {
    fn id(&self) -> String {
        self.decision_id.to_string()
    }

    fn besides(&self) -> Vec<(&'static str, String)> {
        let ticket = self.ticket_id.map(|id| ("TICKET", id.to_string()));
        let actor = self.actor.map(|actor| ("ACTOR", actor.id.to_string()));
        ticket.into_iter().chain(actor).collect()
    }

    fn whole(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

static COLUMNS: [Column<Decision>; 8] = [
    Column::new("AT", Width::Fixed(15), |decision: &Decision, _| {
        short_time(decision.decided_at)
    })
    .by(|decision, _| decision.decided_at.micros())
    .whole(|decision, _| decision.decided_at.to_string()),
    Column::new("VERDICT", Width::Fixed(7), |decision: &Decision, _| {
        if decision.allowed { "allow" } else { "deny" }.into()
    })
    .colored(|decision, _| {
        Some(if decision.allowed {
            Role::Good
        } else {
            Role::Alarm
        })
    }),
    Column::new("TOOL", Width::Grow(16, 2), |decision: &Decision, _| {
        decision.tool.clone()
    }),
    Column::new("CODE", Width::Grow(10, 2), |decision: &Decision, _| {
        decision.code.map_or("-", |code| code.name()).into()
    }),
    Column::new("PHASE", Width::Fixed(13), |decision: &Decision, _| {
        decision.phase.map_or("-", |phase| phase.name()).into()
    })
    .from(78),
    Column::new("TIME", Width::Fixed(8), |decision: &Decision, _| {
        micros(decision.judged_us)
    })
    .right()
    .whole(|decision, _| format!("{} us", decision.judged_us))
    .by(|decision, _| i64::try_from(decision.judged_us).unwrap_or(i64::MAX)),
    Column::new("ACTOR", Width::Grow(21, 1), |decision: &Decision, _| {
        decision.actor.map_or("nobody known".into(), |actor| {
            format!("{} {}", actor.role, tail(&actor.id))
        })
    })
    .whole(|decision, _| {
        decision.actor.map_or("nobody known".into(), |actor| {
            format!("{} {}", actor.role, actor.id)
        })
    })
    .from(112),
    Column::new("TICKET", Width::Fixed(6), |decision: &Decision, _| {
        decision.ticket_id.map_or("-".into(), |id| tail(&id))
    })
    .whole(|decision, _| decision.ticket_id.map_or("-".into(), |id| id.to_string()))
    .from(88),
];

/// Which ones are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Only {
    #[default]
    All,
    Refused,
    Allowed,
}

/// See the module.
pub(crate) struct Decisions {
    list: Browser<Decision>,
    known: HashSet<DecisionId>,
    only: Only,
    /// The filter as it was typed: a part of it is the host's.
    typed: String,
    /// The host's part of it.
    host: DecisionFilter,
    /// And ours.
    ours: String,
    trouble: Option<Trouble>,
    read: bool,
    /// Something was committed or refused since it was read.
    woken: bool,
    asked: Option<Option<String>>,
    next: Option<String>,
    looked_at: Option<Timestamp>,
}

impl Decisions {
    pub(crate) fn new() -> Self {
        Self {
            list: Browser::live(&COLUMNS, MOST),
            known: HashSet::new(),
            only: Only::All,
            typed: String::new(),
            host: DecisionFilter::default(),
            ours: String::new(),
            trouble: None,
            read: false,
            woken: true,
            asked: None,
            next: None,
            looked_at: None,
        }
    }

    /// There are refusals to read: they commit nothing, so that no event tells of them.
    pub(crate) fn refused(&mut self) {
        self.woken = true;
    }

    fn asks(&self, cursor: Option<String>) -> DecisionFilter {
        DecisionFilter {
            cursor,
            ..self.host.clone()
        }
    }

    fn filtered(&mut self) {
        let verdict = match self.only {
            Only::All => "",
            Only::Refused => " verdict:deny",
            Only::Allowed => " verdict:allow",
        };
        self.list.set_filter(&format!("{}{verdict}", self.ours));
    }

    /// The newest page, joined to what is held; where they do not touch, it begins anew.
    fn join(&mut self, decisions: Vec<Decision>, next: Option<String>) {
        let touches = decisions
            .iter()
            .any(|decision| self.known.contains(&decision.decision_id));
        if !touches {
            self.list.rows.clear();
            self.known.clear();
            self.next = next;
        }
        let new: Vec<Decision> = decisions
            .into_iter()
            .filter(|decision| self.known.insert(decision.decision_id))
            .collect();
        if touches {
            for decision in new.into_iter().rev() {
                self.list.rows.newest(decision);
            }
        } else {
            self.list.rows.older(new);
        }
        if self.known.len() > 2 * MOST {
            self.known = self.list.rows.items().map(|d| d.decision_id).collect();
        }
    }

    fn fields(&self) -> Vec<Field> {
        let Some(decision) = self.list.rows.selected() else {
            return Vec::new();
        };
        let mut fields = vec![
            field(
                "verdict",
                if decision.allowed {
                    "allowed"
                } else {
                    "refused"
                },
            ),
            field("tool", decision.tool.clone()),
            field("at", time(decision.decided_at)),
        ];
        if let Some(code) = decision.code {
            fields.push(field(
                "code",
                format!("{} {}, {}", code.status(), code.name(), code.title()),
            ));
        }
        if let Some(phase) = decision.phase {
            fields.push(field("phase", phase.name()));
        }
        let policies = if decision.determining_policies.is_empty() {
            "none was asked, or none decided".into()
        } else {
            decision.determining_policies.join(", ")
        };
        fields.push(field("policies", policies));
        fields.push(field("judged in", micros(decision.judged_us)));
        if let Some(actor) = decision.actor {
            fields.push(field("actor", format!("{} {}", actor.role, actor.id)));
        }
        if let Some(id) = decision.ticket_id {
            fields.push(field("ticket", id.to_string()));
        }
        if let Some(id) = &decision.request_id {
            fields.push(field("request", id.clone()));
        }
        if let Some(id) = &decision.correlation_id {
            fields.push(field("correlation", id.clone()));
        }
        if let Some(pack) = &decision.pack {
            fields.push(field(
                "pack",
                format!("{} {} {}", pack.name, pack.version, pack.digest),
            ));
        }
        fields.push(field("id", decision.decision_id.to_string()));
        fields
    }

    /// The list, and the figures below it where there is room.
    fn parts(area: Rect) -> (Rect, Rect) {
        let wanted = if area.height >= 20 {
            figures::HEIGHT
        } else {
            0
        };
        let [top, figures] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(wanted)]).areas(area);
        (top, figures)
    }
}

impl View for Decisions {
    fn list(&self) -> &dyn Listed {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn Listed {
        &mut self.list
    }

    fn context(&self) -> Context {
        Context::Decisions
    }

    fn news(&mut self, _event: &Event, _world: &World) {
        self.woken = true;
    }

    fn reload(&mut self) {
        self.woken = true;
        self.asked = None;
    }

    fn wants(&mut self, world: &World, _room: usize) -> Vec<Ask> {
        if self.asked.is_some() {
            return Vec::new();
        }
        let spaced = self
            .looked_at
            .is_none_or(|at| (world.now.micros() - at.micros()).abs() >= SPACING_US);
        let near = self.list.rows.index() + NEAR >= self.list.rows.len();
        let cursor = if self.woken && spaced {
            self.woken = false;
            self.looked_at = Some(world.now);
            None
        } else if near && self.read && !self.list.rows.is_full() && self.next.is_some() {
            self.next.clone()
        } else {
            return Vec::new();
        };
        self.asked = Some(cursor.clone());
        vec![Ask::Decisions(self.asks(cursor))]
    }

    fn take(&mut self, ask: &Ask, answered: Answered, _world: &World) {
        let Ask::Decisions(DecisionFilter { cursor, .. }) = ask else {
            return;
        };
        let is_asked = self.asked.as_ref() == Some(cursor);
        if !is_asked || *ask != Ask::Decisions(self.asks(cursor.clone())) {
            return;
        }
        self.asked = None;
        match answered {
            Ok(Got::Decisions(page)) => {
                (self.read, self.trouble) = (true, None);
                if cursor.is_none() {
                    self.list.as_of = self.looked_at;
                    self.join(page.items, page.next_cursor);
                } else {
                    self.next = page.next_cursor;
                    let known = &mut self.known;
                    let new = page.items.into_iter();
                    let new: Vec<_> = new.filter(|d| known.insert(d.decision_id)).collect();
                    self.list.rows.older(new);
                }
            }
            Ok(_) => {}
            Err(trouble) => {
                self.woken |= !trouble.is_final();
                self.trouble = Some(trouble);
            }
        }
    }

    fn act(&mut self, action: Action, half: isize, _world: &World) -> Act {
        if action != Action::Only {
            return self.list.act(action, half);
        }
        self.only = match self.only {
            Only::All => Only::Refused,
            Only::Refused => Only::Allowed,
            Only::Allowed => Only::All,
        };
        self.filtered();
        Act::Done
    }

    fn filter(&self) -> &str {
        &self.typed
    }

    fn set_filter(&mut self, text: &str) {
        self.typed = text.trim().to_owned();
        let (host, ours) = query::parse(text);
        self.ours = ours;
        if host != self.host {
            self.host = host;
            self.list.rows.clear();
            self.known.clear();
            (self.asked, self.next, self.looked_at) = (None, None, None);
            self.woken = true;
        }
        self.filtered();
    }

    fn ticket(&self) -> Option<TicketId> {
        self.list.rows.selected().and_then(|row| row.ticket_id)
    }

    fn has_more(&self) -> bool {
        self.next.is_some()
    }

    fn settle(&mut self, area: Rect, world: &World) {
        let fields = self.fields();
        self.list.settle(Self::parts(area).0, world, &fields);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        let (top, figures) = Self::parts(area);
        let parts = self.list.parts(top);
        let title = match self.only {
            Only::All => "Decisions",
            Only::Refused => "Decisions: refused",
            Only::Allowed => "Decisions: allowed",
        };
        let look = |_: &Decision| Look::default();
        self.list.draw_list(frame, parts.list, world, title, &look);
        if self.list.rows.len() == 0 {
            let inner = pane::inside(parts.list);
            let faint = world.theme.style(Role::Faint);
            match &self.trouble {
                Some(trouble) => pane::say_trouble(frame, inner, trouble, world),
                None if self.read => {
                    pane::say(frame, inner, &[("No decision is like that.", faint)]);
                }
                None => pane::say(frame, inner, &[("Reading decisions.", faint)]),
            }
        }
        if !parts.open.is_empty() {
            let fields = self.fields();
            self.list
                .draw_open(frame, parts.open, world, "open decision", &fields);
        }
        let shown = self.list.rows.shown();
        figures::draw(frame, figures, &shown, world);
    }

    fn mouse(&mut self, area: Rect, at: Position, what: Mouse, _world: &World) {
        self.list.mouse(Self::parts(area).0, at, what);
    }
}

#[cfg(test)]
mod tests;
