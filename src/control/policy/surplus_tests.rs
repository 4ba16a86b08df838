//! Cars that follow the sun: a house with a roof, second by second.

use proptest::prelude::*;

use super::super::fixture::{charger, circuit, site, with_meter};
use super::super::{
    ChargerReading, ChargerState, Decision, MeterReading, Override, Reading, Reason, Snapshot, State, Time,
    step,
};
use crate::site::{Amps, Expectation, MeterId, Period, PolicySettings, Site, SunSettings};

/// Eight in the morning.
const T0: Time = Time(1_767_600_000_000);
const VOLTS: f64 = 230.0;

fn sun() -> SunSettings {
    SunSettings {
        weight: 1.0,
        meter: MeterId(0),
        start_after: Period::from_secs(60),
        stop_after: Period::from_secs(180),
        grid_share: 0.0,
        switch_every: Period::from_secs(600),
    }
}

/// What really happens at a site whose cars draw what they are offered, a second later.
struct House {
    site: Site,
    state: State,
    second: u64,
    /// What each car draws on each of its phases; `None`: no car.
    cars: Vec<Option<f64>>,
    /// Phases on which a car charges.
    phases: Vec<usize>,
    /// Phases to which a charger is switched.
    switched: Vec<u8>,
    /// A charger takes its command to switch phases.
    is_switchable: bool,
    offered: Vec<f64>,
    /// The grid's meter answers.
    is_heard: bool,
    /// Energy from the grid, Ws.
    imported: f64,
}

impl House {
    fn new(cars: usize, change: impl FnOnce(&mut Site)) -> House {
        let chargers = (0..cars).map(|index| charger(&format!("ev{index}"), 0)).collect();
        let mut site = with_meter(site(vec![circuit("main", None, 63.0)], chargers), 0);
        site.policy = PolicySettings { sun: Some(sun()), ..PolicySettings::default() };
        change(&mut site);
        House {
            state: State::empty(&site),
            second: 0,
            cars: vec![Some(0.0); cars],
            phases: vec![3; cars],
            switched: vec![3; cars],
            is_switchable: true,
            offered: vec![0.0; cars],
            is_heard: true,
            imported: 0.0,
            site,
        }
    }

    /// Watts that cars draw.
    fn drawn(&self) -> f64 {
        let cars = self.cars.iter().enumerate();
        cars.map(|(index, car)| car.unwrap_or(0.0) * self.in_use(index) as f64 * VOLTS).sum()
    }

    /// On how many phases a car charges now.
    fn in_use(&self, index: usize) -> usize {
        self.phases[index].min(usize::from(self.switched[index]))
    }

    /// Goes on for so many seconds with `surplus` W beside the cars; returns the last decision.
    fn pass(&mut self, seconds: u64, surplus: impl Fn(u64) -> f64) -> Decision {
        let mut last = None;
        for _ in 0..seconds {
            let now = T0 + Period::from_secs(self.second);
            let power = self.drawn() - surplus(self.second);
            self.imported += power.max(0.0);
            let decision = step(now, &self.site, &self.snapshot(now, power), &self.state);
            self.state = decision.state.clone();
            for (index, setpoint) in decision.setpoints.iter().enumerate() {
                self.cars[index] = self.cars[index].map(|_| self.offered[index]);
                self.offered[index] = setpoint.amps.0;
                if let Some(phases) = setpoint.phases.filter(|_| self.is_switchable) {
                    assert_eq!(
                        (self.offered[index], self.cars[index]),
                        (0.0, Some(0.0)),
                        "switched under load"
                    );
                    self.switched[index] = phases;
                }
            }
            self.second += 1;
            last = Some(decision);
        }
        last.unwrap()
    }

