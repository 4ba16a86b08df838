//! The proof that a site is safe when nobody speaks to its chargers: on every circuit and phase, the fail-safe currents of the chargers
//! below it and the base load fit under the limit, and no watchdog is so short that it bites in normal operation.
//!
//! A charger without a watchdog keeps its last limit for ever, so it counts with its `max`.

use serde::{Deserialize, Serialize};

use super::model::{Charger, CircuitId, Site};
use super::proof_timeouts::{TimeoutProof, prove_timeouts};
use super::{Amps, PerPhase, Period, Phase};

/// Sums of decimal fractions are off by less than this; no meter resolves it.
pub(super) const ROUNDING: f64 = 1e-6;

/// What the proof found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Is the site safe when every charger hears nothing?
    pub proven: bool,
    /// The circuits, in the order of the site file.
    pub circuits: Vec<CircuitProof>,
    /// Chargers whose watchdog is too short.
    pub watchdogs: Vec<WatchdogGap>,
    /// Circuits whose base load the file does not state; 0 A is assumed.
    pub assumed: Vec<String>,
    /// What each circuit and phase may carry until the chargers have fallen back: when the controller is gone, its worst bus, its meter.
    #[serde(default)]
    pub timeouts: Vec<TimeoutProof>,
}

/// A circuit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CircuitProof {
    /// Name of the circuit.
    pub circuit: String,
    /// The phases that the grid has.
    pub phases: Vec<PhaseProof>,
    /// The chargers that contribute, when a phase is over its limit; none otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Contributor>,
}

/// A phase of a circuit; all in amperes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseProof {
    /// The phase.
    pub phase: Phase,
    /// Limit of the circuit.
    pub limit: f64,
    /// What the chargers below offer when they hear nothing.
    pub failsafe: f64,
    /// Base load of the circuit and all below it.
    pub base_load: f64,
    /// How much the sum is above the limit; 0 when it fits.
    pub over: f64,
}

/// A charger that contributes to a circuit over its limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contributor {
    /// Name of the charger.
    pub charger: String,
    /// What it offers on each of its phases when it hears nothing, in amperes.
    pub current: f64,
    /// Its phases.
    pub phases: Vec<Phase>,
    /// Does it keep its last limit, for lack of a watchdog?
    pub unwatched: bool,
}

/// A charger whose watchdog is too short for the control interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchdogGap {
    /// Name of the charger.
    pub charger: String,
    /// Its watchdog time.
    pub watchdog: Period,
    /// The least that it must be: two control intervals.
    pub needed: Period,
}

impl Charger {
    /// Returns what the charger may offer for ever when it hears nothing.
    pub fn unattended(&self) -> Amps {
        if self.watchdog.is_some() { self.failsafe } else { self.max }
    }
}

/// Proves the fail-safe of a site, in time linear in chargers × depth.
pub fn prove(site: &Site) -> Proof {
    let mut failsafe = vec![PerPhase::all(0.0); site.circuits.len()];
    let mut base_load: Vec<PerPhase<f64>> = site
        .circuits
        .iter()
        .map(|circuit| circuit.base_load.map_or(PerPhase::all(0.0), |load| load.map(|amps| amps.0)))
        .collect();
    for charger in &site.chargers {
        for phase in &charger.phases {
            failsafe[charger.circuit.0][*phase] += charger.unattended().0;
        }
    }
    // children come after their parents: going backwards, each one is complete before it is added to its parent
    for id in site.parents_first.iter().rev() {
        if let Some(parent) = site.circuits[id.0].parent {
            for phase in Phase::ALL {
                let (more_failsafe, more_load) = (failsafe[id.0][phase], base_load[id.0][phase]);
                failsafe[parent.0][phase] += more_failsafe;
                base_load[parent.0][phase] += more_load;
            }
        }
    }
    let mut circuits: Vec<CircuitProof> = site
        .circuits
        .iter()
        .enumerate()
        .map(|(index, circuit)| CircuitProof {
            circuit: circuit.name.clone(),
            phases: site
                .grid
                .phases()
                .iter()
                .map(|&phase| {
                    phase_proof(
                        phase,
                        circuit.limit[phase].0,
                        failsafe[index][phase],
                        base_load[index][phase],
                    )
                })
                .collect(),
            contributors: Vec::new(),
        })
        .collect();
    name_contributors(site, &mut circuits);
    let watchdogs = short_watchdogs(site);
    Proof {
        proven: watchdogs.is_empty() && circuits.iter().all(CircuitProof::is_within),
        circuits,
        watchdogs,
        assumed: unstated(site),
        timeouts: prove_timeouts(site),
    }
}

impl CircuitProof {
    /// Says whether all phases are within the limit.
    pub fn is_within(&self) -> bool {
        self.phases.iter().all(|phase| phase.over == 0.0)
    }
}

fn phase_proof(phase: Phase, limit: f64, failsafe: f64, base_load: f64) -> PhaseProof {
    let over = failsafe + base_load - limit;
    PhaseProof { phase, limit, failsafe, base_load, over: if over > ROUNDING { over } else { 0.0 } }
}

fn name_contributors(site: &Site, circuits: &mut [CircuitProof]) {
    let over: Vec<bool> = circuits.iter().map(|circuit| !circuit.is_within()).collect();
    for charger in site.chargers.iter().filter(|charger| charger.unattended() > Amps::ZERO) {
        for CircuitId(at) in site.ancestry(charger.circuit).filter(|id| over[id.0]) {
            circuits[at].contributors.push(Contributor {
                charger: charger.name.clone(),
                current: charger.unattended().0,
                phases: charger.phases.clone(),
                unwatched: charger.watchdog.is_none(),
            });
        }
    }
}

fn short_watchdogs(site: &Site) -> Vec<WatchdogGap> {
    let needed = Period(site.control.interval.0.saturating_mul(2));
    let short = |charger: &Charger| {
        let watchdog = charger.watchdog.filter(|watchdog| *watchdog < needed)?;
        Some(WatchdogGap { charger: charger.name.clone(), watchdog, needed })
    };
    site.chargers.iter().filter_map(short).collect()
}

fn unstated(site: &Site) -> Vec<String> {
    site.circuits
        .iter()
        .filter(|circuit| circuit.base_load.is_none())
        .map(|circuit| circuit.name.clone())
        .collect()
}

#[cfg(test)]
#[path = "proof_tests.rs"]
pub(super) mod tests;
