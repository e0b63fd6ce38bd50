//! Gateways: the register, how each one is, what was told of it. A change of condition is
//! an event and shows at once. The rest of their health (pings, channels, sessions) is no
//! event: while the view is looked at, all of them are asked about again and again.

mod read;
mod told;

use std::collections::HashMap;

use dispatch_contract::event::EventType;
use dispatch_contract::gateway::{self, GatewayStatusChange};
use dispatch_contract::gateway_health::GatewayHealth;
use dispatch_contract::{Event, GatewayId, TicketId, Timestamp};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use serde::Deserialize;

use self::read::{COLUMNS, Gateway};
use self::told::Told;
use super::browser::Browser;
use super::fields::Field;
use super::{Act, Listed, Mouse, View};
use crate::ask::{Answered, Ask, Got};
use crate::draw::pane;
use crate::grid::draw::Look;
use crate::keys::Action;
use crate::theme::Role;
use crate::trouble::Trouble;
use crate::world::World;

/// Gateways held at most.
const MOST: usize = 500;
/// How often they are asked about while they are looked at, in microseconds.
const LOOK_AGAIN_US: i64 = 3_000_000;

/// See the module.
pub(crate) struct Gateways {
    list: Browser<Gateway>,
    told: Told,
    trouble: Option<Trouble>,
    /// The host has no such route.
    unserved: bool,
    read: bool,
    /// The register is to be read.
    stale: bool,
    /// It is being read: the pages so far.
    reading: Option<Vec<gateway::Gateway>>,
    /// Where its next page begins.
    next: Option<String>,
    all: Looks,
    /// Of the one under the cursor, with its latest pings.
    one: HashMap<GatewayId, Looks>,
}

/// When something that is no event was asked about.
#[derive(Clone, Copy, Debug, Default)]
struct Looks {
    at: Option<Timestamp>,
    asked: bool,
    /// It may be otherwise than it was answered.
    stale: bool,
}

impl Looks {
    /// It is time to ask; `shown`: it is looked at.
    fn is_due(self, now: Timestamp, shown: bool) -> bool {
        let old = |at: Timestamp| (now.micros() - at.micros()).abs() >= LOOK_AGAIN_US;
        !self.asked && (self.stale || self.at.is_none_or(|at| shown && old(at)))
    }

    fn asks(&mut self, now: Timestamp) {
        (self.at, self.asked, self.stale) = (Some(now), true, false);
    }
}

impl Gateways {
    pub(crate) fn new() -> Self {
        Self {
            list: Browser::new(&COLUMNS, MOST),
            told: Told::new(),
            trouble: None,
            unserved: false,
            read: false,
            stale: true,
            reading: None,
            next: None,
            all: Looks::default(),
            one: HashMap::new(),
        }
    }

    fn fields(&self) -> Vec<Field> {
        let Some(gateway) = self.list.rows.selected() else {
            return Vec::new();
        };
        let mut fields = read::health(gateway);
        fields.extend(self.told.fields(gateway.gateway_id()));
        fields.extend(read::record(gateway));
        fields
    }

    fn of(&mut self, id: GatewayId) -> Option<&mut Gateway> {
        let mut rows = self.list.rows.items_mut();
        rows.find(|gateway| gateway.gateway_id() == id)
    }

    /// A page of the register came; after the last one, the rows are those of the register.
    fn registered(&mut self, items: Vec<gateway::Gateway>, next: Option<String>) {
        let mut so_far = self.reading.take().unwrap_or_default();
        so_far.extend(items);
        self.next = next.filter(|_| so_far.len() < MOST);
        if self.next.is_some() {
            self.reading = Some(so_far);
            return;
        }
        (self.read, self.unserved, self.trouble) = (true, false, None);
        let mut known: HashMap<GatewayId, GatewayHealth> = HashMap::new();
        for gateway in self.list.rows.items_mut() {
            if let Some(health) = gateway.health.take() {
                known.insert(gateway.gateway_id(), health);
            }
        }
        self.list.rows.clear();
        self.list
            .rows
            .older(so_far.into_iter().map(|record| Gateway {
                health: known.remove(&record.gateway_id),
                record,
                unknown: None,
            }));
        let there: Vec<GatewayId> = self.list.rows.items().map(Gateway::gateway_id).collect();
        self.one.retain(|id, _| there.contains(id));
        // of those that are new nothing is known yet
        self.all.stale = true;
    }

