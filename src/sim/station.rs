//! A station: what it offers, and how it falls back when it hears nothing. It knows no registers and no car.
//!
//! ```text
//!            limit written                      nothing heard for its time
//!   fallen ────────────────▶ obeying ──────────────────────────────────────▶ fallen
//!   back                        │  ▲                                          back
//!                               └──┘ limit written, watchdog fed
//! ```
//!
//! When it falls back, the fail-safe current takes the place of the limit: hearing something again does not bring the old limit
//! back, only a new limit does. So a site whose controller returns sees no jump that nobody wrote.

use super::car::LEAST_OFFER;
use crate::site::{Amps, Charger};

/// A charging station.
#[derive(Debug, Clone, PartialEq)]
pub struct Station {
    min: Amps,
    max: Amps,
    limit: Amps,
    failsafe: Amps,
    watchdog_ms: Option<u64>,
    silent_ms: u64,
    fallen_back: bool,
    released: bool,
    paused: bool,
    fault: bool,
    phases: u8,
}

impl Station {
    /// Makes a station that has heard nothing yet: it offers its fail-safe current.
    pub fn new(charger: &Charger) -> Station {
        Station {
            min: charger.min.max(LEAST_OFFER),
            max: charger.max,
            limit: charger.failsafe,
            failsafe: charger.failsafe,
            watchdog_ms: charger.watchdog.map(crate::site::Period::as_millis),
            silent_ms: 0,
            fallen_back: true,
            released: true,
            paused: false,
            fault: false,
            phases: 3,
        }
    }

    /// Returns on how many phases it lets a car charge: one or three.
    pub fn phases(&self) -> u8 {
        self.phases
    }

    /// Switches it to one phase or to three. Where current flows that welds contacts and harms cars: it is a fault then.
    pub fn set_phases(&mut self, phases: u8, drawn: Amps) {
        if phases != self.phases && drawn > Amps(1.0) {
            self.fault = true;
        }
        self.phases = phases;
    }

    /// Returns what it offers on each terminal: 0 A, or between its least and its most.
    pub fn offered(&self) -> Amps {
        if self.fault || self.paused {
            return Amps::ZERO;
        }
        // a station whose mode is off takes limits and ignores them
        let limit = if self.released { self.limit } else { self.failsafe };
        if limit < self.min { Amps::ZERO } else { limit.min(self.max) }
    }

    /// Returns the content of its limit register.
    pub fn limit(&self) -> Amps {
        self.limit
    }

    /// Returns its fail-safe current.
    pub fn failsafe(&self) -> Amps {
        self.failsafe
    }

    /// Returns the time of its watchdog in milliseconds; `None` when it has none.
    pub fn watchdog_ms(&self) -> Option<u64> {
        self.watchdog_ms
    }

    /// Returns how long it will wait for something that feeds its watchdog, in milliseconds; 0 when it waits no more.
    pub fn remaining_ms(&self) -> u64 {
        let left = self.watchdog_ms.map_or(0, |ms| ms.saturating_sub(self.silent_ms));
        if self.fallen_back { 0 } else { left }
    }

    /// Says whether the limit that was written decides what is offered.
    pub fn obeys_limit(&self) -> bool {
        self.released && !self.fallen_back && !self.paused && !self.fault
    }

    /// Says whether it has fallen back and got no limit since.
    pub fn has_fallen_back(&self) -> bool {
        self.fallen_back
    }

    /// Says whether it reports a fault.
    pub fn has_fault(&self) -> bool {
        self.fault
    }

    /// Writes its limit.
    pub fn set_limit(&mut self, limit: Amps) {
        self.limit = limit;
        self.fallen_back = false;
    }

    /// Lifts its limit: it offers all it has.
    pub fn lift_limit(&mut self) {
        self.set_limit(self.max);
    }

    /// Writes its fail-safe current.
    pub fn set_failsafe(&mut self, failsafe: Amps) {
        self.failsafe = failsafe;
        if self.fallen_back {
            self.limit = failsafe;
        }
    }

    /// Sets the time of the watchdog; 0 switches it off, as most makers do.
    pub fn set_watchdog(&mut self, ms: u64) {
        self.watchdog_ms = (ms > 0).then_some(ms);
        self.silent_ms = 0;
    }

