//! Counters and histograms of judging and committing. Labels are bounded:
//! tool, phase, verdict and code, never an id.

use std::time::Duration;

use dispatch_contract::{Code, Phase, Tool};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds in seconds: from 5 microseconds to 2.5 seconds.
const BUCKETS: [f64; 18] = [
    0.000_005, 0.000_01, 0.000_02, 0.000_03, 0.000_05, 0.000_075, 0.000_1, 0.000_15, 0.000_25,
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5,
];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct CallLabels {
    tool: &'static str,
    verdict: &'static str,
    code: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct PhaseLabels {
    tool: &'static str,
    phase: &'static str,
    verdict: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct FaultLabels {
    component: String,
    kind: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: String,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ShadowLabels {
    tool: &'static str,
    outcome: &'static str,
}

/// The desk's counters and histograms.
#[derive(Clone)]
pub struct DeskMetrics {
    calls: Family<CallLabels, Counter>,
    phases: Family<PhaseLabels, Histogram, fn() -> Histogram>,
    faults: Family<FaultLabels, Counter>,
    activations: Family<OutcomeLabels, Counter>,
    overtaken: Counter,
    refusals_waiting: Gauge,
    pack_revision: Gauge,
    pack_stale: Gauge,
    pack_last_good: Gauge,
    shadow: Family<ShadowLabels, Counter>,
    shadow_dropped: Counter,
    shadow_lost: Counter,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Default for DeskMetrics {
    fn default() -> Self {
        Self {
            calls: Family::default(),
            phases: Family::new_with_constructor(histogram),
            faults: Family::default(),
            activations: Family::default(),
            overtaken: Counter::default(),
            refusals_waiting: Gauge::default(),
            pack_revision: Gauge::default(),
            pack_stale: Gauge::default(),
            pack_last_good: Gauge::default(),
            shadow: Family::default(),
            shadow_dropped: Counter::default(),
            shadow_lost: Counter::default(),
        }
    }
}

impl DeskMetrics {
    /// Put them into a registry, for `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "calls",
            "Calls by tool, verdict and code",
            self.calls.clone(),
        );
        registry.register_with_unit(
            "phase_duration",
            "Time of each step of a call",
            Unit::Seconds,
            self.phases.clone(),
        );
        registry.register(
            "component_faults",
            "Traps, deadlines and memory faults by component",
            self.faults.clone(),
        );
        registry.register(
            "pack_activations",
            "Packs activated and rejected",
            self.activations.clone(),
        );
        registry.register(
            "calls_overtaken",
            "Calls judged again because another host was first on their ticket",
            self.overtaken.clone(),
        );
        registry.register(
            "refusals_waiting",
            "Refusals not yet written down; some 8,700 at most, then callers wait",
            self.refusals_waiting.clone(),
        );
        registry.register(
            "pack_revision",
            "Revision of the pack that judges on this host",
            self.pack_revision.clone(),
        );
        registry.register(
            "pack_stale",
            "1 while this host's pack is not, or may not be, the active one",
            self.pack_stale.clone(),
        );
        registry.register(
            "pack_last_good",
            "1 while the last good pack judges because the folder's was refused",
            self.pack_last_good.clone(),
        );
        registry.register(
            "shadow_verdicts",
            "Calls judged in shadow, by tool and by how the verdict differed",
            self.shadow.clone(),
        );
        registry.register(
            "shadow_dropped",
            "Calls not judged in shadow, since 4096 were waiting or the host stopped",
            self.shadow_dropped.clone(),
        );
        registry.register(
            "shadow_lost",
            "Verdicts in shadow that the database did not take, given up",
            self.shadow_lost.clone(),
        );
    }

    pub(crate) fn now(&self, refusals_waiting: usize, pack_revision: u64) {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.refusals_waiting.set(whole(refusals_waiting as u64));
        self.pack_revision.set(whole(pack_revision));
    }

    pub(crate) fn alarm(&self, stale: bool, last_good: bool) {
        self.pack_stale.set(stale.into());
        self.pack_last_good.set(last_good.into());
    }

    pub(crate) fn shadow(&self, tool: Tool, outcome: &'static str) {
        self.shadow
            .get_or_create(&ShadowLabels {
                tool: tool.name(),
                outcome,
            })
            .inc();
    }

    pub(crate) fn shadow_dropped(&self, calls: u64) {
        self.shadow_dropped.inc_by(calls);
    }

    pub(crate) fn shadow_lost(&self, verdicts: u64) {
        self.shadow_lost.inc_by(verdicts);
    }

    pub(crate) fn call(&self, tool: Option<Tool>, outcome: Result<bool, Code>) {
        let (verdict, code) = match outcome {
            Ok(false) => ("allow", "committed"),
            Ok(true) => ("allow", "replayed"),
            Err(code) => ("refuse", code.name()),
        };
        self.calls
            .get_or_create(&CallLabels {
                tool: tool.map_or("unknown", Tool::name),
                verdict,
                code,
            })
            .inc();
    }

    pub(crate) fn phase(&self, tool: Tool, phase: Phase, allowed: bool, took: Duration) {
        self.phases
            .get_or_create(&PhaseLabels {
                tool: tool.name(),
                phase: phase.name(),
                verdict: if allowed { "allow" } else { "refuse" },
            })
            .observe(took.as_secs_f64());
    }

    pub(crate) fn fault(&self, component: Tool, kind: &str) {
        self.faults
            .get_or_create(&FaultLabels {
                component: component.name().into(),
                kind: kind.into(),
            })
            .inc();
    }

    pub(crate) fn overtaken(&self) {
        self.overtaken.inc();
    }

    pub(crate) fn activation(&self, accepted: bool) {
        self.activations
            .get_or_create(&OutcomeLabels {
                outcome: if accepted { "activated" } else { "rejected" }.into(),
            })
            .inc();
    }
}
