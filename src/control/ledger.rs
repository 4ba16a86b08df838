//! What a charger may be offering at this moment, at the worst.
//!
//! A limit that was sent may have arrived, also when no answer came; one that was read back is known. Between the two the larger one
//! counts. A charger that nothing can have reached for longer than its watchdog time has fallen back to its fail-safe current.
//!
//! ```text
//!   never heard ──observed──▶ known ──sent──▶ in flight ──acknowledged──▶ known
//!                               ▲                 │
//!                               └──observed── unsettled ◀──not acknowledged
//! ```

use super::{Reading, Time};
use crate::site::{Amps, Charger};

/// The account of one charger.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferLedger {
    /// What it said last; before that, what an earlier run of the controller knew of it.
    offered: Option<Amps>,
    /// The largest limit that has been sent and not been answered yet.
    in_flight: Option<Amps>,
    /// The largest limit whose writing failed, and when: it may have arrived, until a later reading says otherwise.
    unsettled: Option<Reading<Amps>>,
    /// The last moment at which something may have reached it.
    last_contact: Time,
}

impl OfferLedger {
    /// Opens an account. Nothing is known of contacts before `start`, so the watchdog counts from there.
    pub fn new(start: Time, remembered: Option<Amps>) -> Self {
        OfferLedger { offered: remembered, in_flight: None, unsettled: None, last_contact: start }
    }

    /// A limit goes out.
    pub fn sent(&mut self, setpoint: Amps) {
        self.in_flight = Some(self.in_flight.map_or(setpoint, |other| other.max(setpoint)));
    }

    /// A limit was written and read back; `settled` when no newer one is on its way.
    pub fn acknowledged(&mut self, offered: Amps, at: Time, settled: bool) {
        self.offered = Some(offered);
        self.unsettled = None;
        self.last_contact = self.last_contact.max(at);
        if settled {
            self.in_flight = None;
        }
    }

    /// A limit could not be written or read back; `reached` when it may have arrived all the same.
    pub fn not_acknowledged(&mut self, now: Time, reached: bool) {
        let Some(limit) = self.in_flight.take() else { return };
        if reached {
            let value = self.unsettled.map_or(limit, |other| other.value.max(limit));
            self.unsettled = Some(Reading { at: now, value });
            self.last_contact = self.last_contact.max(now);
        }
    }

    /// The charger was asked at `at` and said what it offers.
    pub fn observed(&mut self, offered: Amps, at: Time) {
        self.last_contact = self.last_contact.max(at);
        self.offered = Some(offered);
        if self.unsettled.is_some_and(|unsettled| at > unsettled.at) {
            self.unsettled = None;
        }
    }

    /// The charger was asked and did not answer, but may have heard.
    pub fn may_have_heard(&mut self, at: Time) {
        self.last_contact = self.last_contact.max(at);
    }

    /// Returns the most that the charger may be offering now.
    pub fn ceiling(&self, now: Time, charger: &Charger) -> Amps {
        let alone = charger.watchdog.is_some_and(|watchdog| now > self.last_contact + watchdog);
        // what is in flight may arrive at this moment, and takes the place of the fail-safe current then
        let known = if alone { charger.failsafe } else { self.offered.unwrap_or(charger.max) };
        let unsettled = self.unsettled.filter(|_| !alone).map(|unsettled| unsettled.value);
        [self.in_flight, unsettled].into_iter().flatten().fold(known, Amps::max)
    }

    /// Says whether a limit that was sent has not been answered yet.
    pub fn is_settled(&self) -> bool {
        self.in_flight.is_none() && self.unsettled.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::fixture;

    const START: Time = Time(1_000_000);

    fn amps(value: f64) -> Amps {
        Amps(value)
    }

    #[test]
    fn a_charger_that_was_never_heard_counts_with_all_it_has_until_its_watchdog_has_run_out() {
        let charger = fixture::charger("ev1", 0);
        let ledger = OfferLedger::new(START, None);
        assert_eq!(ledger.ceiling(START, &charger), amps(32.0));
        assert_eq!(ledger.ceiling(Time(START.0 + 60_000), &charger), amps(32.0));
        assert_eq!(ledger.ceiling(Time(START.0 + 60_001), &charger), amps(6.0));
        let mut stubborn = charger;
        stubborn.watchdog = None;
        assert_eq!(ledger.ceiling(Time(START.0 + 3_600_000), &stubborn), amps(32.0));
    }

    #[test]
    fn a_raise_counts_from_the_moment_it_is_sent_and_a_cut_from_the_moment_it_is_read_back() {
        let charger = fixture::charger("ev1", 0);
        let mut ledger = OfferLedger::new(START, None);
        ledger.observed(amps(10.0), START);
        ledger.sent(amps(16.0));
        assert_eq!(ledger.ceiling(START, &charger), amps(16.0));
        // a reading that was taken before the write arrived says nothing of the write
        ledger.observed(amps(10.0), Time(START.0 + 5));
        assert_eq!(ledger.ceiling(START, &charger), amps(16.0));
        ledger.acknowledged(amps(16.0), Time(START.0 + 9), true);
        ledger.sent(amps(6.0));
        assert_eq!(ledger.ceiling(START, &charger), amps(16.0));
        ledger.acknowledged(amps(6.0), Time(START.0 + 20), true);
        assert_eq!(ledger.ceiling(START, &charger), amps(6.0));
    }

    #[test]
    fn a_limit_whose_answer_was_lost_counts_until_a_later_reading() {
        let charger = fixture::charger("ev1", 0);
        let mut ledger = OfferLedger::new(START, None);
        ledger.observed(amps(6.0), START);
        ledger.sent(amps(20.0));
        ledger.not_acknowledged(Time(START.0 + 1_000), true);
        ledger.observed(amps(6.0), Time(START.0 + 900));
        assert_eq!(ledger.ceiling(Time(START.0 + 1_001), &charger), amps(20.0));
        ledger.observed(amps(6.0), Time(START.0 + 1_100));
        assert_eq!(ledger.ceiling(Time(START.0 + 1_101), &charger), amps(6.0));
    }

    #[test]
    fn what_never_went_out_does_not_count() {
        let charger = fixture::charger("ev1", 0);
        let mut ledger = OfferLedger::new(START, Some(amps(8.0)));
        ledger.sent(amps(20.0));
        ledger.not_acknowledged(Time(START.0 + 100_000), false);
        assert_eq!(ledger.ceiling(START, &charger), amps(8.0));
        assert_eq!(ledger.ceiling(Time(START.0 + 100_000), &charger), amps(6.0));
    }

    #[test]
    fn a_charger_that_has_fallen_back_counts_with_what_may_arrive_now_and_no_longer_with_what_it_had() {
        let charger = fixture::charger("ev1", 0);
        let mut ledger = OfferLedger::new(START, Some(amps(32.0)));
        let later = Time(START.0 + 60_001);
        for (limit, counts) in [(0.0, 6.0), (6.0, 6.0), (16.0, 16.0)] {
            ledger.sent(amps(limit));
            assert_eq!(ledger.ceiling(START, &charger), amps(32.0));
            assert_eq!(ledger.ceiling(later, &charger), amps(counts), "with {limit} A on its way");
        }
    }
}
