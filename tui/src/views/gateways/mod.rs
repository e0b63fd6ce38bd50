//! Gateways: what the host serves of each, read as it is. Their health is no event of the
//! audit, so while the view is looked at, the one under the cursor is asked about it again.

mod read;

use std::collections::{HashMap, VecDeque};

use dispatch_contract::{Event, TicketId, Timestamp};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use serde_json::Value;

use self::read::{COLUMNS, Gateway};
use super::browser::Browser;
use super::fields::Field;
use super::{Act, Listed, Mouse, View};
use crate::ask::{Answered, Ask, Got};
use crate::draw::pane;
use crate::grid::Item;
use crate::grid::draw::Look;
use crate::keys::Action;
use crate::text::short_time;
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// Gateways held at most.
const MOST: usize = 500;
/// Events of gateways remembered.
const REMEMBERED: usize = 40;
/// How often a gateway that is looked at is asked about, in microseconds.
const LOOK_AGAIN_US: i64 = 3_000_000;

/// See the module.
pub(crate) struct Gateways {
    list: Browser<Gateway>,
    trouble: Option<Trouble>,
    /// The host has no such route.
    unserved: bool,
    read: bool,
    stale: bool,
    reading: bool,
    asking: Option<String>,
    asked_at: HashMap<String, Timestamp>,
    events: VecDeque<Event>,
}

impl Gateways {
    pub(crate) fn new() -> Self {
        Self {
            list: Browser::new(&COLUMNS, MOST),
            trouble: None,
            unserved: false,
            read: false,
            stale: true,
            reading: false,
            asking: None,
            asked_at: HashMap::new(),
            events: VecDeque::new(),
        }
    }

    fn fields(&self) -> Vec<Field> {
        let Some(gateway) = self.list.rows.selected() else {
            return Vec::new();
        };
        let mut fields = read::fields(gateway);
        let about = self
            .events
            .iter()
            .filter(|event| event.payload["gateway_id"].as_str() == Some(gateway.id().as_str()));
        let lines: Vec<Field> = about
            .map(|event| {
                let said = |name: &str| event.payload[name].as_str().unwrap_or("");
                let words = [event.kind.name(), said("to"), said("reason")];
                let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
                (short_time(event.occurred_at), words.join(" "))
            })
            .collect();
        if !lines.is_empty() {
            fields.push(super::fields::heading("recent events"));
            fields.extend(lines);
        }
        fields
    }

    fn healthy(&mut self, id: &str, health: Value) {
        for gateway in self.list.rows.items_mut() {
            if gateway.id() == id {
                gateway.health = Some(health);
                return;
            }
        }
    }
}

impl View for Gateways {
    fn list(&self) -> &dyn Listed {
        &self.list
    }

    fn list_mut(&mut self) -> &mut dyn Listed {
        &mut self.list
    }

    fn news(&mut self, event: &Event, _world: &World) {
        let name = event.kind.name();
        if name.starts_with("gateway.") || name.starts_with("agent.") {
            self.stale = true;
            self.events.push_front(event.clone());
            self.events.truncate(REMEMBERED);
        }
    }

    fn reload(&mut self) {
        self.stale = true;
        self.asked_at.clear();
    }

    fn wants(&mut self, world: &World, _room: usize) -> Vec<Ask> {
        let mut asks = Vec::new();
        if self.stale && !self.reading {
            (self.stale, self.reading) = (false, true);
            asks.push(Ask::Gateways);
        }
        if let (None, Some(gateway)) = (&self.asking, self.list.rows.selected()) {
            let id = gateway.id();
            let due = self
                .asked_at
                .get(&id)
                .is_none_or(|at| world.now.micros() - at.micros() >= LOOK_AGAIN_US);
            if due {
                self.asked_at.insert(id.clone(), world.now);
                self.asking = Some(id.clone());
                asks.push(Ask::GatewayHealth(id));
            }
        }
        asks
    }

