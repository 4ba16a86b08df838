//! When the next request of a scan may go out. Time is passed in.

use std::time::Duration;

use tokio::time::Instant;

/// However long an answer took, the bus need not rest for longer than this after it.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// However slow a device is taken to be, it is asked again after this.
const LONGEST_INTERVAL: Duration = Duration::from_millis(400);

/// Keeps requests apart: never more than so many a second, never two at once after a pause. The time counts from the answer, since many
/// devices pass over what follows it too soon; and after each answer the bus is left alone for as long as it was busy, so that others who
/// share it get through.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// Allows `per_second` requests a second; none below 1.
    pub(super) fn new(per_second: u32) -> Pace {
        Pace { interval: Duration::from_secs(1) / per_second.max(1), next: None }
    }

    /// Returns when a request may go out that is ready now.
    pub(super) fn slot(&self, now: Instant) -> Instant {
        self.next.map_or(now, |next| next.max(now))
    }

    /// Takes note of a request that went out and was answered, or given up. While nobody answers the bus is at rest already.
    pub(super) fn done(&mut self, started: Instant, ended: Instant, was_answered: bool) {
        let after_answer = ended + self.interval.max((ended - started).min(LONGEST_REST));
        self.next = Some(if was_answered { after_answer } else { (started + self.interval).max(ended) });
    }

    /// A request was lost, and answered when it was sent again: this device wants more time between them.
    pub(super) fn slow_down(&mut self) {
        if self.interval < LONGEST_INTERVAL {
            self.interval = (self.interval * 2).min(LONGEST_INTERVAL);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slow_line_is_left_alone_as_long_as_it_was_busy() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let mut pace = Pace::new(10);
        assert_eq!(pace.slot(at(0)), at(0), "the first may go at once");
        pace.done(at(0), at(5), true);
        assert_eq!(pace.slot(at(6)), at(105), "ten a second");
        pace.done(at(105), at(400), true);
        assert_eq!(pace.slot(at(400)), at(695), "an answer of 295 ms is followed by 295 ms of rest");
        pace.done(at(700), at(1000), false);
        assert_eq!(pace.slot(at(1000)), at(1000), "a time-out was rest enough");
        pace.done(at(1000), at(9000), true);
        assert_eq!(pace.slot(at(9000)), at(10_000));
    }

    #[test]
    fn a_device_that_loses_requests_gets_more_time() {
        let now = Instant::now();
        let after = |per_second, losses| {
            let mut pace = Pace::new(per_second);
            (0..losses).for_each(|_| pace.slow_down());
            pace.done(now, now, true);
            (pace.slot(now) - now).as_millis()
        };
        assert_eq!((after(10, 1), after(10, 2), after(10, 9)), (200, 400, 400));
        assert_eq!(after(1, 9), 1000, "never faster than it may");
    }

    proptest! {
        #[test]
        fn the_rate_is_never_exceeded(
            per_second in 1u32..200,
            requests in prop::collection::vec((0u64..300, 0u64..400, any::<bool>()), 1..200),
        ) {
            let begin = Instant::now();
            let mut pace = Pace::new(per_second);
            let mut now = begin;
            let mut sent = Vec::new();
            for (idle_ms, takes_ms, was_answered) in requests {
                now += Duration::from_millis(idle_ms);
                let started = pace.slot(now);
                prop_assert!(started >= now);
                sent.push(started);
                now = started + Duration::from_millis(takes_ms);
                pace.done(started, now, was_answered);
            }
            let interval = Duration::from_secs(1) / per_second;
            prop_assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= interval));
        }
    }
}
