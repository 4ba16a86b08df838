//! A circuit breaker: when it opens by itself. What its opening cuts is the model's matter.
//!
//! It heats up and opens by the strip from between and the magnet from the middle of the band of [`TrippingCurve`], the same curve that
//! the controller reckons with.

use serde::Serialize;

use crate::site::{Amps, BreakerRating, PerPhase, Phase, TrippingCurve};

/// Position of a breaker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// Closed.
    #[default]
    On,
    /// Opened by hand.
    Off,
    /// Opened by itself.
    Tripped,
}

/// A circuit breaker.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakerState {
    curve: TrippingCurve,
    position: Position,
    strip: PerPhase<f64>,
    currents: PerPhase<Amps>,
}

impl BreakerState {
    /// Makes a closed, cold breaker.
    pub fn new(rating: BreakerRating) -> BreakerState {
        BreakerState {
            curve: TrippingCurve::new(rating),
            position: Position::On,
            strip: PerPhase::default(),
            currents: PerPhase::default(),
        }
    }

    /// Returns its position.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Returns the current through each pole.
    pub fn currents(&self) -> PerPhase<Amps> {
        self.currents
    }

    /// Says whether more than its rated current flows through a pole (the overload warning of REFERENCE A2).
    pub fn is_overloaded(&self) -> bool {
        self.currents.iter().any(|(_, &amps)| amps.abs() > self.curve.rated)
    }

    /// Says whether it has opened by itself (the fault signal of REFERENCE A2).
    pub fn has_fault(&self) -> bool {
        self.position == Position::Tripped
    }

    /// Puts it into a position by hand.
    pub(super) fn put(&mut self, position: Position) {
        self.position = position;
    }

    /// Goes one step further with these currents; says whether it has just opened.
    pub(super) fn step(&mut self, currents: PerPhase<Amps>, step_ms: u64) -> bool {
        let seconds = step_ms as f64 / 1000.0;
        let mut opens = false;
        for phase in Phase::ALL {
            let multiple = self.curve.multiple(currents[phase]);
            let strip = &mut self.strip[phase];
            *strip = self.curve.typical.after(*strip, multiple, seconds);
            opens |= *strip >= self.curve.typical.opens_at || multiple >= self.curve.typical_magnet();
        }
        self.currents = currents;
        if opens && self.position == Position::On {
            self.position = Position::Tripped;
            return true;
        }
        false
    }

    /// Takes note that nothing flows any more.
    pub(super) fn cut(&mut self) {
        self.currents = PerPhase::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::BreakerCurve;

    /// Returns after how many seconds it opens, or nothing within the time.
    fn opens_after(curve: BreakerCurve, multiple: f64, within_s: u64) -> Option<f64> {
        let mut breaker = BreakerState::new(BreakerRating { rating: Amps(20.0), curve });
        let currents = PerPhase { l2: Amps(20.0 * multiple), ..PerPhase::default() };
        (1..=within_s * 20).find(|_| breaker.step(currents, 50)).map(|step| step as f64 * 0.05)
    }

    #[test]
    fn it_opens_within_the_bands_of_iec_60898_1() {
        for (curve, multiple, least_s, most_s) in [
            (BreakerCurve::C, 1.45, 60.0, 3600.0),
            (BreakerCurve::C, 2.55, 1.0, 60.0),
            (BreakerCurve::B, 2.55, 1.0, 60.0),
            (BreakerCurve::B, 3.0, 0.1, 60.0),
            (BreakerCurve::B, 5.0, 0.0, 0.1),
            (BreakerCurve::C, 5.0, 0.1, 60.0),
            (BreakerCurve::C, 10.0, 0.0, 0.1),
            (BreakerCurve::D, 10.0, 0.1, 60.0),
            (BreakerCurve::D, 20.0, 0.0, 0.1),
        ] {
            let after = opens_after(curve, multiple, 3600).expect("it must open");
            assert!((least_s..=most_s).contains(&after), "{curve:?} at {multiple} In opened after {after} s");
        }
        for multiple in [0.5, 1.0, 1.13] {
            assert_eq!(opens_after(BreakerCurve::C, multiple, 3600), None, "{multiple} In");
        }
    }

    #[test]
    fn a_warm_breaker_opens_sooner_and_not_at_once() {
        let mut breaker = BreakerState::new(BreakerRating { rating: Amps(20.0), curve: BreakerCurve::C });
        let warm = PerPhase::all(Amps(20.0 * 1.13));
        for _ in 0..3600 {
            assert!(!breaker.step(warm, 1000));
        }
        let hot = PerPhase::all(Amps(20.0 * 2.55));
        let after = (1..600).find(|_| breaker.step(hot, 100)).expect("it must open");
        assert!((10..300).contains(&after), "after {after} tenths of a second");
    }

    #[test]
    fn warning_and_fault_tell_overload_from_trip() {
        let mut breaker = BreakerState::new(BreakerRating { rating: Amps(20.0), curve: BreakerCurve::B });
        breaker.step(PerPhase { l1: Amps(-21.0), ..PerPhase::default() }, 100);
        assert!(breaker.is_overloaded() && !breaker.has_fault());
        breaker.step(PerPhase::all(Amps(100.0)), 100);
        breaker.cut();
        assert!(!breaker.is_overloaded() && breaker.has_fault());
    }
}
