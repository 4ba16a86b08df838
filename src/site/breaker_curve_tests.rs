//! The tripping curve, held to table 7 of IEC 60898-1.

use proptest::prelude::*;

use super::*;

fn curve(rated: f64, curve: BreakerCurve) -> TrippingCurve {
    TrippingCurve::new(BreakerRating { rating: Amps(rated), curve })
}

fn any_curve() -> impl Strategy<Value = TrippingCurve> {
    let curves = prop::sample::select(vec![BreakerCurve::B, BreakerCurve::C, BreakerCurve::D]);
    (1.0..160.0, curves).prop_map(|(rated, kind)| curve(rated, kind))
}

/// After how many seconds at a constant current one strip of a breaker opens it; `typical` counts with its own magnet.
fn opens_in(curve: &TrippingCurve, strip: Strip, heat: f64, multiple: f64) -> Option<f64> {
    let magnet = if strip == curve.typical {
        multiple >= curve.typical_magnet()
    } else if strip == curve.latest {
        multiple >= curve.magnet.1
    } else {
        multiple > curve.magnet.0
    };
    if magnet { Some(0.0) } else { strip.opens_in_s(heat, multiple) }
}

proptest! {
    /// Every strip passes every test of the table: so no breaker of the model is one that the standard forbids.
    #[test]
    fn all_strips_pass_the_tests_of_the_standard(curve in any_curve()) {
        let hour_s = if curve.rated.0 > 63.0 { 7200.0 } else { 3600.0 };
        let soon_s = if curve.rated.0 > 32.0 { 120.0 } else { 60.0 };
        let exact = 1e-6;
        for strip in [curve.earliest, curve.typical, curve.latest] {
            // a, and b right after it
            prop_assert!(opens_in(&curve, strip, 0.0, HOLDS).is_none_or(|after| after > hour_s));
            let soaked = strip.after(0.0, HOLDS, hour_s);
            let after = opens_in(&curve, strip, soaked, OPENS);
            prop_assert!(after.is_some_and(|after| after <= hour_s + exact), "b: {after:?}");
            // c
            let after = opens_in(&curve, strip, 0.0, OPENS_SOON).unwrap();
            prop_assert!((SOONEST_S - exact..=soon_s + exact).contains(&after), "c: {after}");
            // d and e
            let after = opens_in(&curve, strip, 0.0, curve.magnet.0).unwrap();
            prop_assert!(after >= MAGNET_S - exact, "d: {after}");
            let after = opens_in(&curve, strip, 0.0, curve.magnet.1).unwrap();
            prop_assert!(after <= MAGNET_S, "e: {after}");
        }
    }

    /// The strips are the outermost: a little faster or slower, and a test of the table fails.
    #[test]
    fn the_outer_strips_are_the_outermost(curve in any_curve()) {
        let soon_s = if curve.rated.0 > 32.0 { 120.0 } else { 60.0 };
        let faster = Strip { constant_s: curve.earliest.constant_s * 0.999, ..curve.earliest };
        prop_assert!(
            faster.opens_in_s(0.0, OPENS_SOON).unwrap() < SOONEST_S
                || faster.opens_in_s(0.0, curve.magnet.0).unwrap() < MAGNET_S
        );
        let slower = Strip { constant_s: curve.latest.constant_s * 1.001, ..curve.latest };
        prop_assert!(slower.opens_in_s(0.0, OPENS_SOON).unwrap() > soon_s);
        let lower = Strip { opens_at: curve.earliest.opens_at * 0.999, ..curve.earliest };
        prop_assert!(lower.opens_in_s(0.0, HOLDS).unwrap() < 3600.0);
    }

    /// Whatever the current does, the strip from between opens no sooner than the fastest and no later than the slowest, and times that
    /// were foretold are kept.
    #[test]
    fn any_load_opens_the_strips_in_order(
        curve in any_curve(),
        load in prop::collection::vec((0.0..4.0_f64, 0.1..200.0_f64), 1..40),
    ) {
        let mut heat = Heat::default();
        let mut elapsed = 0.0;
        let mut opened: [Option<f64>; 3] = [None; 3];
        for (multiple, seconds) in load {
            // below the magnet, which knows no heat
            let multiple = multiple.min(curve.magnet.0);
            let strips = [
                (curve.earliest, heat.earliest), (curve.typical, heat.typical), (curve.latest, heat.latest),
            ];
            for (opened, (strip, heat)) in opened.iter_mut().zip(strips) {
                let within = strip.opens_in_s(heat, multiple).filter(|after| *after <= seconds);
                *opened = opened.or(within.map(|after| elapsed + after));
            }
            let amps = curve.rated * multiple;
            let times = curve.trip_times(heat, amps);
            if let (Some(earliest), Some(latest)) = (times.earliest_s, times.latest_s) {
                prop_assert!(earliest <= latest + 1e-9, "{times:?}");
            }
            heat = curve.after(heat, amps, amps, seconds);
            elapsed += seconds;
        }
        let order = |earlier: Option<f64>, later: Option<f64>| {
            later.is_none_or(|later| earlier.is_some_and(|earlier| earlier <= later + 1e-6))
        };
        prop_assert!(order(opened[0], opened[1]), "{opened:?}");
        prop_assert!(order(opened[1], opened[2]), "{opened:?}");
    }

    /// Heat does not depend on how often it is looked at.
    #[test]
    fn small_steps_add_up(curve in any_curve(), multiple in 0.0..5.0_f64, start in 0.0..1.2_f64, steps in 1..200_u32) {
        let amps = curve.rated * multiple;
        let begin = Heat { earliest: start, typical: start, latest: start };
        let whole = curve.after(begin, amps, amps, f64::from(steps) * 0.5);
        let parts = (0..steps).fold(begin, |heat, _| curve.after(heat, amps, amps, 0.5));
        for (one, many) in [
            (whole.earliest, parts.earliest), (whole.typical, parts.typical), (whole.latest, parts.latest),
        ] {
            prop_assert!((one - many).abs() < 1e-9, "{one} {many}");
        }
    }

    /// More current never means a later trip.
    #[test]
    fn more_current_opens_sooner(curve in any_curve(), low in 0.0..30.0_f64, more in 0.0..5.0_f64, hot in 0.0..2.0_f64) {
        let heat = Heat { earliest: hot, typical: hot, latest: hot };
        let (one, other) = (
            curve.trip_times(heat, curve.rated * low), curve.trip_times(heat, curve.rated * (low + more)),
        );
        let sooner = |low: Option<f64>, high: Option<f64>| {
            low.is_none_or(|low| high.is_some_and(|high| high <= low + 1e-9))
        };
        prop_assert!(sooner(one.earliest_s, other.earliest_s) && sooner(one.latest_s, other.latest_s));
    }
}

#[test]
fn the_numbers_of_a_common_breaker() {
    let curve = curve(16.0, BreakerCurve::B);
    let cold = |multiple: f64| curve.trip_times(Heat::default(), Amps(16.0 * multiple));
    assert_eq!(cold(1.13), TripTimes::default());
    let TripTimes { earliest_s: Some(earliest), latest_s: None } = cold(1.3) else {
        panic!("{:?}", cold(1.3))
    };
    assert!((1.0..60.0).contains(&earliest), "{earliest}");
    let times = cold(2.55);
    assert!((times.earliest_s.unwrap() - 1.0).abs() < 1e-9, "{times:?}");
    assert!((times.latest_s.unwrap() - 60.0).abs() < 1e-3, "{times:?}");
    assert_eq!(cold(5.0), TripTimes { earliest_s: Some(0.0), latest_s: Some(MAGNET_S) });
    assert_eq!(cold(-5.0), cold(5.0), "the direction of a current heats nothing");
}
