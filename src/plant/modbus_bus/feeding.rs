//! When a charger's watchdog must be fed, and with what. Pure: time comes in.

use std::time::Duration;

use tokio::time::Instant;

use crate::profile::{Feed, WatchdogSection};
use crate::site::Period;

/// Share of the watchdog's time after which it is fed: a little before half of it, since a busy bus adds to it.
const SHARE: f64 = 0.45;
/// A feed that failed is tried again after this share of the time between feeds, and after [`LONGEST_RETRY`] at the latest.
const RETRY_SHARE: f64 = 0.25;
const LONGEST_RETRY: Duration = Duration::from_secs(1);
const SHORTEST_RETRY: Duration = Duration::from_millis(50);

/// What feeds the watchdog of one charger, and when it was fed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feeding {
    feed: Feed,
    every: Duration,
    fed_at: Option<Instant>,
    not_before: Option<Instant>,
}

impl Feeding {
    /// Makes it for a watchdog; `time` is the time-out that the site has set, if it has.
    pub(super) fn of(section: &WatchdogSection, time: Option<Period>) -> Feeding {
        let mut every = time.unwrap_or(section.default).0.mul_f64(SHARE);
        if let Feed::LifeBit { every: longest, .. } = &section.feed {
            every = every.min(longest.0.mul_f64(2.0 * SHARE));
        }
        Feeding { feed: section.feed.clone(), every, fed_at: None, not_before: None }
    }

    /// Returns what feeds it.
    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Returns when it must be fed; `None` before it has been fed for the first time: that is part of setting the charger up, or of its
    /// first limit.
    pub(super) fn due(&self) -> Option<Instant> {
        let due = self.fed_at? + self.every;
        Some(self.not_before.map_or(due, |at| at.max(due)))
    }

    /// The device has answered a request that was sent at this time.
    pub(super) fn answered(&mut self, sent_at: Instant) {
        if self.feed == Feed::Request {
            self.fed(sent_at);
        }
    }

    /// The limit has been written, at this time.
    pub(super) fn limited(&mut self, sent_at: Instant) {
        if self.feed == Feed::Limit {
            self.fed(sent_at);
        }
    }

    /// It has been fed at this time.
    pub(super) fn fed(&mut self, sent_at: Instant) {
        self.fed_at = Some(self.fed_at.map_or(sent_at, |at| at.max(sent_at)));
        self.not_before = None;
    }

    /// An attempt has failed.
    pub(super) fn failed(&mut self, now: Instant) {
        let wait = self.every.mul_f64(RETRY_SHARE).clamp(SHORTEST_RETRY, LONGEST_RETRY);
        self.not_before = Some(now + wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(feed: Feed) -> WatchdogSection {
        let default = Period::from_secs(60);
        WatchdogSection {
            default,
            timeout: None,
            timeout_read: None,
            failsafe: None,
            failsafe_read: None,
            remaining: None,
            feed,
        }
    }

    fn life_bit(every: u64) -> Feed {
        Feed::LifeBit { point: "life".into(), value: 1.0, every: Period::from_secs(every) }
    }

    fn interval(feed: Feed, time: Option<u64>) -> f64 {
        Feeding::of(&section(feed), time.map(Period::from_secs)).every.as_secs_f64()
    }

    #[test]
    fn every_kind_is_fed_before_half_of_its_time() {
        assert_eq!(interval(Feed::Request, None), 27.0);
        assert_eq!(interval(Feed::Limit, Some(10)), 4.5, "the site's time goes before the profile's");
        assert_eq!(interval(life_bit(60), Some(10)), 4.5);
        assert_eq!(interval(life_bit(2), None), 1.8, "the device wants it more often");
    }

    #[test]
    fn nothing_is_due_before_the_first_time_and_a_failure_is_tried_again_soon() {
        let mut feeding = Feeding::of(&section(Feed::Limit), Some(Period::from_secs(10)));
        assert_eq!(feeding.due(), None);
        let start = Instant::now();
        feeding.answered(start);
        assert_eq!(feeding.due(), None, "a request feeds nothing that wants a limit");
        feeding.limited(start);
        assert_eq!(feeding.due(), Some(start + Duration::from_millis(4500)));
        feeding.failed(start + Duration::from_secs(5));
        assert_eq!(feeding.due(), Some(start + Duration::from_secs(6)));
        feeding.limited(start + Duration::from_secs(6));
        assert_eq!(feeding.due(), Some(start + Duration::from_millis(10_500)));
    }
}
