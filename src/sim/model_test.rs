//! The model against Kirchhoff: tables and properties.

use std::sync::Arc;

use proptest::prelude::*;

use super::station::tests::{charger, link};
use super::*;
use crate::site::{
    Amps, ApiSettings, Breaker, BreakerCurve, BreakerRating, Cabinet, Charger, ChargerId, Circuit, CircuitId,
    ControlSettings, Grid, JournalSettings, Meter, MeterId, PerPhase, Period, Phase, Site, Solar, Volts,
};

fn circuit(name: &str, parent: Option<usize>, limit: f64) -> Circuit {
    Circuit {
        name: name.into(),
        parent: parent.map(CircuitId),
        limit: PerPhase::all(Amps(limit)),
        breaker: None,
        meter: None,
        base_load: None,
    }
}

/// Makes a site; parents come before their children.
pub(super) fn site_of(circuits: Vec<Circuit>, chargers: Vec<Charger>) -> Site {
    Site {
        name: "test".into(),
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
        control: ControlSettings {
            interval: Period::from_secs(1),
            stale_after: Period::from_secs(5),
            raise_after: Period::from_secs(10),
            follow_time: Period::from_secs(15),
            turn: Period::from_secs(900),
            reserve: Amps::ZERO,
            rules: crate::site::Rules::default(),
        },
        api: ApiSettings { listen: "127.0.0.1:0".parse().unwrap(), tls: None, token_file: None },
        policy: crate::site::PolicySettings::default(),
        journal: JournalSettings { path: None, keep: Period::from_secs(86_400) },
    }
}

/// A main circuit with meter and breaker, two rows of two chargers, sun and a cabinet.
pub(super) fn garage() -> Site {
    use Phase::{L1, L2, L3};
    let mut circuits =
        vec![circuit("main", None, 63.0), circuit("row-1", Some(0), 40.0), circuit("row-2", Some(0), 32.0)];
    circuits[0].meter = Some(MeterId(0));
    circuits[0].base_load = Some(PerPhase::all(Amps(20.0)));
    circuits[1].breaker = Some(BreakerRating { rating: Amps(40.0), curve: BreakerCurve::C });
    let mut site = site_of(
        circuits,
        vec![
            charger("ev1", 1, &[L1, L2, L3]),
            charger("ev2", 1, &[L2, L3, L1]),
            charger("ev3", 2, &[L3, L1, L2]),
            charger("ev4", 2, &[L2]),
        ],
    );
    site.meters.push(Meter {
        name: "main-meter".into(),
        phases: vec![L1, L2, L3],
        device: link("eastron-sdm630"),
    });
    site.solar.push(Solar {
        name: "roof".into(),
        circuit: Some(CircuitId(0)),
        peak: Some(Amps(12.0)),
        device: link("enmon-endpoint"),
    });
    site.breakers.push(Breaker {
        name: "q1".into(),
        circuit: Some(CircuitId(1)),
        remote: false,
        opens_after: None,
        device: link("enmon-endpoint"),
    });
    site.cabinets.push(Cabinet { name: "cab".into(), max_temperature: None, device: link("enmon-endpoint") });
    site
}

fn still() -> Model {
    Model::new(Arc::new(garage()), Scene::Still, 1)
}

fn seconds(model: &mut Model, seconds: u64) {
    for _ in 0..seconds * 10 {
        model.step(100, 1.0);
    }
}

fn quick(phases: u8, max: f64) -> CarSpec {
    CarSpec { phases, max: Amps(max), delay_ms: 0, ramp: 1e6, energy_kwh: 1e6, ..CarSpec::default() }
}

fn set(model: &mut Model, charger: usize, amps: f64) {
    model.change_station(ChargerId(charger), |station| station.set_limit(Amps(amps)));
}

fn amps(l1: f64, l2: f64, l3: f64) -> PerPhase<Amps> {
    PerPhase { l1: Amps(l1), l2: Amps(l2), l3: Amps(l3) }
}

