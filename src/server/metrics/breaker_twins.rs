//! The metrics of what is reckoned of each circuit's breaker.

use super::{Page, phase_word};
use crate::control::{BreakerPhaseStatus, BreakerTwinStatus, CircuitStatus};

impl Page {
    /// Writes heat and times to trip, by circuit and phase; a breaker that holds has no time.
    pub(super) fn breaker_twins(&mut self, circuits: &[CircuitStatus]) {
        // what flows is not known from an old decision, and heat goes with what flows
        if self.late_ms > self.stale_ms {
            return;
        }
        let breakers =
            circuits.iter().filter_map(|circuit| Some((circuit.name.as_str(), circuit.breaker.as_ref()?)));
        let breakers: Vec<(&str, &BreakerTwinStatus)> = breakers.collect();
        type Value = fn(&BreakerPhaseStatus) -> Option<f64>;
        let families: [(&str, &str, Value); 4] = [
            (
                "enmon_breaker_current_amperes",
                "Current that counts for the circuit's breaker: measured, or the worst case, A.",
                |pole| Some(pole.current),
            ),
            (
                "enmon_breaker_heat_ratio",
                "How close the circuit's breaker is to opening by heat: 0 cold, 1 open.",
                |pole| Some(pole.heat),
            ),
            (
                "enmon_breaker_trips_after_seconds",
                "At this current the circuit's breaker opens not before this time; absent when it holds.",
                |pole| pole.trips_after,
            ),
            (
                "enmon_breaker_trips_within_seconds",
                "At this current the circuit's breaker opens within this time; absent when it may hold for ever.",
                |pole| pole.trips_within,
            ),
        ];
        for (name, help, value_of) in families {
            let poles = breakers
                .iter()
                .flat_map(|(circuit, breaker)| breaker.phases.iter().map(move |pole| (*circuit, pole)));
            let mut values =
                poles.filter_map(|(circuit, pole)| Some((circuit, pole.phase, value_of(pole)?))).peekable();
            if values.peek().is_some() {
                self.gauge(name, help);
            }
            for (circuit, phase, value) in values {
                self.writer.sample(name, &[("circuit", circuit), ("phase", phase_word(phase))], value);
            }
        }
        self.each(
            "enmon_breaker_wear_ratio",
            "Share of its operating cycles that the circuit's breaker has used up, as far as its openings were seen.",
            "circuit",
            breakers.iter().map(|(circuit, breaker)| (*circuit, Some(breaker.wear))),
        );
        self.each(
            "enmon_breaker_overload_seconds",
            "Time for which more than its rated current has flowed through the circuit's breaker, s.",
            "circuit",
            breakers.iter().map(|(circuit, breaker)| (*circuit, Some(breaker.overload_seconds))),
        );
    }
}
