//! What is to be written down of what is seen: decided here, without a clock or a store.

use std::time::Duration;

use dispatch_contract::gateway::{GatewayStatus, GatewayStatusChange};
use dispatch_contract::gateway_health::GatewayAlert;
use dispatch_ledger::WatchedGateway;

use super::SETTLED;
use super::picture::Picture;

/// What is to be written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Note {
    Change(GatewayStatusChange),
    Alert(GatewayAlert),
}

/// What this host, if it holds the gateway, has to write down of it now.
pub(super) fn note(watched: &WatchedGateway, seen: &Picture, lasting: Duration) -> Option<Note> {
    if !watched.held || seen.lasted() < SETTLED {
        return None;
    }
    let (gateway, condition) = (&watched.gateway, seen.condition());
    if condition.status != watched.status {
        return Some(Note::Change(GatewayStatusChange {
            gateway_id: gateway.gateway_id,
            organization_id: gateway.organization_id,
            from: watched.status,
            to: condition.status,
            reason: condition.reason.clone(),
            next_step: condition.next_step.clone(),
        }));
    }
    let well = condition.status == GatewayStatus::Online;
    let due = match (well, watched.alerted) {
        (false, false) => seen.lasted() >= lasting,
        (true, true) => true,
        _ => false,
    };
    due.then(|| {
        Note::Alert(GatewayAlert {
            about: "gateway".into(),
            gateway_id: gateway.gateway_id,
            organization_id: gateway.organization_id,
            name: gateway.name.clone(),
            over: well,
            status: condition.status,
            since: seen.since(),
            reason: condition.reason.clone(),
            next_step: condition.next_step.clone(),
        })
    })
}