#[test]
fn what_cars_draw_shows_on_every_circuit_above_and_on_the_meter() {
    let mut model = still();
    for (charger, car, limit) in [
        (0, quick(3, 32.0), 10.0),
        (1, quick(1, 32.0), 16.0),
        (2, quick(2, 8.0), 20.0),
        (3, quick(3, 32.0), 7.0),
    ] {
        set(&mut model, charger, limit);
        model.plug(ChargerId(charger), car);
    }
    model.hold_base_load(CircuitId(0), Some(amps(1.0, 2.0, 3.0)));
    model.hold_base_load(CircuitId(2), Some(amps(0.5, 0.0, 0.0)));
    seconds(&mut model, 1);
    // ev2 is turned by one phase, ev3 by two: a car on one phase draws from L2 there, one on two phases from L3 and L1
    assert_eq!(model.sums(CircuitId(1)).drawn, amps(10.0, 26.0, 10.0));
    assert_eq!(model.sums(CircuitId(2)).drawn, amps(8.5, 7.0, 8.0));
    assert_eq!(model.sums(CircuitId(0)).drawn, amps(19.5, 35.0, 21.0));
    assert_eq!(model.sums(CircuitId(0)).offered, amps(47.5, 55.0, 49.0));
    let meter = model.readout(SimDevice::Meter(0));
    assert_eq!(meter.currents, [Amps(19.5), Amps(35.0), Amps(21.0)]);
    assert_eq!(meter.powers[0], 19.5 * 230.0);
    assert!(meter.import_kwh > 0.0);
}

#[test]
fn sun_is_subtracted_and_a_meter_shows_the_magnitude() {
    let mut model = still();
    model.hold_sun(0, Some(Amps(9.0)));
    model.hold_base_load(CircuitId(0), Some(amps(4.0, 10.0, 0.0)));
    seconds(&mut model, 1);
    assert_eq!(model.sums(CircuitId(0)).drawn, amps(-5.0, 1.0, -9.0));
    let meter = model.readout(SimDevice::Meter(0));
    assert_eq!(meter.currents, [Amps(5.0), Amps(1.0), Amps(9.0)]);
    assert!(meter.powers[0] < 0.0 && meter.export_kwh > 0.0 && meter.import_kwh == 0.0);
}

#[test]
fn a_tripped_breaker_cuts_its_circuit_and_nothing_else() {
    let mut model = still();
    for charger in 0..4 {
        set(&mut model, charger, 10.0);
        model.plug(ChargerId(charger), quick(3, 32.0));
    }
    seconds(&mut model, 1);
    model.hold_base_load(CircuitId(1), Some(PerPhase::all(Amps(400.0))));
    model.step(100, 1.0);
    let breaker = model.readout(SimDevice::Breaker(0));
    assert_eq!(breaker.breaker.unwrap().position, Position::Tripped, "10 In opens it in one step");
    assert_eq!((breaker.currents, breaker.voltages), ([Amps::ZERO; 3], [0.0; 3]));
    assert_eq!(model.sums(CircuitId(1)).drawn, PerPhase::default());
    assert_eq!(model.drawn(ChargerId(0)), [Amps::ZERO; 3]);
    assert_eq!(model.sums(CircuitId(0)).drawn, amps(10.0, 20.0, 10.0), "row 2 goes on");
    model.hold_base_load(CircuitId(1), None);
    model.put_breaker(CircuitId(1), Position::On);
    seconds(&mut model, 2);
    assert_eq!(model.drawn(ChargerId(0)), [Amps(10.0); 3], "closed again, the cars begin anew");
}

#[test]
fn opening_the_main_breaker_stops_everything_with_it() {
    let mut model = still();
    model.plug(ChargerId(0), quick(3, 32.0));
    model.hold_sun(0, Some(Amps(5.0)));
    seconds(&mut model, 1);
    model.put_breaker(CircuitId(0), Position::Off);
    assert!((0..3).all(|index| !model.is_live(CircuitId(index))));
    assert_eq!(model.sun(0), Amps::ZERO, "an inverter stops without the grid");
    assert_eq!(model.sums(CircuitId(0)).drawn, PerPhase::default());
}

