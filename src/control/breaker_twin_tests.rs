//! The twins: which current counts, what survives a gap, and that a warning comes before the trip.

use proptest::prelude::*;

use super::*;
use crate::control::fixture;
use crate::control::{BreakerReading, Reading, State, step};
use crate::site::{Breaker, BreakerCurve, BreakerRating, MeterId};

const START: Time = Time(1_000_000);

/// A circuit of 20 A behind a C 20 A breaker, with a meter and a breaker that reports.
fn site() -> Site {
    let mut circuit = fixture::circuit("row", None, 20.0);
    circuit.breaker = Some(BreakerRating { rating: Amps(20.0), curve: BreakerCurve::C });
    circuit.base_load = Some(PerPhase::all(Amps(4.0)));
    let mut site = fixture::with_meter(fixture::site(vec![circuit], vec![fixture::charger("ev", 0)]), 0);
    let device = fixture::device("enmon-endpoint", 5051);
    site.breakers.push(Breaker {
        name: "q".into(),
        circuit: Some(CircuitId(0)),
        remote: false,
        opens_after: None,
        device,
    });
    site
}

fn snapshot(
    site: &Site,
    at: Time,
    metered: Option<f64>,
    breaker: Option<(BreakerState, Option<f64>)>,
) -> Snapshot {
    let mut snapshot = Snapshot::empty(site);
    let MeterId(meter) = site.circuits[0].meter.unwrap();
    snapshot.meters[meter] = metered.map(|amps| {
        let value = crate::control::MeterReading { currents: [Some(Amps(amps)); 3], ..Default::default() };
        Reading { at, value }
    });
    snapshot.breakers[0] = breaker.map(|(state, amps)| Reading {
        at,
        value: BreakerReading { state, currents: [amps.map(Amps); 3], ..BreakerReading::default() },
    });
    snapshot.chargers[0] = fixture::charging(at, site, 0, 6.0);
    snapshot
}

fn look(
    twins: &mut BreakerTwins,
    site: &Site,
    at: Time,
    metered: Option<f64>,
    breaker: Option<(BreakerState, Option<f64>)>,
) {
    let snapshot = snapshot(site, at, metered, breaker);
    let decision = step(at, site, &snapshot, &State::empty(site));
    twins.observe(site, &snapshot, &decision);
}

fn fresh_twins(site: &Site) -> BreakerTwins {
    BreakerTwins::new(site, &BTreeMap::new())
}

fn status(twins: &BreakerTwins, site: &Site) -> BreakerTwinStatus {
    twins.twins[0].status(site)
}

#[test]
fn the_larger_of_meter_and_breaker_counts() {
    let site = site();
    let mut twins = fresh_twins(&site);
    for (metered, own, counts, measured) in [
        (Some(12.0), Some(14.0), 14.0, true),
        (Some(12.0), None, 12.0, true),
        (None, Some(14.0), 14.0, true),
        // the limit, since the meter should be there
        (None, None, 20.0, false),
    ] {
        look(&mut twins, &site, START, metered, Some((BreakerState::On, own)));
        let pole = status(&twins, &site).phases[0].clone();
        assert_eq!((pole.current, pole.measured), (counts, measured), "{metered:?} {own:?}");
    }
    // an open breaker carries nothing
    look(&mut twins, &site, START, None, Some((BreakerState::Off, None)));
    assert_eq!(status(&twins, &site).phases[0].current, 0.0);
    let mut without_meter = site.clone();
    without_meter.circuits[0].meter = None;
    without_meter.meters.clear();
    let snapshot = Snapshot { meters: Vec::new(), ..snapshot(&site, START, None, None) };
    let decision = step(START, &without_meter, &snapshot, &State::empty(&without_meter));
    let mut twins = fresh_twins(&without_meter);
    twins.observe(&without_meter, &snapshot, &decision);
    // base load and what the charger may be offering
    assert_eq!(status(&twins, &without_meter).phases[0].current, 10.0);
}

