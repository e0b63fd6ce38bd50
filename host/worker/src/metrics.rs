//! Counters and gauges of sending. Labels are bounded: topics, outcomes, reasons.

use dispatch_contract::Timestamp;
use dispatch_contract::outbox::{DeadReason, OutboxCounts, Topic};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::sender::Standing;

/// Upper bounds in seconds, from a tenth to a day.
const BUCKETS: [f64; 12] = [
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0,
];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct TryLabels {
    topic: &'static str,
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct DeadLabels {
    topic: &'static str,
    reason: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct StandingLabels {
    standing: &'static str,
}

/// What became of one try.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TryOutcome {
    /// A gateway took it.
    Sent,
    /// A gateway keeps it in its own queue.
    Queued,
    /// It failed, and is tried again.
    Failed,
    /// Nobody knows; it is tried again under the same key.
    Unknown,
    /// The gateway is away; it waits.
    Away,
    /// It was given up.
    Dead,
    /// Another host had it by then.
    Lost,
}

impl TryOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Queued => "queued",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Away => "away",
            Self::Dead => "dead",
            Self::Lost => "lost",
        }
    }
}

/// Counters and gauges of sending.
#[derive(Clone, Debug)]
pub struct OutboundMetrics {
    tries: Family<TryLabels, Counter>,
    dead: Family<DeadLabels, Counter>,
    waited: Histogram,
    waiting: Gauge,
    dead_now: Gauge,
    oldest_s: Gauge,
    standing: Family<StandingLabels, Gauge>,
}

impl Default for OutboundMetrics {
    fn default() -> Self {
        Self {
            tries: Family::default(),
            dead: Family::default(),
            waited: Histogram::new(BUCKETS),
            waiting: Gauge::default(),
            dead_now: Gauge::default(),
            oldest_s: Gauge::default(),
            standing: Family::default(),
        }
    }
}

impl OutboundMetrics {
    /// Put them into a registry, for `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "outbound_tries",
            "Tries to send a message, by topic and outcome",
            self.tries.clone(),
        );
        registry.register(
            "outbound_dead_letters",
            "Messages given up, by topic and reason",
            self.dead.clone(),
        );
        registry.register_with_unit(
            "outbound_delay",
            "Time from a call's commit to its message being taken by a gateway",
            Unit::Seconds,
            self.waited.clone(),
        );
        registry.register(
            "outbound_waiting",
            "Messages that wait to be sent",
            self.waiting.clone(),
        );
        registry.register(
            "outbound_dead",
            "Messages that are dead until an operator replays them",
            self.dead_now.clone(),
        );
        registry.register_with_unit(
            "outbound_oldest_waiting",
            "Age of the oldest message that waits",
            Unit::Seconds,
            self.oldest_s.clone(),
        );
        registry.register(
            "outbound_standing",
            "1 for what holds: ready, or no_gateway (none is registered: messages wait), or \
             no_channel (none of them has a channel to send by: messages wait)",
            self.standing.clone(),
        );
    }

    pub(crate) fn tried(&self, topic: Topic, outcome: TryOutcome) {
        let (topic, outcome) = (topic.name(), outcome.name());
        self.tries
            .get_or_create(&TryLabels { topic, outcome })
            .inc();
    }

    pub(crate) fn dead(&self, topic: Topic, reason: DeadReason) {
        self.dead
            .get_or_create(&DeadLabels {
                topic: topic.name(),
                reason: reason.name(),
            })
            .inc();
    }

    pub(crate) fn waited(&self, since: Timestamp, until: Timestamp) {
        let micros = until.micros().saturating_sub(since.micros()).max(0);
        self.waited.observe(micros as f64 / 1e6);
    }

    pub(crate) fn counted(&self, counts: OutboxCounts, now: Timestamp) {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.waiting.set(whole(counts.waiting));
        self.dead_now.set(whole(counts.dead));
        self.oldest_s.set(counts.oldest_waiting.map_or(0, |since| {
            now.micros().saturating_sub(since.micros()).max(0) / 1_000_000
        }));
    }

    pub(crate) fn standing(&self, standing: Standing) {
        for one in Standing::ALL {
            let standing_of = StandingLabels {
                standing: one.name(),
            };
            self.standing
                .get_or_create(&standing_of)
                .set(i64::from(one == standing));
        }
    }
}
