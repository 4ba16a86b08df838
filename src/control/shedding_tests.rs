//! Loads are cut and come back as the times and the room allow.

use super::*;
use crate::control::{BreakerReading, Decision, MeterReading, Reading, fixture, step};
use crate::site::{Breaker, CircuitId};

/// A metered circuit of 40 A with a charger, a heater of 16 A (priority 2) and a pump of 8 A on L1 (priority 1).
fn site() -> Site {
    let mut circuit = fixture::circuit("main", None, 40.0);
    circuit.base_load = Some(PerPhase::all(Amps(30.0)));
    let mut site = fixture::with_meter(fixture::site(vec![circuit], vec![fixture::charger("ev", 0)]), 0);
    let only = |amps| PerPhase { l1: Amps(amps), ..PerPhase::default() };
    for (name, current, priority) in [("heater", PerPhase::all(Amps(16.0)), 2.0), ("pump", only(8.0), 1.0)] {
        let device = fixture::device("enmon-endpoint", 5050);
        let breaker = site.breakers.len();
        site.breakers.push(Breaker {
            name: format!("q-{name}"),
            circuit: None,
            remote: true,
            opens_after: None,
            device,
        });
        site.loads.push(Load {
            name: name.into(),
            circuit: CircuitId(0),
            breaker,
            current,
            priority,
            min_on: Period::from_secs(60),
            min_off: Period::from_secs(120),
        });
    }
    site
}

/// A plant that does as it is told: the meter shows what else draws, the loads that are on, and the charger.
struct Plant {
    site: Site,
    state: State,
    closed: [bool; 2],
    told: f64,
    second: u64,
}

impl Plant {
    fn new() -> Plant {
        let site = site();
        Plant { state: State::empty(&site), site, closed: [true; 2], told: 0.0, second: 0 }
    }

    fn second(&mut self, rest: f64) -> Decision {
        let at = Time(1_000_000 + self.second * 1000);
        self.second += 1;
        let mut snapshot = Snapshot::empty(&self.site);
        snapshot.chargers[0] = fixture::charging(at, &self.site, 0, self.told);
        let on = |index: usize, phase: usize| {
            let current = self.site.loads[index].current[Phase::ALL[phase]].0;
            if self.closed[index] { current } else { 0.0 }
        };
        let currents = [0, 1, 2].map(|phase| Some(Amps(rest + self.told + on(0, phase) + on(1, phase))));
        snapshot.meters[0] =
            Some(Reading { at, value: MeterReading { currents, ..MeterReading::default() } });
        for (index, reading) in snapshot.breakers.iter_mut().enumerate() {
            let state = if self.closed[index] { BreakerState::On } else { BreakerState::Off };
            *reading = Some(Reading { at, value: BreakerReading { state, ..BreakerReading::default() } });
        }
        let decision = step(at, &self.site, &snapshot, &self.state);
        self.state = decision.state.clone();
        self.told = decision.setpoints[0].amps.0;
        for (closed, load) in self.closed.iter_mut().zip(&decision.shedding) {
            *closed = load.close.unwrap_or(*closed);
        }
        decision
    }

    /// Goes on for so many seconds; returns the last decision.
    fn run(&mut self, seconds: u64, rest: f64) -> Decision {
        let mut last = self.second(rest);
        for _ in 1..seconds {
            last = self.second(rest);
        }
        last
    }
}

fn states(decision: &Decision) -> [LoadState; 2] {
    [decision.shedding[0].state, decision.shedding[1].state]
}

#[test]
fn chargers_give_way_first_then_loads_the_least_first() {
    use LoadState::{Cut, On};
    let mut plant = Plant::new();
    // 24 A of loads on L1, 4 A else: 12 A for the charger
    let decision = plant.run(40, 4.0);
    assert_eq!((states(&decision), plant.told), ([On, On], 12.0));
    // the charger pauses, and that is enough
    let decision = plant.run(40, 14.0);
    assert_eq!((states(&decision), plant.told), ([On, On], 0.0));
    // 22 + 24 A: the pump must go, and that is enough
    let decision = plant.run(4, 22.0);
    assert_eq!(states(&decision), [On, Cut]);
    assert_eq!(states(&plant.run(60, 22.0)), [On, Cut]);
    // 26 + 16 A: the heater too
    assert_eq!(states(&plant.run(10, 26.0)), [Cut, Cut]);
}

#[test]
fn a_spike_cuts_nothing() {
    let mut plant = Plant::new();
    plant.run(40, 4.0);
    for _ in 0..10 {
        assert_eq!(states(&plant.run(2, 30.0)), [LoadState::On; 2]);
        plant.run(3, 4.0);
    }
}

#[test]
fn what_was_cut_comes_back_after_its_time_when_chargers_have_made_room() {
    use LoadState::{Cut, On, Returning};
    let mut plant = Plant::new();
    plant.run(10, 30.0);
    plant.run(10, 30.0);
    assert_eq!(plant.closed, [false, false]);
    let cut = plant.second;
    // nothing else draws: the charger takes the room at once
    let decision = plant.run(60, 2.0);
    assert_eq!((states(&decision), plant.told), ([Cut, Cut], 32.0));
    let mut back = [None; 2];
    while plant.second < cut + 400 {
        let decision = plant.second(2.0);
        for (back, load) in back.iter_mut().zip(&decision.shedding) {
            if load.state == On {
                back.get_or_insert(plant.second);
            }
        }
        // a load never comes back beside what the charger may be offering
        let drawn = 2.0
            + plant.told
            + if plant.closed[0] { 16.0 } else { 0.0 }
            + if plant.closed[1] { 8.0 } else { 0.0 };
        assert!(drawn <= 40.0 + 1e-9, "{drawn} A after {} s", plant.second);
        if states(&decision) == [Returning, Returning] {
            assert!(plant.second >= cut + 90);
        }
    }
    // minOff counts from the cut
    assert!(
        back.iter().all(|back| back.is_some_and(|back| (cut + 90..cut + 200).contains(&back))),
        "{back:?} {cut}"
    );
    assert_eq!(plant.told, 14.0, "the charger has what the loads leave");
}

#[test]
fn what_came_back_stays_for_its_least_time() {
    let mut plant = Plant::new();
    plant.run(20, 30.0);
    plant.run(200, 2.0);
    assert_eq!(plant.closed, [true, true]);
    let back = plant.state.loads[1].on_since.unwrap();
    let mut second_cut = None;
    for _ in 0..120 {
        let decision = plant.second(30.0);
        if decision.shedding[1].state == LoadState::Cut {
            second_cut.get_or_insert(decision.at);
        }
    }
    assert!(second_cut.unwrap().since(back) >= Period::from_secs(60));
}

#[test]
fn what_others_have_opened_is_left_to_them() {
    let mut plant = Plant::new();
    plant.run(5, 4.0);
    plant.closed[1] = false;
    let decision = plant.run(100, 4.0);
    assert_eq!(decision.shedding[1], LoadDecision { state: LoadState::Off, close: None });
    assert!(!plant.closed[1]);
}

#[test]
fn a_load_that_never_fits_is_not_waited_for() {
    let mut plant = Plant::new();
    plant.run(20, 30.0);
    // 33 A else: there is no room for any load with the charger paused, so it is not held back for them
    let decision = plant.run(300, 33.0);
    assert_eq!(states(&decision), [LoadState::Returning; 2]);
    assert_eq!((plant.closed, plant.told), ([false, false], 7.0));
}
