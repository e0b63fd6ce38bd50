//! Gauges per gateway, by its id, and its name beside it: two organizations may have a gateway
//! of one name. Registers hold dozens, and 1,000 at most.

use dispatch_contract::gateway::{Gateway, GatewayStatus};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::picture::Picture;

type Seconds = Gauge<f64, std::sync::atomic::AtomicU64>;

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Named {
    gateway_id: String,
    gateway: String,
}

impl Named {
    fn of(gateway: &Gateway) -> Self {
        Self {
            gateway_id: gateway.gateway_id.to_string(),
            gateway: gateway.name.clone(),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Standing {
    gateway_id: String,
    gateway: String,
    status: &'static str,
}

impl Standing {
    fn of(gateway: &Gateway, status: GatewayStatus) -> Self {
        let Named {
            gateway_id,
            gateway,
        } = Named::of(gateway);
        Self {
            gateway_id,
            gateway,
            status: status.name(),
        }
    }
}

/// Gauges of the watch.
#[derive(Clone, Debug, Default)]
pub struct WatchMetrics {
    status: Family<Standing, Gauge>,
    latency: Family<Named, Seconds>,
    connections: Family<Named, Gauge>,
    sessions: Family<Named, Gauge>,
}

impl WatchMetrics {
    /// Put them into a registry, for `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "gateway_status",
            "1 for the condition that a gateway is in, as this host sees it",
            self.status.clone(),
        );
        registry.register_with_unit(
            "gateway_latency",
            "Time between the last ping to a gateway and its answer",
            Unit::Seconds,
            self.latency.clone(),
        );
        registry.register(
            "gateway_connections",
            "Connections made to a gateway since this host started",
            self.connections.clone(),
        );
        registry.register(
            "gateway_sessions",
            "Sessions of all agents of a gateway, as it last said",
            self.sessions.clone(),
        );
    }

    pub(super) fn seen(&self, gateway: &Gateway, picture: &Picture) {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let named = Named::of(gateway);
        for status in GatewayStatus::ALL {
            let standing = Standing::of(gateway, status);
            let now = picture.condition().status == status;
            self.status.get_or_create(&standing).set(now.into());
        }
        let connections = whole(picture.connections());
        self.connections.get_or_create(&named).set(connections);
        // of one that is away nothing is known, least of all what was so before
        let reached = matches!(
            picture.condition().status,
            GatewayStatus::Online | GatewayStatus::Degraded
        );
        match picture.latency().filter(|_| reached) {
            Some(us) => {
                self.latency.get_or_create(&named).set(us as f64 / 1e6);
            }
            None => {
                self.latency.remove(&named);
            }
        }
        if reached {
            let sessions = whole(picture.sessions());
            self.sessions.get_or_create(&named).set(sessions);
        } else {
            self.sessions.remove(&named);
        }
    }

    pub(super) fn forget(&self, gateway: &Gateway) {
        let named = Named::of(gateway);
        self.latency.remove(&named);
        self.connections.remove(&named);
        self.sessions.remove(&named);
        for status in GatewayStatus::ALL {
            self.status.remove(&Standing::of(gateway, status));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dispatch_contract::{GatewayId, OrganizationId, Timestamp};
    use ulid::Ulid;

    use super::*;

    fn of(organization: u128) -> Gateway {
        let at = Timestamp::from_micros(0).expect("in the calendar");
        Gateway {
            gateway_id: GatewayId(Ulid(organization)),
            organization_id: OrganizationId(Ulid(organization)),
            name: "front desk".into(),
            url: "ws://127.0.0.1:1".into(),
            token_ref: None,
            device_key_ref: None,
            device_pairing: false,
            allow_insecure_tls: false,
            token_in_query: false,
            workspace_root: "~".into(),
            minimum_version: None,
            send_channels: BTreeMap::new(),
            created_at: at,
            updated_at: at,
        }
    }

    fn lines(metrics: &WatchMetrics, holding: &str) -> Vec<String> {
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("metrics");
        let lines = text.lines().filter(|line| line.contains(holding));
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn gateways_of_two_organizations_are_two_whatever_they_are_called() {
        let metrics = WatchMetrics::default();
        let (one, other) = (of(1), of(2));
        let now = one.created_at;
        let mut online = Picture::new(now);
        online.put(GatewayStatus::Online, now);
        online.beat(Some(2_000), now);
        metrics.seen(&one, &online);
        metrics.seen(&other, &Picture::new(now));
        let up = lines(&metrics, r#"status="online"} 1"#);
        assert!(
            up.len() == 1 && up[0].contains(&one.gateway_id.to_string()),
            "{up:?}"
        );
        assert_eq!(lines(&metrics, "gateway_latency_seconds{").len(), 1);
        assert_eq!(lines(&metrics, "gateway_sessions{").len(), 1);
        metrics.forget(&other);
        assert_eq!(lines(&metrics, r#"status="online"} 1"#), up);
        // what was so while it was there is no longer said once it is away
        online.put(GatewayStatus::Unreachable, now);
        metrics.seen(&one, &online);
        for gone in ["gateway_latency_seconds{", "gateway_sessions{"] {
            assert_eq!(lines(&metrics, gone), Vec::<String>::new());
        }
        assert_eq!(lines(&metrics, r#"status="unreachable"} 1"#).len(), 1);
        metrics.forget(&one);
        assert_eq!(lines(&metrics, "{"), Vec::<String>::new());
    }
}
