//! Times of one kind, and what stands at a percentile of them.

use std::time::Duration;

use serde_json::{Value, json};

/// Times in nanoseconds, sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<u64>);

impl Samples {
    pub(crate) fn of(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        Self(nanos)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time in microseconds that `percent` of all do not exceed; 0 of none.
    pub(crate) fn percentile_us(&self, percent: f64) -> f64 {
        let last = self.0.len().saturating_sub(1) as f64;
        let at = (last * percent / 100.0).round() as usize;
        self.0.get(at).map_or(0.0, |nanos| *nanos as f64 / 1000.0)
    }

    pub(crate) fn p50_us(&self) -> f64 {
        self.percentile_us(50.0)
    }

    pub(crate) fn p99_us(&self) -> f64 {
        self.percentile_us(99.0)
    }

    pub(crate) fn p50_ms(&self) -> f64 {
        self.p50_us() / 1000.0
    }

    pub(crate) fn p99_ms(&self) -> f64 {
        self.p99_us() / 1000.0
    }

    /// The longest.
    pub(crate) fn most_ms(&self) -> f64 {
        self.percentile_us(100.0) / 1000.0
    }

    /// For a run's details.
    pub(crate) fn told_ms(&self) -> Value {
        let rounded = |ms: f64| (ms * 10.0).round() / 10.0;
        json!({
            "p50": rounded(self.p50_ms()), "p99": rounded(self.p99_ms()),
            "most": rounded(self.most_ms()), "of": self.len(),
        })
    }
}

/// Whole nanoseconds.
pub(crate) fn nanos(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
}

/// The middle of some figures; the mean of the two middle ones where their number is even.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let samples = Samples::of((1..=101).rev().map(|n| n * 1000).collect());
        assert_eq!(samples.p50_us(), 51.0);
        assert_eq!(samples.percentile_us(0.0), 1.0);
        assert_eq!(samples.p99_us(), 100.0);
        assert_eq!(samples.percentile_us(100.0), 101.0);
        assert_eq!(Samples::default().p99_us(), 0.0);
    }

    #[test]
    fn the_median_does_not_follow_an_outlier() {
        assert_eq!(median(&[900.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 900.0]), 3.0);
        assert_eq!(median(&[]), 0.0);
    }
}
