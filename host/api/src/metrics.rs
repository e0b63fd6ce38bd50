//! `/metrics` in the OpenMetrics text format. Labels are routes and statuses, never ids.

use std::time::Duration;

use axum::http::StatusCode;
use dispatch_desk::Desk;
use dispatch_switchboard::Switchboard;
use dispatch_worker::Outbox;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

const BUCKETS: [f64; 14] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0,
    5.0,
];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Labels {
    route: String,
    status: u16,
}

/// Counters of the HTTP side, and the registry that holds all of them.
pub(crate) struct HttpMetrics {
    registry: Registry,
    requests: Family<Labels, Histogram, fn() -> Histogram>,
    pub(crate) streams: Gauge,
}

impl HttpMetrics {
    pub(crate) fn new(desk: &Desk, switchboard: &Switchboard, outbox: &Outbox) -> Self {
        let mut registry = Registry::with_prefix("dispatch");
        let constructor: fn() -> Histogram = || Histogram::new(BUCKETS);
        let requests = Family::new_with_constructor(constructor);
        let streams = Gauge::default();
        registry.register_with_unit(
            "http_request_duration",
            "Time from request to answer, by route and status",
            Unit::Seconds,
            requests.clone(),
        );
        registry.register("event_streams", "Event streams open now", streams.clone());
        desk.metrics().register(&mut registry);
        switchboard.watch_metrics().register(&mut registry);
        outbox.metrics().register(&mut registry);
        Self {
            registry,
            requests,
            streams,
        }
    }

    pub(crate) fn answered(&self, route: &str, status: StatusCode, took: Duration) {
        self.requests
            .get_or_create(&Labels {
                route: route.to_owned(),
                status: status.as_u16(),
            })
            .observe(took.as_secs_f64());
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a text cannot fail");
        text
    }
}
