//! Gauges per gateway, by its name: registers hold dozens, and 1,000 at most.

use dispatch_contract::gateway::GatewayStatus;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::picture::Picture;

type Seconds = Gauge<f64, std::sync::atomic::AtomicU64>;

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Named {
    gateway: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Standing {
    gateway: String,
    status: &'static str,
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

    pub(super) fn seen(&self, gateway: &str, picture: &Picture) {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let named = Named {
            gateway: gateway.to_owned(),
        };
        for status in GatewayStatus::ALL {
            let standing = Standing {
                gateway: gateway.to_owned(),
                status: status.name(),
            };
            let now = picture.condition().status == status;
            self.status.get_or_create(&standing).set(now.into());
        }
        match picture.latency() {
            Some(us) => {
                self.latency.get_or_create(&named).set(us as f64 / 1e6);
            }
            None => {
                self.latency.remove(&named);
            }
        }
        let connections = whole(picture.connections());
        self.connections.get_or_create(&named).set(connections);
        self.sessions
            .get_or_create(&named)
            .set(whole(picture.sessions()));
    }

    pub(super) fn forget(&self, gateway: &str) {
        let named = Named {
            gateway: gateway.to_owned(),
        };
        self.latency.remove(&named);
        self.connections.remove(&named);
        self.sessions.remove(&named);
        for status in GatewayStatus::ALL {
            self.status.remove(&Standing {
                gateway: gateway.to_owned(),
                status: status.name(),
            });
        }
    }
}
