//! How much the sun leaves over: what flows into the grid, and what the cars take that follow the sun.
//!
//! The meter at the grid connection gives active power with a sign, all phases together: that is how meters for settlement count in Germany,
//! Austria and most of Europe (a phase that exports makes up for one that imports). A reading that is old, or was taken long before or after
//! those of the chargers, says nothing. What is said moves no limit before it has lasted: each limit is a write, and clouds have edges.
//!
//! ```text
//!  watts  ────┐     ┌─ more than a band above for RISES_AFTER: the least of that time counts from then on
//!             └─────┘  more than a band below for FALLS_AFTER: the most of that time counts
//! ```

use serde::{Deserialize, Serialize};

use super::super::{MeterReading, Reading, Snapshot, Time, fresh};
use crate::site::{Amps, MeterId, Period, Phase, Site};

/// The surplus, as it is remembered from one decision to the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Surplus {
    /// What counts, W; not below 0.
    pub watts: f64,
    /// Voltage between a phase and neutral that counts.
    pub volts: f64,
    /// When the last reading was taken that counted.
    pub sampled_at: Option<Time>,
    /// It has been larger since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rise: Option<Trend>,
    /// It has been smaller since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fall: Option<Trend>,
}

/// A surplus that is another one than what counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Since when.
    pub since: Time,
    /// The least (of a rise) or the most (of a fall) that it has been, W.
    pub watts: f64,
}

/// What differs by less moves nothing: less than half an ampere on three phases. A fridge is larger, a router is not.
const BAND_WATTS: f64 = 200.0;
/// How long the surplus must be larger before that counts. Together with `control.raiseAfter` it is the half minute in which others control.
const RISES_AFTER: Period = Period::from_secs(20);
/// How long it must be smaller: a car that has just been raised is seen by the grid's meter before its charger shows it.
const FALLS_AFTER: Period = Period::from_secs(4);
/// Readings that are further apart than so many intervals are no pair.
const ALIGNED_INTERVALS: u64 = 2;
/// A voltage that differs by less is the same, as a share: currents that follow from it would move with every reading.
const SAME_VOLTAGE: f64 = 0.01;

/// Looks at the grid's meter. `follows` says which chargers have a car that follows the sun. Returns what counts, or `None` while nothing is
/// known.
pub(super) fn look(
    now: Time,
    site: &Site,
    snapshot: &Snapshot,
    meter: MeterId,
    follows: &[bool],
    memory: &mut Option<Surplus>,
) -> Option<Surplus> {
    let reading = fresh(snapshot.meters.get(meter.0), now, site.control.stale_after);
    let Some((reading, power)) = reading.and_then(|reading| Some((reading, power(reading)?))) else {
        *memory = None;
        return None;
    };
    let known = memory.get_or_insert_default();
    if known.sampled_at != Some(reading.at) {
        let volts = volts(site, meter, &reading.value);
        if let Some(drawn) = drawn_watts(now, site, snapshot, follows, reading.at, volts) {
            let mean = Phase::ALL.iter().map(|phase| volts[phase.index()]).sum::<f64>() / 3.0;
            if (mean - known.volts).abs() > SAME_VOLTAGE * known.volts {
                known.volts = mean;
            }
            known.follow(reading.at, (drawn - power).max(0.0));
        }
    }
    let taken = known.sampled_at.is_some_and(|at| now.since(at) <= site.control.stale_after);
    if !taken {
        *memory = None;
    }
    memory.clone()
}

impl Surplus {
    /// Takes in a sample, W.
    fn follow(&mut self, at: Time, watts: f64) {
        self.sampled_at = Some(at);
        let trend = |known: Option<Trend>, pick: fn(f64, f64) -> f64| {
            known.map_or(Trend { since: at, watts }, |trend| Trend {
                watts: pick(trend.watts, watts),
                ..trend
            })
        };
        self.rise = (watts > self.watts + BAND_WATTS).then(|| trend(self.rise, f64::min));
        // nothing at all is no noise
        let is_less = watts < self.watts - BAND_WATTS || (watts <= 0.0 && self.watts > 0.0);
        self.fall = is_less.then(|| trend(self.fall, f64::max));
        let lasting = |trend: &Trend, length: Period| at.since(trend.since) >= length;
        if let Some(trend) = self.rise.take_if(|trend| lasting(trend, RISES_AFTER)) {
            self.watts = trend.watts;
        }
        if let Some(trend) = self.fall.take_if(|trend| lasting(trend, FALLS_AFTER)) {
            self.watts = trend.watts;
        }
    }
}

