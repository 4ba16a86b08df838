//! The time-outs, held to trying out all that can happen on small sites.

use proptest::prelude::*;

use super::super::proof::tests::{build, is_fed_by};
use super::*;
use crate::site::{BreakerCurve, BreakerRating, Meter, MeterId};

/// What a charger may have been told last: nothing, or something from its least to its most.
fn last_limits(charger: &Charger) -> Vec<f64> {
    let (min, max) = (charger.min.0, charger.max.0);
    vec![0.0, min, f64::midpoint(min, max), max]
}

/// All combinations of one of each list.
fn combinations(lists: &[Vec<f64>]) -> Vec<Vec<f64>> {
    lists.iter().fold(vec![Vec::new()], |all, list| {
        all.iter().flat_map(|head| list.iter().map(|&last| [&head[..], &[last]].concat())).collect()
    })
}

/// What else must be drawing on a circuit while the controller gives current out.
fn least_load(site: &Site, circuit: usize, phase: Phase) -> f64 {
    if site.circuits[circuit].meter.is_some() {
        return 0.0;
    }
    let own = site.circuits[circuit].base_load.map_or(0.0, |load| load[phase].0);
    let below =
        (0..site.circuits.len()).filter(|&child| site.circuits[child].parent == Some(CircuitId(circuit)));
    own + below.map(|child| least_load(site, child, phase)).sum::<f64>()
}

fn on(site: &Site, circuit: usize, phase: Phase, currents: &[f64]) -> f64 {
    let there = site.chargers.iter().zip(currents);
    let there = there.filter(|(charger, _)| {
        charger.phases.contains(&phase) && is_fed_by(site, charger.circuit.0, circuit)
    });
    there.map(|(_, amps)| amps).sum()
}

fn base_load(site: &Site, circuit: usize, phase: Phase) -> f64 {
    let below = (0..site.circuits.len()).filter(|&other| is_fed_by(site, other, circuit));
    below.map(|other| site.circuits[other].base_load.map_or(0.0, |load| load[phase].0)).sum()
}

/// Could the controller have told the chargers this?
fn is_possible(site: &Site, told: &[f64]) -> bool {
    (0..site.circuits.len()).all(|circuit| {
        Phase::ALL.into_iter().all(|phase| {
            let sum = on(site, circuit, phase, told) + least_load(site, circuit, phase);
            on(site, circuit, phase, told) == 0.0 || sum <= site.circuits[circuit].limit[phase].0 + 1e-9
        })
    })
}

/// The most that a circuit may carry from a time on, by trying out all last limits and who has fallen back by then.
fn tried_out(site: &Site, circuit: usize, phase: Phase, from: Period) -> f64 {
    let lists: Vec<Vec<f64>> = site.chargers.iter().map(last_limits).collect();
    let mut most: f64 = 0.0;
    for told in combinations(&lists).iter().filter(|told| is_possible(site, told)) {
        let now: Vec<Vec<f64>> = site
            .chargers
            .iter()
            .zip(told)
            .map(|(charger, &told)| match charger.watchdog {
                None => vec![told],
                Some(watchdog) if Period(watchdog.0 + CAR_FOLLOWS.0) <= from => vec![charger.failsafe.0],
                Some(_) => vec![told, charger.failsafe.0],
            })
            .collect();
        for currents in combinations(&now) {
            most = most.max(on(site, circuit, phase, &currents) + base_load(site, circuit, phase));
        }
    }
    most
}