    fn snapshot(&self, now: Time, power: f64) -> Snapshot {
        let mut snapshot = Snapshot::empty(&self.site);
        let heard_at = if self.is_heard { now } else { now - Period::from_secs(60) };
        // unsigned currents, as meters have them
        let currents = [Some(Amps(power.abs() / 3.0 / VOLTS)); 3];
        let value = MeterReading { currents, power: Some(power), ..MeterReading::default() };
        snapshot.meters[0] = Some(Reading { at: heard_at, value });
        for (index, car) in self.cars.iter().enumerate() {
            let mut drawn = [Amps::ZERO; 3];
            drawn[..self.in_use(index)].fill(Amps(car.unwrap_or(0.0)));
            let state = if car.is_some() { ChargerState::Charging } else { ChargerState::Unplugged };
            let value = ChargerReading {
                state,
                drawn,
                offered: Amps(self.offered[index]),
                phases: Some(self.switched[index]),
            };
            snapshot.chargers[index] = Some(Reading { at: now, value });
        }
        snapshot
    }
}

#[test]
fn a_car_waits_follows_and_stops() {
    let mut house = House::new(1, |_| {});
    let waits = house.pass(75, |_| 6000.0);
    assert_eq!((house.offered[0], waits.setpoints[0].reason), (0.0, Reason::WaitsForSun));
    let runs = house.pass(45, |_| 6000.0);
    // 6000 W on three phases
    assert!((house.offered[0] - 8.7).abs() < 0.35, "{:?}", house.offered);
    assert!(matches!(runs.setpoints[0].reason, Reason::FollowsSun { .. }), "{runs:?}");
    house.pass(60, |_| 9000.0);
    assert!((house.offered[0] - 13.0).abs() < 0.35, "{:?}", house.offered);
    assert_eq!(house.imported, 0.0);
    let cloud = house.pass(120, |_| 2000.0);
    assert_eq!(house.offered[0], 6.0, "it keeps its least current");
    assert_eq!(cloud.setpoints[0].reason, Reason::FollowsSun { surplus: Amps(2.9) });
    let over = house.pass(75, |_| 2000.0);
    assert_eq!((house.offered[0], over.setpoints[0].reason), (0.0, Reason::WaitsForSun));
    house.pass(600, |_| 2000.0);
    assert_eq!(house.offered[0], 0.0);
}

#[test]
fn part_of_the_least_current_may_come_from_the_grid() {
    for (share, surplus, starts) in
        [(0.0, 3900.0, false), (0.5, 2200.0, true), (0.5, 1900.0, false), (1.0, 0.0, true)]
    {
        let mut house = House::new(1, |site| {
            site.policy.sun = Some(SunSettings { grid_share: share, ..sun() });
        });
        house.pass(150, |_| surplus);
        assert_eq!(house.offered[0] > 0.0, starts, "{share} {surplus}");
        assert!(house.offered[0] <= 6.0, "{share} {surplus}: {:?}", house.offered);
    }
}

#[test]
fn a_car_on_one_phase_needs_a_third() {
    let mut house = House::new(1, |_| {});
    house.phases = vec![1];
    house.pass(150, |_| 4400.0);
    // it starts as if it took three phases, then shows that it does not
    house.pass(60, |_| 3000.0);
    assert!((house.offered[0] - 13.0).abs() < 1.0, "{:?}", house.offered);
    house.pass(400, |_| 1600.0);
    assert!(house.offered[0] >= 6.0, "{:?}", house.offered);
}

#[test]
fn cars_share_what_is_there_for_all_and_take_turns_when_it_is_not() {
    let mut house = House::new(2, |site| site.control.turn = Period::from_secs(600));
    house.pass(200, |_| 12_000.0);
    assert!(house.offered.iter().all(|&amps| (amps - 8.7).abs() < 0.5), "{:?}", house.offered);
    let mut house = House::new(2, |site| site.control.turn = Period::from_secs(600));
    let mut served = [0_u32; 2];
    for _ in 0..300 {
        house.pass(10, |_| 5000.0);
        assert!(house.offered.iter().filter(|&&amps| amps > 0.0).count() <= 1, "{:?}", house.offered);
        for (served, &amps) in served.iter_mut().zip(&house.offered) {
            *served += u32::from(amps > 0.0);
        }
    }
    assert!(served.iter().all(|&turns| turns > 100), "{served:?}");
    assert!(house.imported < 6000.0, "{} Ws", house.imported);
}