    fn register_failed(&mut self, trouble: Trouble) {
        (self.reading, self.next) = (None, None);
        if trouble.is_not_found() {
            self.unserved = true;
        } else {
            self.stale = !trouble.is_final();
            self.trouble = Some(trouble);
        }
    }

    /// The register, page by page, and how all in it are.
    fn reads(&mut self, world: &World, room: usize, shown: bool) -> Vec<Ask> {
        let mut asks = Vec::new();
        if self.stale && self.reading.is_none() {
            (self.stale, self.reading) = (false, Some(Vec::new()));
            asks.push(Ask::Gateways(None));
        } else if let Some(cursor) = self.next.take() {
            asks.push(Ask::Gateways(Some(cursor)));
        }
        let known = self.list.rows.held() > 0;
        if known && asks.len() < room && self.all.is_due(world.now, shown) {
            self.all.asks(world.now);
            asks.push(Ask::GatewayHealths);
        }
        asks
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
        match event.kind {
            EventType::GatewayRegistered
            | EventType::GatewayUpdated
            | EventType::GatewayRemoved => self.stale = true,
            EventType::GatewayStatusChanged => {
                self.all.stale = true;
                if let Ok(change) = GatewayStatusChange::deserialize(&event.payload)
                    && let Some(gateway) = self.of(change.gateway_id)
                {
                    gateway.changed(change, event.occurred_at);
                }
            }
            _ => {}
        }
        if told::KINDS.contains(&event.kind) {
            self.told.keep([event.clone()]);
        }
    }

    fn reload(&mut self) {
        (self.stale, self.all.stale) = (true, true);
        self.one.clear();
        self.told.reload();
    }

    fn wants(&mut self, world: &World, room: usize) -> Vec<Ask> {
        let mut asks = self.reads(world, room, true);
        if let Some(gateway) = self.list.rows.selected().filter(|_| asks.len() < room) {
            let id = gateway.gateway_id();
            let looks = self.one.entry(id).or_default();
            if looks.is_due(world.now, true) {
                looks.asks(world.now);
                asks.push(Ask::GatewayHealth(id));
            }
        }
        while asks.len() < room
            && self.list.rows.held() > 0
            && let Some(kind) = self.told.next()
        {
            asks.push(Ask::Events {
                ticket: None,
                actor: None,
                kind: Some(kind),
                cursor: None,
            });
        }
        asks
    }

    fn wants_unseen(&mut self, world: &World, room: usize) -> Vec<Ask> {
        self.reads(world, room, false)
    }

    fn take(&mut self, ask: &Ask, answered: Answered, _world: &World) {
        match (ask, answered) {
            (Ask::Gateways(_), Ok(Got::Gateways(page))) => {
                self.registered(page.items, page.next_cursor);
            }
            (Ask::Gateways(_), Err(trouble)) => self.register_failed(trouble),
            (Ask::GatewayHealths, answered) => {
                self.all.asked = false;
                match answered {
                    Ok(Got::GatewayHealths(all)) => {
                        self.list.as_of = self.all.at;
                        for health in all {
                            if let Some(gateway) = self.of(health.gateway_id) {
                                gateway.found(health);
                            }
                        }
                    }
                    Ok(_) => {}
                    Err(trouble) => self.all.stale = !trouble.is_final() && !trouble.is_not_found(),
                }
            }
            (Ask::GatewayHealth(id), answered) => {
                if let Some(looks) = self.one.get_mut(id) {
                    looks.asked = false;
                }
                let Some(gateway) = self.of(*id) else { return };
                match answered {
                    Ok(Got::GatewayHealth(health)) => gateway.found(*health),
                    Ok(_) => {}
                    Err(trouble) => gateway.unknown = Some(trouble.to_string()),
                }
            }
            (
                Ask::Events {
                    kind: Some(kind), ..
                },
                answered,
            ) => {
                let again = answered.as_ref().is_err_and(|trouble| !trouble.is_final());
                self.told.answered(*kind, again);
                if let Ok(Got::Events(page)) = answered {
                    self.told.keep(page.items);
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
        let look = |_: &Gateway| Look::default();
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
mod tests;
