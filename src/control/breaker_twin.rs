//! The twin of each circuit breaker: how hot it is by what flows through it, when it will open, how much it has worn.
//!
//! Pure: observations go in, times come out. The physics is [`TrippingCurve`]'s; here it is decided which current counts.
//!
//! - The current is the larger of what the circuit's meter and its reporting breaker say. Where neither is fresh the worst case counts: what
//!   else is taken to draw and what the chargers may be offering; behind a meter that should be there and is not, the limit at least.
//! - Between two looks the current may have had any value from the smaller to the larger one. After a gap, as after a restart, it may have
//!   been nothing or the limit. So the fastest strip is never too cool, and the slowest never too hot.
//! - Wear is the share of the 4,000 operating cycles at rated current that IEC 60898-1, 9.11.2 asks for. An opening counts with the square of
//!   the current that it broke. It is a model of contact erosion, not a measurement.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Alarm, BreakerPhaseStatus, BreakerState, BreakerTwinStatus, Decision, Severity, SiteStatus, Snapshot,
    Time, fresh,
};
use crate::site::{Amps, CircuitId, Heat, PerPhase, Phase, Site, TripTimes, TrippingCurve};

/// Operating cycles at rated current that a breaker must stand (IEC 60898-1, 9.11.2).
const CYCLES: f64 = 4000.0;

/// An opening without load wears the mechanism all the same: it counts as this share of a rated cycle.
const LEAST_CYCLE: f64 = 0.2;

/// A trip with less than this share of the heat that opens was the magnet's.
const COOL: f64 = 0.5;

/// What is remembered of a breaker; belongs into the journal's memory, by name of the circuit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BreakerMemory {
    /// When it was looked at last.
    pub at: Option<Time>,
    /// Its heat then.
    pub heat: PerPhase<Heat>,
    /// The current then.
    pub current: PerPhase<Amps>,
    /// Its position, when that was last known.
    pub position: Option<BreakerState>,
    /// Share of its operating cycles that is used up, 0 to 1 and more.
    pub wear: f64,
    /// Seconds for which more than its rated current has flowed.
    pub overload_s: f64,
}

/// One breaker.
#[derive(Debug, Clone, PartialEq)]
struct Twin {
    circuit: CircuitId,
    curve: TrippingCurve,
    memory: BreakerMemory,
    /// Was the current of the last look measured?
    measured: PerPhase<bool>,
}

/// The breakers of a site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BreakerTwins {
    twins: Vec<Twin>,
}

impl BreakerTwins {
    /// Makes the twins of a site; what is remembered goes with the names of the circuits.
    pub fn new(site: &Site, memories: &BTreeMap<String, BreakerMemory>) -> BreakerTwins {
        let twins = (0..site.circuits.len()).map(CircuitId).filter_map(|circuit| {
            let curve = TrippingCurve::new(site.breaker_rating(circuit)?);
            let memory = memories.get(&site.circuits[circuit.0].name).cloned().unwrap_or_default();
            Some(Twin { circuit, curve, memory, measured: PerPhase::all(false) })
        });
        BreakerTwins { twins: twins.collect() }
    }

    /// Returns what is to be remembered, by name of the circuit.
    pub fn memories(&self, site: &Site) -> BTreeMap<String, BreakerMemory> {
        let named = |twin: &Twin| (site.circuits[twin.circuit.0].name.clone(), twin.memory.clone());
        self.twins.iter().map(named).collect()
    }

    /// Takes in what was seen for a decision.
    pub fn observe(&mut self, site: &Site, snapshot: &Snapshot, decision: &Decision) {
        for twin in &mut self.twins {
            let seen = Seen::of(site, snapshot, decision, twin.circuit);
            twin.observe(site, decision.at, seen);
        }
    }

    /// Finds the breakers that will open, or may.
    pub fn alarms(&self, site: &Site) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        for twin in &self.twins {
            let name = &site.circuits[twin.circuit.0].name;
            let soonest = site.grid.phases().iter().map(|&phase| (phase, twin.times(phase)));
            let soonest = soonest.filter_map(|(phase, times)| Some((times.earliest_s?, phase, times)));
            let Some((_, phase, times)) = soonest.min_by(|a, b| a.0.total_cmp(&b.0)) else { continue };
            let Some(when) = times.words() else { continue };
            let (amps, rated) = (twin.memory.current[phase], twin.curve.rated);
            let text = format!("the breaker of {name} (In {rated}) carries {amps:.1} on {phase}: it {when}");
            let severity = if times.latest_s.is_some() { Severity::Critical } else { Severity::Warning };
            alarms.push(Alarm { severity, subject: name.clone(), code: "breaker-will-trip".into(), text });
        }
        alarms
    }

    /// Tells a status what is known of the breakers.
    pub fn tell(&self, site: &Site, status: &mut SiteStatus) {
        for twin in &self.twins {
            if let Some(circuit) = status.circuits.get_mut(twin.circuit.0) {
                circuit.breaker = Some(twin.status(site));
            }
        }
    }
}

/// The current through a breaker as far as it is known, and its position.
#[derive(Debug, Clone, Copy)]
struct Seen {
    current: PerPhase<Amps>,
    measured: PerPhase<bool>,
    position: Option<BreakerState>,
}