    /// Says whether its modes are such that it obeys limits; while they are not, it offers its fail-safe current.
    pub fn set_released(&mut self, released: bool) {
        self.released = released;
    }

    /// Pauses it, or ends the pause.
    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Gives it a fault, or takes it away.
    pub fn set_fault(&mut self, fault: bool) {
        self.fault = fault;
    }

    /// Hears something that feeds its watchdog.
    pub fn feed(&mut self) {
        self.silent_ms = 0;
    }

    /// Goes one step further; says whether it has just fallen back.
    pub(super) fn step(&mut self, step_ms: u64) -> bool {
        self.silent_ms = self.silent_ms.saturating_add(step_ms);
        if self.fallen_back || self.watchdog_ms.is_none_or(|ms| self.silent_ms < ms) {
            return false;
        }
        self.limit = self.failsafe;
        self.fallen_back = true;
        true
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::site::{Address, CircuitId, DeviceLink, Period, Phase};

    pub(in crate::sim) fn charger(name: &str, circuit: usize, phases: &[Phase]) -> Charger {
        Charger {
            name: name.into(),
            circuit: CircuitId(circuit),
            phases: phases.to_vec(),
            min: Amps(6.0),
            max: Amps(32.0),
            failsafe: Amps(6.0),
            priority: 1.0,
            resolution: Amps(0.001),
            switches_phases: false,
            reaction: None,
            watchdog: Some(Period::from_secs(10)),
            device: link("abb-terra-ac"),
        }
    }

    pub(in crate::sim) fn link(profile: &str) -> DeviceLink {
        DeviceLink {
            profile: profile.into(),
            address: Address::ModbusTcp { host: "127.0.0.1".into(), port: 0 },
            unit: 1,
            connector: 1,
            timeout: None,
            ca: None,
            identity: None,
            token_file: None,
        }
    }

    fn station() -> Station {
        Station::new(&charger("ev1", 0, &Phase::ALL))
    }

    #[test]
    fn it_offers_nothing_or_at_least_six_amperes() {
        let mut station = station();
        for (limit, offered) in [(0.0, 0.0), (5.99, 0.0), (6.0, 6.0), (16.5, 16.5), (40.0, 32.0)] {
            station.set_limit(Amps(limit));
            assert_eq!(station.offered(), Amps(offered), "limit {limit}");
        }
    }

    #[test]
    fn it_falls_back_in_silence_and_stays_there_until_a_new_limit_comes() {
        let mut station = station();
        assert_eq!(station.offered(), Amps(6.0), "fail-safe before anything was heard");
        station.set_limit(Amps(20.0));
        for _ in 0..99 {
            assert!(!station.step(100));
        }
        station.feed();
        for _ in 0..99 {
            assert!(!station.step(100), "it was fed");
        }
        assert!(station.step(100), "10 s of silence");
        assert_eq!((station.offered(), station.has_fallen_back()), (Amps(6.0), true));
        station.feed();
        assert_eq!(station.offered(), Amps(6.0), "the old limit does not come back");
        station.set_limit(Amps(20.0));
        assert_eq!((station.offered(), station.has_fallen_back()), (Amps(20.0), false));
    }

    #[test]
    fn phases_that_are_switched_under_load_are_a_fault() {
        let mut station = station();
        station.set_limit(Amps(20.0));
        station.set_phases(1, Amps::ZERO);
        assert_eq!((station.phases(), station.offered()), (1, Amps(20.0)));
        station.set_phases(1, Amps(20.0));
        assert!(!station.has_fault(), "nothing was switched");
        station.set_phases(3, Amps(20.0));
        assert_eq!((station.has_fault(), station.offered()), (true, Amps::ZERO));
    }

    #[test]
    fn pause_fault_and_a_mode_that_is_off_win_over_the_limit() {
        let mut station = station();
        station.set_limit(Amps(20.0));
        station.set_released(false);
        assert_eq!((station.offered(), station.limit()), (Amps(6.0), Amps(20.0)));
        station.set_released(true);
        station.set_paused(true);
        assert_eq!(station.offered(), Amps::ZERO);
        station.set_paused(false);
        station.set_fault(true);
        assert_eq!(station.offered(), Amps::ZERO);
    }
}