/// Small sites, some circuits with a meter.
fn small_site() -> impl Strategy<Value = Site> {
    let amps = || prop::array::uniform3(10u16..60);
    let circuit =
        (any::<Option<prop::sample::Index>>(), amps(), prop::option::of(prop::array::uniform3(0u16..15)));
    let failsafe = prop::sample::select(vec![0u16, 6, 8]);
    let watchdog = prop::option::weighted(0.8, prop::sample::select(vec![10_000_u64, 30_000, 60_000]));
    let charger = (any::<usize>(), 1u8..8, failsafe, 8u16..33, watchdog);
    let parts = (
        prop::collection::vec(circuit, 1..4),
        prop::collection::vec(charger, 1..5),
        prop::collection::vec(any::<bool>(), 3),
    );
    parts.prop_map(|(circuits, chargers, metered)| {
        let mut site = build(circuits, chargers);
        for (index, is_metered) in metered.into_iter().enumerate().take(site.circuits.len()) {
            if is_metered {
                site.circuits[index].meter = Some(MeterId(site.meters.len()));
                let device = site.chargers[0].device.clone();
                site.meters.push(Meter { name: format!("m{index}"), phases: Phase::ALL.to_vec(), device });
            }
        }
        site
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Nothing that can be tried out is worse than the proof says, at any time; and the proof is not far above it.
    #[test]
    fn the_course_after_the_controller_is_gone_agrees_with_trying_it_out(site in small_site()) {
        let tree = Tree::new(&site);
        let everybody: Vec<usize> = (0..site.chargers.len()).collect();
        for phase in Phase::ALL {
            for (circuit, course) in tree.courses(&everybody, phase) {
                for &(from, bound) in &course {
                    let tried = tried_out(&site, circuit.0, phase, from);
                    prop_assert!(tried <= bound + 1e-6, "{} {phase} from {from}: {tried} above {bound}", circuit.0);
                    // chargers on several phases and circuits bind each other in ways that the bound leaves out
                    if site.circuits.len() == 1 && site.chargers.iter().all(|charger| charger.phases.len() == 1) {
                        let largest = site.chargers.iter().map(|charger| charger.max.0).fold(0.0, f64::max);
                        prop_assert!(bound <= tried + largest, "{bound} far above {tried}");
                    }
                }
            }
        }
    }

    /// A bus that is all of the site is as bad as the controller.
    #[test]
    fn one_bus_for_all_is_as_bad_as_the_controller(site in small_site()) {
        let timeouts = prove_timeouts(&site);
        let of = |loss| {
            let all = timeouts.iter().filter(move |timeout| timeout.loss == loss);
            all.map(|timeout| (timeout.worst, timeout.falls_back, timeout.verdict)).collect::<Vec<_>>()
        };
        prop_assert_eq!(of(Loss::Controller), of(Loss::Bus));
    }

    /// Until the loss of a meter is noticed the base load may rise beside all that was given out; nothing that can be tried out is worse.
    #[test]
    fn a_lost_meter_agrees_with_trying_it_out(site in small_site()) {
        for timeout in prove_timeouts(&site).iter().filter(|timeout| timeout.loss == Loss::Meter) {
            let circuit = site.circuits.iter().position(|circuit| circuit.name == timeout.circuit).unwrap();
            let lists: Vec<Vec<f64>> = site.chargers.iter().map(last_limits).collect();
            for told in combinations(&lists).iter().filter(|told| is_possible(&site, told)) {
                let load = on(&site, circuit, timeout.phase, told) + base_load(&site, circuit, timeout.phase);
                prop_assert!(load <= timeout.worst + 1e-6, "{load} above {timeout:?}");
            }
        }
    }
}

/// One phase of 20 A with two chargers of 6 to 16 A; fail-safe, watchdogs and base load as given.
fn pair(failsafe: u16, watchdogs: [u64; 2], base: u16) -> Site {
    let chargers = watchdogs.map(|watchdog| (0, 1, failsafe, 16, Some(watchdog))).to_vec();
    let mut site = build(vec![(None, [20, 20, 20], Some([base, 0, 0]))], chargers);
    site.circuits[0].breaker = Some(BreakerRating { rating: Amps(20.0), curve: BreakerCurve::B });
    site
}

fn first(site: &Site, loss: Loss) -> TimeoutProof {
    prove_timeouts(site).into_iter().find(|timeout| timeout.loss == loss).unwrap()
}

#[test]
fn one_may_rise_to_its_failsafe_before_the_other_falls() {
    // 16 A and nothing; the second rises to 6 A while the first still has its 16 A
    let gone = first(&pair(6, [60_000, 60_000], 0), Loss::Controller);
    // by the bound 20 A of last limits are spread as 16 and 4: 12 + 10 + 2.5
    assert!((gone.worst - 24.5).abs() < 1e-9, "{gone:?}");
    assert_eq!(gone.falls_back, Some(Period::from_secs(65)));
    assert_eq!(gone.verdict, Verdict::MayOpen);
    // who falls to nothing can't rise
    let gone = first(&pair(0, [60_000, 10_000], 0), Loss::Controller);
    assert_eq!((gone.worst, gone.verdict), (20.0, Verdict::WithinLimit));
    assert_eq!(gone.falls_back, Some(Period::default()));
}

#[test]
fn the_breaker_is_asked_how_long_it_holds() {
    let mut site = pair(0, [60_000, 60_000], 0);
    site.meters.push(Meter {
        name: "m".into(),
        phases: vec![Phase::L1],
        device: site.chargers[0].device.clone(),
    });
    site.circuits[0].meter = Some(MeterId(0));
    for (base, verdict) in [(2.0, Verdict::Holds), (8.0, Verdict::MayOpen), (32.0, Verdict::Opens)] {
        let mut load = site.circuits[0].base_load.unwrap();
        load[Phase::L1] = Amps(base);
        site.circuits[0].base_load = Some(load);
        let gone = first(&site, Loss::Controller);
        assert_eq!((gone.worst, gone.verdict), (20.0 + base, verdict), "{gone:?}");
        let meter = first(&site, Loss::Meter);
        assert_eq!(meter.worst, 20.0 + base);
        assert_eq!(meter.of, "m");
    }
    site.circuits[0].breaker = None;
    assert_eq!(first(&site, Loss::Controller).verdict, Verdict::OverLimit);
}