    fn take(&mut self, ask: &Ask, answered: Answered, _world: &World) {
        match (ask, answered) {
            (Ask::Gateways, Ok(Got::Json(value))) => {
                (self.read, self.reading, self.unserved) = (true, false, false);
                self.trouble = None;
                let mut health: HashMap<String, Value> = HashMap::new();
                for gateway in self.list.rows.items_mut() {
                    if let Some(known) = gateway.health.take() {
                        health.insert(gateway.id(), known);
                    }
                }
                self.list.rows.clear();
                let listed = read::listed(value);
                self.list.rows.older(listed.into_iter().map(|mut gateway| {
                    gateway.health = health.remove(&gateway.id());
                    gateway
                }));
            }
            (Ask::Gateways, Err(trouble)) => {
                self.reading = false;
                if trouble.is_not_found() {
                    self.unserved = true;
                } else {
                    self.stale = !trouble.is_final();
                    self.trouble = Some(trouble);
                }
            }
            (Ask::GatewayHealth(id), answered) => {
                self.asking = None;
                match answered {
                    Ok(Got::Json(health)) => self.healthy(id, health),
                    Err(trouble) => {
                        let said = serde_json::json!({ "health": trouble.to_string() });
                        self.healthy(id, said);
                    }
                    Ok(_) => {}
                }
            }
            _ => {}
        }
    }

    fn act(&mut self, action: Action, half: isize, _world: &World) -> Act {
        self.list.act(action, half)
    }

    fn ticket(&self) -> Option<TicketId> {
        None
    }

    fn waiting(&self, _world: &World) -> usize {
        let ill = |gateway: &&Gateway| gateway.is_ill();
        self.list.rows.items().filter(ill).count()
    }

    fn settle(&mut self, area: Rect, world: &World) {
        let fields = self.fields();
        self.list.settle(area, world, &fields);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, world: &World) {
        let parts = self.list.parts(area);
        let look = |gateway: &Gateway| Look {
            role: gateway.is_ill().then_some(Role::Alarm),
            ..Look::default()
        };
        self.list
            .draw_list(frame, parts.list, world, "Gateways", &look);
        if self.list.rows.len() == 0 {
            let inner = pane::inside(parts.list);
            let faint = world.theme.style(Role::Faint);
            let strong = world.theme.style(Role::Strong);
            match (&self.trouble, self.unserved, self.read) {
                (_, true, _) => pane::say(
                    frame,
                    inner,
                    &[
                        ("This host serves no gateways.", strong),
                        (
                            "GET /v0/gateways is not there: the host is of a version before them. \
                             Nothing is shown that it does not say.",
                            faint,
                        ),
                    ],
                ),
                (Some(trouble), ..) => pane::say_trouble(frame, inner, trouble, world),
                (None, _, false) => pane::say(frame, inner, &[("Reading gateways.", faint)]),
                (None, _, true) => pane::say(
                    frame,
                    inner,
                    &[
                        ("No gateway is registered.", strong),
                        ("`dispatch gateway add` registers one.", faint),
                    ],
                ),
            }
        }
        if !parts.open.is_empty() {
            let fields = self.fields();
            self.list
                .draw_open(frame, parts.open, world, "gateway", &fields);
        }
    }

    fn mouse(&mut self, area: Rect, at: Position, what: Mouse, _world: &World) {
        self.list.mouse(area, at, what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::world;
    use serde_json::json;

    #[test]
    fn a_host_without_gateways_says_so_and_is_not_asked_again() {
        let mut view = Gateways::new();
        assert_eq!(view.wants(&world(), 4), [Ask::Gateways]);
        let none = Trouble::Refused {
            status: 404,
            detail: "There is no GET /v0/gateways.".into(),
        };
        view.take(&Ask::Gateways, Err(none), &world());
        assert!(view.unserved);
        assert_eq!(view.wants(&world(), 4), []);
    }

    #[test]
    fn health_is_asked_about_the_one_looked_at_and_kept() {
        let mut view = Gateways::new();
        view.wants(&world(), 4);
        let listed = json!({"items": [{"gateway_id": "G1", "name": "front", "url": "wss://h"}]});
        view.take(&Ask::Gateways, Ok(Got::Json(listed)), &world());
        view.settle(Rect::new(0, 0, 120, 30), &world());
        let ask = Ask::GatewayHealth("G1".into());
        assert_eq!(view.wants(&world(), 4), std::slice::from_ref(&ask));
        let health = json!({"status": "unreachable", "latency": {"last_us": 12_000}});
        view.take(&ask, Ok(Got::Json(health)), &world());
        assert_eq!(view.wants(&world(), 4), [], "not before its time");
        view.settle(Rect::new(0, 0, 120, 30), &world());
        assert_eq!(view.waiting(&world()), 1);
        let shown = view.fields();
        let latency = shown.iter().find(|(name, _)| name == "latency.last_us");
        assert!(
            latency.is_some(),
            "what is not the contract's is shown as it is: {shown:?}"
        );
    }
}
