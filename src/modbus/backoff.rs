//! When to try again after a connection failed.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(5);

/// Doubles the wait with each failure, and spreads it, so that a hundred devices behind one switch are not all tried at once.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
    spread: fastrand::Rng,
}

impl Backoff {
    /// Starts with no failure; the seed decides the spread.
    pub(super) fn new(seed: u64) -> Self {
        Backoff { failures: 0, spread: fastrand::Rng::with_seed(seed) }
    }

    /// A connection came about.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// A connection failed; returns how long to wait.
    pub(super) fn failed(&mut self) -> Duration {
        let full = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        full.mul_f64(0.5 + self.spread.f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_five_seconds_and_start_again_after_success() {
        let mut backoff = Backoff::new(1);
        let waits: Vec<_> = (0..20).map(|_| backoff.failed()).collect();
        assert!(waits[0] <= FIRST && waits[0] >= FIRST / 2);
        assert!(waits[19] <= LONGEST && waits[19] >= LONGEST / 2);
        backoff.succeeded();
        assert!(backoff.failed() <= FIRST);
    }
}
