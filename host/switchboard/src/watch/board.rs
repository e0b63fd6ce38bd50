//! The gateways under watch on this host.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dispatch_contract::GatewayId;
use dispatch_contract::gateway::{Gateway, GatewayStatus};
use dispatch_contract::gateway_health::GatewayHealth;
use dispatch_ledger::WatchedGateway;
use tokio_util::task::AbortOnDropHandle;

use super::metrics::WatchMetrics;
use super::one::{self, Shared};
use super::picture::Picture;
use crate::house::{House, Visitor};
use crate::links::Links;

/// A gateway under watch.
pub(super) struct Seat {
    /// Its entry, who holds it, and how it was found last.
    pub(super) watched: WatchedGateway,
    pub(super) picture: Shared,
    /// None where its entry makes no connection possible.
    _watching: Option<AbortOnDropHandle<()>>,
}

/// The gateways under watch.
#[derive(Default)]
pub(crate) struct Board {
    seats: Mutex<BTreeMap<GatewayId, Seat>>,
    metrics: WatchMetrics,
}

impl Board {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<GatewayId, Seat>> {
        // nothing panics while it is held
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn metrics(&self) -> &WatchMetrics {
        &self.metrics
    }

    /// The register as it is now: who is new is watched, who is gone is not. Answers who is
    /// gone, whose connections are to be let go of.
    pub(super) fn seat(
        &self,
        register: Vec<WatchedGateway>,
        links: &Links,
        house: &House,
    ) -> Vec<GatewayId> {
        let mut seats = self.lock();
        let mut left = std::mem::take(&mut *seats);
        for watched in register {
            let id = watched.gateway.gateway_id;
            let seat = match left.remove(&id) {
                Some(mut seat) if same(&seat.watched.gateway, &watched.gateway) => {
                    seat.watched = watched;
                    seat
                }
                other => {
                    if let Some(other) = other {
                        self.metrics.forget(&other.watched.gateway);
                    }
                    sit(watched, links, house)
                }
            };
            seats.insert(id, seat);
        }
        for gone in left.values() {
            self.metrics.forget(&gone.watched.gateway);
        }
        left.into_keys().collect()
    }

    /// Nobody is watched any more.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn health(&self, gateway_id: GatewayId) -> Option<GatewayHealth> {
        let seats = self.lock();
        let seat = seats.get(&gateway_id)?;
        let WatchedGateway { gateway, held, .. } = &seat.watched;
        Some(seat.picture.with(|picture| picture.health(gateway, *held)))
    }

    /// All that the visitor may know of, without the history of pings.
    pub(super) fn healths(&self, who: &Visitor) -> Vec<GatewayHealth> {
        let seats = self.lock();
        let known = seats
            .values()
            .filter(|seat| who.knows(seat.watched.gateway.organization_id));
        let brief = |seat: &Seat| {
            let WatchedGateway { gateway, held, .. } = &seat.watched;
            let mut health = seat.picture.with(|picture| picture.health(gateway, *held));
            health.latency.history.clear();
            health
        };
        known.map(brief).collect()
    }

    /// Those that are seen to be away, or still starting.
    pub(crate) fn away(&self) -> Vec<GatewayId> {
        let seats = self.lock();
        let away = |seat: &Seat| {
            let status = seat.picture.with(|picture| picture.condition().status);
            matches!(status, GatewayStatus::Unreachable | GatewayStatus::Starting)
        };
        let away = seats.iter().filter(|(_, seat)| away(seat));
        away.map(|(id, _)| *id).collect()
    }

    /// The entries of all that are watched, the oldest first.
    pub(crate) fn gateways(&self) -> Vec<Gateway> {
        let seats = self.lock();
        seats
            .values()
            .map(|seat| seat.watched.gateway.clone())
            .collect()
    }
}

/// Is it reached, and called, as before?
fn same(one: &Gateway, other: &Gateway) -> bool {
    one.updated_at == other.updated_at && one.name == other.name
}

fn sit(watched: WatchedGateway, links: &Links, house: &House) -> Seat {
    let now = house.now();
    let picture = Shared::new(Picture::new(now));
    let watching = match links.link(&watched.gateway) {
        Ok(link) => {
            let watching = one::watch(link, picture.clone(), house.clone());
            Some(AbortOnDropHandle::new(tokio::spawn(watching)))
        }
        Err(refusal) => {
            picture.with(|picture| picture.misconfigured(refusal.detail, now));
            None
        }
    };
    Seat {
        watched,
        picture,
        _watching: watching,
    }
}
