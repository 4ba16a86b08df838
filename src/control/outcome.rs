//! What a recorded day comes to: energy, peak, time under a limit, cost. Pure; the same sums for what was and for what would have been.

use serde::Serialize;

use super::{Decision, Reason, Snapshot, Time, fresh};
use crate::site::{Amps, Period, Phase, Site};

/// A recording that pauses for longer than so many intervals has a gap, which counts for nothing.
const GAP_INTERVALS: u64 = 3;

/// Milliseconds of an hour.
const HOUR_MS: f64 = 3_600_000.0;

/// What a kilowatt-hour costs, and from when on.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices(Vec<(Time, f64)>);

impl Prices {
    /// Makes a price that never changes.
    pub fn flat(price: f64) -> Self {
        Prices(vec![(Time(0), price)])
    }

    /// Makes a series of prices; each holds until the next one. Before the first one the first one holds.
    pub fn series(mut prices: Vec<(Time, f64)>) -> Self {
        prices.sort_by_key(|(from, _)| *from);
        Prices(prices)
    }

    fn at(&self, now: Time) -> f64 {
        let later = self.0.partition_point(|(from, _)| *from <= now);
        self.0.get(later.saturating_sub(1)).map_or(0.0, |(_, price)| *price)
    }
}

/// What a day comes to for one charger.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargerOutcome {
    /// Its name.
    pub name: String,
    /// What its cars took, kWh.
    pub energy_kwh: f64,
    /// How long a car had less than it would have taken, minutes.
    pub limited_minutes: f64,
}

/// What a day comes to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What all cars took, kWh.
    pub energy_kwh: f64,
    /// The most that one phase of the grid connection carried, A.
    pub peak_amps: f64,
    /// The most that the grid connection carried, kW at the nominal voltage.
    pub peak_kw: f64,
    /// How long cars had less than they would have taken, minutes, all chargers together.
    pub limited_minutes: f64,
    /// What the cars' energy cost.
    pub cost: Option<f64>,
    /// Charger by charger.
    pub chargers: Vec<ChargerOutcome>,
}

/// Adds a day up, decision by decision.
#[derive(Debug)]
pub struct OutcomeSum {
    prices: Option<Prices>,
    outcome: Outcome,
    /// The last decision, and what it and its readings come to in an hour.
    last: Option<(Time, Vec<(f64, bool)>)>,
}

impl OutcomeSum {
    /// Begins with nothing.
    pub fn new(prices: Option<Prices>) -> Self {
        let outcome = Outcome { cost: prices.as_ref().map(|_| 0.0), ..Outcome::default() };
        OutcomeSum { prices, outcome, last: None }
    }

    /// Adds a decision and the snapshot on which it rests. What holds at it is taken to hold until the next one.
    pub fn add(&mut self, site: &Site, snapshot: &Snapshot, decision: &Decision) {
        self.pass(decision.at, site.control.interval);
        self.peak(site, decision);
        let chargers = site.chargers.iter().enumerate().map(|(index, charger)| {
            let reading = fresh(snapshot.chargers.get(index), decision.at, site.control.stale_after)
                .map(|reading| reading.value);
            let drawn = reading.map_or(0.0, |reading| reading.drawn.iter().map(|amps| finite(*amps)).sum());
            if self.outcome.chargers.len() <= index {
                let name = charger.name.clone();
                self.outcome.chargers.push(ChargerOutcome { name, ..ChargerOutcome::default() });
            }
            (drawn * site.grid.voltage.0 / 1000.0, is_limited(&decision.setpoints[index].reason))
        });
        self.last = Some((decision.at, chargers.collect()));
    }

    /// Ends another site's part: nothing holds from its last decision to the next site's first.
    pub fn cut(&mut self) {
        self.last = None;
    }

    /// Returns what it comes to.
    pub fn outcome(self) -> Outcome {
        self.outcome
    }

    fn pass(&mut self, now: Time, interval: Period) {
        let Some((since, chargers)) = self.last.take() else { return };
        let passed = now.since(since).as_millis();
        if passed > interval.as_millis() * GAP_INTERVALS {
            return;
        }
        let hours = passed as f64 / HOUR_MS;
        let price = self.prices.as_ref().map(|prices| prices.at(since));
        for (outcome, (kw, limited)) in self.outcome.chargers.iter_mut().zip(chargers) {
            let energy = kw * hours;
            let minutes = if limited { hours * 60.0 } else { 0.0 };
            outcome.energy_kwh += energy;
            outcome.limited_minutes += minutes;
            self.outcome.energy_kwh += energy;
            self.outcome.limited_minutes += minutes;
            if let (Some(cost), Some(price)) = (&mut self.outcome.cost, price) {
                *cost += energy * price;
            }
        }
    }

    fn peak(&mut self, site: &Site, decision: &Decision) {
        let roots = site.circuits.iter().zip(&decision.loads).filter(|(circuit, _)| circuit.parent.is_none());
        let mut phases = [0.0; 3];
        for (_, load) in roots {
            for phase in Phase::ALL {
                let whole =
                    load.measured.map_or(load.drawn[phase] + load.other[phase], |measured| measured[phase]);
                phases[phase.index()] += finite(whole);
            }
        }
        let sum: f64 = phases.iter().sum();
        self.outcome.peak_amps = phases.into_iter().fold(self.outcome.peak_amps, f64::max);
        self.outcome.peak_kw = self.outcome.peak_kw.max(sum * site.grid.voltage.0 / 1000.0);
    }
}

fn finite(amps: Amps) -> f64 {
    if amps.0.is_finite() { amps.0 } else { 0.0 }
}

/// Says whether a charger has less than its car would take.
fn is_limited(reason: &Reason) -> bool {
    matches!(
        reason.code(),
        "limited" | "waits" | "holds" | "awaits-others" | "meter-unknown" | "paused" | "ordered"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::fixture::{all_charging, charger, circuit, site, with_meter};
    use crate::control::{State, step};

    #[test]
    fn an_hour_at_a_price() {
        let site = with_meter(site(vec![circuit("main", None, 63.0)], vec![charger("ev1", 0)]), 0);
        let prices = Prices::series(vec![(Time(1_800_000), 0.4), (Time(0), 0.2)]);
        let mut sum = OutcomeSum::new(Some(prices));
        let mut state = State::empty(&site);
        for second in 0..=3600 {
            let now = Time(second * 1000);
            let snapshot = all_charging(now, &site, 16.0);
            let decision = step(now, &site, &snapshot, &state);
            sum.add(&site, &snapshot, &decision);
            state = decision.state;
        }
        let outcome = sum.outcome();
        // 16 A on three phases of 230 V
        assert!((outcome.energy_kwh - 11.04).abs() < 1e-6, "{outcome:?}");
        assert!((outcome.cost.unwrap() - 5.52 * 0.6).abs() < 1e-6, "{outcome:?}");
        assert_eq!(outcome.peak_amps, 16.0);
    }

    #[test]
    fn a_gap_counts_for_nothing() {
        let site = site(vec![circuit("main", None, 63.0)], vec![charger("ev1", 0)]);
        let mut sum = OutcomeSum::new(None);
        for now in [0, 1000, 3_601_000] {
            let snapshot = all_charging(Time(now), &site, 10.0);
            sum.add(&site, &snapshot, &step(Time(now), &site, &snapshot, &State::empty(&site)));
        }
        let outcome = sum.outcome();
        assert!((outcome.energy_kwh - 6.9 / 3600.0).abs() < 1e-9, "{outcome:?}");
        assert_eq!(outcome.cost, None);
    }
}