#[test]
fn without_the_meter_there_is_no_surplus_and_no_rise() {
    let mut house = House::new(1, |site| site.chargers[0].failsafe = Amps(6.0));
    house.pass(150, |_| 6000.0);
    house.is_heard = false;
    let blind = house.pass(20, |_| 20_000.0);
    assert_eq!((house.offered[0], blind.setpoints[0].reason), (6.0, Reason::MeterUnknown(MeterId(0))));
    let over = house.pass(200, |_| 20_000.0);
    assert_eq!((house.offered[0], over.setpoints[0].reason), (0.0, Reason::SurplusUnknown(MeterId(0))));
    house.is_heard = true;
    house.pass(70, |_| 6000.0);
    assert_eq!(house.offered[0], 0.0, "the wait begins anew");
    house.pass(60, |_| 6000.0);
    assert!(house.offered[0] > 8.0, "{:?}", house.offered);
}

#[test]
fn an_order_is_a_ceiling_and_starts_nothing() {
    let mut house = House::new(1, |_| {});
    let order = |limit| Override { limit: Amps(limit), until: None, who: "ada".into(), why: "works".into() };
    house.state.chargers[0].order = Some(order(16.0));
    house.pass(150, |_| 0.0);
    assert_eq!(house.offered[0], 0.0);
    house.state.chargers[0].order = Some(order(7.0));
    house.pass(150, |_| 9000.0);
    assert_eq!(house.offered[0], 7.0);
    house.state.chargers[0].order = Some(order(0.0));
    assert_eq!(house.pass(5, |_| 9000.0).setpoints[0].reason, Reason::Paused);
}

fn switching(site: &mut Site) {
    site.chargers[0].switches_phases = true;
}

#[test]
fn a_weak_sun_charges_on_one_phase_and_a_strong_one_on_three() {
    let mut house = House::new(1, switching);
    house.pass(150, |_| 2000.0);
    assert_eq!(house.switched, [1]);
    assert!((house.offered[0] - 8.7).abs() < 1.0, "{:?}", house.offered);
    // not more often than every ten minutes
    house.pass(300, |_| 9000.0);
    assert_eq!((house.switched[0], house.offered[0]), (1, 32.0));
    house.pass(400, |_| 9000.0);
    assert_eq!(house.switched, [3]);
    assert!((house.offered[0] - 13.0).abs() < 0.5, "{:?}", house.offered);
    let before = house.imported;
    house.pass(500, |_| 2000.0);
    assert_eq!((house.switched[0], house.offered[0]), (3, 0.0), "it may not be switched yet, so it stops");
    assert!(house.imported - before < 600_000.0, "{} Ws", house.imported - before);
    house.pass(300, |_| 2000.0);
    assert_eq!(house.switched, [1]);
    assert!(house.offered[0] > 7.0, "{:?}", house.offered);
}

#[test]
fn a_charger_that_does_not_switch_is_given_up() {
    let mut house = House::new(1, switching);
    house.is_switchable = false;
    let mut reasons = Vec::new();
    for _ in 0..400 {
        reasons.push(house.pass(1, |_| 2000.0).setpoints[0].reason.code());
    }
    let switching = reasons.iter().filter(|code| **code == "switches-phases").count();
    assert!((115..=125).contains(&switching), "{switching} s");
    house.pass(100, |_| 6000.0);
    assert!(house.offered[0] > 8.0, "on three phases it goes on: {:?}", house.offered);
}

#[test]
fn a_car_that_charges_on_one_phase_anyway_is_not_switched() {
    let mut house = House::new(1, switching);
    house.phases = vec![1];
    house.pass(150, |_| 6000.0);
    house.pass(600, |_| 2000.0);
    assert_eq!(house.switched, [3]);
    assert!((house.offered[0] - 8.7).abs() < 1.0, "{:?}", house.offered);
}

