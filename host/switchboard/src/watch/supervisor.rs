//! The loop over all gateways: who is there, who holds whom, what is to be written down.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use dispatch_contract::GatewayId;
use dispatch_contract::event::EventType;
use dispatch_ledger::LedgerError;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::picture::Picture;
use super::record::{Note, note};
use super::{COMPARE, HOLD, LOOK_AT_REGISTER, WatchSettings};
use crate::Inner;
use crate::house::Visitor;

pub(super) async fn run(inner: Arc<Inner>, settings: WatchSettings, stopping: CancellationToken) {
    // a word of its own for this start of this host
    let watcher = Ulid::generate().to_string();
    let mut ticks = interval(COMPARE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looked: Option<Instant> = None;
    loop {
        tokio::select! {
            () = stopping.cancelled() => break,
            _ = ticks.tick() => {}
        }
        if looked.is_none_or(|at| at.elapsed() >= LOOK_AT_REGISTER) {
            looked = Some(Instant::now());
            match inner.ledger.watch_gateways(&watcher, HOLD).await {
                Ok(register) => {
                    let gone = inner.watch.seat(register, &inner.links, &inner.house);
                    for gateway_id in gone {
                        inner.links.drop_link(gateway_id).await;
                    }
                }
                Err(error) => not_written("the gateways cannot be looked up", &error),
            }
            measure(&inner);
        }
        for (gateway_id, note) in notes(&inner, &settings) {
            write(&inner, &watcher, gateway_id, note).await;
        }
    }
    if let Err(error) = inner.ledger.unwatch_gateways(&watcher).await {
        not_written("the gateways cannot be let go of", &error);
    }
}

fn notes(inner: &Inner, settings: &WatchSettings) -> Vec<(GatewayId, Note)> {
    let seats = inner.watch.lock();
    seats
        .iter()
        .filter_map(|(id, seat)| {
            let of = |picture: &mut Picture| {
                picture.settle(settings.steady);
                note(&seat.watched, picture, settings)
            };
            Some((*id, seat.picture.with(of)?))
        })
        .collect()
}

async fn write(inner: &Inner, watcher: &str, gateway_id: GatewayId, note: Note) {
    let house = Visitor::the_house();
    let (told, status, alerted) = match note {
        Note::Change(change) => {
            let to = change.to;
            tracing::info!(%gateway_id, to = to.name(), reason = change.reason, "a gateway is found otherwise");
            let event = inner.house.event(EventType::GatewayStatusChanged, &house);
            let told = inner.ledger.gateway_found(watcher, change, event).await;
            (told, Some(to), None)
        }
        Note::Alert(alert) => {
            let event = inner.house.event(EventType::EscalationRaised, &house);
            let told = inner.ledger.gateway_alert(watcher, &alert, event).await;
            (told, None, Some(!alert.over))
        }
    };
    match told {
        // also where it was written already: it is so now
        Ok(_) => {
            if let Some(seat) = inner.watch.lock().get_mut(&gateway_id) {
                if status.is_some() {
                    seat.picture.with(Picture::wrote);
                }
                seat.watched.status = status.unwrap_or(seat.watched.status);
                seat.watched.alerted = alerted.unwrap_or(seat.watched.alerted);
            }
        }
        Err(error) => not_written("a gateway's condition is not written down", &error),
    }
}

fn measure(inner: &Inner) {
    let seats = inner.watch.lock();
    for seat in seats.values() {
        let gateway = &seat.watched.gateway;
        seat.picture
            .with(|picture| inner.watch.metrics().seen(gateway, picture));
    }
}

fn not_written(what: &'static str, error: &LedgerError) {
    tracing::warn!(error = error as &dyn Error, "{what}");
}
