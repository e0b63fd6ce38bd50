//! The figures of a run: what each is, what it must reach, as a table and as JSON.

use serde_json::{Map, Value, json};

/// One run's figures; `None` for a part that was not measured.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) verdict_p50_us: Option<f64>,
    pub(crate) verdict_p99_us: Option<f64>,
    pub(crate) native_p50_us: Option<f64>,
    pub(crate) commits_per_s: [Option<f64>; 3],
    pub(crate) pgbench_tps: [Option<f64>; 3],
    pub(crate) role_refusals_per_s: Option<f64>,
    pub(crate) snapshot_reads_per_s: Option<f64>,
    pub(crate) rss_mb: Option<f64>,
    pub(crate) ready_ms: Option<f64>,
    pub(crate) activation_p50_ms: Option<f64>,
    pub(crate) replay_10000_ms: Option<f64>,
    pub(crate) shadow_cost_percent: Option<f64>,
    pub(crate) swap_p99_ratio: Option<f64>,
    pub(crate) hosts_agree_max_ms: Option<f64>,
    pub(crate) gateways_rss_mb: Option<f64>,
    pub(crate) gateways_cpu_percent: Option<f64>,
    pub(crate) gateway_known_s: Option<f64>,
    pub(crate) console_open_ms: Option<f64>,
    pub(crate) console_live_max_ms: Option<f64>,
    pub(crate) console_frames_per_s: Option<f64>,
    pub(crate) console_key_p99_ms: Option<f64>,
    pub(crate) console_rss_mb: Option<f64>,
    details: Map<String, Value>,
}

/// Which way a figure must go.
enum Target {
    /// For comparison only.
    None,
    AtMost(f64),
    AtLeast(f64),
}

/// The committed calls of 8 clients must come to so much of pgbench's.
const SHARE_OF_PGBENCH: f64 = 0.7;

impl Figures {
    /// What else was measured, kept below `details`.
    pub(crate) fn detail(&mut self, part: &str, value: Value) {
        self.details.insert(part.to_owned(), value);
    }

    fn rows(&self) -> Vec<(&'static str, Option<f64>, Target)> {
        let [commits_1, commits_8, commits_32] = self.commits_per_s;
        let [pgbench_1, pgbench_8, pgbench_32] = self.pgbench_tps;
        let share = pgbench_8.map_or(Target::None, |tps| Target::AtLeast(tps * SHARE_OF_PGBENCH));
        vec![
            ("verdict_p50_us", self.verdict_p50_us, Target::AtMost(45.0)),
            ("verdict_p99_us", self.verdict_p99_us, Target::AtMost(150.0)),
            ("native_p50_us", self.native_p50_us, Target::None),
            ("commits_per_s_1", commits_1, Target::None),
            ("commits_per_s_8", commits_8, share),
            ("commits_per_s_32", commits_32, Target::None),
            ("pgbench_tps_1", pgbench_1, Target::None),
            ("pgbench_tps_8", pgbench_8, Target::None),
            ("pgbench_tps_32", pgbench_32, Target::None),
            (
                "role_refusals_per_s",
                self.role_refusals_per_s,
                Target::AtLeast(20_000.0),
            ),
            (
                "snapshot_reads_per_s",
                self.snapshot_reads_per_s,
                Target::AtLeast(8_000.0),
            ),
            ("rss_mb", self.rss_mb, Target::AtMost(150.0)),
            ("ready_ms", self.ready_ms, Target::AtMost(1_000.0)),
            ("activation_p50_ms", self.activation_p50_ms, Target::None),
            (
                "replay_10000_ms",
                self.replay_10000_ms,
                Target::AtMost(3_000.0),
            ),
            (
                "shadow_cost_percent",
                self.shadow_cost_percent,
                Target::AtMost(20.0),
            ),
            ("swap_p99_ratio", self.swap_p99_ratio, Target::AtMost(2.0)),
            (
                "hosts_agree_max_ms",
                self.hosts_agree_max_ms,
                Target::AtMost(2_000.0),
            ),
            (
                "gateways_rss_mb",
                self.gateways_rss_mb,
                Target::AtMost(100.0),
            ),
            (
                "gateways_cpu_percent",
                self.gateways_cpu_percent,
                Target::AtMost(2.0),
            ),
            (
                "gateway_known_s",
                self.gateway_known_s,
                Target::AtMost(10.0),
            ),
            (
                "console_open_ms",
                self.console_open_ms,
                Target::AtMost(150.0),
            ),
            (
                "console_live_max_ms",
                self.console_live_max_ms,
                Target::AtMost(250.0),
            ),
            (
                "console_frames_per_s",
                self.console_frames_per_s,
                Target::AtLeast(30.0),
            ),
            (
                "console_key_p99_ms",
                self.console_key_p99_ms,
                Target::AtMost(50.0),
            ),
            ("console_rss_mb", self.console_rss_mb, Target::AtMost(60.0)),
        ]
    }

