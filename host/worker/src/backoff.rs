//! How long a message waits after a try that failed.

use std::time::Duration;

use crate::limits::Limits;

/// How far a wait may be off, either way, so that messages that failed together do not
/// come back together.
const JITTER: f64 = 0.2;

/// The wait after the try of this number, from 1. `chance` is in 0..1.
pub(crate) fn wait(limits: &Limits, attempt: u32, chance: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(30);
    let plain = limits
        .first_wait
        .saturating_mul(1 << doublings)
        .min(limits.longest_wait);
    plain.mul_f64(1.0 - JITTER + 2.0 * JITTER * chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread() {
        let limits = Limits::default();
        let plain = |attempt| wait(&limits, attempt, 0.5).as_secs_f64().round() as u64;
        let waits: Vec<u64> = (1..=10).map(plain).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(plain(u32::MAX), 900);
        assert_eq!(wait(&limits, 1, 0.0), Duration::from_secs(4));
        assert_eq!(wait(&limits, 1, 1.0), Duration::from_secs(6));
    }
}
