//! Tables for the decision: one behaviour each.

use super::fixture::{all_charging, charger, charging, circuit, site, with_meter};
use super::*;
use crate::site::{Amps, PerPhase, Period, Phase, Site};

const T0: Time = Time(1_700_000_000_000);

fn at(seconds: u64) -> Time {
    T0 + Period::from_secs(seconds)
}

fn amps(decision: &Decision) -> Vec<f64> {
    decision.setpoints.iter().map(|setpoint| setpoint.amps.0).collect()
}

fn meter(time: Time, amps: f64) -> Option<Reading<MeterReading>> {
    Some(Reading {
        at: time,
        value: MeterReading { currents: [Some(Amps(amps)); 3], ..MeterReading::default() },
    })
}

/// Runs the decision every second with chargers that obey and cars that draw all they get; `base` is what else draws.
fn run(
    site: &Site,
    state: &mut State,
    seconds: std::ops::Range<u64>,
    offered: &mut [f64],
    base: impl Fn(u64) -> f64,
) -> Decision {
    let mut last = None;
    for second in seconds {
        let mut snapshot = Snapshot::empty(site);
        let mut total = PerPhase::all(base(second));
        for (index, &amps) in offered.iter().enumerate() {
            snapshot.chargers[index] = charging(at(second), site, index, amps);
            for &phase in &site.chargers[index].phases {
                total[phase] += amps;
            }
        }
        if !site.meters.is_empty() {
            let currents = Phase::ALL.map(|phase| Some(Amps(total[phase])));
            snapshot.meters[0] =
                Some(Reading { at: at(second), value: MeterReading { currents, ..MeterReading::default() } });
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

#[test]
fn chargers_share_a_row_equally() {
    let site =
        site(vec![circuit("row-1", None, 40.0)], vec![charger("a", 0), charger("b", 0), charger("c", 0)]);
    let mut offered = [6.0; 3];
    let decision = run(&site, &mut State::empty(&site), 0..15, &mut offered, |_| 0.0);
    assert_eq!(amps(&decision), [13.3, 13.3, 13.3]);
    assert_eq!(decision.setpoints[0].reason.text(&site), "limited by row-1 L1: 40 A, 3 chargers share");
}

#[test]
fn a_lower_limit_is_taken_at_once_and_a_higher_one_after_the_hold() {
    let site = with_meter(site(vec![circuit("main", None, 40.0)], vec![charger("a", 0), charger("b", 0)]), 0);
    let mut state = State::empty(&site);
    let mut offered = [6.0; 2];
    let base = |second| if second < 30 { 0.0 } else { 20.0 };
    let decision = run(&site, &mut state, 0..10, &mut offered, base);
    assert_eq!(amps(&decision), [6.0, 6.0], "nothing rises before the hold is over");
    assert!(matches!(decision.setpoints[0].reason, Reason::Holds { .. }));
    let decision = run(&site, &mut state, 10..30, &mut offered, base);
    assert_eq!(amps(&decision), [20.0, 20.0]);
    let decision = run(&site, &mut state, 30..31, &mut offered, base);
    assert_eq!(amps(&decision), [10.0, 10.0], "one sample above the limit is enough");
}

#[test]
fn current_is_given_only_after_it_was_given_back() {
    let site = site(vec![circuit("row-1", None, 32.0)], vec![charger("a", 0), charger("b", 0)]);
    let mut state = State::empty(&site);
    let mut snapshot = all_charging(T0, &site, 0.0);
    // a has all, b has waited for long
    state.chargers[0].setpoint = Some(Amps(32.0));
    state.chargers[1].raisable_since = Some(at(0));
    for second in 20..23 {
        snapshot.chargers[0] = charging(at(second), &site, 0, 32.0);
        snapshot.chargers[1] = charging(at(second), &site, 1, 0.0);
        let decision = step(at(second), &site, &snapshot, &state);
        assert_eq!(amps(&decision), [16.0, 0.0], "a still offers 32 A");
        state = decision.state;
    }
    snapshot.chargers[0] = charging(at(23), &site, 0, 16.0);
    snapshot.chargers[1] = charging(at(23), &site, 1, 0.0);
    assert_eq!(amps(&step(at(23), &site, &snapshot, &state)), [16.0, 16.0]);
}

#[test]
fn chargers_take_turns_when_not_all_can_have_the_least_current() {
    let chargers = ["a", "b", "c"].map(|name| charger(name, 0)).to_vec();
    let mut site = site(vec![circuit("row-1", None, 13.0)], chargers);
    site.control.turn = Period::from_secs(60);
    let mut state = State::empty(&site);
    let mut offered = [0.0; 3];
    let mut served = [0.0; 3];
    for second in 0..1800 {
        let decision = run(&site, &mut state, second..second + 1, &mut offered, |_| 0.0);
        assert!(decision.setpoints.iter().filter(|setpoint| setpoint.amps > Amps::ZERO).count() <= 2);
        for (served, setpoint) in served.iter_mut().zip(&decision.setpoints) {
            *served += setpoint.amps.0;
        }
    }
    let (least, most) =
        (served.iter().copied().fold(f64::MAX, f64::min), served.iter().copied().fold(0.0, f64::max));
    assert!(least > 0.8 * most, "{served:?}");
    assert!(served.iter().sum::<f64>() > 0.75 * 13.0 * 1800.0, "{served:?}");
}

#[test]
fn a_double_priority_gets_double_the_time() {
    let mut chargers = ["a", "b"].map(|name| charger(name, 0)).to_vec();
    chargers[0].priority = 2.0;
    let mut site = site(vec![circuit("row-1", None, 8.0)], chargers);
    site.control.turn = Period::from_secs(60);
    let mut state = State::empty(&site);
    let (mut offered, mut seconds_on) = ([0.0; 2], [0; 2]);
    for second in 0..3600 {
        run(&site, &mut state, second..second + 1, &mut offered, |_| 0.0);
        for (on, offered) in seconds_on.iter_mut().zip(offered) {
            *on += u64::from(offered > 0.0);
        }
    }
    let ratio = seconds_on[0] as f64 / seconds_on[1] as f64;
    assert!((1.7..2.3).contains(&ratio), "{seconds_on:?}");
}

#[test]
fn what_a_car_does_not_draw_goes_to_others_and_comes_back() {
    let site = site(vec![circuit("row-1", None, 32.0)], vec![charger("a", 0), charger("b", 0)]);
    let mut state = State::empty(&site);
    let mut offered = [16.0, 16.0];
    let mut snapshot = Snapshot::empty(&site);
    let mut live = |state: &mut State, offered: &mut [f64; 2], seconds: std::ops::Range<u64>, most: f64| {
        for second in seconds {
            snapshot.chargers[0] = charging(at(second), &site, 0, offered[0]);
            snapshot.chargers[1] = charging(at(second), &site, 1, offered[1]);
            if let Some(reading) = &mut snapshot.chargers[0] {
                reading.value.drawn = [Amps(offered[0].min(most)); 3];
            }
            let decision = step(at(second), &site, &snapshot, state);
            offered.copy_from_slice(&amps(&decision));
            *state = decision.state;
        }
    };
    live(&mut state, &mut offered, 0..60, 8.0);
    assert!((9.0..=10.5).contains(&offered[0]) && offered[1] >= 21.5, "{offered:?}");
    live(&mut state, &mut offered, 60..180, 32.0);
    assert!((15.0..=17.0).contains(&offered[0]), "{offered:?}");
}

#[test]
fn behind_an_unknown_meter_nobody_gets_more_than_the_failsafe() {
    let mut site =
        with_meter(site(vec![circuit("main", None, 63.0)], vec![charger("a", 0), charger("b", 0)]), 0);
    site.chargers[1].failsafe = Amps::ZERO;
    let mut snapshot = all_charging(at(20), &site, 16.0);
    let decision = step(at(20), &site, &snapshot, &State::empty(&site));
    assert_eq!(amps(&decision), [6.0, 0.0]);
    assert_eq!(decision.setpoints[0].reason.text(&site), "meter main-meter unknown: fail-safe current");
    // fresh, then old
    snapshot.meters[0] = meter(at(20), 32.0);
    assert_eq!(amps(&step(at(20), &site, &snapshot, &State::empty(&site))), [16.0, 16.0]);
    snapshot.meters[0] = meter(at(14), 32.0);
    assert_eq!(amps(&step(at(20), &site, &snapshot, &State::empty(&site))), [6.0, 0.0]);
}

#[test]
fn a_silent_charger_counts_with_all_it_could_offer() {
    let site = site(vec![circuit("row-1", None, 40.0)], vec![charger("a", 0), charger("b", 0)]);
    let mut snapshot = all_charging(at(20), &site, 20.0);
    snapshot.chargers[0] = charging(at(10), &site, 0, 20.0);
    snapshot.ceilings[0] = Some(Amps(28.0));
    let decision = step(at(20), &site, &snapshot, &State::empty(&site));
    assert_eq!(amps(&decision), [6.0, 12.0]);
    assert_eq!(decision.setpoints[0].reason.text(&site), "not heard for 10 s, counts with 28 A");
    snapshot.chargers[0] = None;
    snapshot.ceilings[0] = None;
    assert_eq!(amps(&step(at(20), &site, &snapshot, &State::empty(&site))), [6.0, 8.0]);
}

#[test]
fn a_charger_that_ignores_its_limit_is_paid_for_by_the_others() {
    let site = site(vec![circuit("row-1", None, 40.0)], vec![charger("a", 0), charger("b", 0)]);
    let mut state = State::empty(&site);
    let mut snapshot = Snapshot::empty(&site);
    let mut b = 8.0;
    let mut decision = None;
    for second in 0..20 {
        snapshot.chargers[0] = charging(at(second), &site, 0, 32.0);
        snapshot.chargers[1] = charging(at(second), &site, 1, b);
        let made = step(at(second), &site, &snapshot, &state);
        b = made.setpoints[1].amps.0;
        assert!(b <= 8.0, "b may not rise while a takes 32 A");
        state = made.state.clone();
        decision = Some(made);
    }
    let decision = decision.unwrap();
    assert_eq!(amps(&decision), [20.0, 8.0]);
    assert_eq!(decision.setpoints[0].reason.text(&site), "does not obey: takes 32 A");
}

#[test]
fn a_charger_that_does_not_follow_a_jump_is_paid_for_one_decision_later() {
    let site = with_meter(site(vec![circuit("main", None, 40.0)], vec![charger("a", 0), charger("b", 0)]), 0);
    let mut state = State::empty(&site);
    run(&site, &mut state, 0..30, &mut [20.0; 2], |_| 0.0);
    let decide = |second, [a, b]: [f64; 2], state: &mut State| {
        let mut snapshot = Snapshot::empty(&site);
        snapshot.chargers = vec![charging(at(second), &site, 0, a), charging(at(second), &site, 1, b)];
        snapshot.meters[0] = meter(at(second), 10.0 + a + b);
        let decision = step(at(second), &site, &snapshot, state);
        *state = decision.state.clone();
        decision
    };
    assert_eq!(amps(&decide(30, [20.0, 20.0], &mut state)), [15.0, 15.0]);
    let turn = state.chargers[0].turn_since;
    let paid = decide(31, [20.0, 15.0], &mut state);
    assert_eq!(amps(&paid), [15.0, 10.0]);
    assert_eq!(paid.setpoints[0].reason.text(&site), "limited by main L1: 40 A, 2 chargers share");
    assert_eq!(paid.state.chargers[0].turn_since, turn, "it keeps its turn");
    // where there is room for it, nobody pays
    let mut state = paid.state;
    state.chargers[1].order =
        Some(Override { limit: Amps(8.0), until: None, who: "a".into(), why: "b".into() });
    assert_eq!(amps(&decide(32, [20.0, 10.0], &mut state))[1], 8.0);
}

#[test]
fn orders_lower_and_end() {
    let site = site(vec![circuit("row-1", None, 40.0)], vec![charger("a", 0), charger("b", 0)]);
    let mut state = State::empty(&site);
    let order = Override { limit: Amps(10.0), until: Some(at(60)), who: "ann".into(), why: "test".into() };
    state.chargers[0].order = Some(order.clone());
    state.chargers[1].order = Some(Override { limit: Amps::ZERO, until: None, ..order });
    let mut offered = [20.0, 20.0];
    let decision = run(&site, &mut state, 0..30, &mut offered, |_| 0.0);
    assert_eq!(amps(&decision), [10.0, 0.0]);
    assert_eq!(decision.setpoints[0].reason.text(&site), "limited by order: 10 A");
    assert_eq!(decision.setpoints[1].reason.text(&site), "paused by order");
    let decision = run(&site, &mut state, 30..90, &mut offered, |_| 0.0);
    assert_eq!(amps(&decision), [32.0, 0.0]);
    assert!(decision.state.chargers[0].order.is_none());
}

#[test]
fn single_phase_chargers_load_their_phase_alone() {
    let mut chargers = ["a", "b", "c"].map(|name| charger(name, 0)).to_vec();
    for (charger, phase) in chargers.iter_mut().zip([Phase::L1, Phase::L1, Phase::L2]) {
        charger.phases = vec![phase];
    }
    let site = site(vec![circuit("row-1", None, 32.0)], chargers);
    let mut offered = [6.0; 3];
    let decision = run(&site, &mut State::empty(&site), 0..15, &mut offered, |_| 0.0);
    assert_eq!(amps(&decision), [16.0, 16.0, 32.0]);
}

#[test]
fn noise_on_the_meter_moves_no_limit() {
    let site = with_meter(site(vec![circuit("main", None, 40.0)], vec![charger("a", 0), charger("b", 0)]), 0);
    let mut state = State::empty(&site);
    let mut offered = [6.0; 2];
    let noise = |second: u64| 10.0 + [0.0, 0.3, 0.1, 0.4, 0.2][second as usize % 5];
    run(&site, &mut state, 0..40, &mut offered, noise);
    let settled = offered;
    for second in 40..100 {
        run(&site, &mut state, second..second + 1, &mut offered, noise);
        assert_eq!(offered, settled, "at {second} s");
    }
    assert!(settled[0] > 14.5);
}

#[test]
fn the_same_input_gives_the_same_decision() {
    let site = with_meter(site(vec![circuit("main", None, 40.0)], vec![charger("a", 0), charger("b", 0)]), 0);
    let mut snapshot = all_charging(T0, &site, 12.0);
    snapshot.meters[0] = meter(T0, 30.0);
    let state = State::empty(&site);
    assert_eq!(step(at(1), &site, &snapshot, &state), step(at(1), &site, &snapshot, &state));
}