    /// Figure, target, reached?
    pub(crate) fn print(&self) {
        println!("\n{:<22} {:>12} {:>14}", "figure", "measured", "target");
        for (name, measured, target) in self.rows() {
            let Some(measured) = measured else {
                println!("{name:<22} {:>12}", "-");
                continue;
            };
            let (bound, reached) = match target {
                Target::None => (String::new(), ""),
                Target::AtMost(most) => (format!("<= {most:.0}"), mark(measured <= most)),
                Target::AtLeast(least) => (format!(">= {least:.0}"), mark(measured >= least)),
            };
            println!(
                "{name:<22} {measured:>12.*} {bound:>14}   {reached}",
                digits(measured)
            );
        }
        for (clients, (ours, theirs)) in [1, 8, 32]
            .iter()
            .zip(self.commits_per_s.iter().zip(&self.pgbench_tps))
        {
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                println!(
                    "commits at {clients} clients are {:.2} of pgbench's",
                    ours / theirs
                );
            }
        }
    }

    /// The figures by name, and `details`.
    pub(crate) fn json(&self) -> Value {
        let mut all: Map<String, Value> = self
            .rows()
            .into_iter()
            .map(|(name, measured, _)| (name.to_owned(), json!(measured.map(rounded))))
            .collect();
        all.insert("details".to_owned(), Value::Object(self.details.clone()));
        Value::Object(all)
    }
}

fn mark(reached: bool) -> &'static str {
    if reached { "reached" } else { "MISSED" }
}

/// Digits after the point that still say something.
fn digits(measured: f64) -> usize {
    if measured < 10.0 {
        2
    } else {
        usize::from(measured < 1_000.0)
    }
}

fn rounded(measured: f64) -> f64 {
    (measured * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_that_were_promised() {
        let figures = Figures {
            commits_per_s: [Some(1.0), Some(2.0), Some(3.0)],
            ..Figures::default()
        };
        let json = figures.json();
        let mut keys: Vec<_> = json
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        keys.sort();
        assert_eq!(
            keys,
            [
                "activation_p50_ms",
                "replay_10000_ms",
                "shadow_cost_percent",
                "swap_p99_ratio",
                "gateways_rss_mb",
                "gateways_cpu_percent",
                "gateway_known_s",
                "console_open_ms",
                "console_live_max_ms",
                "console_frames_per_s",
                "console_key_p99_ms",
                "console_rss_mb",
                "hosts_agree_max_ms",
                "commits_per_s_1",
                "commits_per_s_32",
                "commits_per_s_8",
                "details",
                "native_p50_us",
                "pgbench_tps_1",
                "pgbench_tps_32",
                "pgbench_tps_8",
                "rss_mb",
                "ready_ms",
                "role_refusals_per_s",
                "snapshot_reads_per_s",
                "verdict_p50_us",
                "verdict_p99_us",
            ]
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
        );
        assert_eq!(json["commits_per_s_8"], 2.0);
        assert!(json["rss_mb"].is_null());
    }
}