#[test]
fn a_silent_controller_brings_the_station_back_to_its_failsafe_current() {
    let mut model = still();
    model.plug(ChargerId(0), quick(3, 32.0));
    set(&mut model, 0, 20.0);
    seconds(&mut model, 9);
    assert_eq!(model.drawn(ChargerId(0)), [Amps(20.0); 3]);
    seconds(&mut model, 2);
    assert_eq!(model.drawn(ChargerId(0)), [Amps(6.0); 3]);
    assert!(model.truth().charger("ev1").unwrap().fallen_back);
}

#[test]
fn the_monitor_sees_what_is_offered_between_two_steps() {
    let mut model = still();
    for charger in 0..4 {
        set(&mut model, charger, 6.0);
    }
    model.mark();
    set(&mut model, 0, 32.0);
    set(&mut model, 1, 32.0);
    set(&mut model, 0, 6.0);
    set(&mut model, 1, 6.0);
    model.step(100, 1.0);
    let truth = model.truth();
    let nearest = truth.nearest().unwrap();
    assert_eq!((nearest.circuit.as_str(), nearest.most_offered), ("row-1", Amps(64.0)));
    assert!((nearest.offered - 1.6).abs() < 1e-9 && nearest.drawn == 0.0);
    model.mark();
    assert!(model.truth().nearest().unwrap().offered < 0.39, "a mark begins anew");
}

#[test]
fn the_monitor_measures_how_long_an_excursion_lasts() {
    let mut model = still();
    model.mark();
    model.hold_base_load(CircuitId(2), Some(PerPhase::all(Amps(30.0))));
    seconds(&mut model, 2);
    model.hold_base_load(CircuitId(2), Some(PerPhase::default()));
    seconds(&mut model, 5);
    let truth = model.truth();
    let witness =
        truth.witnesses.iter().find(|witness| witness.circuit == "row-2" && witness.phase == Phase::L2);
    assert_eq!(witness.unwrap().over_ms, 2_000);
}

#[test]
fn the_same_seed_gives_the_same_truth_and_another_one_another() {
    let run = |seed| {
        let mut model = Model::new(Arc::new(garage()), Scene::Lively, seed);
        let truths = (0..600).map(|_| {
            model.step(100, 2.0);
            serde_json::to_string(&model.truth()).unwrap()
        });
        truths.collect::<Vec<_>>()
    };
    assert!(run(42) == run(42));
    assert!(run(42) != run(43));
}

#[test]
fn a_lively_scene_has_cars_that_charge_and_leave() {
    let mut model = Model::new(Arc::new(garage()), Scene::Lively, 3);
    let (mut most, mut cars) = (0, std::collections::HashSet::new());
    for _ in 0..6_000 {
        for charger in 0..4 {
            set(&mut model, charger, 10.0);
        }
        model.step(100, 1.0);
        let truth = model.truth();
        most = most.max(
            truth.chargers.iter().filter(|charger| charger.pilot == crate::profile::PilotState::C).count(),
        );
        for car in truth.chargers.iter().filter_map(|charger| charger.car.as_ref()) {
            cars.insert(car.wanted_kwh.to_bits());
        }
    }
    assert!(most >= 2 && cars.len() > 8, "{most} at once, {} in ten minutes", cars.len());
}

/// Phases of a car, limit of its station, most that the car takes.
type Plugged = (u8, f64, f64);

