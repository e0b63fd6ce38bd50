//! What is to be written down of what is seen: decided here, without a clock or a store.

use dispatch_contract::gateway::{GatewayStatus, GatewayStatusChange};
use dispatch_contract::gateway_health::GatewayAlert;
use dispatch_ledger::WatchedGateway;

use super::picture::Picture;
use super::{MANY, RECENTLY, SETTLED, WatchSettings};

/// What is to be written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Note {
    Change(GatewayStatusChange),
    Alert(GatewayAlert),
}

/// What this host, if it holds the gateway, has to write down of it now.
pub(super) fn note(
    watched: &WatchedGateway,
    seen: &Picture,
    settings: &WatchSettings,
) -> Option<Note> {
    if !watched.held || seen.lasted() < SETTLED {
        return None;
    }
    let (gateway, condition) = (&watched.gateway, seen.condition());
    let found = if seen.unstable(settings.steady) {
        condition.clone().unstable(MANY, RECENTLY.as_secs())
    } else {
        condition.clone()
    };
    if found.status != watched.status {
        return Some(Note::Change(GatewayStatusChange {
            gateway_id: gateway.gateway_id,
            organization_id: gateway.organization_id,
            from: watched.status,
            to: found.status,
            reason: found.reason,
            next_step: found.next_step,
        }));
    }
    let (over, since) = match (seen.unwell(), watched.alerted) {
        // while it is away: that it came back for a moment is not to be told as trouble
        (Some((since, lasted)), false)
            if lasted >= settings.lasting && condition.status != GatewayStatus::Online =>
        {
            (false, since)
        }
        (None, true) => (true, seen.since()),
        _ => return None,
    };
    Some(Note::Alert(GatewayAlert {
        about: "gateway".into(),
        gateway_id: gateway.gateway_id,
        organization_id: gateway.organization_id,
        name: gateway.name.clone(),
        over,
        status: condition.status,
        since,
        reason: found.reason,
        next_step: found.next_step,
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use GatewayStatus::{Degraded, Online, Starting, Unreachable};
    use dispatch_contract::gateway::Gateway;
    use dispatch_contract::{GatewayId, OrganizationId, Timestamp};
    use ulid::Ulid;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000).expect("in the calendar")
    }

    /// A gateway as it is seen and as it is written down, and what was written.
    struct Desk {
        watched: WatchedGateway,
        seen: Picture,
        changes: Vec<(GatewayStatus, GatewayStatus)>,
        /// Of each alert: is it its end?
        alerts: Vec<bool>,
    }

    impl Desk {
        fn new() -> Self {
            let gateway = Gateway {
                gateway_id: GatewayId(Ulid::nil()),
                organization_id: OrganizationId::HOUSE,
                name: "one".into(),
                url: "ws://127.0.0.1:1".into(),
                token_ref: None,
                device_key_ref: None,
                device_pairing: false,
                allow_insecure_tls: false,
                token_in_query: false,
                workspace_root: "~".into(),
                minimum_version: None,
                send_channels: BTreeMap::new(),
                created_at: now(),
                updated_at: now(),
            };
            Self {
                watched: WatchedGateway {
                    gateway,
                    held: true,
                    status: Starting,
                    alerted: false,
                },
                seen: Picture::new(now()),
                changes: Vec::new(),
                alerts: Vec::new(),
            }
        }

        /// It is so for so many seconds; each is looked at, and written down.
        fn stands(&mut self, status: GatewayStatus, for_s: u64) {
            self.seen.put(status, now());
            for _ in 0..for_s {
                self.seen.pass(Duration::from_secs(1));
                let settings = WatchSettings::default();
                self.seen.settle(settings.steady);
                while let Some(note) = note(&self.watched, &self.seen, &settings) {
                    match note {
                        Note::Change(change) => {
                            self.watched.status = change.to;
                            self.seen.wrote();
                            self.changes.push((change.from, change.to));
                        }
                        Note::Alert(alert) => {
                            self.watched.alerted = !alert.over;
                            self.alerts.push(alert.over);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn one_break_is_two_changes_and_no_alert_where_it_is_short() {
        let mut desk = Desk::new();
        desk.stands(Online, 100);
        desk.stands(Unreachable, 50);
        desk.stands(Online, 100);
        let expected = [
            (Starting, Online),
            (Online, Unreachable),
            (Unreachable, Online),
        ];
        assert_eq!(
            (&desk.changes[..], &desk.alerts[..]),
            (&expected[..], &[][..])
        );
        desk.stands(Unreachable, 61);
        desk.stands(Online, 29);
        assert_eq!(desk.alerts, [false], "not over yet");
        desk.stands(Online, 31);
        assert_eq!(desk.alerts, [false, true]);
    }

    #[test]
    fn one_that_comes_and_goes_is_told_of_once_and_does_not_fill_the_chain() {
        let mut desk = Desk::new();
        desk.stands(Online, 100);
        // each of its breaks is shorter than what an operator is called about
        for _ in 0..100 {
            desk.stands(Unreachable, 20);
            desk.stands(Online, 10);
        }
        assert_eq!(desk.alerts, [false], "one alert for an hour of it");
        let written = desk.changes.len();
        assert!(
            written <= 40,
            "{written} of 200 changes: {:?}",
            desk.changes
        );
        assert!(
            desk.changes.contains(&(Online, Degraded))
                || desk.changes.contains(&(Unreachable, Degraded))
        );
        // and as it is in the end is written down
        desk.stands(Online, 130);
        assert_eq!(desk.alerts, [false, true]);
        assert_eq!(desk.watched.status, Online);
        desk.stands(Unreachable, 121);
        assert_eq!(
            desk.watched.status, Unreachable,
            "what lasts is told in any case"
        );
    }
}