/// A car that wants 4 kWh and leaves in 40 minutes: 6 kW on average, of 22 that the charger has.
fn leaves_soon(site: &mut Site) {
    site.policy.deadline = 0.25;
    site.policy.expected = vec![Expectation { energy: Some(4.0), ready_by: Some(8 * 60 + 40) }];
}

#[test]
fn who_leaves_soon_does_not_wait_for_the_sun() {
    let mut house = House::new(1, leaves_soon);
    let early = house.pass(10 * 60, |_| 0.0);
    assert_eq!((house.offered[0], early.setpoints[0].reason), (0.0, Reason::WaitsForSun));
    let mut kwh = 0.0;
    let mut reasons = Vec::new();
    for _ in 0..30 * 60 {
        reasons.push(house.pass(1, |_| 0.0).setpoints[0].reason);
        kwh += house.drawn() / 3.6e6;
    }
    assert!(reasons.contains(&Reason::LeavesSoon));
    assert!(kwh >= 4.0, "{kwh} kWh");
}

#[test]
fn cheap_hours_allow_grid_current_and_dear_ones_do_not() {
    let tariff = |site: &mut Site, now: f64, later: f64| {
        site.policy.price = 1.0;
        site.policy.deadline = 0.1;
        site.policy.tariff = vec![(7 * 60, now), (12 * 60, later)];
        site.policy.expected = vec![Expectation { energy: Some(10.0), ready_by: Some(18 * 60) }];
    };
    let mut cheap = House::new(1, |site| tariff(site, 0.1, 0.4));
    cheap.pass(120, |_| 0.0);
    assert!(cheap.offered[0] >= 6.0, "{:?}", cheap.offered);
    let mut dear = House::new(1, |site| tariff(site, 0.4, 0.1));
    dear.pass(120, |_| 0.0);
    assert_eq!(dear.offered[0], 0.0);
    dear.pass(120, |_| 6000.0);
    assert!((dear.offered[0] - 8.7).abs() < 0.4, "the sun is never dear: {:?}", dear.offered);
}

#[test]
fn a_decision_without_the_sun_remembers_nothing_of_it() {
    let mut house = House::new(1, |site| site.policy.sun = None);
    let decision = house.pass(100, |_| 6000.0);
    assert_eq!((decision.state.surplus, decision.state.chargers[0].sun), (None, None));
    assert_eq!(house.offered[0], 32.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the clouds do, a car starts or stops no more than once in its delay, and few limits are written; with no surplus at all it has
    /// nothing when the delay is over.
    #[test]
    fn clouds_do_not_make_limits_flap(
        clouds in prop::collection::vec((1_u64..100, 0.0..14_000.0), 4..16),
        noise in 0.0..90.0,
        cars in 1_usize..4,
    ) {
        let mut house = House::new(cars, |site| site.control.turn = Period::from_secs(300));
        let length: u64 = clouds.iter().map(|cloud| cloud.0).sum();
        let weather = |second: u64| {
            let mut until = 0;
            let cloud = clouds.iter().find(|cloud| { until += cloud.0; second < until });
            cloud.map_or(0.0, |cloud| cloud.1 + noise * (second as f64 * 1.7).sin())
        };
        let mut changed: Vec<(u64, bool)> = vec![(0, false); cars];
        let mut writes = 0;
        for second in 0..length + 200 {
            let before = house.offered.clone();
            house.pass(1, weather);
            for index in 0..cars {
                let runs = house.offered[index] > 0.0;
                writes += u64::from(before[index] != house.offered[index]);
                if runs != changed[index].1 {
                    // current comes when it has been possible for raiseAfter
                    let least = if runs { 60 } else { 180 - 10 };
                    prop_assert!(second - changed[index].0 >= least, "car {index} at {second}, after {changed:?}");
                    changed[index] = (second, runs);
                }
            }
        }
        prop_assert!(house.offered.iter().all(|&amps| amps == 0.0), "{:?} without sun", house.offered);
        // for each car a start, a stop, and few steps for each cloud
        prop_assert!(writes <= 4 * (clouds.len() as u64 + 2) * cars as u64, "{writes} writes");
    }
}
