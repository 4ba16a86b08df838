//! What else than chargers draws on each circuit and phase.
//!
//! With a fresh meter it is measured − what the chargers behind it draw; a reading that is old is unknown, and unknown is never zero:
//! then the declared base load stands in. Small falls are not followed, so that a noisy load does not move every limit every second.

use serde::Serialize;

use super::{CircuitMemory, MeterReading, Reading, Snapshot, State, Time, fresh};
use crate::site::{Amps, Circuit, Meter, PerPhase, Period, Phase, Rule, Rules, Site};

/// The load of one circuit, sub-circuits included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct CircuitLoad {
    /// What its meter says; `None` without a fresh one.
    pub measured: Option<PerPhase<Amps>>,
    /// What the chargers draw that are known.
    pub drawn: PerPhase<Amps>,
    /// What else draws, or is taken to.
    pub other: PerPhase<Amps>,
    /// It has a meter, and that is unknown.
    pub meter_unknown: bool,
}

/// How much less the other load must be before that is believed, in amperes.
const FALL: f64 = 0.5;

/// A charger's reading that is older than its meter's by more than so many intervals does not lower the other load.
const ALIGNED_INTERVALS: u64 = 2;

/// Estimates the load of every circuit and remembers what the next estimate needs. Linear in circuits and chargers.
pub fn circuit_loads(now: Time, site: &Site, snapshot: &Snapshot, state: &mut State) -> Vec<CircuitLoad> {
    let mut loads = vec![CircuitLoad::default(); site.circuits.len()];
    // the oldest charger reading behind each circuit
    let mut oldest = vec![Time(u64::MAX); site.circuits.len()];
    for (index, charger) in site.chargers.iter().enumerate() {
        let Some(reading) = fresh(snapshot.chargers.get(index), now, site.control.stale_after) else {
            continue;
        };
        let load = &mut loads[charger.circuit.0];
        for (&phase, &drawn) in charger.phases.iter().zip(&reading.value.drawn) {
            load.drawn[phase] += drawn.max(Amps::ZERO);
        }
        oldest[charger.circuit.0] = oldest[charger.circuit.0].min(reading.at);
    }
    // what sub-circuits and the circuit's own declared load add up to
    let mut declared: Vec<PerPhase<Amps>> =
        site.circuits.iter().map(|circuit| circuit.base_load.unwrap_or_default()).collect();
    for &id in site.parents_first.iter().rev() {
        let circuit = &site.circuits[id.0];
        let meter = circuit.meter.map(|meter| {
            let reading = fresh(snapshot.meters.get(meter.0), now, site.control.stale_after);
            reading.and_then(|reading| by_phase(reading, &site.meters[meter.0], circuit))
        });
        let memory = &mut state.circuits[id.0];
        let load = &mut loads[id.0];
        load.other = declared[id.0];
        match meter {
            Some(Some(sample)) => {
                load.measured = Some(sample.value);
                let skew = Period::from_millis(site.control.interval.as_millis() * ALIGNED_INTERVALS);
                let aligned_after = sample.at - skew;
                let aligned = oldest[id.0] >= aligned_after;
                load.other = follow(site.control.rules, memory, sample, load.drawn, aligned);
            }
            Some(None) => {
                load.meter_unknown = true;
                *memory = CircuitMemory { over_since: memory.over_since, ..CircuitMemory::default() };
            }
            None => {}
        }
        if !site.control.rules.hold(Rule::OtherLoad) {
            load.other = PerPhase::default();
        }
        if let Some(parent) = circuit.parent {
            let (drawn, other) = (loads[id.0].drawn, loads[id.0].other);
            for phase in Phase::ALL {
                loads[parent.0].drawn[phase] += drawn[phase];
                declared[parent.0][phase] += other[phase];
            }
            oldest[parent.0] = oldest[parent.0].min(oldest[id.0]);
        }
    }
    loads
}

/// Turns a meter's terminals into site phases; `None` when a phase of the circuit is missing or no number.
fn by_phase(
    reading: &Reading<MeterReading>,
    meter: &Meter,
    circuit: &Circuit,
) -> Option<Reading<PerPhase<Amps>>> {
    let mut value = PerPhase::all(None);
    for (&phase, &current) in meter.phases.iter().zip(&reading.value.currents) {
        value[phase] = current.filter(|current| current.0.is_finite());
    }
    // a phase without a limit is none of the circuit's
    let needed = |phase: Phase| circuit.limit[phase] > Amps::ZERO;
    if Phase::ALL.into_iter().any(|phase| needed(phase) && value[phase].is_none()) {
        return None;
    }
    Some(Reading { at: reading.at, value: value.map(|current| current.unwrap_or_default()) })
}

/// Follows the other load: a rise at once, a fall when two samples agree on it and it is no noise.
fn follow(
    rules: Rules,
    memory: &mut CircuitMemory,
    sample: Reading<PerPhase<Amps>>,
    drawn: PerPhase<Amps>,
    aligned: bool,
) -> PerPhase<Amps> {
    let (Some(held), Some(previous)) = (memory.other, memory.previous) else {
        let other = PerPhase::from_fn(|phase| (sample.value[phase] - drawn[phase]).max(Amps::ZERO));
        *memory = CircuitMemory {
            other: Some(other),
            previous: Some(other),
            sampled_at: Some(sample.at),
            ..*memory
        };
        return other;
    };
    if memory.sampled_at == Some(sample.at) {
        return held;
    }
    let raw = PerPhase::from_fn(|phase| (sample.value[phase] - drawn[phase]).max(Amps::ZERO));
    let other = PerPhase::from_fn(|phase| {
        let supported = raw[phase].max(previous[phase]);
        if !rules.hold(Rule::NoiseMovesNothing) {
            return raw[phase];
        }
        if supported >= held[phase] {
            raw[phase].max(held[phase])
        } else if !aligned || supported > held[phase] - Amps(FALL) {
            held[phase]
        } else {
            supported
        }
    });
    *memory =
        CircuitMemory { other: Some(other), previous: Some(raw), sampled_at: Some(sample.at), ..*memory };
    other
}
