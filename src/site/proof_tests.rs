//! The proof, held to counting out each circuit one by one.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::site::{Circuit, DeviceLink, Grid, Volts};

/// A circuit: which earlier one feeds it, limit, base load.
pub(in crate::site) type CircuitParts = (Option<prop::sample::Index>, [u16; 3], Option<[u16; 3]>);
/// A charger: circuit, phases as bits, fail-safe, max, watchdog in milliseconds.
pub(in crate::site) type ChargerParts = (usize, u8, u16, u16, Option<u64>);

fn per_phase(amps: [u16; 3]) -> PerPhase<Amps> {
    PerPhase { l1: Amps(amps[0].into()), l2: Amps(amps[1].into()), l3: Amps(amps[2].into()) }
}

pub(in crate::site) fn build(circuits: Vec<CircuitParts>, chargers: Vec<ChargerParts>) -> Site {
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
        connector: 1,
        timeout: None,
        ca: None,
        identity: None,
        token_file: None,
    };
    let chargers = chargers
        .into_iter()
        .enumerate()
        .map(|(index, (circuit, phases, failsafe, max, watchdog))| Charger {
            name: format!("ev{index}"),
            circuit: CircuitId(circuit % circuits.len()),
            phases: Phase::ALL.into_iter().filter(|phase| phases & (1 << phase.index()) != 0).collect(),
            min: Amps(6.0),
            max: Amps(max.into()),
            failsafe: Amps(failsafe.into()),
            priority: 1.0,
            resolution: Amps(1.0),
            switches_phases: false,
            reaction: None,
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
        loads: Vec::new(),
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
            rules: crate::site::Rules::default(),
        },
        api: crate::site::ApiSettings { listen: ([127, 0, 0, 1], 0).into(), tls: None, token_file: None },
        policy: crate::site::PolicySettings::default(),
        journal: crate::site::JournalSettings { path: None, keep: Period::from_secs(1) },
    }
}

fn any_site() -> impl Strategy<Value = Site> {
    let amps = || prop::array::uniform3(0u16..80);
    let circuit = (any::<Option<prop::sample::Index>>(), amps(), prop::option::of(amps()));
    let charger = (any::<usize>(), 1u8..8, 0u16..33, 6u16..33, prop::option::of(0u64..4000));
    (prop::collection::vec(circuit, 1..8), prop::collection::vec(charger, 0..12))
        .prop_map(|(circuits, chargers)| build(circuits, chargers))
}

/// Is `above` the circuit itself, or one that feeds it?
pub(in crate::site) fn is_fed_by(site: &Site, mut circuit: usize, above: usize) -> bool {
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
    let circuits = || vec![(None, [20, 20, 20], Some([4, 4, 4]))];
    let watched = build(circuits(), vec![(0, 7, 6, 32, Some(60_000))]);
    assert!(prove(&watched).proven);
    let unwatched = prove(&build(circuits(), vec![(0, 7, 6, 32, None)]));
    assert!(!unwatched.proven);
    assert_eq!(unwatched.circuits[0].phases[0].over, 16.0);
    assert!(unwatched.circuits[0].contributors[0].unwatched);
}

#[test]
fn rounding_is_no_overload() {
    let mut site = build(vec![(None, [1, 1, 1], None)], Vec::new());
    site.circuits[0].limit = PerPhase::all(Amps(0.3));
    site.circuits[0].base_load = Some(PerPhase::all(Amps(0.1 + 0.2)));
    assert!(prove(&site).proven);
}