#[test]
fn an_overload_is_told_before_it_opens() {
    let site = site();
    let mut twins = fresh_twins(&site);
    look(&mut twins, &site, START, Some(20.0), Some((BreakerState::On, None)));
    assert_eq!(twins.alarms(&site), []);
    // 1.3 In: a breaker may open, none must
    look(&mut twins, &site, Time(START.0 + 1000), Some(26.0), Some((BreakerState::On, None)));
    let alarms = twins.alarms(&site);
    assert_eq!((alarms[0].severity, alarms[0].code.as_str()), (Severity::Warning, "breaker-will-trip"));
    assert!(alarms[0].text.contains("may open after"), "{}", alarms[0].text);
    // 2.55 In: every breaker opens
    look(&mut twins, &site, Time(START.0 + 2000), Some(51.0), Some((BreakerState::On, None)));
    let alarms = twins.alarms(&site);
    assert_eq!(alarms[0].severity, Severity::Critical);
    assert!(alarms[0].text.contains("opens within"), "{}", alarms[0].text);
    let pole = status(&twins, &site).phases[0].clone();
    assert!(pole.trips_after.unwrap() < 1.0 && pole.trips_within.unwrap() <= 60.0, "{pole:?}");
    look(&mut twins, &site, Time(START.0 + 3000), Some(10.0), Some((BreakerState::On, None)));
    assert_eq!(twins.alarms(&site), []);
}

#[test]
fn memory_survives_and_a_gap_counts_with_the_worst() {
    let site = site();
    let mut twins = fresh_twins(&site);
    look(&mut twins, &site, START, Some(10.0), Some((BreakerState::On, None)));
    for second in 1..=30 {
        look(&mut twins, &site, Time(START.0 + second * 1000), Some(28.0), Some((BreakerState::On, None)));
    }
    let before = status(&twins, &site);
    let json = serde_json::to_string(&twins.memories(&site)).unwrap();
    let mut again = BreakerTwins::new(&site, &serde_json::from_str(&json).unwrap());
    assert_eq!(again.memories(&site), twins.memories(&site));
    // ten minutes later: the fastest strip may have had the limit all the time, the slowest nothing
    look(&mut again, &site, Time(START.0 + 630_000), Some(10.0), Some((BreakerState::On, None)));
    let memory = &again.memories(&site)["row"];
    assert!(memory.heat.l1.earliest > 1.0, "{memory:?}");
    assert!(memory.heat.l1.latest < 0.05, "{memory:?}");
    assert!(memory.overload_s >= before.overload_seconds);
}

#[test]
fn openings_wear_by_what_they_break() {
    let site = site();
    let opened = |amps: f64, position| {
        let mut twins = fresh_twins(&site);
        look(&mut twins, &site, START, Some(amps), Some((BreakerState::On, None)));
        look(&mut twins, &site, Time(START.0 + 1000), Some(0.0), Some((position, None)));
        look(&mut twins, &site, Time(START.0 + 2000), Some(0.0), Some((position, None)));
        (status(&twins, &site).wear * CYCLES * 1e6).round() / 1e6
    };
    assert_eq!(opened(20.0, BreakerState::Off), 1.0);
    assert_eq!(opened(0.0, BreakerState::Off), LEAST_CYCLE);
    // a trip from cold was a short circuit that nobody measured
    assert_eq!(opened(1.0, BreakerState::Tripped), 100.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever flows, a breaker from between never opens before the twin has said that it may.
    #[test]
    fn no_trip_without_a_warning(load in prop::collection::vec((0.0..60.0_f64, 1..50_u64), 1..12)) {
        let site = site();
        let curve = TrippingCurve::new(site.circuits[0].breaker.unwrap());
        let mut twins = fresh_twins(&site);
        let (mut at, mut strip) = (START, 0.0);
        look(&mut twins, &site, at, Some(0.0), Some((BreakerState::On, None)));
        for (amps, seconds) in load {
            for _ in 0..seconds {
                at = Time(at.0 + 1000);
                look(&mut twins, &site, at, Some(amps), Some((BreakerState::On, None)));
                strip = curve.typical.after(strip, curve.multiple(Amps(amps)), 1.0);
                let opens = strip >= curve.typical.opens_at && curve.multiple(Amps(amps)) > 1.3;
                prop_assert!(!opens || !twins.alarms(&site).is_empty(), "{strip}");
            }
        }
    }
}