/// A random tree: each circuit hangs on an earlier one.
fn tree() -> impl Strategy<Value = (Site, Vec<Plugged>, Vec<[f64; 3]>)> {
    let circuits = prop::collection::vec(any::<prop::sample::Index>(), 1..8);
    let chargers =
        prop::collection::vec((any::<prop::sample::Index>(), 0..5usize, 1..4u8, 0.0..40.0, 5.0..40.0), 0..16);
    let base = prop::collection::vec(prop::array::uniform3(0.0..30.0), 8);
    (circuits, chargers, base).prop_map(|(parents, chargers, base)| {
        let circuits = parents.iter().enumerate().map(|(index, parent)| {
            circuit(&format!("c{index}"), (index > 0).then(|| parent.index(index)), 1e6)
        });
        let circuits: Vec<_> = circuits.collect();
        use Phase::{L1, L2, L3};
        let wirings: [&[Phase]; 5] = [&[L1, L2, L3], &[L2, L3, L1], &[L3], &[L2, L1], &[L1]];
        let (mut stations, mut cars) = (Vec::new(), Vec::new());
        for (index, (at, wiring, phases, limit, max)) in chargers.into_iter().enumerate() {
            stations.push(charger(&format!("ev{index}"), at.index(circuits.len()), wirings[wiring]));
            cars.push((phases, limit, max));
        }
        (site_of(circuits, stations), cars, base)
    })
}

/// Sums up a circuit the slow way: by walking from every charger and base load up to the root.
fn by_hand(model: &Model, at: CircuitId, of_charger: impl Fn(ChargerId) -> [Amps; 3]) -> PerPhase<f64> {
    let site = model.site();
    let mut sum = PerPhase::<f64>::default();
    for index in 0..site.circuits.len() {
        if site.ancestry(CircuitId(index)).any(|above| above == at) {
            for phase in Phase::ALL {
                sum[phase] += model.base_load(CircuitId(index))[phase].0;
            }
        }
    }
    for (index, charger) in site.chargers.iter().enumerate() {
        if site.ancestry(charger.circuit).any(|above| above == at) {
            for (terminal, &phase) in charger.phases.iter().enumerate() {
                sum[phase] += of_charger(ChargerId(index))[terminal].0;
            }
        }
    }
    sum
}

proptest! {
    #[test]
    fn on_every_circuit_and_phase_the_current_is_the_sum_of_what_is_below((site, cars, base) in tree(), again in 0.0..40.0) {
        let mut model = Model::new(Arc::new(site), Scene::Still, 1);
        for (index, &[l1, l2, l3]) in base.iter().enumerate().take(model.site().circuits.len()) {
            model.hold_base_load(CircuitId(index), Some(amps(l1, l2, l3)));
        }
        for (index, &(phases, limit, max)) in cars.iter().enumerate() {
            model.plug(ChargerId(index), quick(phases, max));
            set(&mut model, index, limit);
        }
        seconds(&mut model, 1);
        // written between two steps: the running sums must stay right
        for index in (0..cars.len()).step_by(2) {
            set(&mut model, index, again);
        }
        for index in 0..model.site().circuits.len() {
            let circuit = CircuitId(index);
            let drawn = by_hand(&model, circuit, |charger| model.drawn(charger));
            let offered = by_hand(&model, circuit, |charger| [model.bay(charger).station.offered(); 3]);
            for phase in Phase::ALL {
                prop_assert!((model.sums(circuit).drawn[phase].0 - drawn[phase]).abs() < 1e-6);
                prop_assert!((model.sums(circuit).offered[phase].0 - offered[phase]).abs() < 1e-6);
                prop_assert!(model.sums(circuit).drawable[phase].0 <= offered[phase] + 1e-6);
            }
        }
    }

    #[test]
    fn no_car_draws_more_than_offered_once_it_had_time(limits in prop::collection::vec(0.0..40.0f64, 1..6), seed in any::<u64>()) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut model = still();
        model.plug(ChargerId(0), CarSpec { ramp: 8.0, ..CarSpec::random(&mut rng, 50.0, 1e9) });
        for limit in limits {
            set(&mut model, 0, limit);
            // 5 s to see it, and down from at most 32 A at 8 A/s
            for _ in 0..18 {
                model.feed(ChargerId(0));
                seconds(&mut model, 1);
            }
            let offered = model.bay(ChargerId(0)).station.offered();
            prop_assert!(offered == Amps::ZERO || offered >= LEAST_OFFER);
            prop_assert!(model.drawn(ChargerId(0)).iter().all(|&drawn| drawn <= offered + Amps(1e-9)));
        }
    }
}
