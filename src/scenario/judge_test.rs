//! The judgement on records that are made by hand: bounds, windows, and what was so at their edges.

use std::path::Path;

use super::file::Measure;
use super::judge::{Check, judge};
use super::record::{AlarmSpan, Excess, Record, Stay};
use super::{Scenario, load};
use crate::control::{Alarm, Severity};
use crate::profile::Catalogue;
use crate::site::{ChargerId, CircuitId, Phase};

fn scenario(expect: &str) -> Scenario {
    let text = format!(
        "apiVersion: enmon/v1
kind: Scenario
name: judged
title: Judged by hand
duration: 2m
site:
  apiVersion: enmon/v1
  kind: Site
  name: yard
  circuits: [{{name: main, limit: 40}}]
  chargers: [{{name: ev1, circuit: main, phases: [L1], max: 32, profile: go-e, address: \"modbus+tcp://127.0.0.1:5031\"}}]
start: {{plug: {{ev1: {{energy: 5}}}}}}
expect: {expect}
"
    );
    let read = |_: &Path| Err(String::new());
    load(&text, "judged.yaml", Path::new("/"), &Catalogue::built_in(), &read).unwrap()
}

/// Judges a record that is filled in by a function; leaves out the check that is always there.
fn judged(expect: &str, fill: impl FnOnce(&mut Record)) -> Vec<Check> {
    let scenario = scenario(expect);
    let mut record = Record::new(&scenario.site, 1.0);
    record.length_ms = 120_000;
    fill(&mut record);
    judge(&scenario, record, false).verdict.checks.split_off(1)
}

fn passes(expect: &str, fill: impl FnOnce(&mut Record)) -> bool {
    let checks = judged(expect, fill);
    assert!(!checks.is_empty(), "{expect}");
    checks.iter().all(|check| check.passed)
}

#[test]
fn a_circuit_may_be_above_its_limit_for_so_long_and_no_longer() {
    let lasting = |until_ms| {
        move |record: &mut Record| {
            let excess =
                Excess { measure: Measure::Drawn, phase: Phase::L1, from_ms: 1_000, until_ms, most: 44.0 };
            record.circuits[0].excesses.push(excess);
        }
    };
    let expect = "{circuits: [{circuit: main, longest: 2s}]}";
    assert!(passes(expect, lasting(3_000)));
    assert!(!passes(expect, lasting(3_100)));
    assert!(!passes("{circuits: [{circuit: all}]}", lasting(1_000)), "never means not for a moment");
    assert!(passes("{circuits: [{circuit: main, measure: offered}]}", lasting(9_000)), "another measure");
}

#[test]
fn an_offer_is_judged_within_its_window_with_what_was_so_when_it_began() {
    let offers =
        |record: &mut Record| record.chargers[0].offers = vec![(0, 6.0), (10_000, 16.0), (60_000, 10.0)];
    for (window, bound, holds) in [
        ("from: 20s, until: 50s", "atLeast: 16", true),
        ("from: 5s, until: 50s", "atLeast: 16", false),
        ("from: 20s, until: 60s", "atLeast: 16", true),
        ("from: 20s, until: 61s", "atLeast: 16", false),
        ("from: 60s", "atMost: 10", true),
        ("from: 59s", "atMost: 10", false),
        ("from: 60s", "reaches: 16", false),
        ("until: 11s", "reaches: 16", true),
    ] {
        let expect = format!("{{offers: [{{charger: ev1, {window}, {bound}}}]}}");
        assert_eq!(passes(&expect, offers), holds, "{expect}");
    }
    assert!(passes("{changes: {ev1: 2}}", offers) && !passes("{changes: {ev1: 1}}", offers));
}

#[test]
fn an_alarm_must_come_in_its_time_and_clear_in_its_time() {
    let alarm = |raised_ms, cleared_ms| {
        move |record: &mut Record| {
            let alarm = Alarm {
                severity: Severity::Warning,
                subject: "ev1".into(),
                code: "device-silent".into(),
                text: "made up".into(),
            };
            record.alarms.push(AlarmSpan { alarm, raised_ms, cleared_ms });
        }
    };
    let expect = "{alarms: [{code: device-silent, subject: ev1, after: 10s, within: 5s}]}";
    assert!(passes(expect, alarm(10_000, None)) && passes(expect, alarm(15_000, None)));
    assert!(!passes(expect, alarm(9_900, None)) && !passes(expect, alarm(15_100, None)));
    assert!(!passes(expect, |_| {}));
    let cleared = "{alarms: [{code: device-silent, after: 10s, within: 5s, clearedBy: 30s}]}";
    assert!(passes(cleared, alarm(12_000, Some(30_000))));
    assert!(!passes(cleared, alarm(12_000, Some(30_100))) && !passes(cleared, alarm(12_000, None)));
    assert!(!passes("{noAlarms: [any]}", alarm(1, None)) && passes("{noAlarms: [smoke]}", alarm(1, None)));
}

#[test]
fn every_car_of_a_charger_must_be_full() {
    let stays = |second_kwh| {
        move |record: &mut Record| {
            for delivered_kwh in [5.0, second_kwh] {
                let stay = Stay {
                    charger: ChargerId(0),
                    from_ms: 0,
                    until_ms: None,
                    wanted_kwh: 5.0,
                    delivered_kwh,
                };
                record.stays.push(stay);
            }
        }
    };
    assert!(passes("{full: [ev1]}", stays(4.999)) && !passes("{full: [all]}", stays(4.9)));
    assert!(!passes("{full: [ev1]}", |_| {}), "a car that never came is not full");
}

#[test]
fn breakers_hold_unless_they_may_trip() {
    let trips = |expect: &str| {
        let scenario = scenario(expect);
        let mut record = Record::new(&scenario.site, 1.0);
        record.trips.push((38_300, CircuitId(0)));
        judge(&scenario, record, false).verdict
    };
    let verdict = trips("{full: [ev1]}");
    assert!(!verdict.passed);
    assert_eq!(verdict.checks[0].details, "the breaker of main tripped at 0:38.3");
    assert!(trips("{breakers: may-trip, noAlarms: [any]}").passed);
}