fn power(reading: &Reading<MeterReading>) -> Option<f64> {
    reading.value.power.filter(|power| power.is_finite())
}

/// Returns the voltage of each phase: what the meter says where it says something that can be, otherwise that of the grid.
fn volts(site: &Site, meter: MeterId, reading: &MeterReading) -> [f64; 3] {
    let nominal = site.grid.voltage.0;
    let mut volts = [nominal; 3];
    for (&phase, &measured) in site.meters[meter.0].phases.iter().zip(&reading.voltages) {
        if let Some(measured) = measured.filter(|&volts| volts > 0.8 * nominal && volts < 1.2 * nominal) {
            volts[phase.index()] = measured;
        }
    }
    volts
}

/// Returns what those draw that follow the sun, W; `None` when a charger was read at another time than the meter. What a charger draws
/// that is not heard counts as not drawn: the surplus is larger than it seems then.
fn drawn_watts(
    now: Time,
    site: &Site,
    snapshot: &Snapshot,
    follows: &[bool],
    at: Time,
    volts: [f64; 3],
) -> Option<f64> {
    let skew = Period::from_millis(site.control.interval.as_millis() * ALIGNED_INTERVALS);
    let mut watts = 0.0;
    for (index, charger) in site.chargers.iter().enumerate().filter(|(index, _)| follows[*index]) {
        let Some(reading) = fresh(snapshot.chargers.get(index), now, site.control.stale_after) else {
            continue;
        };
        if reading.at < at - skew || at < reading.at - skew {
            return None;
        }
        for (&phase, &drawn) in charger.phases.iter().zip(&reading.value.drawn) {
            watts += drawn.max(Amps::ZERO).0 * volts[phase.index()];
        }
    }
    watts.is_finite().then_some(watts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(samples: impl IntoIterator<Item = (u64, f64)>) -> Vec<f64> {
        let mut surplus = Surplus::default();
        let samples = samples.into_iter();
        samples
            .map(|(second, watts)| {
                surplus.follow(Time(second * 1000), watts);
                surplus.watts
            })
            .collect()
    }

    #[test]
    fn a_rise_counts_when_it_has_lasted_with_the_least_that_it_was() {
        let seen = followed((0..=30).map(|second| (second, if second == 7 { 4000.0 } else { 5000.0 })));
        assert_eq!((seen[19], seen[20]), (0.0, 4000.0));
        let broken = followed((0..=30).map(|second| (second, if second == 7 { 0.0 } else { 5000.0 })));
        assert_eq!((broken[27], broken[28]), (0.0, 5000.0));
    }

    #[test]
    fn a_fall_counts_soon_and_a_dip_does_not() {
        let cloud = followed((0..=40).map(|second| (second, if second >= 30 { 1000.0 } else { 5000.0 })));
        assert_eq!((cloud[33], cloud[34]), (5000.0, 1000.0));
        let dip = followed((0..=40).map(|second| (second, if second == 30 { 0.0 } else { 5000.0 })));
        assert!(dip[20..].iter().all(|&watts| watts == 5000.0), "{dip:?}");
    }

    #[test]
    fn noise_moves_nothing_and_the_end_of_the_sun_does() {
        let noisy = followed((0..200).map(|second| (second, 5000.0 + f64::from(second as u32 % 7) * 50.0)));
        assert!(noisy[30..].iter().all(|&watts| watts == noisy[30]), "{noisy:?}");
        let dusk = followed((0..=60).map(|second| (second, if second >= 30 { 0.0 } else { 250.0 })));
        assert_eq!(dusk[60], 0.0);
    }
}
