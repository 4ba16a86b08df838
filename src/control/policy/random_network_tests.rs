//! Random networks with vector sums, random cars: what must hold for every plan.

use super::*;

const CASES: u64 = 300;

/// A garage with stations at random angles, some with a few currents only.
fn garage(rng: &mut fastrand::Rng) -> Garage {
    let angles = [[0.0; 3], [-90.0, 30.0, 150.0], [0.0, 120.0, 240.0]][rng.usize(0..3)];
    let stations: Vec<Station> = (0..rng.usize(1..16))
        .map(|index| Station {
            id: format!("s{index}"),
            voltage: [208.0, 230.0, 690.0][rng.usize(0..3)],
            angle: angles[rng.usize(0..3)],
            max: 32.0,
            min: [0.0, 6.0][rng.usize(0..2)],
            pilots: rng.bool().then(|| std::iter::once(0.0).chain((6..=32).map(f64::from)).collect()),
        })
        .collect();
    let constraints = (0..rng.usize(1..7)).map(|index| {
        let coefficients = [1.0, -1.0, 0.25, 2.0];
        let mut terms = std::collections::BTreeMap::new();
        for station in &stations {
            if rng.u8(0..3) > 0 {
                terms.insert(station.id.clone(), coefficients[rng.usize(0..4)]);
            }
        }
        Constraint { id: format!("c{index}"), limit: rng.f64() * 120.0, terms }
    });
    let constraints = constraints.collect();
    Garage { period_min: 5.0, stations, constraints }
}

/// What really flows against a limit.
fn sum(garage: &Garage, constraint: &Constraint, limits: &Limits) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for station in &garage.stations {
        let amps = limits.limits.get(&station.id).copied().unwrap_or(0.0);
        let coefficient = constraint.terms.get(&station.id).copied().unwrap_or(0.0);
        re += amps * coefficient * station.angle.to_radians().cos();
        im += amps * coefficient * station.angle.to_radians().sin();
    }
    f64::hypot(re, im)
}

/// Says what is wrong with an answer.
fn faults(garage: &Garage, limits: &Limits) -> Vec<String> {
    let mut faults = Vec::new();
    for constraint in &garage.constraints {
        let sum = sum(garage, constraint, limits);
        if sum > constraint.limit + 1e-6 {
            faults.push(format!("{} carries {sum} A of {} A", constraint.id, constraint.limit));
        }
    }
    for station in &garage.stations {
        let amps = limits.limits.get(&station.id).copied().unwrap_or(0.0);
        let possible = match &station.pilots {
            Some(pilots) => pilots.contains(&amps),
            None => amps == 0.0 || (station.min..=station.max).contains(&amps),
        };
        if !possible {
            faults.push(format!("{} can't offer {amps} A", station.id));
        }
    }
    faults
}

#[test]
fn no_plan_is_over_a_limit_and_every_station_can_offer_its_part() {
    for seed in 0..CASES {
        let mut rng = fastrand::Rng::with_seed(seed);
        let garage = garage(&mut rng);
        let rule = if rng.bool() { PlanRule::Deadline } else { PlanRule::Fair };
        let mut planner = Planner::new(garage.clone(), rule).unwrap();
        let mut sessions: Vec<Session> = Vec::new();
        for t in 0..6 {
            sessions.retain(|_| rng.u8(0..6) > 0);
            for station in &garage.stations {
                if rng.bool() && !sessions.iter().any(|session| session.station == station.id) {
                    sessions.push(Session {
                        station: station.id.clone(),
                        session: format!("{}-{t}", station.id),
                        remaining_kwh: rng.bool().then(|| rng.f64() * 40.0),
                        arrival: t,
                        departure: rng.bool().then(|| t + rng.i64(0..100)),
                        last_pilot: 0.0,
                        last_actual: 0.0,
                    });
                }
            }
            let limits = planner.step(t, &sessions).unwrap();
            assert_eq!(faults(&garage, &limits), Vec::<String>::new(), "seed {seed}, period {t}");
            for session in &mut sessions {
                session.last_pilot = limits.limits[&session.station];
                session.last_actual = session.last_pilot * [1.0, 0.5, 0.0, rng.f64()][rng.usize(0..4)];
            }
        }
    }
}

#[test]
fn a_fault_in_an_answer_is_seen() {
    let mut rng = fastrand::Rng::with_seed(1);
    let garage = garage(&mut rng);
    let limits =
        Limits { limits: garage.stations.iter().map(|station| (station.id.clone(), 33.0)).collect() };
    assert!(faults(&garage, &limits).len() >= garage.stations.len());
}
