//! What a site's policy does to the decision: one behaviour each.

use super::super::fixture::{charger, charging, circuit, site};
use super::super::{
    ChargerReading, ChargerState, ChargingNeeds, Decision, Order, Reading, Reason, Snapshot, State, Time,
    step,
};
use super::foresight::costs;
use crate::site::{Amps, Expectation, Period, PolicySettings, Site};

/// Midnight of a day.
const T0: Time = Time(1_699_920_000_000);

fn at(seconds: u64) -> Time {
    T0 + Period::from_secs(seconds)
}

/// Two chargers on a circuit for 20 A.
fn pair(policy: PolicySettings) -> Site {
    let mut site = site(vec![circuit("main", None, 20.0)], vec![charger("a", 0), charger("b", 0)]);
    site.policy = policy;
    site
}

/// Decides every second with cars that draw all they get.
fn run(site: &Site, state: &mut State, seconds: std::ops::Range<u64>, offered: &mut [f64]) -> Decision {
    let mut last = None;
    for second in seconds {
        let mut snapshot = Snapshot::empty(site);
        for (index, &amps) in offered.iter().enumerate() {
            snapshot.chargers[index] = charging(at(second), site, index, amps);
        }
        let decision = step(at(second), site, &snapshot, state);
        *state = decision.state.clone();
        for (offered, setpoint) in offered.iter_mut().zip(&decision.setpoints) {
            *offered = setpoint.amps.0;
        }
        last = Some(decision);
    }
    last.unwrap()
}

fn expected(energy: f64, ready_by: u16) -> Expectation {
    Expectation { energy: Some(energy), ready_by: Some(ready_by) }
}

#[test]
fn who_leaves_soon_goes_first() {
    // 10 kWh in an hour is 14.5 A; the other has until evening
    let policy = PolicySettings {
        deadline: 1.0,
        expected: vec![expected(10.0, 18 * 60), expected(10.0, 60)],
        ..PolicySettings::default()
    };
    let site = pair(policy);
    let mut offered = [6.0; 2];
    run(&site, &mut State::empty(&site), 0..40, &mut offered);
    assert!(offered[1] >= 13.5, "{offered:?}");
    assert!((offered[0] + offered[1] - 20.0).abs() < 0.2, "nothing is left over: {offered:?}");
}

#[test]
fn what_is_said_of_a_car_goes_before_what_is_expected_until_it_leaves() {
    let policy = PolicySettings {
        deadline: 1.0,
        expected: vec![expected(10.0, 60), expected(10.0, 18 * 60)],
        ..PolicySettings::default()
    };
    let site = pair(policy);
    let (mut state, mut offered) = (State::empty(&site), [6.0; 2]);
    run(&site, &mut state, 0..40, &mut offered);
    assert!(offered[0] >= 13.5, "{offered:?}");
    let says = |departure, had| {
        let needs = ChargingNeeds { energy: Some(10.0), departure: Some(departure), who: "ada".into(), had };
        Order::Needs(Some(needs))
    };
    let (late_had, had) = (state.chargers[0].visit_kwh, state.chargers[1].visit_kwh);
    state.chargers[0].take_order(&says(at(18 * 3600), late_had));
    state.chargers[1].take_order(&says(at(3600), had));
    state.planned_at = None;
    run(&site, &mut state, 40..80, &mut offered);
    assert!(offered[1] >= 13.5, "{offered:?}");
    // the energy is counted from when it was said
    let needs = state.chargers[1].needs.as_ref().unwrap();
    let taken = state.chargers[1].visit_kwh - had;
    assert!(
        taken > 0.0 && (needs.kwh_left(state.chargers[1].visit_kwh).unwrap() - (10.0 - taken)).abs() < 1e-9
    );
    let mut snapshot = Snapshot::empty(&site);
    let value = ChargerReading {
        state: ChargerState::Unplugged,
        drawn: [Amps::ZERO; 3],
        offered: Amps(0.0),
        phases: None,
    };
    snapshot.chargers[1] = Some(Reading { at: at(80), value });
    let left = step(at(80), &site, &snapshot, &state).state;
    assert_eq!(left.chargers[1].needs, None, "the next car is another one");
    assert!(left.chargers[0].needs.is_some());
}

#[test]
fn without_weights_nothing_changes() {
    let policy = PolicySettings {
        expected: vec![expected(10.0, 18 * 60), expected(10.0, 60)],
        ..PolicySettings::default()
    };
    let (with, without) = (pair(policy), pair(PolicySettings::default()));
    let (mut one, mut other) = ([6.0; 2], [6.0; 2]);
    let one = run(&with, &mut State::empty(&with), 0..40, &mut one);
    let other = run(&without, &mut State::empty(&without), 0..40, &mut other);
    assert_eq!(one.setpoints, other.setpoints);
    assert_eq!(one.state, other.state);
}

#[test]
fn a_car_with_time_waits_for_cheaper_energy_and_one_without_does_not() {
    // dear from midnight to 3, cheap from then on
    let policy = PolicySettings {
        deadline: 0.1,
        price: 1.0,
        tariff: vec![(0, 0.40), (180, 0.10)],
        expected: vec![expected(10.0, 18 * 60), expected(10.0, 60)],
        ..PolicySettings::default()
    };
    let site = pair(policy);
    let mut offered = [6.0; 2];
    let decision = run(&site, &mut State::empty(&site), 0..40, &mut offered);
    assert_eq!((offered[0], decision.setpoints[0].reason), (0.0, Reason::Cheaper));
    assert!(offered[1] >= 13.5, "{offered:?}");
}

#[test]
fn costs_begin_with_what_holds_now() {
    let policy =
        PolicySettings { price: 1.0, tariff: vec![(360, 0.30), (1320, 0.10)], ..PolicySettings::default() };
    assert_eq!(costs(T0, &policy), [(0.0, 0.0), (6.0, 0.9), (22.0, 0.0)]);
    assert_eq!(costs(at(12 * 3600), &policy), [(0.0, 0.9), (10.0, 0.0), (18.0, 0.9)]);
}

#[test]
fn visits_are_remembered_with_their_energy() {
    let site = pair(PolicySettings { deadline: 1.0, ..PolicySettings::default() });
    let mut state = State::empty(&site);
    let mut offered = [6.0; 2];
    run(&site, &mut state, 0..600, &mut offered);
    let mut snapshot = Snapshot::empty(&site);
    let value = ChargerReading {
        state: ChargerState::Unplugged,
        drawn: [Amps::ZERO; 3],
        offered: Amps(0.0),
        phases: None,
    };
    snapshot.chargers[0] = Some(Reading { at: at(600), value });
    let memory = &step(at(600), &site, &snapshot, &state).state.chargers[0];
    let [visit] = memory.visits[..] else { panic!("{memory:?}") };
    assert!((visit.hours - 1.0 / 6.0).abs() < 1e-3, "{visit:?}");
    // 10 A on three phases for nearly all of ten minutes
    assert!((visit.kwh - 1.15).abs() < 0.06, "{visit:?}");
    assert_eq!(memory.plugged_since, None);
}
