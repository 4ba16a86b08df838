//! The proof that a site is safe when nobody speaks to its chargers: on every circuit and phase, the fail-safe currents of the chargers
//! below it and the base load fit under the limit, and no watchdog is so short that it bites in normal operation.
//!
//! A charger without a watchdog keeps its last limit for ever, so it counts with its `max`.

use serde::{Deserialize, Serialize};

use super::model::{Charger, CircuitId, Site};
use super::{Amps, PerPhase, Period, Phase};

/// Sums of decimal fractions are off by less than this; no meter resolves it.
const ROUNDING: f64 = 1e-6;

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
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::site::{Circuit, DeviceLink, Grid, Volts};

    /// A circuit: which earlier one feeds it, limit, base load.
    type CircuitParts = (Option<prop::sample::Index>, [u16; 3], Option<[u16; 3]>);
    /// A charger: circuit, phases as bits, fail-safe, max, watchdog in milliseconds.
    type ChargerParts = (prop::sample::Index, u8, u16, u16, Option<u64>);

    fn per_phase(amps: [u16; 3]) -> PerPhase<Amps> {
        PerPhase { l1: Amps(amps[0].into()), l2: Amps(amps[1].into()), l3: Amps(amps[2].into()) }
    }

    fn build(circuits: Vec<CircuitParts>, chargers: Vec<ChargerParts>) -> Site {
        let circuits: Vec<Circuit> = circuits
            .into_iter()
            .enumerate()
            .map(|(index, (parent, limit, base_load))| Circuit {
                name: format!("c{index}"),
                parent: parent.filter(|_| index > 0).map(|parent| CircuitId(parent.index(index))),
                limit: per_phase(limit),
                breaker: None,
                meter: None,
                base_load: base_load.map(per_phase),
            })
            .collect();
        let link = DeviceLink {
            profile: "p".into(),
            address: "modbus+tcp://a".parse().unwrap(),
            unit: 1,
            timeout: None,
            ca: None,
            token_file: None,
        };
        let chargers = chargers
            .into_iter()
            .enumerate()
            .map(|(index, (circuit, phases, failsafe, max, watchdog))| Charger {
                name: format!("ev{index}"),
                circuit: CircuitId(circuit.index(circuits.len())),
                phases: Phase::ALL.into_iter().filter(|phase| phases & (1 << phase.index()) != 0).collect(),
                min: Amps(6.0),
                max: Amps(max.into()),
                failsafe: Amps(failsafe.into()),
                priority: 1.0,
                resolution: Amps(1.0),
                watchdog: watchdog.map(Period::from_millis),
                device: link.clone(),
            })
            .collect();
        Site {
            name: "s".into(),
            grid: Grid { voltage: Volts(230.0), phases: 3 },
            parents_first: (0..circuits.len()).map(CircuitId).collect(),
            circuits,
            meters: Vec::new(),
            chargers,
            breakers: Vec::new(),
            cabinets: Vec::new(),
            solar: Vec::new(),
            endpoints: Vec::new(),
            control: crate::site::ControlSettings {
                interval: Period(Duration::from_secs(1)),
                stale_after: Period::from_secs(5),
                raise_after: Period::from_secs(1),
                follow_time: Period::from_secs(1),
                turn: Period::from_secs(1),
                reserve: Amps::ZERO,
            },
            api: crate::site::ApiSettings { listen: ([127, 0, 0, 1], 0).into(), tls: None, token_file: None },
            journal: crate::site::JournalSettings { path: None, keep: Period::from_secs(1) },
        }
    }

    fn any_site() -> impl Strategy<Value = Site> {
        let amps = || prop::array::uniform3(0u16..80);
        let circuit = (any::<Option<prop::sample::Index>>(), amps(), prop::option::of(amps()));
        let charger =
            (any::<prop::sample::Index>(), 1u8..8, 0u16..33, 6u16..33, prop::option::of(0u64..4000));
        (prop::collection::vec(circuit, 1..8), prop::collection::vec(charger, 0..12))
            .prop_map(|(circuits, chargers)| build(circuits, chargers))
    }

    /// Is `above` the circuit itself, or one that feeds it?
    fn is_fed_by(site: &Site, mut circuit: usize, above: usize) -> bool {
        loop {
            if circuit == above {
                return true;
            }
            match site.circuits[circuit].parent {
                Some(parent) => circuit = parent.0,
                None => return false,
            }
        }
    }

    /// The sum on one circuit and phase, counted out one by one.
    fn counted_out(site: &Site, circuit: usize, phase: Phase) -> f64 {
        let mut sum = 0.0;
        for charger in &site.chargers {
            if charger.phases.contains(&phase) && is_fed_by(site, charger.circuit.0, circuit) {
                sum += match charger.watchdog {
                    Some(_) => charger.failsafe.0,
                    None => charger.max.0,
                };
            }
        }
        for (index, other) in site.circuits.iter().enumerate() {
            if is_fed_by(site, index, circuit) {
                sum += other.base_load.map_or(0.0, |load| load[phase].0);
            }
        }
        sum
    }

    proptest! {
        #[test]
        fn the_proof_agrees_with_counting_out(site in any_site()) {
            let proof = prove(&site);
            let mut is_safe = true;
            for (index, circuit) in proof.circuits.iter().enumerate() {
                for phase in &circuit.phases {
                    let sum = counted_out(&site, index, phase.phase);
                    let over = (sum - site.circuits[index].limit[phase.phase].0).max(0.0);
                    prop_assert!((phase.failsafe + phase.base_load - sum).abs() < 1e-9);
                    prop_assert!((phase.over - over).abs() < 1e-9, "{} {}", circuit.circuit, phase.phase);
                    is_safe &= over == 0.0;
                }
                for contributor in &circuit.contributors {
                    let charger = site.charger_named(&contributor.charger).map(|id| &site.chargers[id.0]).unwrap();
                    prop_assert!(is_fed_by(&site, charger.circuit.0, index) && !circuit.is_within());
                }
            }
            let short = site.chargers.iter().filter(|charger| {
                charger.watchdog.is_some_and(|watchdog| watchdog < Period::from_secs(2))
            });
            prop_assert_eq!(proof.watchdogs.len(), short.clone().count());
            prop_assert_eq!(proof.proven, is_safe && short.count() == 0);
            let unstated = site.circuits.iter().filter(|circuit| circuit.base_load.is_none()).count();
            prop_assert_eq!(proof.assumed.len(), unstated);
        }
    }

    #[test]
    fn a_charger_without_a_watchdog_counts_with_its_max() {
        let index = || any_index(0);
        let circuits = || vec![(None, [20, 20, 20], Some([4, 4, 4]))];
        let watched = build(circuits(), vec![(index(), 7, 6, 32, Some(60_000))]);
        assert!(prove(&watched).proven);
        let unwatched = prove(&build(circuits(), vec![(index(), 7, 6, 32, None)]));
        assert!(!unwatched.proven);
        assert_eq!(unwatched.circuits[0].phases[0].over, 16.0);
        assert!(unwatched.circuits[0].contributors[0].unwatched);
    }

    fn any_index(_: usize) -> prop::sample::Index {
        use proptest::strategy::ValueTree;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        any::<prop::sample::Index>().new_tree(&mut runner).unwrap().current()
    }

    #[test]
    fn rounding_is_no_overload() {
        let mut site = build(vec![(None, [1, 1, 1], None)], Vec::new());
        site.circuits[0].limit = PerPhase::all(Amps(0.3));
        site.circuits[0].base_load = Some(PerPhase::all(Amps(0.1 + 0.2)));
        assert!(prove(&site).proven);
    }
}