impl Seen {
    fn of(site: &Site, snapshot: &Snapshot, decision: &Decision, circuit: CircuitId) -> Seen {
        let load = &decision.loads[circuit.0];
        let breaker = site.breakers.iter().position(|breaker| breaker.circuit == Some(circuit));
        let reading =
            breaker.and_then(|at| fresh(snapshot.breakers.get(at), decision.at, site.control.stale_after));
        let position = reading.map(|reading| reading.value.state);
        let is_open = position.is_some_and(|position| position != BreakerState::On);
        let measured = PerPhase::from_fn(|phase| {
            let own = reading.and_then(|reading| reading.value.currents[phase.index()]);
            let own = own.map(Amps::abs).filter(|amps| amps.0.is_finite());
            let meter = load.measured.map(|measured| measured[phase].abs());
            match (own, meter) {
                (Some(own), Some(meter)) => Some(own.max(meter)),
                (one, other) => one.or(other).or(is_open.then_some(Amps::ZERO)),
            }
        });
        let limit = site.circuits[circuit.0].limit;
        let worst = |phase: Phase| {
            let least = if load.meter_unknown { limit[phase] } else { Amps::ZERO };
            (load.other[phase] + decision.offered[circuit.0][phase]).max(least)
        };
        Seen {
            current: PerPhase::from_fn(|phase| measured[phase].unwrap_or_else(|| worst(phase))),
            measured: measured.map(|amps| amps.is_some()),
            position,
        }
    }
}

impl Twin {
    fn observe(&mut self, site: &Site, now: Time, seen: Seen) {
        let limit = site.circuits[self.circuit.0].limit;
        let memory = &mut self.memory;
        let before = memory.at.filter(|at| *at <= now);
        let seconds = before.map_or(0.0, |at| now.since(at).as_millis() as f64 / 1000.0);
        // values are that old at the most before they count as unknown
        let is_gap = before.is_none_or(|at| now.since(at) > site.control.stale_after);
        for phase in Phase::ALL {
            let (last, amps) = (memory.current[phase], seen.current[phase]);
            let (mut least, mut most) = (last.min(amps), last.max(amps));
            if is_gap {
                (least, most) = (Amps::ZERO, most.max(limit[phase]));
            }
            memory.heat[phase] = match before {
                Some(_) => self.curve.after(memory.heat[phase], least, most, seconds),
                None => begin(&self.curve, amps.max(limit[phase]), amps),
            };
        }
        if before.is_some() && memory.current.iter().any(|(_, amps)| *amps > self.curve.rated) {
            memory.overload_s += seconds;
        }
        if let (Some(BreakerState::On), Some(position)) = (memory.position, seen.position)
            && position != BreakerState::On
        {
            memory.wear += opening(&self.curve, memory, position) / CYCLES;
        }
        memory.at = Some(now);
        memory.current = seen.current;
        memory.position = seen.position.or(memory.position);
        self.measured = seen.measured;
    }

    fn times(&self, phase: Phase) -> TripTimes {
        self.curve.trip_times(self.memory.heat[phase], self.memory.current[phase])
    }

    fn status(&self, site: &Site) -> BreakerTwinStatus {
        let rating = site.breaker_rating(self.circuit);
        let phases = site.grid.phases().iter().map(|&phase| {
            let times = self.times(phase);
            BreakerPhaseStatus {
                phase,
                current: self.memory.current[phase].0,
                measured: self.measured[phase],
                heat: self.curve.heat_share(self.memory.heat[phase]),
                trips_after: times.earliest_s,
                trips_within: times.latest_s,
            }
        });
        BreakerTwinStatus {
            rating: self.curve.rated.0,
            curve: rating.map(|rating| format!("{:?}", rating.curve)).unwrap_or_default(),
            assumed: site.circuits[self.circuit.0].breaker.is_none(),
            wear: self.memory.wear,
            overload_seconds: self.memory.overload_s,
            phases: phases.collect(),
        }
    }
}

/// The heat of a breaker of which nothing was known before: it may come from cold, or from long service at the worst current that is no
/// overload. It is closed, so no strip has opened it.
fn begin(curve: &TrippingCurve, worst: Amps, amps: Amps) -> Heat {
    let settled = |amps: Amps, opens_at: f64| curve.multiple(amps).powi(2).min(opens_at);
    Heat {
        earliest: settled(worst, curve.earliest.opens_at),
        typical: settled(amps, curve.typical.opens_at * COOL),
        latest: 0.0,
    }
}

/// Returns how many rated cycles an opening counts for.
fn opening(curve: &TrippingCurve, memory: &BreakerMemory, position: BreakerState) -> f64 {
    let broken =
        Phase::ALL.map(|phase| curve.multiple(memory.current[phase])).into_iter().fold(0.0, f64::max);
    let hottest =
        Phase::ALL.map(|phase| curve.heat_share(memory.heat[phase])).into_iter().fold(0.0, f64::max);
    let by_magnet = position == BreakerState::Tripped && hottest < COOL;
    // a short circuit is over before anybody measures it
    let broken = if by_magnet { broken.max(curve.magnet.1) } else { broken };
    broken.powi(2).max(LEAST_CYCLE)
}

#[cfg(test)]
#[path = "breaker_twin_tests.rs"]
mod tests;
